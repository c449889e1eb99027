/**
 * Loops over arrays in linear memory, for vectorisers: counted in several ways, with loads and stores of all sizes, arrays
 * that overlap or end at the end of the memory, reductions, conversions, comparisons. Most of them can be done in lanes;
 * whatever cannot must stay as it is.
 *
 * Bits of NaNs that arithmetic makes are never seen: such a value becomes 0 before it goes anywhere (SPEC §3).
 */

import { type Module, makeModule, parseModule, unwrap, type Value } from '@sluice/ir';
import type { Call } from '@sluice/testkit';
import fc from 'fast-check';

type Number = 'i32' | 'i64' | 'f32' | 'f64';

/** How a loop counts. */
const counters = ['up', 'unsigned', 'ne', 'le', 'down', 'wide', 'bytes', 'bytes-ne', 'skewed'] as const;

/** A loop as numbers, which shrink well. */
export interface Plan {
  readonly counter: (typeof counters)[number];
  /** Tested before the first turn, or behind a guard at the end of each. */
  readonly top: boolean;
  readonly start: number;
  /** log2 of the size of the elements, where all have one. */
  readonly size: number;
  /** Whether all accesses are of that size. */
  readonly uniform: boolean;
  /** Whether floats are gathered by sums, of small whole numbers: exact in any order. */
  readonly floatSums: boolean;
  readonly statements: readonly Statement[];
}

type Statement = readonly [kind: number, a: number, b: number, c: number, d: number];

const loads: readonly (readonly [op: string, type: Number, size: number])[] = [
  ['i32.load', 'i32', 2],
  ['f32.load', 'f32', 2],
  ['i32.load8_u', 'i32', 0],
  ['i32.load8_s', 'i32', 0],
  ['i32.load16_u', 'i32', 1],
  ['i32.load16_s', 'i32', 1],
  ['i64.load', 'i64', 3],
  ['f64.load', 'f64', 3],
  ['i64.load32_s', 'i64', 2],
  ['i64.load32_u', 'i64', 2],
  ['i64.load16_s', 'i64', 1],
  ['i64.load8_u', 'i64', 0],
];

const stores: readonly (readonly [op: string, type: Number, size: number])[] = [
  ['i32.store', 'i32', 2],
  ['i32.store8', 'i32', 0],
  ['i32.store16', 'i32', 1],
  ['f32.store', 'f32', 2],
  ['i64.store', 'i64', 3],
  ['f64.store', 'f64', 3],
  ['i64.store32', 'i64', 2],
  ['i64.store8', 'i64', 0],
];

const integer = ['add', 'sub', 'mul', 'and', 'or', 'xor'];
const float = ['add', 'sub', 'mul', 'div', 'min', 'max', 'copysign'];
const floatUnary = ['neg', 'abs', 'sqrt', 'ceil', 'floor', 'trunc', 'nearest'];
const orders = ['eq', 'ne', 'lt_s', 'le_s', 'gt_s', 'ge_s', 'lt_u', 'le_u', 'gt_u', 'ge_u'];
const floatOrders = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];
const moves = ['copysign', 'neg', 'abs'];

const conversions: readonly (readonly [op: string, from: Number, to: Number])[] = [
  ['i64.extend_i32_s', 'i32', 'i64'],
  ['i64.extend_i32_u', 'i32', 'i64'],
  ['i32.wrap_i64', 'i64', 'i32'],
  ['f32.convert_i32_s', 'i32', 'f32'],
  ['f32.convert_i32_u', 'i32', 'f32'],
  ['f64.convert_i32_s', 'i32', 'f64'],
  ['f64.convert_i32_u', 'i32', 'f64'],
  ['i32.trunc_sat_f32_s', 'f32', 'i32'],
  ['i32.trunc_sat_f32_u', 'f32', 'i32'],
  ['i32.trunc_sat_f64_s', 'f64', 'i32'],
  ['i32.trunc_sat_f64_u', 'f64', 'i32'],
  ['f64.promote_f32', 'f32', 'f64'],
  ['f32.demote_f64', 'f64', 'f32'],
  ['i32.reinterpret_f32', 'f32', 'i32'],
  ['f32.reinterpret_i32', 'i32', 'f32'],
  ['i64.reinterpret_f64', 'f64', 'i64'],
  ['i32.extend8_s', 'i32', 'i32'],
  ['i32.extend16_s', 'i32', 'i32'],
  ['i32.eqz', 'i32', 'i32'],
  ['i64.eqz', 'i64', 'i32'],
];

const types: readonly Number[] = ['i32', 'i64', 'f32', 'f64'];
const small = fc.nat({ max: 4095 });

