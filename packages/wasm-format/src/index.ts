/** The WebAssembly binary codec. */
export {};
