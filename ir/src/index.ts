/** The intermediate representation: types, op table, functions and modules, verifier, reference interpreter. */
export * from './analysis/analysis.ts';
export * from './analysis/cfg.ts';
export * from './analysis/dfs.ts';
export * from './analysis/dom.ts';
export * from './analysis/dominator-tree.ts';
export * from './analysis/ids.ts';
export * from './analysis/order.ts';
export * from './analysis/uses.ts';
export * from './diag.ts';
export * from './effect.ts';
export * from './func.ts';
export type * from './machine.ts';
export * from './op.ts';
export * from './ops/core.ts';
export * from './outcome.ts';
export * from './trap.ts';
export * from './type.ts';
export * from './value.ts';
