/**
 * Trip counts against the tests that they count: on turns before the count a test says to stay, and on that turn to leave. And
 * what passes make of loops that they count, against the loops.
 */

import {
  coreOp,
  evalOp,
  interpret,
  type LoopId,
  type OpDef,
  type OpName,
  parseModule,
  printModule,
  unwrap,
  type Value,
} from '@sluice/ir';
import { passes } from '@sluice/passes';
import { Evolution } from '@sluice/passes/lib/scev';
import { type Distance, type Exit, exitsOf } from '@sluice/passes/lib/trip-count';
import { pipeline, runPipeline } from '@sluice/pipeline';
import { budget } from '@sluice/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';

interface Case {
  readonly t: 'i32' | 'i64';
  readonly relation: string;
  readonly start: bigint;
  readonly step: bigint;
  readonly bound: bigint;
  /** The counter stands on the right side, the test is negated, start and bound are parameters. */
  readonly swapped: boolean;
  readonly negated: boolean;
  readonly symbolic: 'none' | 'start' | 'bound' | 'both';
}

const relations = ['eq', 'ne', ...['lt', 'le', 'gt', 'ge'].flatMap((name) => [`${name}_s`, `${name}_u`])];

const near = (bits: number) => {
  const half = 1n << BigInt(bits - 1);
  const corner = fc.constantFrom(0n, half, half - 1n, -half, 2n * half - 1n);
  const small = fc.bigInt(-70n, 70n);
  return fc.oneof(
    fc.tuple(corner, small).map(([k, d]) => BigInt.asIntN(bits, k + d)),
    fc.bigInt(-half, half - 1n),
  );
};

const step = (bits: number) =>
  fc.oneof(
    fc.constantFrom(1n, -1n),
    fc.bigInt(-9n, 9n),
    fc.integer({ min: 0, max: bits - 1 }).map((k) => BigInt.asIntN(bits, 1n << BigInt(k))),
    near(bits),
  );

const arbitraryCase: fc.Arbitrary<Case> = fc.constantFrom<'i32' | 'i64'>('i32', 'i64').chain((t) => {
  const bits = t === 'i32' ? 32 : 64;
  return fc.record({
    t: fc.constant(t),
    relation: fc.constantFrom(...relations),
    start: near(bits),
    step: step(bits),
    bound: near(bits),
    swapped: fc.boolean(),
    negated: fc.boolean(),
    symbolic: fc.constantFrom('none', 'none', 'start', 'bound', 'both'),
  });
});

const bitsOf = ({ t }: Case): number => (t === 'i32' ? 32 : 64);
const asValue = ({ t }: Case, k: bigint): Value => (t === 'i32' ? Number(BigInt.asIntN(32, k)) : BigInt.asIntN(64, k));

function text(c: Case): string {
  const { t, symbolic } = c;
  const start = symbolic === 'start' || symbolic === 'both' ? '%a' : '%start';
  const bound = symbolic === 'bound' || symbolic === 'both' ? '%b' : '%bound';
  const [x, y] = c.swapped ? [bound, '%i'] : ['%i', bound];
  const [yes, no] = c.negated ? ['^exit', '^loop'] : ['^loop', '^exit'];
  return `func @f(%a: ${t}, %b: ${t}) -> ${t} {
^entry:
  %start = ${t}.const ${BigInt.asIntN(bitsOf(c), c.start)}
  %bound = ${t}.const ${BigInt.asIntN(bitsOf(c), c.bound)}
  %step = ${t}.const ${BigInt.asIntN(bitsOf(c), c.step)}
  br ^loop
^loop:
  %i = phi ${t} [^entry: ${start}], [^loop: %j]
  %j = ${t}.add %i, %step
  %c = ${t}.${c.relation} ${x}, ${y}
  br_if %c, ${yes}, ${no}
^exit:
  ret %i
}`;
}

/** Whether the test says to stay on a turn. */
function stays(c: Case, turn: bigint): boolean {
  const op: OpDef = coreOp(`${c.t}.${c.relation}` as OpName);
  const i = asValue(c, c.start + turn * c.step);
  const args = c.swapped ? [asValue(c, c.bound), i] : [i, asValue(c, c.bound)];
  return (evalOp(op, 'i32', [c.t, c.t], args) === 1) !== c.negated;
}

function exitOf(c: Case): Exit {
  const m = unwrap(parseModule(text(c)));
  const [f] = m.funcs;
  if (f === undefined) throw new Error('there is one function');
  const [exit] = exitsOf(new Evolution(f, 0 as LoopId));
  if (exit === undefined) throw new Error('there is one exit');
  return exit;
}

