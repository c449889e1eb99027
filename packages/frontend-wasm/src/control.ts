/**
 * Control: validates the structure of code, and makes blocks of the IR of it where code is reached.
 *
 * A block, loop or `if` becomes a block of the IR only where something branches to it. Its results become phis where
 * different values come over several ways. Locals are variables of the builder, which makes SSA form of them.
 *
 * Branches out of the function return; those that may not be taken share one block that does.
 */

import type { BlockId, FuncBuilder, Signature, Type, ValueId } from '@sluice/ir';
import type { InstrReader } from '@sluice/wasm-format';
import type { Seen } from './context.ts';
import * as codes from './diag-codes.ts';
import { addEdge, type Frame, type FrameKind, labelTypes, newFrame, noBlock, Operands } from './frames.ts';
import type { Locals } from './locals.ts';

const none: readonly never[] = [];

/** The open blocks of a function. */
export class Control {
  readonly s: Operands;
  readonly locals: Locals;
  /** Null: code is validated only. */
  readonly b: FuncBuilder | null;
  readonly sig: Signature;
  /** Whether the present code is reached, and lifted. */
  live: boolean;
  /** The blocks of the IR, as code reaches them: their order of layout. */
  readonly layout: BlockId[] = [];
  readonly #frames: Frame[] = [];

  readonly #seen: Seen | null;

  constructor(reader: InstrReader, sig: Signature, locals: Locals, builder: FuncBuilder | null, seen: Seen | null) {
    this.#seen = seen;
    this.b = builder;
    this.live = builder !== null;
    this.sig = sig;
    this.locals = locals;
    const body = newFrame('func', none, sig.results, 0, this.live);
    this.#frames.push(body);
    if (builder !== null) this.layout.push(builder.entry);
    this.s = new Operands(reader, body);
  }

  /**
   * Counts values that a call or branch carries. Two bytes of code may carry a thousand, so that a small module could become
   * a huge one; real code stays far below what is allowed.
   */
  spend(values: number): void {
    const seen = this.#seen;
    if (seen === null) return;
    seen.values -= values;
    if (seen.values < 0) this.s.fail(codes.tooManyValues);
  }

