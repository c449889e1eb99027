/** Lifts stack bytecode into the IR. */
export {};
