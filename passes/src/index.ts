/** The levels and the registry. Each pass is a subpath of its own: `@sluice/passes/gvn`. */
export * from './pipelines.ts';
export { passes } from './registry.ts';
