/**
 * What range analysis knows where its walk over the dominator tree is: the range of each value, narrowed by the branches
 * on the way, and set back when a subtree is left.
 */

import type { BlockId, Func, Inst, ValueId } from '../func.ts';
import { filledInts } from '../ints.ts';
import { everything, isEverything, isWithin, makeRange, type Range, rangeOfType, signedRange } from '../range.ts';
import type { Narrowed } from '../range-ops.ts';
import type { ResultType } from '../type.ts';

/** Conditions that a branch on one value is followed through. */
const conditionsTried = 8;

/** What branches say: of each value the latest fact, and from each fact the one before it, -1 for none. */
export interface Facts {
  readonly head: Int32Array;
  readonly previous: number[];
  readonly block: BlockId[];
  readonly range: Range[];
}

const zero = signedRange(false, 0, 0);
const zero64 = signedRange(true, 0, 0);
const one = signedRange(false, 1, 1);
const both: Narrowed = [zero, zero];

/** The state of a walk; see the head of this file. */
export class Known {
  readonly #f: Func;
  /** By value: what is known where the walk is. */
  readonly now: (Range | null)[];
  /** What the edges into blocks have said. */
  facts: Facts;
  readonly #undoValue: ValueId[] = [];
  readonly #undoRange: (Range | null)[] = [];
  readonly #scopeEnd: number[] = [];
  readonly #scopeUndo: number[] = [];

  constructor(f: Func) {
    this.#f = f;
    this.now = new Array<Range | null>(f.insts.length).fill(null);
    this.facts = this.#noFacts();
  }

  #noFacts(): Facts {
    return { head: filledInts(this.#f.insts.length, -1), previous: [], block: [], range: [] };
  }

  /** Starts a walk. */
  begin(): void {
    this.facts = this.#noFacts();
  }

  /** How much there is to set back. */
  get depth(): number {
    return this.#undoValue.length;
  }

  /** What is known of an operand. */
  of(v: ValueId, type: ResultType): Range {
    return this.now[v] ?? rangeOfType(type) ?? everything(false);
  }

  /** Leaves the scopes that end before a place of the preorder. */
  leaveBefore(at: number): void {
    while (this.#scopeEnd.length > 0 && (this.#scopeEnd.at(-1) as number) < at) this.#leave();
  }

  /** Narrows what is known to what holds where a condition does, or does not; false: that can't be. */
  assume(condition: ValueId, truth: boolean): boolean {
    const { insts } = this.#f;
    let work: ValueId[] | null = null;
    let v = condition;
    let holds = truth;
    for (let tried = 0; tried < conditionsTried; tried++) {
      const inst = insts[v] as Inst;
      const range = this.of(v, inst.type);
      const met = holds ? withoutZero(range) : range.ulo > 0 ? null : zeroOf(range);
      if (met === null) return false;
      this.set(v, met);
      const assume = inst.op.range?.assume;
      const a = inst.args[0];
      if (assume !== undefined && a !== undefined) {
        const b = inst.args[1] ?? a;
        const left = this.of(a, (insts[a] as Inst).type);
        const right = this.of(b, (insts[b] as Inst).type);
        // Of two unknowns hardly more is known then.
        const narrowed = isEverything(left) && isEverything(right) ? both : assume(holds, left, right);
        if (narrowed === null) return false;
        if (narrowed !== both) {
          if (narrowed[0] !== left) this.set(a, narrowed[0]);
          if (b !== a && narrowed[1] !== right) this.set(b, narrowed[1]);
          // An operand that is 0 now, or isn't, may be a condition too.
          if (tells(left, narrowed[0])) work = [...(work ?? []), a];
          if (b !== a && tells(right, narrowed[1])) work = [...(work ?? []), b];
        }
      }
      const next = work?.pop();
      if (next === undefined) return true;
      v = next;
      holds = this.of(v, (insts[v] as Inst).type).uhi !== 0;
    }
    return true;
  }

  /** Sets what is known of a value from here on, if it says more. */
  set(v: ValueId, range: Range): void {
    const before = this.now[v] ?? null;
    if (before !== null && isWithin(before, range)) return;
    this.#undoValue.push(v);
    this.#undoRange.push(before);
    this.now[v] = range;
  }

  /** A new scope, of the subtree that ends at this place of the preorder. */
  enter(end: number): void {
    this.#scopeEnd.push(end);
    this.#scopeUndo.push(this.#undoValue.length);
  }

  #leave(): void {
    this.#scopeEnd.pop();
    this.undoTo(this.#scopeUndo.pop() as number);
  }

  /** Sets back what was set since the depth was this. */
  undoTo(length: number): void {
    while (this.#undoValue.length > length) {
      this.now[this.#undoValue.pop() as number] = this.#undoRange.pop() as Range | null;
    }
  }

  /** Keeps what the edge into a block has said for those who ask later. */
  note(b: BlockId): void {
    const { head, previous, block, range } = this.facts;
    for (let i = this.#scopeUndo.at(-1) as number; i < this.#undoValue.length; i++) {
      const v = this.#undoValue[i] as ValueId;
      previous.push(head[v] as number);
      head[v] = block.length;
      block.push(b);
      range.push(this.now[v] as Range);
    }
  }
}

/** Whether the narrower of two ranges says that the value is 0, or isn't, and the other does not. */
function tells(before: Range, after: Range): boolean {
  return (after.ulo > 0 && before.ulo === 0) || (after.uhi === 0 && before.uhi !== 0);
}

function zeroOf(r: Range): Range {
  return r.wide ? zero64 : zero;
}

function withoutZero(r: Range): Range | null {
  const { wide, lo, hi, ulo, uhi, zeros, zerosHigh, ones, onesHigh } = r;
  if (ulo > 0) return r;
  if (uhi === 1 && !wide) return one;
  return makeRange(wide, lo === 0 ? 1 : lo, hi === 0 ? -1 : hi, 1, uhi, zeros, zerosHigh, ones, onesHigh);
}
