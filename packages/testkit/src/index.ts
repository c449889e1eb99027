/** Arbitraries, laws, fixtures, oracles and reducers for testing compilers built with Sluice. */
export * from './arbitrary/const.ts';
export * from './arbitrary/type.ts';
export * from './bisect.ts';
export { FixtureError } from './directives/directive.ts';
export * from './equiv.ts';
export * from './fixture.ts';
export * from './fixture-matrix.ts';
export * from './freeze.ts';
export * from './observe.ts';
export { type FixtureContext, type FixtureResult, runFixtureCase } from './run-fixture.ts';
