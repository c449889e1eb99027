/** Contracts and algorithms that allocators and backends share. */
export type * from './allocation.ts';
export * from './block-layout.ts';
export type * from './js-code.ts';
export * from './parallel-move.ts';
export * from './structure.ts';
export * from './target.ts';
