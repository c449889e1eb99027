/** Emits stack bytecode from the IR. */
export {};
