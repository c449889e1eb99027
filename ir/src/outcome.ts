/**
 * How an execution ended, the same for every engine, and what a host gives and what limits hold.
 */

import type { TrapKind } from './trap.ts';
import type { Value } from './value.ts';

/** Which limit ended an execution; not part of a program's meaning. */
export type ResourceEnd = 'fuel' | 'call-depth' | 'memory' | 'aborted';

/** What to say of a resource end: `out of fuel`. */
export function resourceMessage(end: ResourceEnd): string {
  return end === 'aborted' ? 'aborted' : `out of ${end}`;
}

/** How an execution ended. */
export type Outcome =
  | { readonly kind: 'return'; readonly values: readonly Value[] }
  | { readonly kind: 'trap'; readonly trap: TrapKind; readonly at: string | null }
  /** The host ended it (a run-time error of the language, `exit`): code for the command, message for the user. */
  | { readonly kind: 'exit'; readonly code: number; readonly message: string }
  | { readonly kind: 'resource'; readonly end: ResourceEnd };

/** Thrown by a host function to end the execution with `exit`; a guest cannot catch it. */
export class HostExit extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'HostExit';
    this.code = code;
  }
}

/** Thrown by a host function or an engine where a limit is reached; engines turn it into an outcome. */
export class ResourceError extends Error {
  readonly end: ResourceEnd;

  constructor(end: ResourceEnd) {
    super(`out of ${end}`);
    this.name = 'ResourceError';
    this.end = end;
  }
}

/** A host function: values in, results out (a single result may stand alone). May throw `HostExit`. */
export interface HostFunction {
  (...args: readonly Value[]): Value | readonly Value[] | undefined;
  /** The same in another form, for engines that keep calls and carry them out in rows. */
  readonly later?: LaterCall;
}

/**
 * A host function that may run later than it is called, as long as calls of all host functions keep their order and none
 * is left when the call from outside ends. It gives no results, does not call back, and throws nothing.
 */
export interface LaterCall {
  /**
   * One call. Argument `i` is a cell of 8 bytes: `cells[at + 2 * i]` is its low half, `cells[at + 2 * i + 1]` its high one
   * (of an i32 or f32 only the low half counts).
   */
  readonly carryOut: (cells: Int32Array, at: number) => void;
  /** After the last of a row of calls; the same function for those that share something. */
  readonly settle: () => void;
}

/** The functions that a host provides: `module.field`. */
export type Host = ReadonlyMap<string, HostFunction>;

/** Limits of an execution. */
export interface Limits {
  /** Units of one loop back-edge or one call; null: no limit. */
  readonly fuel: number | null;
  /** Calls that may be active at a time. */
  readonly depth: number;
  /** Bytes of linear memory and heap together. */
  readonly memory: number;
}

/** What holds unless something else is asked for: no fuel limit, 100,000 calls deep, 1 GiB. */
export const defaultLimits: Limits = { fuel: null, depth: 100_000, memory: 1 << 30 };