/** What a distance is for the values of a case; the parameters are the values 0 and 1. */
function lengthOf(c: Case, d: Distance): bigint {
  const bits = bitsOf(c);
  const numberOf = ({ base, scale, offset }: Distance['from']): bigint =>
    BigInt.asIntN(bits, offset + (base === -1 ? 0n : scale * (base === 0 ? c.start : c.bound)));
  const from = numberOf(d.from);
  const to = numberOf(d.to);
  if (d.relation !== null) {
    const ordered = d.relation !== 'eq' && d.relation !== 'ne';
    const op = coreOp(`${c.t}.${d.relation}${ordered ? (d.signed ? '_s' : '_u') : ''}` as OpName);
    if (evalOp(op, 'i32', [c.t, c.t], [asValue(c, from), asValue(c, to)]) === 0) return 0n;
  }
  return BigInt.asUintN(bits, d.sign * (to - from) + d.plus);
}

/** Some turns before one. */
function before(count: bigint, random: readonly bigint[]): readonly bigint[] {
  const few = Array.from({ length: 40 }, (_, k) => BigInt(k));
  const last = Array.from({ length: 10 }, (_, k) => count - BigInt(k) - 1n);
  return [...few, ...last, ...(count > 0n ? random.map((k) => k % count) : [])].filter((k) => k >= 0n && k < count);
}

test('a count is the first turn on which the test says to leave', () => {
  let counted = 0;
  let runs = 0;
  fc.assert(
    fc.property(arbitraryCase, fc.array(fc.bigInt(0n, 1n << 64n), { maxLength: 20 }), (c, random) => {
      const { count, distance, everyTurn } = exitOf(c);
      expect(everyTurn).toBe(true);
      runs++;
      if (count === null && distance === null) return;
      counted++;
      const turns = count ?? lengthOf(c, distance as Distance);
      const endless = turns < 0n || (distance?.mayNeverEnd === true && stays(c, turns));
      for (const turn of before(endless ? 1n << 70n : turns, random)) {
        if (!stays(c, turn)) throw new Error(`leaves on turn ${turn}, not ${turns}`);
      }
      if (!endless && stays(c, turns)) throw new Error(`stays on turn ${turns}`);
    }),
    budget(3000),
  );
  // Bounds that are jumped over, and symbols with other steps, have none.
  expect(counted / runs).toBeGreaterThan(0.4);
});

/** A loop around the test of a case that computes something; a second exit after some turns ends what never ends. */
function counting(c: Case, most: number, early: boolean): string {
  const { t, symbolic } = c;
  const start = symbolic === 'start' || symbolic === 'both' ? '%a' : '%start';
  const bound = symbolic === 'bound' || symbolic === 'both' ? '%b' : '%bound';
  const tested = early ? '%i' : '%j';
  const [x, y] = c.swapped ? [bound, tested] : [tested, bound];
  const [yes, no] = c.negated ? ['^exit', '^loop'] : ['^loop', '^exit'];
  return `func @f(%a: ${t}, %b: ${t}) -> (${t}, i32) {
^entry:
  %start = ${t}.const ${BigInt.asIntN(bitsOf(c), c.start)}
  %bound = ${t}.const ${BigInt.asIntN(bitsOf(c), c.bound)}
  %step = ${t}.const ${BigInt.asIntN(bitsOf(c), c.step)}
  %zero = i32.const 0
  %one = i32.const 1
  %most = i32.const ${most}
  br ^pre
^pre:
  br ^loop
^loop:
  %i = phi ${t} [^pre: ${start}], [^more: %j]
  %h = phi ${t} [^pre: %a], [^more: %h2]
  %k = phi i32 [^pre: %zero], [^more: %k2]
  %e = phi i32 [^pre: %zero], [^more: %e2]
  %d = ${t}.${c.relation} %i, %bound
  %d2 = ${t}.ge_s %i, %start
  %e1 = i32.add %e, %d
  %e2 = i32.add %e1, %d2
  %h1 = ${t}.rotl %h, %step
  %h2 = ${t}.sub %h1, %i
  %k2 = i32.add %k, %one
  %enough = i32.eq %k, %most
  br_if %enough, ^out, ^more
^more:
  %j = ${t}.add %i, %step
  %c = ${t}.${c.relation} ${x}, ${y}
  br_if %c, ${yes}, ${no}
^out:
  ret %h2, %e2
^exit:
  %r = ${t}.xor %h2, %j
  %q = i32.add %e2, %k
  ret %r, %q
}`;
}

