/** Engines that execute generated code: WebAssembly and JavaScript. */
export * from './js/engine.ts';
