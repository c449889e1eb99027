/** Passes, rules, schedules and the pass manager. Trace and order check are subpaths: they bring libraries along. */
export * from './manager.ts';
export * from './observe.ts';
export * from './pass.ts';
export * from './rewrite.ts';
export * from './rule.ts';
export { type Needs, type Reader, type Replacement, RuleIndex, type Simplifier } from './rule-index.ts';
export * from './schedule.ts';
