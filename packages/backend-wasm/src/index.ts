/** Emits WebAssembly modules from the IR. */
export {};
