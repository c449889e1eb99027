/** The WebAssembly binary format: an encoder of modules and a writer of function bodies. */
export * from './bytes.ts';
export * from './code.ts';
export * from './encode.ts';
export * from './opcode.ts';