const tried = ['loop-unroll(runtime=4)', 'loop-unroll(full=4000)', 'loop-unroll(runtime=2,full=8)', 'indvars'].map(
  (text) => pipeline(text, [text], passes),
);

test('loops that were counted do what they did', () => {
  let done = 0;
  fc.assert(
    fc.property(
      arbitraryCase,
      fc.integer({ min: -2, max: 80 }),
      fc.integer({ min: 1, max: 100 }),
      fc.boolean(),
      (c, turns, most, early) => {
        // Bounds that are met, or nearly, after so many turns.
        const bound = c.start + BigInt(turns) * c.step;
        const near = { ...c, bound: BigInt.asIntN(bitsOf(c), turns % 3 === 0 ? c.bound : bound) };
        const m = unwrap(parseModule(counting(near, most, early)));
        const args = [asValue(near, near.start), asValue(near, near.bound)];
        const want = interpret(m, 'f', args).outcome;
        for (const p of tried) {
          const { module: after, rewrites } = runPipeline(m, p, { verifyEach: true });
          done += rewrites;
          const got = interpret(after, 'f', args).outcome;
          if (show(got) !== show(want)) {
            throw new Error(`${p.name}: ${show(got)}, not ${show(want)}\n${printModule(m)}\n${printModule(after)}`);
          }
        }
      },
    ),
    budget(100),
  );
  expect(done).toBeGreaterThan(80);
});

/** A loop that sums a counter, its squares and its sums; left by the test of a case, at its start or its end. */
function summing(c: Case, early: boolean): string {
  const { t, symbolic } = c;
  const start = symbolic === 'start' || symbolic === 'both' ? '%a' : '%start';
  const bound = symbolic === 'bound' || symbolic === 'both' ? '%b' : '%bound';
  const tested = early ? '%i' : '%j';
  const [x, y] = c.swapped ? [bound, tested] : [tested, bound];
  const [yes, no] = c.negated ? ['^exit', '^more'] : ['^more', '^exit'];
  return `func @f(%a: ${t}, %b: ${t}) -> (${t}, ${t}) {
^entry:
  %start = ${t}.const ${BigInt.asIntN(bitsOf(c), c.start)}
  %bound = ${t}.const ${BigInt.asIntN(bitsOf(c), c.bound)}
  %step = ${t}.const ${BigInt.asIntN(bitsOf(c), c.step)}
  %seven = ${t}.const 7
  br ^loop
^loop:
  %i = phi ${t} [^entry: ${start}], [^more: %j]
  %k = phi ${t} [^entry: %seven], [^more: %k2]
  %s = phi ${t} [^entry: %b], [^more: %s2]
  %q = phi ${t} [^entry: %a], [^more: %q2]
  %j = ${t}.add %i, %step
  %k2 = ${t}.sub %k, %step
  %s2 = ${t}.sub %s, %k
  %p = ${t}.mul %k, %k2
  %p2 = ${t}.sub %p, %k
  %q2 = ${t}.add %p2, %q
  %c = ${t}.${c.relation} ${x}, ${y}
  br_if %c, ${yes}, ${no}
^more:
  br ^loop
^exit:
  %r = ${t}.xor %s, %q2
  ret %r, %j
}`;
}

test('what a loop leaves behind has a closed form', () => {
  const p = pipeline('delete', ['loop-delete'], passes);
  let done = 0;
  fc.assert(
    fc.property(arbitraryCase, fc.integer({ min: 0, max: 150 }), fc.boolean(), (c, turns, early) => {
      const at = { ...c, bound: BigInt.asIntN(bitsOf(c), c.start + BigInt(turns) * c.step) };
      // What takes long is not looked at.
      if (before(200n, []).every((turn) => stays(early ? at : { ...at, start: at.start + at.step }, turn))) return;
      const m = unwrap(parseModule(summing(at, early)));
      const { module: after, rewrites } = runPipeline(m, p, { verifyEach: true });
      done += rewrites;
      const args = [asValue(at, at.start), asValue(at, at.bound)];
      const want = show(interpret(m, 'f', args).outcome);
      const got = show(interpret(after, 'f', args).outcome);
      if (got !== want) throw new Error(`${got}, not ${want}\n${printModule(m)}\n${printModule(after)}`);
    }),
    budget(400),
  );
  expect(done).toBeGreaterThan(80);
});

function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
}
