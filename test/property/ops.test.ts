/**
 * The columns of the op table agree: `js`, `jsTrap`, `wasm` (run by the host's own engine), `smt` and
 * `expand` with `eval`, and each law holds. Corner values in all pairs, then random ones.
 */

import {
  blockOf,
  coreTable,
  FuncBuilder,
  fromBits,
  instOf,
  lawConstant,
  type OpDef,
  Trap,
  toBits,
  type Value,
  type ValueId,
} from '@sluice/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { opModule, trapKindOf } from './support/op-module.ts';
import {
  anyValue,
  carried,
  casesOf,
  corners,
  equalAs,
  evaluate,
  fromOperand,
  type NumType,
  type OpCase,
  toOperand,
  uncarried,
} from './support/operands.ts';
import { evalSmt } from './support/smt.ts';

const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = process.env.SLUICE_DEEP ? 20_000 : 300;
const ops = [...coreTable.values()];
const cases = ops.flatMap(casesOf);

/** Checks on corners in all pairs (a sample for three operands), then on random operands. */
function forOperands(types: readonly NumType[], check: (values: readonly Value[]) => void): void {
  const lists = types.map((t) => corners[t]);
  const [first = [], second = [undefined]] = lists;
  if (types.length <= 2) for (const a of first) for (const b of second) check(types.length === 2 ? [a, b] : [a]);
  fc.assert(fc.property(fc.tuple(...types.map(anyValue)), check), { seed, numRuns });
}

const show = (c: OpCase, values: readonly Value[]): string =>
  `${c.title} ${values.map((v) => (Object.is(v, -0) ? '-0' : String(v))).join(', ')}`;

function expectSame(c: OpCase, values: readonly Value[], got: Value, want: Value): void {
  if (!equalAs(c.op, c.result, got, want)) expect.fail(`${show(c, values)}: ${String(got)} instead of ${String(want)}`);
}

test('the op table covers the numeric instructions of Wasm', () => {
  const opcodes = ops.filter((op) => op.wasm !== null).map((op) => op.wasm?.join(' '));
  expect(new Set(opcodes).size).toBe(opcodes.length);
  for (let code = 0x41; code <= 0xc4; code++) expect(opcodes, code.toString(16)).toContain(String(code));
  for (let code = 0x28; code <= 0x40; code++) expect(opcodes, code.toString(16)).toContain(String(code));
  for (let code = 0; code <= 11; code++) expect(opcodes).toContain(`252 ${code}`);
  expect(opcodes.filter((code) => code?.startsWith('253 '))).toHaveLength(236);
});

test('every doc is one or two sentences, every cost a number >= 0', () => {
  for (const op of ops) {
    expect(op.doc).toMatch(/^[A-Z0-9].*\.$/);
    expect(op.cost).toBeGreaterThanOrEqual(0);
  }
});

/** Whether a JavaScript text is an atom, or one pair of parentheses with a name before it or not. */
function isPrimary(js: string): boolean {
  if (/^[$\w]+$/.test(js)) return true;
  const open = /^[\w.]*\(/.exec(js)?.[0].length ?? 0;
  if (open === 0) return false;
  let depth = 1;
  for (let i = open; i < js.length; i++) {
    if (js[i] === '(') depth++;
    if (js[i] === ')' && --depth === 0) return i === js.length - 1;
  }
  return false;
}

test('js columns are primary expressions', () => {
  for (const op of ops) for (const js of [op.js, op.jsTrap]) if (js !== null) expect(isPrimary(js), js).toBe(true);
});

describe(`js and jsTrap agree with eval (seed ${seed})`, () => {
  test.each(cases.filter((c) => c.op.js !== null).map((c) => [c.title, c] as const))('%s', (_, c) => {
    const js = new Function('$0', '$1', '$2', `return ${c.op.js}`);
    const jsTrap = new Function('$0', '$1', '$2', `return ${c.op.jsTrap ?? "''"}`);
    forOperands(c.params, (values) => {
      const want = evaluate(c, values);
      const operands = c.params.map((t, i) => toOperand(c.op, t, values[i]));
      const kind = jsTrap(...operands);
      if (kind !== (want instanceof Trap ? want.kind : '')) expect.fail(`${show(c, values)}: jsTrap gives '${kind}'`);
      if (!(want instanceof Trap)) expectSame(c, values, fromOperand(c.op, c.result, js(...operands)), want);
    });
  });
});

describe(`eval agrees with the host's Wasm engine (seed ${seed})`, () => {
  const wasmCases = cases.filter((c) => c.op.wasm !== null);
  const probes = wasmCases.map((c) => ({ params: c.params, result: c.result, code: c.op.wasm ?? [] }));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(opModule(probes)));
  test.each(wasmCases.map((c, i) => [c.title, c, i] as const))('%s', (_, c, i) => {
    const probe = instance.exports[i] as (...args: readonly Value[]) => number | bigint;
    forOperands(c.params, (values) => {
      const want = evaluate(c, values);
      let got: Value;
      try {
        got = uncarried(c.result, probe(...c.params.flatMap((t, k) => carried(t, values[k]))));
      } catch (error) {
        const kind = trapKindOf(error);
        const wanted = want instanceof Trap ? want.kind : 'none';
        const truncates = kind === 'float-unrepresentable' && c.op.name.includes('.trunc_') && want instanceof Trap;
        if (!truncates && kind !== wanted) expect.fail(`${show(c, values)}: traps ${kind} instead of ${wanted}`);
        return;
      }
      if (want instanceof Trap) expect.fail(`${show(c, values)}: gives ${String(got)} instead of trap ${want.kind}`);
      expectSame(c, values, got, want);
    });
  });
});

