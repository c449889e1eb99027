/** The stack and register virtual machines, memory, host interface and traps. */
export * from './register/engine.ts';
export * from './runtime/apply.ts';
export * from './runtime/budget.ts';
export * from './runtime/cells.ts';
export * from './runtime/heap.ts';
export * from './runtime/memory.ts';
export * from './runtime/state.ts';
export { stackVM } from './stack/instance.ts';
