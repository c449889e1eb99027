/** Bril programs as data, and their text and JSON forms: what the frontend reads and the backend writes. */

export * from './ast.ts';
export { charEscapes } from './escapes.ts';
export { printBril, printInstr } from './print.ts';
export { type ToJsonOptions, toJson } from './to-json.ts';
