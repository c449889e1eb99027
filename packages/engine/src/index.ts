/** Engines that execute generated code: WebAssembly and JavaScript. */
export * from './diag-codes.ts';
export * from './js/engine.ts';
export { refusal } from './wasm/compile.ts';
export { wasmEngine } from './wasm/engine.ts';