/** Any such loop. */
export const arbitraryPlan: fc.Arbitrary<Plan> = fc.record({
  counter: fc.constantFrom(...counters),
  top: fc.boolean(),
  start: fc.nat({ max: 3 }),
  size: fc.nat({ max: 3 }),
  uniform: fc.boolean(),
  floatSums: fc.constant(false),
  statements: fc.array(fc.tuple(small, small, small, small, small), { minLength: 1, maxLength: 9 }),
});

/** Mostly a few elements of the usual sizes. */
const distance = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -12, max: 12 }).map((k) => 4 * k) },
  fc.integer({ min: -90, max: 90 }),
);

/** Calls with arrays that overlap, or don't, or end at the end of the memory. */
export const arbitraryCall: fc.Arbitrary<Call> = fc
  .record({
    at: fc.oneof(
      { weight: 3, arbitrary: fc.nat({ max: 300 }) },
      { weight: 2, arbitrary: fc.integer({ min: 65536 - 700, max: 65536 }) },
      fc.integer({ min: -400, max: 0 }),
    ),
    apart: fc.tuple(distance, distance),
    far: fc.tuple(fc.constantFrom(0, 0, 640, 1280, -640), fc.constantFrom(0, 1280, 1920, -1280, 40_000)),
    n: fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 70 }) }, fc.integer({ min: -3, max: 140 })),
    k: fc.oneof(fc.integer({ min: -9, max: 40 }), fc.integer()),
  })
  .map(({ at, apart, far, n, k }) => ({
    func: 'f',
    args: [at, at + apart[0] + far[0], at + apart[1] + far[1], n, k].map((v): Value => v | 0),
  }));

/** The module of a loop; its memory is full of bytes. */
export function moduleOf(plan: Plan): Module {
  return withNoise(unwrap(parseModule(textOf(plan))));
}

/** The module with a page of bytes. */
export function withNoise(m: Module): Module {
  return makeModule({ ...m, data: [{ offset: 0, bytes: noise }] });
}

const noise = new Uint8Array(65536);
for (let i = 0, x = 12345; i < noise.length; i++) {
  x = (Math.imul(x, 1664525) + 1013904223) | 0;
  // Numbers of all sizes, and floats with exponents near the middle.
  noise[i] = i % 4 === 3 && i % 16 > 5 ? 0x3e + ((x >>> 24) & 3) : x >>> 24;
}

class Writer {
  readonly lines: string[] = [];
  readonly pools: Record<Number, string[]> = {
    i32: ['%k', '%i', '%seven', '%minus'],
    i64: ['%wide', '%wide7'],
    f32: ['%x32', '%half32'],
    f64: ['%x64', '%half64'],
  };
  readonly sums: { readonly name: string; readonly type: Number; at: string; readonly family: string }[] = [];
  #count = 0;

  emit(text: string): string {
    const name = `%v${this.#count++}`;
    this.lines.push(`  ${name} = ${text}`);
    return name;
  }

  push(type: Number, v: string): void {
    this.pools[type].push(v);
  }

  /** Later ones are likelier. */
  pick(type: Number, k: number): string {
    const pool = this.pools[type];
    return pool[pool.length - 1 - ((k * (k & 1)) % pool.length)] as string;
  }

  /** The result of float arithmetic, 0 where it is NaN. */
  clean(type: 'f32' | 'f64', v: string): string {
    const same = this.emit(`${type}.eq ${v}, ${v}`);
    return this.emit(`select ${type} ${v}, %zero${type === 'f32' ? 32 : 64}, ${same}`);
  }
}

function choose<T>(list: readonly T[], k: number): T {
  return list[k % list.length] as T;
}

