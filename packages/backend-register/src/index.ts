/** Emits register bytecode from the IR. */
export {};
