/** The bytecodes of the stack machine and the register machine: tables, programs, text and binary forms, validator. */
export * from './instr.ts';
export type * from './program.ts';
export { registerTable } from './register.ts';
export { stackTable } from './stack.ts';
