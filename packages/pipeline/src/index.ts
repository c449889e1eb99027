/** Passes, rules, schedules and the pass manager. Trace and order check are subpaths: they bring libraries along. */
export * from './manager.ts';
export * from './observe.ts';
export * from './pass.ts';
export * from './rewrite.ts';
export * from './rule.ts';
export * from './schedule.ts';
