/** The embedding API: load, compile, run, compare. `presets` are the concrete parts; everything else takes parts as values. */
export * from './compare.ts';
export * from './compile.ts';
export { badFile, badUsage, commandLine } from './diag-codes.ts';
export * from './load.ts';
export { exportedFunc, loadedModule, parseValue, printHost, showValue, withEntry } from './modules.ts';
export { presets } from './presets.ts';
export * from './run.ts';
export * from './toolchain.ts';
export * from './translate.ts';
export * from './wasi/index.ts';
