/** The bytecodes of the stack machine and the register machine: tables, programs, text and binary forms, validator. */
export { type AssembleOptions, assembleRegister, assembleStack } from './asm.ts';
export { resealed } from './container.ts';
export { type DecodeOptions, decodeProgram, machineOf } from './decode.ts';
export { type DisassembleOptions, disassemble } from './disasm.ts';
export { type EncodeOptions, encodeProgram } from './encode.ts';
export { areLinked, fuse } from './fuse.ts';
export * from './immediate.ts';
export * from './instr.ts';
export * from './program.ts';
export { registerTable } from './register.ts';
export * from './sequence.ts';
export { stackTable } from './stack.ts';
export { validateProgram } from './validate.ts';
export { type RegisterInfo, validateRegister } from './validate-register.ts';
export { type StackInfo, type StackShape, validateStack } from './validate-stack.ts';
