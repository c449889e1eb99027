/**
 * The column `range` of the op table agrees with `eval`: on all intervals about 0 and the limits and on all patterns of the
 * lowest bits (a sample in `npm test`, all pairs with SLUICE_DEEP), and on sets of random values.
 */

import {
  constantOfRange,
  coreTable,
  evalOp,
  everything,
  greatestOf,
  isWithin,
  joinRanges,
  leastOf,
  makeRange,
  meetRanges,
  type OpDef,
  type Range,
  rangeOfConstant,
  Trap,
  type Type,
  unsignedGreatestOf,
  type Value,
  widenRange,
} from '@sluice/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const deep = process.env.SLUICE_DEEP !== undefined;
const integers = ['i32', 'i64'] as const;
type Integer = (typeof integers)[number];

/** A set of values and the range that is made of it. */
interface Known {
  readonly range: Range;
  readonly values: readonly Value[];
}

const asType = (type: Integer, x: bigint): Value =>
  type === 'i64' ? BigInt.asIntN(64, x) : Number(BigInt.asIntN(32, x));
const one = (value: Value): Range => rangeOfConstant(value) ?? everything(false);
const has = (range: Range, value: Value): boolean => isWithin(one(value), range);
const joined = (values: readonly Value[]): Known => ({ values, range: values.map(one).reduce(joinRanges) });

const places: Record<Integer, readonly bigint[]> = {
  i32: [0n, 2n ** 31n, 2n ** 16n],
  i64: [0n, 2n ** 63n, 2n ** 31n, 2n ** 32n, -(2n ** 32n), 2n ** 50n, -(2n ** 50n), 2n ** 63n - 2n ** 50n, 2n ** 62n],
};

/** Intervals of up to five values about the places, patterns of three bits, and wide ranges. */
function knownSets(type: Integer): readonly Known[] {
  const sets: Known[] = [];
  for (const place of places[type]) {
    for (let from = -3n; from <= 3n; from++) {
      for (let to = from; to <= 3n && to < from + 5n; to++) {
        const values: Value[] = [];
        for (let x = from; x <= to; x++) values.push(asType(type, place + x));
        sets.push(joined(values));
      }
    }
  }
  const wide = type === 'i64';
  for (let pattern = 0; pattern < 27; pattern++) {
    const digits = [pattern % 3, Math.floor(pattern / 3) % 3, Math.floor(pattern / 9)];
    const word = (digit: number): number => digits.reduce((sum, d, i) => sum | (d === digit ? 1 << i : 0), 0);
    const range = makeRange(wide, leastOf(wide), greatestOf(wide), 0, unsignedGreatestOf(wide), word(0), 0, word(1), 0);
    if (range !== null) sets.push({ range, values: corners[type].filter((value) => has(range, value)) });
  }
  for (const [lo, hi] of [
    [0n, 100n],
    [-100n, 100n],
    [1n, 2n ** 31n - 1n],
    [-(2n ** 31n), -1n],
    [0n, 2n ** 63n - 1n],
  ]) {
    const ends = [asType(type, lo as bigint), asType(type, hi as bigint)];
    const { range } = joined(ends);
    sets.push({ range, values: [...ends, ...corners[type].filter((value) => has(range, value))] });
  }
  sets.push({ range: everything(wide), values: corners[type] });
  return sets;
}

const cornersOf = (type: Integer): readonly Value[] => {
  const list = [0, 1, 2, 5, 7, 8, 15, 16, 31, 32, 33, 49, 50, 51, 52, 53, 62, 63].flatMap((k) => {
    const p = 2n ** BigInt(k);
    return [p - 1n, p, p + 1n, -p, -p - 1n, 1n - p].map((x) => asType(type, x));
  });
  return [...new Set([...list, ...[3n, 5n, 6n, 10n, -6n].map((x) => asType(type, x))])];
};
const corners: Record<Integer, readonly Value[]> = { i32: cornersOf('i32'), i64: cornersOf('i64') };
const sets: Record<Integer, readonly Known[]> = { i32: knownSets('i32'), i64: knownSets('i64') };

const isInteger = (type: string): type is Integer => type === 'i32' || type === 'i64';

/** Types of the operands, for each type that `T` may be. */
function casesOf(op: OpDef): readonly { title: string; op: OpDef; params: readonly Integer[]; result: Integer }[] {
  if (op.range === null || op.eval === null) return [];
  const generic = op.sig.params.includes('T');
  return (generic ? integers : (['i32'] as const)).flatMap((t) => {
    const types = [...op.sig.params, op.sig.result].map((p) => (p === 'T' ? t : p));
    if (!types.every(isInteger)) return [];
    return [
      { title: generic ? `${op.name} ${t}` : op.name, op, params: types.slice(0, -1), result: types.at(-1) ?? t },
    ];
  });
}