/** The text of the module of a loop. */
export function textOf(plan: Plan): string {
  const { counter, top, start, statements } = plan;
  const bytes = counter === 'bytes' || counter === 'bytes-ne';
  const w = new Writer();
  for (const statement of statements) write(w, plan, statement, bytes);
  if (w.sums.length === 0) write(w, plan, [6, 0, 1, 2, 1], bytes);
  const wide = counter === 'wide';
  const type = wide ? 'i64' : 'i32';
  const step = bytes ? 1 << plan.size : 1;
  const down = counter === 'down';
  const phis = [
    `  %c = phi ${type} [^in: %c0], [^latch: %c1]`,
    ...(down ? ['  %i = phi i32 [^in: %first], [^latch: %i1]'] : []),
    ...w.sums.map(({ name, type: t, at }) => `  ${name} = phi ${t} [^in: ${initial(t, plan)}], [^latch: ${at}]`),
  ];
  const index = wide ? ['  %i = i32.wrap_i64 %c'] : down ? [] : ['  %i = copy i32 %c'];
  const next = [
    down ? '  %c1 = i32.sub %c, %one' : `  %c1 = ${type}.add %c, ${wide ? '%wideOne' : '%step'}`,
    ...(down ? ['  %i1 = i32.add %i, %one'] : []),
  ];
  const test = (c: string, to: string): string[] => {
    const text = {
      up: `i32.lt_s ${c}, %end`,
      skewed: `i32.gt_s %end, ${c}`,
      unsigned: `i32.lt_u ${c}, %end`,
      ne: `i32.ne ${c}, %end`,
      le: `i32.le_s ${c}, %end`,
      down: `i32.gt_s ${c}, %zero`,
      wide: `i64.lt_s ${c}, %wideEnd`,
      bytes: `i32.lt_u ${c}, %end`,
      'bytes-ne': `i32.ne ${c}, %end`,
    }[counter];
    return [`  %t${to} = ${text}`, `  br_if %t${to}, ^${to}, ^out`];
  };
  const loop = top
    ? ['  br ^head', '^head:', ...phis, ...test('%c', 'latch'), '^latch:', ...index, ...w.lines, ...next, '  br ^head']
    : ['  br ^latch', '^latch:', ...phis, ...index, ...w.lines, ...next, ...test('%c1', 'latch')];
  const results = ['i32', ...w.sums.map(({ type: t }) => t)];
  const outs = top ? w.sums.map(({ name }) => name) : w.sums.map(({ name }) => `${name}out`);
  const outPhis = top
    ? []
    : w.sums.map(({ name, type: t, at }) => `  ${name}out = phi ${t} [^entry: ${initial(t, plan)}], [^latch: ${at}]`);
  const guard = top ? ['  br ^in'] : ['  %some = i32.gt_s %n, %zero', '  br_if %some, ^in, ^out'];
  return [
    'module "loops"',
    'memory 1',
    'export "memory" memory',
    'export "f" func @f',
    `func @f(%p: i32, %q: i32, %r: i32, %n: i32, %k: i32) -> (${results.join(', ')}) {`,
    '^entry:',
    '  %zero = i32.const 0',
    '  %one = i32.const 1',
    '  %seven = i32.const 7',
    '  %minus = i32.const -100000',
    '  %wideOne = i64.const 1',
    '  %wide7 = i64.const 77777777777',
    '  %zero32 = f32.const 0',
    '  %zero64 = f64.const 0',
    '  %half32 = f32.const 0.5',
    '  %half64 = f64.const -1.5',
    '  %wide = i64.extend_i32_s %k',
    '  %x32 = f32.convert_i32_s %k',
    '  %x64 = f64.convert_i32_s %k',
    `  %step = i32.const ${step}`,
    `  %first = i32.const ${start * step}`,
    `  %scale = i32.const ${plan.size}`,
    `  %bytesEnd = i32.shl %n, %scale`,
    `  %end = i32.add ${bytes ? '%bytesEnd' : '%n'}, %first`,
    '  %wideEnd = i64.extend_i32_s %end',
    '  %wideFirst = i64.extend_i32_u %first',
    ...[0, 1, 2, 3].map((k) => `  %shift${k} = i32.const ${k}`),
    ...guard,
    '^in:',
    `  %c0 = copy ${type} ${down ? '%n' : wide ? '%wideFirst' : '%first'}`,
    ...loop,
    '^out:',
    ...outPhis,
    `  ret ${['%n', ...outs].join(', ')}`,
    '}',
    '',
  ].join('\n');
}

function initial(type: Number, { floatSums }: Plan): string {
  if (floatSums && type === 'f32') return '%half32';
  if (floatSums && type === 'f64') return '%half64';
  return { i32: '%k', i64: '%wide', f32: '%x32', f64: '%x64' }[type];
}

/** The address of an element. */
function address(w: Writer, bytes: boolean, size: number, array: number, by: number): string {
  const base = choose(['%p', '%q', '%r'], array);
  // Some stay where they are.
  const stays = by % 13 === 12;
  const index = stays ? '%first' : bytes || size === 0 ? '%i' : w.emit(`i32.shl %i, %shift${size}`);
  const at = w.emit(`i32.add ${base}, ${index}`);
  const offset = (by % 7) - 3;
  const where = offset * (1 << size) + (by % 31 === 30 ? 1 : 0);
  if (where >= 0) return `${at}${where === 0 ? '' : ` offset=${where}`}`;
  w.lines.push(`  %m${w.lines.length} = i32.const ${where}`);
  return w.emit(`i32.add ${at}, %m${w.lines.length - 1}`);
}

