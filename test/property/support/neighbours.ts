/**
 * Straight-line code that does the same to neighbours in linear memory, for vectorisers: expressions written out for each
 * element, at places that may overlap or end at the end of the memory; in some an element differs, or is seen elsewhere.
 */

import { type Module, parseModule, unwrap, type Value } from '@sluice/ir';
import type { Call } from '@sluice/testkit';
import fc from 'fast-check';
import { withNoise } from './array-loops.ts';

type Number = 'i32' | 'i64' | 'f32' | 'f64';

/** What is done to a row of neighbours. */
interface Row {
  readonly type: Number;
  readonly lanes: number;
  /** Its expression: see `term`. */
  readonly shape: readonly number[];
  readonly to: number;
  readonly at: number;
  /** Whether all is computed before anything is stored, and whether rows are written from the last element on. */
  readonly late: boolean;
  readonly backwards: boolean;
  /** The element that is different, if there is one. */
  readonly odd: number;
}

/** Straight-line code as numbers. */
export type Code = readonly Row[];

const row: fc.Arbitrary<Row> = fc.record({
  type: fc.constantFrom<Number>('i32', 'i64', 'f32', 'f64'),
  lanes: fc.constantFrom(2, 4, 4, 8, 9),
  shape: fc.array(fc.nat({ max: 999 }), { minLength: 2, maxLength: 6 }),
  to: fc.nat({ max: 5 }),
  at: fc.nat({ max: 4 }),
  late: fc.boolean(),
  backwards: fc.nat({ max: 5 }).map((k) => k === 0),
  odd: fc.nat({ max: 30 }),
});

/** Any such code. */
export const arbitraryCode: fc.Arbitrary<Code> = fc.array(row, { minLength: 1, maxLength: 3 });

/** Calls with places that overlap, or don't, or end at the end of the memory. */
export const arbitraryPlaces: fc.Arbitrary<Call> = fc
  .record({
    at: fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 65536 - 90, max: 65536 }), fc.integer({ min: -60, max: 0 })),
    apart: fc.tuple(fc.integer({ min: -40, max: 40 }), fc.constantFrom(0, 0, 128, 256, 512)),
    k: fc.integer(),
  })
  .map(({ at, apart, k }) => ({ func: 'f', args: [at, at + apart[0] + apart[1], k].map((v): Value => v | 0) }));

const size: Readonly<Record<Number, number>> = { i32: 4, f32: 4, i64: 8, f64: 8 };
const integer = ['add', 'sub', 'mul', 'and', 'or', 'xor'];
const float = ['add', 'sub', 'mul', 'div', 'min', 'max'];

/** The module of the code; its memory is full of bytes. */
export function neighbourModule(code: Code): Module {
  return withNoise(unwrap(parseModule(neighbourText(code))));
}

/** The text of the module of the code. */
export function neighbourText(code: Code): string {
  const lines: string[] = [];
  const seen: string[] = [];
  for (const each of code) writeRow(each, lines, seen);
  return [
    'module "neighbours"',
    'memory 1',
    'export "memory" memory',
    'export "f" func @f',
    `func @f(%p: i32, %q: i32, %k: i32) -> (i32${seen.map(() => ', i32').join('')}) {`,
    '^entry:',
    '  %c = i32.const 1024',
    '  %ki32 = copy i32 %k',
    '  %ki64 = i64.extend_i32_s %k',
    '  %kf32 = f32.convert_i32_s %k',
    '  %kf64 = f64.convert_i32_s %k',
    '  %zi32 = i32.const 3',
    '  %zi64 = i64.const -3',
    '  %zf32 = f32.const 0',
    '  %zf64 = f64.const 0',
    '  %up = i32.const 8',
    '  %pp = i32.add %p, %up',
    ...lines,
    `  ret ${['%k', ...seen].join(', ')}`,
    '}',
    '',
  ].join('\n');
}

function writeRow(row: Row, lines: string[], seen: string[]): void {
  const { type, lanes, late, backwards, odd } = row;
  const stores: string[] = [];
  for (let i = 0; i < lanes; i++) {
    const k = backwards ? lanes - 1 - i : i;
    const emit = (text: string): string => {
      const name = `%v${lines.length}`;
      lines.push(`  ${name} = ${text}`);
      return name;
    };
    const value = term(row, k, emit, odd === k);
    // A part of it is seen by something else.
    if (odd === 20 + k && type === 'i32') seen.push(value);
    const base = choose(['%p', '%q', '%c', '%pp', '%p', '%q'], row.to);
    const store = `  ${type}.store ${base}, ${value} offset=${(k + row.at) * size[type]}`;
    if (late) stores.push(store);
    else lines.push(store);
  }
  lines.push(...stores);
}

/** The expression for element k; NaNs of arithmetic become 0. */
function term({ type, shape }: Row, k: number, emit: (text: string) => string, odd: boolean): string {
  const isFloat = type === 'f32' || type === 'f64';
  let value = leaf(type, shape[0] as number, k, emit);
  for (const [i, n] of shape.slice(1).entries()) {
    if (i % 2 === 0 && i + 2 < shape.length) continue;
    const other = leaf(type, n >> 3, k, emit);
    const op = choose(isFloat ? float : integer, n + (odd ? 1 : 0));
    if (n % 7 === 6) {
      const test = emit(`${type}.${isFloat ? 'lt' : 'lt_s'} ${value}, ${other}`);
      value = emit(`select ${type} ${value}, ${other}, ${test}`);
      continue;
    }
    const swap = n % 5 === 0 && k % 2 === 1;
    value = emit(`${type}.${op} ${swap ? `${other}, ${value}` : `${value}, ${other}`}`);
    if (!isFloat) continue;
    const same = emit(`${type}.eq ${value}, ${value}`);
    value = emit(`select ${type} ${value}, %z${type}, ${same}`);
  }
  return value;
}

function leaf(type: Number, n: number, k: number, emit: (text: string) => string): string {
  switch (n % 8) {
    case 0:
      return `%k${type}`;
    case 1:
      return `%z${type}`;
    case 2:
      return emit(`${type}.const ${type === 'i32' || type === 'i64' ? k * n : k + 0.5}`);
    default: {
      const base = choose(['%p', '%q', '%c', '%pp'], n >> 3);
      const element = (n >> 5) % 9 === 8 ? (k * 3) % 8 : k + ((n >> 5) % 3);
      return emit(`${type}.load ${base} offset=${element * size[type]}`);
    }
  }
}

function choose<T>(list: readonly T[], k: number): T {
  return list[k % list.length] as T;
}