  /** Instructions go to this block from now on. */
  #begin(block: BlockId): void {
    (this.b as FuncBuilder).at(block);
    this.layout.push(block);
  }

  #open(kind: FrameKind, params: readonly Type[], results: readonly Type[]): Frame {
    const frame = newFrame(kind, params, results, this.s.types.length, this.live);
    this.#frames.push(frame);
    this.s.frame = frame;
    return frame;
  }

  #close(): void {
    this.#frames.pop();
    this.s.frame = this.#frames[this.#frames.length - 1] as Frame;
  }

  /** The block of a label: 0 is the innermost. */
  label(depth: number): Frame {
    const frames = this.#frames;
    if (depth >= frames.length) this.s.fail((at) => codes.unknownIndex(at, 'label', depth, frames.length));
    return frames[frames.length - 1 - depth] as Frame;
  }

  /** `block`. */
  block({ params, results }: Signature): void {
    const values = this.s.popAll(params);
    this.#open('block', params, results);
    this.s.pushAll(params, values);
  }

  /** `loop`. */
  loop({ params, results }: Signature): void {
    const values = this.s.popAll(params);
    const frame = this.#open('loop', params, results);
    if (!this.live) {
      this.s.pushAll(params, values);
      return;
    }
    const b = this.b as FuncBuilder;
    const header = b.block();
    frame.target = header;
    this.#edge(frame, values);
    b.br(header);
    this.#begin(header);
    this.locals.forget();
    frame.phis = params.map((type) => b.phi(header, type));
    this.s.pushAll(params, frame.phis);
  }

  /** `if`. */
  if({ params, results }: Signature): void {
    const condition = this.s.pop('i32');
    const values = this.s.popAll(params);
    const frame = this.#open('if', params, results);
    this.s.pushAll(params, values);
    if (!this.live) return;
    const b = this.b as FuncBuilder;
    const then = b.block();
    frame.otherwise = b.block();
    frame.otherwiseArgs = values;
    frame.from = b.current;
    b.brIf(condition, then, frame.otherwise);
    b.seal(then);
    this.#begin(then);
  }

  /** `else`. */
  else(): void {
    const frame = this.s.frame;
    if (frame.kind !== 'if') this.s.fail((at) => codes.badNesting(at, 'else without an if: END opcode expected'));
    this.#fallThrough(frame);
    frame.kind = 'else';
    frame.unreachable = false;
    this.s.pushAll(frame.params, frame.otherwiseArgs);
    this.live = frame.entered;
    if (!this.live) return;
    const b = this.b as FuncBuilder;
    b.seal(frame.otherwise);
    this.#begin(frame.otherwise);
    this.locals.forget();
  }

  /** Control reaches the end of a block, or of its first branch: checks what it gives, and goes on to the label. */
  #fallThrough(frame: Frame): void {
    const values = this.s.popAll(frame.results);
    this.s.expectEmpty();
    if (!this.live) return;
    const b = this.b as FuncBuilder;
    this.#edge(frame, values);
    b.br(frame.target);
  }

  /** `end`. */
  end(): void {
    const frame = this.s.frame;
    const { results, kind } = frame;
    if (kind === 'loop') {
      this.#endLoop(frame);
      return;
    }
    if (frame.target === noBlock && kind !== 'if') {
      // Nothing else leads here: the code goes on as it is.
      const values = this.s.popAll(results);
      this.s.expectEmpty();
      this.#close();
      this.s.pushAll(results, values);
      return;
    }
    if (kind === 'if' && frame.entered && frame.target === noBlock) {
      frame.target = frame.otherwise;
      addEdge(frame, frame.from, frame.otherwiseArgs);
    }
    this.#fallThrough(frame);
    if (kind === 'if') this.#endWithoutElse(frame);
    this.#close();
    this.s.pushAll(results, this.#arrive(frame));
  }

  /** An `if` without `else`: the condition being false, its parameters are its results. */
  #endWithoutElse(frame: Frame): void {
    const { params, results, entered, otherwise } = frame;
    if (params.length !== results.length || params.some((type, i) => type !== results[i])) {
      this.s.fail((at) => codes.typeMismatch(at, 'an if without else must give what it takes'));
    }
    if (!entered || frame.target === otherwise) return;
    const b = this.b as FuncBuilder;
    b.seal(otherwise);
    this.#begin(otherwise);
    this.#edge(frame, frame.otherwiseArgs);
    b.br(frame.target);
  }

  #endLoop(frame: Frame): void {
    const values = this.s.popAll(frame.results);
    this.s.expectEmpty();
    this.#close();
    this.s.pushAll(frame.results, values);
    if (!frame.entered) return;
    const b = this.b as FuncBuilder;
    b.seal(frame.target);
    frame.phis.forEach((phi, i) => {
      b.setPhi(
        phi,
        frame.preds.map((pred, k) => [pred, frame.values[k]?.[i] as ValueId] as const),
      );
    });
  }

  /** Lifting goes on at the label of a block that ended; the values of its results. */
  #arrive(frame: Frame): readonly ValueId[] | null {
    this.live = frame.preds.length > 0;
    if (!this.live) return null;
    const b = this.b as FuncBuilder;
    const { preds, values, target } = frame;
    b.seal(target);
    this.#begin(target);
    this.locals.forget();
    const [first] = values as unknown as readonly [readonly ValueId[]];
    return frame.results.map((type, i) => {
      const value = first[i] as ValueId;
      if (values.every((list) => list[i] === value)) return value;
      const phi = b.phi(target, type);
      b.setPhi(
        phi,
        preds.map((pred, k) => [pred, values[k]?.[i] as ValueId] as const),
      );
      return phi;
    });
  }

  /** The end of the function. */
  endBody(): void {
    const frame = this.s.frame;
    const { results } = this.sig;
    const values = this.s.popAll(results);
    this.s.expectEmpty();
    const b = this.b;
    if (b === null) return;
    if (this.live) {
      if (frame.target === noBlock) b.ret(...values);
      else {
        this.#edge(frame, values);
        b.br(frame.target);
      }
    }
    const returned = this.#arrive(frame);
    if (returned !== null) b.ret(...returned);
  }

  /** An edge from the current block to a label, with the values that it brings. */
  #edge(frame: Frame, values: readonly ValueId[]): BlockId {
    const b = this.b as FuncBuilder;
    if (frame.target === noBlock) frame.target = b.block();
    const { preds } = frame;
    if (preds[preds.length - 1] !== b.current) {
      addEdge(frame, b.current, values);
      if (values.length > 1) this.spend(2 * values.length);
    }
    return frame.target;
  }

  /** `br`. */
  br(depth: number): void {
    const frame = this.label(depth);
    const values = this.s.popAll(labelTypes(frame));
    if (this.live) {
      if (frame.kind === 'func') (this.b as FuncBuilder).ret(...values);
      else (this.b as FuncBuilder).br(this.#edge(frame, values));
    }
    this.cut();
  }

  /** `return`. */
  return(): void {
    const values = this.s.popAll(this.sig.results);
    if (this.live) (this.b as FuncBuilder).ret(...values);
    this.cut();
  }

  /** `br_if`. */
  brIf(depth: number): void {
    const frame = this.label(depth);
    const condition = this.s.pop('i32');
    const types = labelTypes(frame);
    const values = this.s.popAll(types);
    this.s.pushAll(types, values);
    if (!this.live) return;
    const b = this.b as FuncBuilder;
    const next = b.block();
    b.brIf(condition, this.#edge(frame, values), next);
    b.seal(next);
    this.#begin(next);
  }

  /** `br_table`: labels, the last is the default. */
  brTable(list: ArrayLike<number>, count: number): void {
    const { s } = this;
    const on = s.pop('i32');
    const last = this.label(list[count - 1] as number);
    const types = labelTypes(last);
    const seen = new Set<Frame>([last]);
    for (let k = 0; k < count - 1; k++) {
      const frame = this.label(list[k] as number);
      if (seen.has(frame)) continue;
      seen.add(frame);
      const other = labelTypes(frame);
      if (other.length !== types.length) s.mismatch(`${types.length} values for each label`, `${other.length}`);
      s.expect(other);
    }
    const values = s.popAll(types);
    if (this.live) this.#switch(on, list, count, seen, values);
    this.cut();
  }

  /** Cases that lead where the default leads are left out. */
  #switch(
    on: ValueId,
    list: ArrayLike<number>,
    count: number,
    frames: ReadonlySet<Frame>,
    values: readonly ValueId[],
  ): void {
    const b = this.b as FuncBuilder;
    for (const frame of frames) this.#edge(frame, values);
    const last = this.label(list[count - 1] as number);
    const cases: number[] = [];
    const targets: BlockId[] = [];
    for (let k = 0; k < count - 1; k++) {
      const { target } = this.label(list[k] as number);
      if (target === last.target) continue;
      cases.push(k);
      targets.push(target);
    }
    targets.push(last.target);
    if (cases.length === 0) b.br(last.target);
    else b.switch(on, cases, targets);
  }

  /** What follows in the block is not reached. */
  cut(): void {
    this.s.cut();
    this.live = false;
  }
}
