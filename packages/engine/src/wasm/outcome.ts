/**
 * How an execution ended, from what came out of Wasm as an exception. V8 tells the kind of a trap by its message alone; where
 * one message stands for several kinds, the code has been made such that it cannot come (instrument.ts), or the caller asks
 * what the table held.
 */

import { HostExit, type Outcome, type ResourceEnd, ResourceError, TrapError, type TrapKind } from '@sluice/ir';

/** A resource end as an outcome. */
export function resourceEnd(end: ResourceEnd): Outcome {
  return { kind: 'resource', end };
}

/** By how V8's message begins: the kind. */
const kinds: readonly (readonly [string, TrapKind])[] = [
  ['divide by zero', 'integer-divide-by-zero'],
  ['remainder by zero', 'integer-divide-by-zero'],
  ['divide result unrepresentable', 'integer-overflow'],
  ['float unrepresentable', 'integer-overflow'],
  ['unreachable', 'unreachable'],
  ['memory access out of bounds', 'out-of-bounds'],
  ['table index is out of bounds', 'out-of-bounds'],
  ['table access out of bounds', 'out-of-bounds'],
  ['table or segment', 'out-of-bounds'],
  ['data segment', 'out-of-bounds'],
  ['element segment', 'out-of-bounds'],
];

/** What V8 says of a call through a table of null, or of a function of another type. */
const badCallee = /^(?:null function|function signature|dereferencing a null)/;

/** What is known of the code that an exception came out of. */
export interface Scene {
  /** Whether a function of the host threw it: traps of other Wasm are not this program's. */
  readonly fromHost: boolean;
  /** Whether the element that was last called through a table is null. */
  readonly nullCallee: () => boolean;
  /** The name of a function by its index. */
  readonly nameOf: (index: number) => string | null;
}

/** The outcome; null: the exception is none of Wasm's or the host's ways to end, and passes on. */
export function outcomeOf(error: unknown, scene: Scene): Outcome | null {
  if (error instanceof HostExit) return { kind: 'exit', code: error.code, message: error.message };
  if (error instanceof ResourceError) return resourceEnd(error.end);
  if (error instanceof RangeError && /call stack/.test(error.message)) return resourceEnd('call-depth');
  const kind = trapOf(error, scene);
  return kind === null ? null : { kind: 'trap', trap: kind, at: placeOf(error as Error, scene.nameOf) };
}

function trapOf(error: unknown, { fromHost, nullCallee }: Scene): TrapKind | null {
  if (error instanceof TrapError) return error.kind;
  if (fromHost || !(error instanceof WebAssembly.RuntimeError)) return null;
  const { message } = error;
  const found = kinds.find(([start]) => message.startsWith(start));
  if (found !== undefined) return found[1];
  if (!badCallee.test(message)) return null;
  return nullCallee() ? 'null-reference' : 'indirect-call-type';
}

/** The innermost function of the module on the stack, with the offset of its code in the module: `@f:0x1a4`. */
function placeOf(error: Error, nameOf: (index: number) => string | null): string | null {
  for (const match of (error.stack ?? '').matchAll(/wasm-function\[(\d+)\](?::(0x[0-9a-f]+))?/g)) {
    const name = nameOf(Number(match[1]));
    if (name !== null) return match[2] === undefined ? `@${name}` : `@${name}:${match[2]}`;
  }
  return null;
}
