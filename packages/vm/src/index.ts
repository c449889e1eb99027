/** The stack and register virtual machines, memory, host interface and traps. */
export {};
