/**
 * Gives values locals: a phi and what flows into it the same one where they are never live at once, then as few locals as a
 * simple colouring finds, the most used ones with the smallest indices.
 *
 * Values that share a local form a class, with the union of their live ranges. Classes are coloured in the order in which they
 * begin, each with the first local of its type that is free throughout: optimal for what lives in straight lines, good elsewhere.
 * Parameters have their locals before, which others use when they are dead.
 *
 * Papers:  Massimiliano Poletto, Vivek Sarkar, Linear Scan Register Allocation, TOPLAS 1999; Omri Traub et al., Quality and
 *          Speed in Linear-Scan Register Allocation, PLDI 1998 (holes). Coalescing as Boissinot et al., CGO 2009, with ranges.
 */

import { type BlockId, type Func, instOf, loopForest, orderOf, type Type, type ValueId } from '@sluice/ir';
import type { WasmLocals, WasmType } from '@sluice/wasm-format';
import { type CodeList, item } from './code-list.ts';
import { type LiveRanges, liveRanges, type RangeScratch } from './live-ranges.ts';

/** Which local each value has. */
export interface Locals {
  /** By value; -1: none. */
  readonly localOf: Int32Array;
  /** By slot of the function. */
  readonly slots: readonly number[];
  /** The locals behind the parameters. */
  readonly declared: readonly WasmLocals[];
  /** Number of all of them. */
  readonly count: number;
  /** Whether a local's value is used at or behind the start of a region. */
  readonly isLiveInto: (local: number, region: number) => boolean;
}

/** Wasm's type of a type of the IR; the caller has refused `any`. */
export const wasmType = (type: Type): WasmType => type as WasmType;

/** A list of ranges, a start and an end each, ascending. */
type Ranges = number[];

/** A local before it has an index. */
interface Colour {
  readonly type: WasmType;
  readonly ranges: Ranges;
  uses: number;
  /** Parameter; -1: none. */
  readonly param: number;
  index: number;
}

/** The locals of a function's values. */
export function assignLocals(list: CodeList, scratch: RangeScratch): Locals {
  return new Assigner(list, liveRanges(list, scratch)).run();
}

class Assigner {
  readonly #list: CodeList;
  readonly #f: Func;
  readonly #ranges: LiveRanges;
  /** By value: the class that it is in, by the value that stands for it. */
  readonly #class: Int32Array;
  /** Ranges of classes with several values. */
  readonly #joined = new Map<number, Ranges>();

