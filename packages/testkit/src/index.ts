/** Arbitraries, laws, fixtures, oracles and reducers for testing compilers built with Sluice. */
export * from './arbitrary/const.ts';
export * from './arbitrary/module.ts';
export { arbitraryProgram, type FuncTree, type ProgramTree, type Stmt, type StmtKind } from './arbitrary/program.ts';
export * from './arbitrary/type.ts';
export * from './bisect.ts';
export * from './budget.ts';
export * from './coverage.ts';
export { FixtureError } from './directives/directive.ts';
export * from './engine-laws.ts';
export * from './equiv.ts';
export * from './features.ts';
export * from './fixture.ts';
export * from './fixture-matrix.ts';
export * from './freeze.ts';
export * from './laws.ts';
export * from './observe.ts';
export { type FixtureContext, type FixtureResult, runFixtureCase } from './run-fixture.ts';