const show = (r: Range): string => JSON.stringify(r);
const few = <T>(list: readonly T[], limit: number): readonly T[] =>
  list.length <= limit ? list : list.filter((_, i) => i % Math.ceil(list.length / limit) === 0);

function check(c: ReturnType<typeof casesOf>[number], known: readonly Known[]): void {
  const { op, params, result } = c;
  const ranges = known.map(({ range }) => range);
  const of = op.range?.of(...ranges) ?? everything(result === 'i64');
  expect(of.wide).toBe(result === 'i64');
  const [a = [], b = [undefined], d = [undefined]] = known.map(({ values }) => few(values, 9));
  const truths = [false, true].map((holds) => op.range?.assume?.(holds, ranges[0] as Range, ranges[1] as Range));
  for (const x of a) {
    for (const y of b) {
      for (const z of d) {
        const values = [x, y, z].slice(0, params.length);
        const got = evalOp(op, result as Type, params, values);
        if (got instanceof Trap) continue;
        if (!has(of, got))
          expect.fail(
            `${c.title} ${values.join(', ')} = ${String(got)}, not in ${show(of)} of ${ranges.map(show).join()}`,
          );
        const constant = constantOfRange(of);
        if (constant !== undefined && constant !== got)
          expect.fail(`${c.title} ${values.join(', ')} is not ${String(constant)}`);
        if (op.range?.assume === undefined) continue;
        const left = truths[got === 0 || got === 0n ? 0 : 1];
        const wrong = left === null || left?.some((range, i) => i < values.length && !has(range, values[i]));
        if (wrong === true)
          expect.fail(`${c.title} ${values.join(', ')}: assumed ${JSON.stringify(left)} of ${ranges.map(show).join()}`);
      }
    }
  }
}

describe(`range agrees with eval (seed ${seed})`, () => {
  const cases = [...coreTable.values()].flatMap(casesOf);
  test.each(cases.map((c) => [c.title, c] as const))('%s', (_, c) => {
    const lists = c.params.map((t) => sets[t]);
    if (deep && lists.length <= 2) {
      for (const a of lists[0] ?? []) for (const b of lists[1] ?? [null]) check(c, b === null ? [a] : [a, b]);
    }
    const some = lists.map((list, i) =>
      fc.oneof(
        fc.constantFrom(...list),
        fc
          .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 4 })
          .map((values) => joined(values.map((x) => asType(c.params[i] ?? 'i32', x)))),
        fc.array(fc.constantFrom(...corners[c.params[i] ?? 'i32']), { minLength: 1, maxLength: 4 }).map(joined),
      ),
    );
    fc.assert(
      fc.property(fc.tuple(...some), (known) => check(c, known)),
      { seed, numRuns: deep ? 20_000 : 600 },
    );
  });
});

describe('sets of integers', () => {
  test.each(integers)('join, meet and widen hold what they must, %s', (type) => {
    for (const a of sets[type]) {
      for (const b of few(sets[type], deep ? 10_000 : 40)) {
        const join = joinRanges(a.range, b.range);
        const meet = meetRanges(a.range, b.range);
        for (const value of [...few(a.values, 6), ...few(b.values, 6)]) {
          expect(has(join, value)).toBe(true);
          for (const gently of [false, true]) expect(has(widenRange(a.range, b.range, gently), value)).toBe(true);
          if (has(a.range, value) && has(b.range, value)) expect(meet !== null && has(meet, value)).toBe(true);
        }
      }
    }
  });

  test.each(integers)('one value is known as it is, %s', (type) => {
    for (const value of corners[type]) expect(constantOfRange(one(value))).toBe(value);
  });

  test('widening ends', () => {
    for (const { range: a } of sets.i64) {
      let at = a;
      for (const { range } of sets.i64) at = widenRange(at, range, false);
      expect(isWithin(at, widenRange(at, everything(true), false))).toBe(true);
    }
  });
});

test('comparisons of intervals are decided wherever they can be', () => {
  const names = ['eq', 'lt_s', 'le_s', 'gt_s', 'ge_s', 'lt_u', 'le_u', 'gt_u', 'ge_u'];
  for (const type of integers) {
    const near = sets[type].filter(
      ({ values }) => values.length <= 5 && joined(values).range.hi - joined(values).range.lo === values.length - 1,
    );
    for (const name of names) {
      const op = coreTable.get(`${type}.${name}`) as OpDef;
      for (const a of few(near, 60)) {
        for (const b of few(near, 60)) {
          const results = new Set(
            a.values.flatMap((x) => b.values.map((y) => evalOp(op, 'i32', [type, type], [x, y]))),
          );
          const got = constantOfRange(op.range?.of(a.range, b.range) as Range);
          if (type === 'i32' && results.size === 1)
            expect(got, `${op.name} ${show(a.range)} ${show(b.range)}`).toBe([...results][0]);
        }
      }
    }
  }
});
