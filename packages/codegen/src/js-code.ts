/**
 * What generated JavaScript is, and what it needs of whoever runs it: the contract between the JavaScript backend and the
 * engine, and the reason why both can be replaced apart from each other.
 *
 * `source` is the body of a function of one parameter, `env` (`JsEnv`), which gives a `JsLinked`. Values are those of
 * ir/src/value.ts, but an i64 lives in a frame of 8-byte slots: in JavaScript a BigInt that crosses a call or the turn of a
 * loop is an object, one that is read from and written to a `BigInt64Array` is a machine integer.
 *
 * Calls between generated functions. A function with a frame takes the index of its first slot before its other arguments.
 *
 *   slots       i64 parameters in order, then i64 results in order, then its own
 *   arguments   all parameters but those of type i64
 *   returns     the first result that is no i64; further ones of type i32 stand in `RI`, others in `RV`, by their position
 *
 * Functions in tables all have a frame where any function of the module has one (`frames`).
 */

import type { Imm, OpDef, Signature, Type, Value } from '@sluice/ir';

/** An op that generated code leaves to its own meaning (`eval`, `run`). */
export interface JsOpUse {
  readonly op: OpDef;
  /** What `T` stands for in the op's signature; null where it has none. */
  readonly type: Type | null;
  readonly imm: Imm;
}

/** A function of the code, in the order of the module's. */
export interface JsFunc {
  readonly name: string;
  readonly sig: Signature;
  /** Whether it takes a frame. */
  readonly framed: boolean;
}

/** A module as JavaScript. */
export interface JsCode {
  readonly source: string;
  readonly funcs: readonly JsFunc[];
  readonly ops: readonly JsOpUse[];
  /** The signatures that `call_indirect` asks for, by the number that stands for them in tables. */
  readonly signatures: readonly Signature[];
  /** Whether functions in tables take a frame. */
  readonly frames: boolean;
  /** Slots that a frame and the arguments of the calls that it makes have at most. */
  readonly largestFrame: number;
  /** Whether it counts fuel and depth. */
  readonly metered: boolean;
}

/** A generated function. */
export type JsFunction = (...args: readonly Value[]) => Value;

/** What the code is given. */
export interface JsEnv {
  /** Frames, and the same as i32 halves. */
  readonly L: BigInt64Array;
  readonly I: Int32Array;
  /** No frame may start behind this slot. */
  readonly frameLimit: number;
  /** Fuel left of the quantum, calls that may still be made, the first free slot while the host runs. */
  readonly S: Int32Array;
  /** Globals by their index: of type i32, of type i64, of other types. Imported ones are kept as those that share them have them. */
  readonly GI: Int32Array;
  readonly GL: BigInt64Array;
  readonly GV: Value[];
  readonly RI: Int32Array;
  readonly RV: Value[];
  /** Imports in the module's order; each takes and gives values (several results as a list). */
  readonly hosts: readonly JsFunction[];
  /** By `JsCode.ops`. They throw where the op traps. */
  readonly ops: readonly JsFunction[];
  /** By table: the functions, and the numbers of their signatures; -1 for one that is not listed, -2 for null. */
  readonly TF: readonly JsFunction[][];
  readonly TS: readonly number[][];
  /** The memory as it is now. */
  readonly memory: () => ArrayBuffer;
  /** The memories of the heap as they are now: vm/src/runtime/heap.ts says what is in them. */
  readonly heapCells: () => ArrayBuffer;
  readonly heapTable: () => ArrayBuffer;
  /** Throws a trap. */
  readonly trap: (kind: string) => never;
  /** Throws the trap of a `call_indirect` that cannot be made. */
  readonly badCall: (table: number, index: number) => never;
  /** Where fuel runs out: gives more, takes the unit that is due out of it; or throws. */
  readonly refuel: () => void;
  /** Throws the end `call-depth`. */
  readonly deep: () => never;
}

/** What running the source gives. */
export interface JsLinked {
  readonly funcs: readonly JsFunction[];
  /** To be called whenever a memory's buffer is another one: the guest's or one of the heap's. */
  readonly refresh: () => void;
}
