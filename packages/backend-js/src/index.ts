/** Emits structured JavaScript from the IR. */
export { emitModule, type JsOptions } from './module.ts';
export { emitStandalone } from './standalone.ts';

/** Passes that a module must have gone through before it is emitted, in order. */
export const jsPrepare: readonly string[] = ['lower-invoke', 'order-uses', 'split-critical-edges', 'ssa-destruct'];
