/** Emits structured JavaScript from the IR. */
export {};