describe(`smt agrees with eval (seed ${seed})`, () => {
  const width = (t: NumType): number => (t === 'v128' ? 128 : t.endsWith('32') ? 32 : 64);
  test.each(cases.filter((c) => c.op.smt !== null).map((c) => [c.title, c] as const))('%s', (_, c) => {
    const check = (values: readonly Value[]): void => {
      const want = evaluate(c, values);
      if (want instanceof Trap) return;
      const operands = c.params.map((t, i) => ({ width: width(t), bits: toBits(t, values[i]) }));
      const got = evalSmt(c.op.smt ?? '', operands);
      expect(got.width).toBe(width(c.result));
      expectSame(c, values, fromBits(c.result, got.bits), want);
    };
    fc.assert(fc.property(fc.tuple(...c.params.map(anyValue)), check), { seed, numRuns });
  });
});

describe(`expand agrees with eval (seed ${seed})`, () => {
  test.each(cases.filter((c) => c.op.expand !== null).map((c) => [c.title, c] as const))('%s', (_, c) => {
    const b = new FuncBuilder('f', { params: c.params, results: [c.result] });
    const result = c.op.expand?.(b, ...b.params) as ValueId;
    b.ret(result);
    const f = b.finish();
    forOperands(c.params, (operands) => {
      const values = new Map<number, Value>(f.params.map((v, i) => [v, operands[i]]));
      for (const v of blockOf(f, b.entry).body) {
        const inst = instOf(f, v);
        const args = inst.args.map((arg) => values.get(arg));
        values.set(v, inst.op.kind === 'const' ? (inst.imm as Value) : inst.op.eval?.(...args));
      }
      expectSame(c, operands, values.get(result), evaluate(c, operands));
    });
  });
});

const named = (name: string): OpDef => {
  const op = coreTable.get(name);
  if (op === undefined) throw new Error(`no op ${name}`);
  return op;
};

describe(`laws hold (seed ${seed})`, () => {
  test.each(cases.filter((c) => Object.keys(c.op.laws).length > 0).map((c) => [c.title, c] as const))('%s', (_, c) => {
    const { laws } = c.op;
    const [type = 'i32'] = c.params;
    const k = (law: number | bigint): Value => lawConstant(type, law);
    /** Applies the op; undefined where an operand or the op trapped. */
    const f = (...values: readonly Value[]): Value | Trap =>
      values.find((v) => v instanceof Trap) ?? evaluate(c, values);
    const holds = (values: readonly Value[], got: Value, want: Value): void => {
      if (got instanceof Trap && want instanceof Trap) expect(got).toBe(want);
      else expectSame(c, values, got, want);
    };
    const other = (name: string, values: readonly Value[]): Value => evaluate({ ...c, op: named(name) }, values);
    forOperands(c.params.length === 2 ? [type, type] : [type], ([a, b]) => {
      if (laws.commutative) holds([a, b], f(a, b), f(b, a));
      if (laws.idempotent) holds([a], c.params.length === 1 ? f(f(a)) : f(a, a), c.params.length === 1 ? f(a) : a);
      if (laws.involution) holds([a], f(f(a)), a);
      if (laws.rightIdentity !== undefined) holds([a], f(a, k(laws.rightIdentity)), a);
      if (laws.leftIdentity !== undefined) holds([a], f(k(laws.leftIdentity), a), a);
      if (laws.rightZero !== undefined) holds([a], f(a, k(laws.rightZero)), k(laws.rightZero));
      if (laws.selfGives !== undefined) holds([a], f(a, a), lawConstant(c.result, laws.selfGives));
      if (laws.negation !== undefined) holds([a, b], other(laws.negation, [a, b]), f(a, b) === 1 ? 0 : 1);
      if (laws.swapped !== undefined) holds([a, b], other(laws.swapped, [b, a]), f(a, b));
    });
    if (laws.associative) {
      forOperands([type, type, type], (v) => holds(v, f(f(v[0], v[1]), v[2]), f(v[0], f(v[1], v[2]))));
    }
  });

  test('negation and swapped are symmetric', () => {
    for (const op of ops) {
      if (op.laws.negation !== undefined) expect(named(op.laws.negation).laws.negation).toBe(op.name);
      if (op.laws.swapped !== undefined) expect(named(op.laws.swapped).laws.swapped).toBe(op.name);
    }
  });
});
