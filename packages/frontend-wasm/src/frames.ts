/**
 * The two stacks of the specification's validation algorithm: operands with their types, and the blocks around. Beside each
 * type stands the value of the IR, -1 where the code cannot be reached.
 *
 * Behind code that does not go on, operands come from nowhere: a pop at the bottom of a block that is `unreachable` gives the
 * type null, which fits every other.
 */

import type { BlockId, Diagnostic, Span, Type, ValueId } from '@sluice/ir';
import type { InstrReader } from '@sluice/wasm-format';
import * as codes from './diag-codes.ts';

const none: readonly never[] = [];

/** The value of code that is not reached. */
export const noValue = -1 as ValueId;

/** No block yet. */
export const noBlock = -1 as BlockId;

/** What a block is. `func` is the body. */
export type FrameKind = 'func' | 'block' | 'loop' | 'if' | 'else';

/** A block that is open. */
export interface Frame {
  kind: FrameKind;
  readonly params: readonly Type[];
  readonly results: readonly Type[];
  /** Operands below it, which it must not touch. */
  readonly height: number;
  /** Whether the rest of the block is not reached, by the rules of validation. */
  unreachable: boolean;
  /** Whether its start is reached, so that there is something to lift. */
  readonly entered: boolean;
  /** Where branches to its label lead: the header of a loop, else the block behind its end; -1 until there is a branch. */
  target: BlockId;
  /** For each block that leads to `target`: the block, and the values that it brings. */
  preds: readonly BlockId[];
  values: readonly (readonly ValueId[])[];
  /** Of a loop with parameters. */
  phis: readonly ValueId[];
  /** Of an `if`: the block that it ends, where it goes on false, and the parameters. */
  from: BlockId;
  otherwise: BlockId;
  otherwiseArgs: readonly ValueId[];
}

/** A block that begins; its parameters are no operands yet. */
export function newFrame(
  kind: FrameKind,
  params: readonly Type[],
  results: readonly Type[],
  height: number,
  entered: boolean,
): Frame {
  return {
    kind,
    params,
    results,
    height,
    unreachable: false,
    entered,
    target: noBlock,
    preds: none,
    values: none,
    phis: none,
    from: noBlock,
    otherwise: noBlock,
    otherwiseArgs: none,
  };
}

/** An edge to the block's label, from a block that has none to it yet. */
export function addEdge(frame: Frame, from: BlockId, values: readonly ValueId[]): void {
  if (frame.preds.length === 0) {
    frame.preds = [from];
    frame.values = [values];
    return;
  }
  (frame.preds as BlockId[]).push(from);
  (frame.values as (readonly ValueId[])[]).push(values);
}

/** The types that a branch to the block brings. */
export function labelTypes(frame: Frame): readonly Type[] {
  return frame.kind === 'loop' ? frame.params : frame.results;
}

/** Operands: types and values. */
export class Operands {
  readonly types: (Type | null)[] = [];
  readonly values: ValueId[] = [];
  /** The innermost block. */
  frame: Frame;
  /** Type of what `popAny` gave last; null: any. */
  anyType: Type | null = null;
  readonly #reader: InstrReader;

  constructor(reader: InstrReader, frame: Frame) {
    this.#reader = reader;
    this.frame = frame;
  }

  push(type: Type | null, value: ValueId): void {
    this.types.push(type);
    this.values.push(value);
  }

  pushAll(types: readonly Type[], values: readonly ValueId[] | null): void {
    for (let i = 0; i < types.length; i++)
      this.push(types[i] as Type, values === null ? noValue : (values[i] as ValueId));
  }

  /** Takes one of this type. */
  pop(expected: Type): ValueId {
    const { frame, types } = this;
    if (types.length === frame.height) {
      if (frame.unreachable) return noValue;
      return this.#missing(expected);
    }
    const found = types.pop() as Type | null;
    if (found !== expected && found !== null) this.mismatch(expected, found);
    return this.values.pop() as ValueId;
  }

  /** Takes one of any type, which is then in `anyType`. */
  popAny(): ValueId {
    const { frame, types } = this;
    if (types.length === frame.height) {
      this.anyType = null;
      if (frame.unreachable) return noValue;
      return this.#missing('a value');
    }
    this.anyType = types.pop() as Type | null;
    return this.values.pop() as ValueId;
  }

  /** Takes values of these types; the last is on top. */
  popAll(expected: readonly Type[]): ValueId[] {
    const count = expected.length;
    const values = new Array<ValueId>(count);
    for (let i = count - 1; i >= 0; i--) values[i] = this.pop(expected[i] as Type);
    return values;
  }

  /** The topmost are of these types; they stay. */
  expect(expected: readonly Type[]): void {
    const { frame, types } = this;
    for (let i = expected.length - 1, at = types.length - 1; i >= 0; i--, at--) {
      if (at < frame.height) {
        if (frame.unreachable) return;
        this.#missing(expected[i] as Type);
      }
      const found = types[at] as Type | null;
      if (found !== expected[i] && found !== null) this.mismatch(expected[i] as Type, found);
    }
  }

  /** The rest of the block is not reached. */
  cut(): void {
    const { frame } = this;
    this.types.length = frame.height;
    this.values.length = frame.height;
    frame.unreachable = true;
  }

  /** Nothing is left of the block's operands. */
  expectEmpty(): void {
    const left = this.types.length - this.frame.height;
    if (left > 0)
      this.fail((at) => codes.typeMismatch(at, `${left} more ${left === 1 ? 'value' : 'values'} than the block gives`));
  }

  mismatch(expected: string, found: string): never {
    return this.fail((at) => codes.typeMismatch(at, `expected ${expected}, found ${found}`));
  }

  /** The present instruction is invalid. */
  fail(make: (at: Span) => Diagnostic): never {
    return this.#reader.fail(make, this.#reader.start);
  }

  #missing(expected: string): never {
    return this.fail((at) => codes.typeMismatch(at, `expected ${expected}, found nothing`));
  }
}