function write(w: Writer, plan: Plan, [kind, a, b, c, d]: Statement, bytes: boolean): void {
  const fits = ([, , size]: readonly [string, Number, number]): boolean =>
    !(plan.uniform || bytes) || size === plan.size;
  switch (kind % 12) {
    case 0:
    case 1:
    case 2: {
      const [op, type, size] = choose(loads.filter(fits), a);
      const [at = '', ...offset] = address(w, bytes, size, b, c).split(' ');
      w.push(type, w.emit(`${op} ${[at, ...offset].join(' ')}`));
      return;
    }
    case 3: {
      const type = choose(types, a);
      const [x, y] = [w.pick(type, b), w.pick(type, c)];
      if (type === 'i32' || type === 'i64') w.push(type, w.emit(`${type}.${choose(integer, d)} ${x}, ${y}`));
      else {
        const op = choose(float, d);
        const v = w.emit(`${type}.${op} ${x}, ${y}`);
        w.push(type, moves.includes(op) ? v : w.clean(type, v));
      }
      return;
    }
    case 4: {
      const [op, from, to] = choose(conversions, a);
      const v = w.emit(`${op} ${w.pick(from, b)}`);
      w.push(to, /promote|demote/.test(op) ? w.clean(to as 'f32', v) : v);
      return;
    }
    case 5: {
      const type = choose(types, a);
      const op = choose(type === 'i32' || type === 'i64' ? orders : floatOrders, b);
      const test = w.emit(`${type}.${op} ${w.pick(type, c)}, ${w.pick(type, d)}`);
      w.push('i32', test);
      return;
    }
    case 6:
    case 7: {
      const [op, type, size] = choose(stores.filter(fits), a);
      const [at = '', ...offset] = address(w, bytes, size, b, c).split(' ');
      w.lines.push(`  ${op} ${at}, ${w.pick(type, d)}${offset.length === 0 ? '' : ` ${offset.join(' ')}`}`);
      return;
    }
    case 8:
    case 9:
      return gather(w, plan, a, b, c);
    case 10: {
      const type = choose(types, a);
      w.push(type, w.emit(`select ${type} ${w.pick(type, b)}, ${w.pick(type, c)}, ${w.pick('i32', d)}`));
      return;
    }
    default: {
      const type = choose(types, a);
      if (type === 'i32' || type === 'i64') {
        // By a count that stays, mostly.
        const by =
          b % 9 === 0 ? w.pick(type, c) : type === 'i32' ? choose(['%k', '%seven'], b) : choose(['%wide', '%wide7'], b);
        const op = choose(['shl', 'shr_s', 'shr_u', 'rotl', 'rotr'], d);
        w.push(type, w.emit(`${type}.${op} ${w.pick(type, c)}, ${by}`));
        return;
      }
      const op = choose(floatUnary, b);
      const v = w.emit(`${type}.${op} ${w.pick(type, c)}`);
      w.push(type, moves.includes(op) ? v : w.clean(type, v));
    }
  }
}

function gather(w: Writer, { floatSums }: Plan, a: number, b: number, c: number): void {
  const type = choose(types, a);
  const isFloat = type === 'f32' || type === 'f64';
  const ops = isFloat ? (floatSums ? ['add', 'sub'] : ['min', 'max']) : integer;
  const op = choose(ops, b);
  if (type === 'i32' && a % 7 === 3) return extreme(w, b, c);
  const family = op === 'sub' ? 'add' : op;
  let value = w.pick(type, c);
  if (isFloat && floatSums) {
    const whole = w.emit(`i32.extend8_s ${w.pick('i32', c)}`);
    value = w.emit(`${type}.convert_i32_s ${whole}`);
  }
  const known = w.sums.find(
    (sum) => sum.type === type && (sum.family === family || (a % 5 === 0 && sum.family !== 'none')),
  );
  const sum = known ?? { name: `%s${w.sums.length}`, type, at: `%s${w.sums.length}`, family };
  if (known === undefined) w.sums.push(sum);
  const swapped = op !== 'sub' && a % 3 === 0;
  sum.at = w.emit(`${type}.${op} ${swapped ? `${value}, ${sum.at}` : `${sum.at}, ${value}`}`);
  // Seen by something else: no reduction.
  if (a % 17 === 0) w.push(type, sum.at);
}

/** The least or greatest number. */
function extreme(w: Writer, b: number, c: number): void {
  const name = `%s${w.sums.length}`;
  const value = w.pick('i32', c);
  const order = choose(['lt_s', 'le_s', 'gt_s', 'ge_s', 'lt_u', 'le_u', 'gt_u', 'ge_u', 'ne'], b);
  const test = w.emit(`i32.${order} ${b % 2 === 0 ? `${value}, ${name}` : `${name}, ${value}`}`);
  const at = w.emit(`select i32 ${c % 2 === 0 ? `${value}, ${name}` : `${name}, ${value}`}, ${test}`);
  w.sums.push({ name, type: 'i32', at, family: 'none' });
}
