/**
 * What executes programs, seen from outside: the same form for the reference interpreter and for every engine, so that
 * drivers, tests and experiments take engines as values.
 */

import type { Extern } from './extern.ts';
import type { Host, Limits, Outcome } from './outcome.ts';
import type { Value } from './value.ts';

/** What an instance is made with; what is left out is: no imports, `defaultLimits`, never aborted, not counted. */
export interface InstanceOptions {
  readonly host?: Host;
  /** By `module.field`: what is imported besides host functions; goes before `host`. */
  readonly externs?: ReadonlyMap<string, Extern>;
  readonly limits?: Partial<Limits>;
  /** Looked at from time to time; an `AbortSignal` will do. Once `aborted`, calls end with the resource end `aborted`. */
  readonly signal?: { readonly aborted: boolean } | null;
  /** Whether executed instructions are counted. */
  readonly count?: boolean;
}

/** One finished call into an instance. */
export interface Execution {
  readonly outcome: Outcome;
  /** Instructions executed, in the engine's own unit; null where they were not counted. */
  readonly instructions: number | null;
  /** Units of fuel used: loop back-edges and calls. Never more than the limit; 0 where an engine did not count, since none was set. */
  readonly fuelUsed: number;
}

/** A program with its state. Calls see the memory, globals and heap that earlier calls left. */
export interface Instance {
  /** Calls a function or import by its name in the module; arguments and results are values of its signature's types. */
  readonly call: (name: string, args: readonly Value[]) => Execution;
  /** The linear memory as it is now; empty where there is none. Valid until the next call. */
  readonly memory: () => Uint8Array;
  /** The value of a global, by its name in the module. */
  readonly global: (name: string) => Value;
  /** What the module exports under an external name, for other instances to import. */
  readonly exported: (external: string) => Extern | undefined;
  /** With what every call ends, since the instance could not be made (a segment outside, a trap of the initialiser); or null. */
  readonly startFailure: Outcome | null;
  /** Heap objects that were never freed. */
  readonly liveAllocations: () => number;
}

/** An engine. `P` is what it executes: a module, or a program of one of the machines. */
export interface Engine<P> {
  readonly name: string;
  /**
   * Makes an instance: memory, globals, tables, active segments; then runs the initialiser. Does not run `start`. Throws an
   * `Error` when an import is missing or does not match.
   */
  readonly instantiate: (program: P, options?: InstanceOptions) => Instance;
}
