/** What a chain of one operation can be written as, and writing it. */

import {
  evalOp,
  type Inst,
  lawConstant,
  makeInst,
  type OpDef,
  sameValue,
  type Type,
  type Value,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';
import { constOp } from '../lib/structural.ts';
import { differenceOf, linearOf, productOf } from '../rules/recurrence.ts';

/** An operand of a chain: what stands at its end. */
export interface Leaf {
  readonly v: ValueId;
  readonly inst: Inst;
  /** Subtracted. */
  readonly negative: boolean;
  /** Does not change in the loop around the chain. */
  readonly invariant: boolean;
  /** Used by the chain alone, in its block. */
  readonly single: boolean;
}

/** A chain: its instructions, the root first, and its leaves from left to right. */
export interface Chain {
  readonly root: ValueId;
  readonly family: OpDef;
  readonly type: Type;
  readonly inner: readonly ValueId[];
  readonly leaves: readonly Leaf[];
  readonly insts: readonly (Inst | undefined)[];
  readonly single: (v: ValueId) => boolean;
}

/** What is combined: a value, its multiple, or its product with a sum of values. */
export interface Item {
  readonly v: ValueId;
  readonly negative: boolean;
  readonly invariant: boolean;
  readonly times: Value | null;
  readonly sum: readonly ValueId[] | null;
}

/** A way to write a chain. */
export interface Plan {
  readonly items: readonly Item[];
  /** One constant for all; null where it changes nothing. */
  readonly constant: Value | null;
  /** Instructions that it takes, and those outside of the chain that it saves. */
  readonly cost: number;
  readonly absorbed: number;
  /** Instructions of it that change in the loop. */
  readonly varying: number;
}

const plain = ({ v, negative, invariant }: Leaf): Item => ({ v, negative, invariant, times: null, sum: null });

function finished(items: readonly Item[], constant: Value | null, absorbed: number, differs: boolean): Plan {
  const parts = items.length + (constant === null ? 0 : 1);
  // Without anything to subtract from, a zero is.
  const negated = differs && constant === null && items.length > 0 && items.every(({ negative }) => negative) ? 1 : 0;
  let cost = Math.max(0, parts - 1) + negated;
  let varying = 0;
  for (const { times, sum, invariant } of items) {
    cost += (times === null ? 0 : 1) + (sum?.length ?? 0);
    if (!invariant) varying++;
  }
  return { items, constant, cost, absorbed, varying: parts === varying ? varying - 1 : varying };
}

const toBig = (value: Value): bigint => BigInt(value as number | bigint);
const wrap = (type: Type, x: bigint): Value => (type === 'i64' ? BigInt.asIntN(64, x) : Number(BigInt.asIntN(32, x)));

/** A chain of an op whose laws are all that is known: products, and, or, xor. */
export function planLattice({ leaves, family, type }: Chain): Plan {
  const { laws } = family;
  let constant: Value | null = null;
  const items: Item[] = [];
  const seen = new Map<ValueId, number>();
  for (const leaf of leaves) {
    if (leaf.inst.op.kind === 'const') {
      const value = leaf.inst.imm as Value;
      constant = constant === null ? value : (evalOp(family, type, [type, type], [constant, value]) as Value);
      continue;
    }
    const before = seen.get(leaf.v);
    if (before === undefined || (laws.idempotent !== true && laws.selfGives !== 0)) {
      seen.set(leaf.v, items.length);
      items.push(plain(leaf));
    } else if (laws.idempotent !== true) {
      // Twice is nothing.
      items[before] = { ...(items[before] as Item), sum: [] };
      seen.delete(leaf.v);
    }
  }
  const left = items.filter(({ sum }) => sum === null);
  if (laws.rightZero !== undefined && constant !== null && sameValue(constant, lawConstant(type, laws.rightZero))) {
    return finished([], constant, 0, false);
  }
  const identity = laws.rightIdentity;
  if (constant !== null && identity !== undefined && sameValue(constant, lawConstant(type, identity))) constant = null;
  if (left.length === 0 && constant === null) constant = lawConstant(type, identity ?? 0);
  return finished(left, constant, 0, false);
}

interface Term {
  readonly leaf: Leaf;
  /** The leaf is the multiple of a value by a constant; else the value itself, once. */
  readonly of: ValueId;
  readonly times: bigint;
  readonly invariant: boolean;
}

/** A sum: terms by value with how often they are taken. */
export function planSum(chain: Chain): Plan {
  const { leaves, type, insts } = chain;
  let constant = 0n;
  const terms = new Map<ValueId, Term[]>();
  for (const leaf of leaves) {
    if (leaf.inst.op.kind === 'const') {
      constant += (leaf.negative ? -1n : 1n) * toBig(leaf.inst.imm as Value);
      continue;
    }
    const term = termOf(leaf, insts);
    const list = terms.get(term.of);
    if (list === undefined) terms.set(term.of, [term]);
    else list.push(term);
  }
  const items: Item[] = [];
  let absorbed = 0;
  for (const [of, list] of terms) {
    const [first] = list as [Term, ...Term[]];
    if (list.length === 1) {
      items.push(plain(first.leaf));
      continue;
    }
    for (const { leaf } of list) if (leaf.v !== of) absorbed++;
    const sum = wrap(
      type,
      list.reduce((total, { times }) => total + times, 0n),
    );
    const total = toBig(sum);
    if (total === 0n) continue;
    const negative = total === -1n;
    const { invariant } = list.every((term) => term.invariant) ? { invariant: true } : { invariant: false };
    items.push({ v: of, negative, invariant, times: total === 1n || negative ? null : sum, sum: null });
  }
  const wrapped = wrap(type, constant);
  const kept = toBig(wrapped) === 0n && items.length > 0 ? null : wrapped;
  const straight = finished(items, kept, absorbed, true);
  const factored = factor(chain, items);
  if (factored === null) return straight;
  const other = finished(factored.items, kept, absorbed + factored.absorbed, true);
  return other.cost - other.absorbed < straight.cost - straight.absorbed ? other : straight;
}

function termOf(leaf: Leaf, insts: Chain['insts']): Term {
  const { v, inst, negative, invariant } = leaf;
  const sign = negative ? -1n : 1n;
  const linear = leaf.single ? linearOf(inst.op) : undefined;
  if (linear === 'product' || linear === 'shift') {
    const by = insts[inst.args[1] as number] as Inst;
    if (by.op.kind === 'const') {
      const k = toBig(by.imm as Value);
      const times = linear === 'product' ? k : 1n << (k & (inst.type === 'i64' ? 63n : 31n));
      return { leaf, of: inst.args[0] as ValueId, times: sign * times, invariant };
    }
  }
  return { leaf, of: v, times: sign, invariant };
}

/** Takes out the factor that most products share, all of one sign. */
function factor(chain: Chain, items: readonly Item[]): { items: readonly Item[]; absorbed: number } | null {
  const products = items.filter(({ v, times }) => times === null && isProduct(chain, v));
  if (products.length < 2) return null;
  const counts = new Map<string, number>();
  let best: { factor: ValueId; negative: boolean; count: number } | null = null;
  for (const { v, negative } of products) {
    const args = (chain.insts[v] as Inst).args;
    for (const factor of args[0] === args[1] ? args.slice(1) : args) {
      const key = `${factor} ${negative}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count > (best?.count ?? 1)) best = { factor, negative, count };
    }
  }
  if (best === null) return null;
  const { factor: shared, negative } = best;
  const sum: ValueId[] = [];
  let invariant = true;
  const rest: Item[] = [];
  for (const item of items) {
    const args = item.times === null && isProduct(chain, item.v) ? (chain.insts[item.v] as Inst).args : [];
    const at = item.negative === negative ? args.indexOf(shared) : -1;
    if (at === -1) rest.push(item);
    else {
      sum.push(args[1 - at] as ValueId);
      invariant &&= item.invariant;
    }
  }
  rest.push({ v: shared, negative, invariant, times: null, sum });
  return { items: rest, absorbed: sum.length };
}

function isProduct({ insts, single }: Chain, v: ValueId): boolean {
  return single(v) && linearOf((insts[v] as Inst).op) === 'product';
}

/** Writes a plan before the root of its chain; the value of the chain. */
export function built(cx: FuncContext, chain: Chain, plan: Plan): ValueId {
  const { type, family, root } = chain;
  const { edit } = cx;
  const { loc } = edit.inst(root);
  const constant = (value: Value): ValueId => {
    const op = constOp(cx.ops, type);
    if (op === undefined) throw new Error(`type ${type} has no constants`);
    return edit.constant(op, value);
  };
  const emit = (op: OpDef, a: ValueId, b: ValueId): ValueId => edit.insertBefore(root, makeInst(op, [a, b], { loc }));
  const product = productOf(type) ?? family;
  const difference = differenceOf(type) ?? family;
  const written = (item: Item): ValueId => {
    if (item.times !== null) return emit(product, item.v, constant(item.times));
    if (item.sum === null) return item.v;
    const [first, ...others] = item.sum as readonly [ValueId, ...ValueId[]];
    const sum = others.reduce((so, v) => emit(family, so, v), first);
    return emit(product, item.v, sum);
  };
  const sequence = inOrder(plan);
  let result: ValueId | null = null;
  for (const item of sequence) {
    if (item === null) {
      const value = constant(plan.constant ?? lawConstant(type, 0));
      result = result === null ? value : emit(family, result, value);
    } else if (result === null) result = written(item);
    else result = emit(item.negative ? difference : family, result, written(item));
  }
  return result ?? constant(lawConstant(type, 0));
}

/**
 * The items in the order in which they are combined, null for the constant: what is invariant first, and the constant with
 * it; what is subtracted after what is added, and never at the start.
 */
function inOrder({ items, constant }: Plan): (Item | null)[] {
  const of = (invariant: boolean, negative: boolean): readonly Item[] =>
    items.filter((item) => item.invariant === invariant && item.negative === negative);
  const fixed = [...of(true, false), ...of(true, true)];
  const varying = [...of(false, false), ...of(false, true)];
  const sequence: (Item | null)[] = [];
  for (const item of fixed) sequence.push(item);
  const early = fixed.length > 0 && varying.length > 0;
  if (constant !== null && early) sequence.push(null);
  for (const item of varying) sequence.push(item);
  if (constant !== null && !early) sequence.push(null);
  if (sequence[0]?.negative !== true) return sequence;
  const first = constant === null ? sequence.findIndex((item) => item?.negative === false) : sequence.indexOf(null);
  // Nothing to subtract from: a zero.
  return first === -1 ? [null, ...sequence] : [sequence[first] as Item | null, ...sequence.toSpliced(first, 1)];
}
