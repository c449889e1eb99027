/** What tests of engines name often. */
export type { RegisterProgram } from '@sluice/bytecode';
export { type Engine, type Execution, equalResult, interp, sameValue, type Type } from '@sluice/ir';
