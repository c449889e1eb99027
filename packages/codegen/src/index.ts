/** Contracts and algorithms that allocators and backends share. */
export type * from './allocation.ts';
export * from './target.ts';
