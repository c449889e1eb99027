/**
 * Words in which the rules are written: patterns' variables, both integer widths at once, and the few facts about
 * values that guards ask.
 */

import { coreOp, type Inst, type OpDef, type OpName, type Value, type ValueId } from '@sluice/ir';
import {
  constant,
  literal,
  type Match,
  type OpPattern,
  type Pattern,
  printPattern,
  type Rule,
  type RuleBuilder,
  rule,
  value,
} from '@sluice/pipeline';

/** Any values, any constants. */
export const x: Pattern = value('x');
export const y: Pattern = value('y');
export const z: Pattern = value('z');
export const c: Pattern = constant('c');
export const d: Pattern = constant('d');

/** An integer type with what rules need of it. Numbers are bigints, so that rules are written once. */
export interface Width {
  readonly t: 'i32' | 'i64';
  readonly bits: bigint;
  /** All bits of the width, unsigned. */
  readonly mask: bigint;
  /** An op of this type. */
  op(name: string): OpDef;
  /** The pattern of a constant. */
  lit(k: bigint | number): Pattern;
  /** A constant, wrapped to the width. */
  make(b: RuleBuilder, k: bigint): ValueId;
  /** A bound constant as a signed integer. */
  get(m: Match, name: string): bigint;
  /** A bound constant as an unsigned integer. */
  getU(m: Match, name: string): bigint;
}

const widthOf = (t: 'i32' | 'i64', bits: number): Width => {
  const wrap = (k: bigint): Value => (t === 'i32' ? Number(BigInt.asIntN(32, k)) : BigInt.asIntN(64, k));
  return {
    t,
    bits: BigInt(bits),
    mask: (1n << BigInt(bits)) - 1n,
    op: (name) => coreOp(`${t}.${name}` as OpName),
    lit: (k) => literal(wrap(BigInt(k)), t),
    make: (b, k) => b.constant(t, wrap(k)),
    get: (m, name) => BigInt(m.literal(name) as number | bigint),
    getU: (m, name) => BigInt.asUintN(bits, BigInt(m.literal(name) as number | bigint)),
  };
};

export const i32: Width = widthOf('i32', 32);
export const i64: Width = widthOf('i64', 64);

/** The rules for both widths of integers. */
export function bothWidths(make: (w: Width) => readonly Rule[]): readonly Rule[] {
  return [...make(i32), ...make(i64)];
}

/** The rules for both floating-point types; `op` gives an op of the type. */
export function bothFloats(make: (op: (name: string) => OpDef, t: 'f32' | 'f64') => readonly Rule[]): readonly Rule[] {
  return (['f32', 'f64'] as const).flatMap((t) => make((name) => coreOp(`${t}.${name}` as OpName), t));
}

/**
 * The rule for all orders of operands of commutative ops in its pattern. Constants stay on the right, where
 * `constant-right` puts them.
 */
export function anyOrder(name: string, pattern: OpPattern, build: Rule['build'], when: Rule['when'] = null): Rule[] {
  const orders = ordersOf(pattern);
  if (orders.length === 1) return [rule(name, pattern, build, when)];
  const seen = new Set<string>();
  const made: Rule[] = [];
  for (const order of orders) {
    const key = renamed(order);
    if (!seen.has(key)) made.push(rule(name, order as OpPattern, build, when));
    seen.add(key);
  }
  return made;
}

// Recursion is as deep as the pattern.
function ordersOf(pattern: Pattern): readonly Pattern[] {
  if (pattern.kind !== 'op') return [pattern];
  let lists: readonly (readonly Pattern[])[] = [[]];
  for (const arg of pattern.args) {
    const orders = ordersOf(arg);
    lists = lists.flatMap((list) => orders.map((order) => [...list, order]));
  }
  const right = pattern.args[1];
  const commutes = pattern.op.laws.commutative === true && (right?.kind === 'op' || right?.kind === 'value');
  return lists.flatMap((args) => [
    { ...pattern, args },
    ...(commutes ? [{ ...pattern, args: args.toReversed() }] : []),
  ]);
}

/** The pattern's text with variables named by their first place: what differs only in names matches the same. */
function renamed(pattern: Pattern): string {
  const names = new Map<string, string>();
  return printPattern(pattern).replace(/(?<![\w.])#?[w-z](?![\w.])/g, (name) => {
    if (!names.has(name)) names.set(name, `v${names.size}`);
    return names.get(name) ?? name;
  });
}

const comparison = /^(i32|i64|f32|f64)\.(eqz|eq|ne|lt|gt|le|ge)(_[su])?$|^ref\.is_null$/;
const comparisons = new WeakMap<OpDef, boolean>();

/** Whether the instruction gives 0 or 1 by what its op is. */
export function isBoolean({ op }: Inst): boolean {
  let known = comparisons.get(op);
  if (known === undefined) {
    known = comparison.test(op.name);
    comparisons.set(op, known);
  }
  return known;
}

/** Guard: the value bound to a name is 0 or 1. */
export const boolean =
  (name: string) =>
  (m: Match): boolean =>
    isBoolean(m.inst(name));

/** Whether `k` is a power of two, and which. */
export function log2(k: bigint): bigint | null {
  if (k <= 0n || (k & (k - 1n)) !== 0n) return null;
  return BigInt(k.toString(2).length - 1);
}
