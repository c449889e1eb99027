/** Engines that execute generated code: WebAssembly and JavaScript. */
export {};
