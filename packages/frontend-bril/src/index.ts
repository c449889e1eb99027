/**
 * Bril: parsers and printers of both forms, the static checker, the direct interpreter.
 * What Bril means: https://capra.cs.cornell.edu/bril/lang/
 */

export * from '@sluice/bril-format';
export { printBril, printInstr, type ToJsonOptions, toJson } from '@sluice/bril-format';
export { checkBril, isAssignable, variableTypes } from './check.ts';
export type { BrilErrorKind, BrilLimit } from './fault.ts';
export { brilFrontend, readBril } from './frontend.ts';
export { brilHost } from './host.ts';
export { interpret } from './interp.ts';
export { parseBrilJson } from './json.ts';
export { liftBril } from './lift.ts';
export { type BrilExtension, type BrilOp, brilOps, findBrilOp, type SigType } from './ops.ts';
export { type BrilOutcome, type BrilRun, exitCodeOf, type InterpretOptions } from './outcome.ts';
export { parseBril } from './parse.ts';
export {
  type BrilValue,
  constValue,
  findMain,
  formatFloat,
  formatValue,
  isCharCode,
  parseMainArgs,
  pointerText,
} from './value.ts';
