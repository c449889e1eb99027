/** The WebAssembly binary format: decoder and encoder of modules, reader and writer of function bodies, disassembly. */
export * from './bytes.ts';
export * from './code.ts';
export * from './constant.ts';
export * from './decode.ts';
export * from './encode.ts';
export type * from './hooks.ts';
export * from './instr.ts';
export * from './instr-reader.ts';
export * from './module.ts';
export * from './names.ts';
export * from './opcode.ts';
export { type PrintOptions, printWasm } from './print.ts';
export * from './reader.ts';
