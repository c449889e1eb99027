/** Validates WebAssembly modules and lifts them into the IR. */
export {};
