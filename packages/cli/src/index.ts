/** The command sluice. */
export {};