  constructor(list: CodeList, ranges: LiveRanges) {
    this.#list = list;
    this.#f = list.func;
    this.#ranges = ranges;
    this.#class = new Int32Array(this.#f.insts.length);
    for (let v = 0; v < this.#class.length; v++) this.#class[v] = v;
  }

  run(): Locals {
    if (this.#list.moves > 0) this.#coalesce();
    const uses = this.#countUses();
    const colours: Colour[] = [];
    const byType = new Map<WasmType, Colour[]>();
    const colourOf = new Map<number, Colour>();
    const add = (type: WasmType, ranges: Ranges, param: number): Colour => {
      const colour = { type, ranges, uses: 0, param, index: -1 };
      colours.push(colour);
      const list = byType.get(type);
      if (list === undefined) byType.set(type, [colour]);
      else list.push(colour);
      return colour;
    };
    this.#f.params.forEach((p, i) => {
      const root = this.#find(p);
      const colour = add(wasmType(this.#f.sig.params[i] as Type), this.#rangesOf(root).slice(), i);
      colourOf.set(root, colour);
      colour.uses = uses[root] as number;
    });
    for (const root of this.#classes()) {
      if (colourOf.has(root)) continue;
      const type = wasmType(instOf(this.#f, root as ValueId).type as Type);
      const ranges = this.#rangesOf(root);
      const free = byType.get(type)?.find((colour) => !overlap(colour.ranges, ranges));
      const colour = free ?? add(type, [], -1);
      merge(colour.ranges, ranges);
      colour.uses += uses[root] as number;
      colourOf.set(root, colour);
    }
    const slots = this.#f.slots.map((type) => add(wasmType(type), [], -1));
    this.#countSlots(slots);
    const declared = number(colours, this.#f.params.length);
    const localOf = new Int32Array(this.#f.insts.length).fill(-1);
    for (let v = 0; v < localOf.length; v++) localOf[v] = colourOf.get(this.#find(v))?.index ?? -1;
    const byIndex: Ranges[] = [];
    for (const { index, ranges } of colours) byIndex[index] = ranges;
    const slotIndices = slots.map(({ index }) => index);
    return {
      localOf,
      slots: slotIndices,
      declared,
      count: colours.length,
      isLiveInto: (local, region) => {
        const at = 2 * (this.#list.regionStart[region] as number);
        const ranges = byIndex[local] as Ranges;
        const k = firstEndingAfter(ranges, at, 0);
        return (k < ranges.length && (ranges[k] as number) <= at) || slotIndices.includes(local);
      },
    };
  }

  #find(v: number): number {
    let root = v;
    while (this.#class[root] !== root) root = this.#class[root] as number;
    for (let n = v; this.#class[n] !== root; ) {
      const next = this.#class[n] as number;
      this.#class[n] = root;
      n = next;
    }
    return root;
  }

  #rangesOf(root: number): Ranges {
    const joined = this.#joined.get(root);
    if (joined !== undefined) return joined;
    const { start, bounds } = this.#ranges;
    const ranges: Ranges = [];
    for (let k = start[root] as number; k < (start[root + 1] as number); k++) ranges.push(bounds[k] as number);
    return ranges;
  }

  /** Classes that need a local, in the order in which they begin. */
  #classes(): readonly number[] {
    const { start, bounds } = this.#ranges;
    const roots: { readonly root: number; readonly begins: number }[] = [];
    for (let v = 0; v < this.#class.length; v++) {
      if (this.#class[v] !== v) continue;
      const joined = this.#joined.get(v);
      const begins = joined === undefined ? (start[v] === start[v + 1] ? -2 : bounds[start[v] as number]) : joined[0];
      if (begins !== -2) roots.push({ root: v, begins: begins as number });
    }
    return roots.sort((a, b) => a.begins - b.begins).map(({ root }) => root);
  }

  /** Joins phis with what flows into them: first where code runs most often. */
  #coalesce(): void {
    const { moves, movePhi, moveArg, regionBlock, regions, regionStart, items } = this.#list;
    const list: { readonly phi: number; readonly arg: number; readonly depth: number }[] = [];
    const loops = orderOf(this.#f).hasBackEdge() ? loopForest(this.#f) : null;
    if (loops === null) {
      for (let m = moves - 1; m >= 0; m--)
        if (moveArg[m] !== -1) list.push({ phi: movePhi[m] as number, arg: moveArg[m] as number, depth: 0 });
    } else {
      for (let r = 0; r < regions; r++) {
        const depth = loops.depthOf(regionBlock[r] as BlockId);
        for (let i = regionStart[r] as number; i < (regionStart[r + 1] as number); i++) {
          const code = items[i] as number;
          if ((code & 7) !== item.moveGet) continue;
          list.push({ phi: movePhi[code >> 3] as number, arg: moveArg[code >> 3] as number, depth });
        }
      }
      list.sort((a, b) => b.depth - a.depth);
    }
    const paramOf = new Set<number>(this.#f.params);
    for (const { phi, arg } of list) {
      const a = this.#find(phi);
      const b = this.#find(arg);
      if (a === b || (paramOf.has(a) && paramOf.has(b))) continue;
      const [ra, rb] = [this.#rangesOf(a), this.#rangesOf(b)];
      if (overlap(ra, rb)) continue;
      const [root, other] = paramOf.has(b) ? [b, a] : [a, b];
      const union = ra.length < rb.length ? rb : ra;
      merge(union, union === ra ? rb : ra);
      this.#joined.delete(other);
      this.#joined.set(root, union);
      this.#class[other] = root;
    }
  }

  /** By class: how often its local is named. */
  #countUses(): Int32Array {
    const { items, regionStart, regions, movePhi, moveArg } = this.#list;
    const uses = new Int32Array(this.#f.insts.length);
    const count = (v: number): void => {
      const root = this.#find(v);
      uses[root] = (uses[root] as number) + 1;
    };
    for (let i = regionStart[0] as number; i < (regionStart[regions] as number); i++) {
      const code = items[i] as number;
      const kind = code & 7;
      const about = code >> 3;
      if (kind <= item.tee) count(about);
      else if (kind >= item.moveGet) {
        const phi = movePhi[about] as number;
        const arg = moveArg[about] as number;
        if (arg === -1) count(phi);
        else if (this.#find(phi) !== this.#find(arg)) count(kind === item.moveGet ? arg : phi);
      }
    }
    return uses;
  }

  #countSlots(slots: readonly Colour[]): void {
    if (slots.length === 0) return;
    for (const inst of this.#f.insts) {
      const slot = inst !== undefined && slotOps.has(inst.op.name) ? slots[inst.imm as number] : undefined;
      if (slot !== undefined) slot.uses++;
    }
  }
}

const slotOps: ReadonlySet<string> = new Set(['slot.get', 'slot.set']);

/** Whether two lists have a common position. */
function overlap(a: Ranges, b: Ranges): boolean {
  if (a.length === 0 || b.length === 0) return false;
  if ((a[a.length - 1] as number) <= (b[0] as number) || (b[b.length - 1] as number) <= (a[0] as number)) return false;
  // The shorter list looks into the longer one.
  return a.length < b.length ? meets(a, b) : meets(b, a);
}

function meets(few: Ranges, many: Ranges): boolean {
  let at = firstEndingAfter(many, few[0] as number, 0);
  for (let k = 0; k < few.length && at < many.length; ) {
    if ((many[at + 1] as number) <= (few[k] as number)) at = firstEndingAfter(many, few[k] as number, at + 2);
    else if ((few[k + 1] as number) <= (many[at] as number)) k += 2;
    else return true;
  }
  return false;
}

/** The first range from `from` on that ends behind a position; by doubling steps, then halving. */
function firstEndingAfter(ranges: Ranges, position: number, from: number): number {
  let low = from >> 1;
  const count = ranges.length >> 1;
  let step = 1;
  while (low + step <= count && (ranges[2 * (low + step) - 1] as number) <= position) {
    low += step;
    step *= 2;
  }
  let high = Math.min(count, low + step);
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[2 * middle + 1] as number) <= position) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

/** Adds ranges to a list that they do not overlap with. */
function merge(into: Ranges, more: Ranges): void {
  for (let k = 0; k < more.length; k += 2) {
    const begins = more[k] as number;
    const ends = more[k + 1] as number;
    const { length } = into;
    if (length === 0 || (into[length - 1] as number) < begins) {
      into.push(begins, ends);
      continue;
    }
    if (into[length - 1] === begins) {
      into[length - 1] = ends;
      continue;
    }
    into.splice(firstEndingAfter(into, begins, 0), 0, begins, ends);
  }
}

/** Numbers locals behind the parameters: the most used ones get one-byte indices; what has one type stands together. */
function number(colours: readonly Colour[], params: number): readonly WasmLocals[] {
  const rest = colours.filter(({ param }) => param < 0).sort((a, b) => b.uses - a.uses);
  for (const colour of colours) if (colour.param >= 0) colour.index = colour.param;
  const declared: { count: number; type: WasmType }[] = [];
  let next = params;
  const short = Math.max(0, 128 - params);
  for (const part of [rest.slice(0, short), rest.slice(short)]) {
    const types = [...new Set(part.map(({ type }) => type))];
    const last = declared.at(-1)?.type;
    // Begins with the type that was the last one.
    types.sort((a, b) => Number(b === last) - Number(a === last));
    for (const type of types) {
      const own = part.filter((colour) => colour.type === type);
      for (const colour of own) colour.index = next++;
      const before = declared.at(-1);
      if (before?.type === type) before.count += own.length;
      else declared.push({ count: own.length, type });
    }
  }
  return declared;
}
