/**
 * Sequences: instructions of the stack machine that stand for a row of others. What is good or bad about one is what is
 * good or bad about its parts.
 */

import {
  assembleStack,
  decodeProgram,
  disassemble,
  encodeProgram,
  expandProgram,
  type Instr,
  type InstrDef,
  isSequence,
  type Operand,
  programParts,
  type StackProgram,
  sequenceOf,
  stackTable,
  validateStack,
} from '@sluice/bytecode';
import { makeModule, unwrap } from '@sluice/ir';
import { expect, test } from 'vitest';

const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = process.env.SLUICE_DEEP ? 200_000 : 10_000;
const table = stackTable();
const sequences = table.list.filter(({ role }) => role === 'sequence');
const types = ['i64', 'i32', 'f64', 'i64'] as const;

/** Numbers from 0 to below `n`, the same for the same seed (mulberry32). */
function random(start: number): (n: number) => number {
  let state = start | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** A program of one function; `code` may be good or bad. */
function programOf(code: readonly Instr[]): StackProgram {
  const sig = { params: ['i64', 'i32'], results: ['i64'] } as const;
  const f = { name: 'f', sig, locals: ['f64', 'i64'] as const, localNames: new Map(), code };
  const parts = programParts(makeModule({ name: 'p', memory: { min: 1, max: null, source: null } }));
  return { machine: 'stack', ...parts, funcs: [f] };
}

/** `wild`: now and then an operand that leads nowhere. */
function operandsOf(def: InstrDef, next: (n: number) => number, length: number, wild: boolean): Operand[] {
  const owners = def.sequence.length === 0 ? [def] : def.sequence;
  return owners.flatMap((part) =>
    part.operands.map((kind): Operand => {
      const bad = wild && next(40) === 0;
      if (kind === 'local') return bad ? next(9) : next(types.length);
      if (kind === 'label') return bad ? length + next(3) : next(length);
      if (kind === 'type') return types[next(types.length)] as string;
      if (kind === 'value') return part.name === 'i64.const' && !bad ? BigInt(next(5)) : next(5);
      return next(3);
    }),
  );
}

test('the table has the measured ones', () => {
  expect(sequences.length).toBeGreaterThan(20);
  for (const { sequence, name } of sequences) expect(isSequence(sequence), name).toBe(true);
});

test('calls, switches and jumps that are not last are no parts', () => {
  const named = (...names: readonly string[]) => names.map((name) => table.byName.get(name) as InstrDef);
  expect(isSequence(named('local.get'))).toBe(false);
  expect(isSequence(named('local.get', 'call'))).toBe(false);
  expect(isSequence(named('local.get', 'switch'))).toBe(false);
  expect(isSequence(named('jump_if', 'local.get'))).toBe(false);
  expect(isSequence(named('return', 'local.get'))).toBe(false);
  expect(isSequence(named('heap.load', 'heap.load'))).toBe(false);
  expect(isSequence([sequenceOf(named('local.get', 'local.get')), ...named('return')])).toBe(false);
  expect(isSequence(named('local.get', 'return'))).toBe(true);
});

test('text and binary form', () => {
  const next = random(seed);
  for (const def of sequences) {
    const end = { def: table.byName.get('trap') as InstrDef, operands: ['unreachable'], loc: null };
    const p = programOf([{ def, operands: operandsOf(def, next, 2, false), loc: null }, end]);
    const text = disassemble(p);
    expect(disassemble(unwrap(assembleStack(text, { file: 'p' })))).toBe(text);
    expect(disassemble(unwrap(decodeProgram(encodeProgram(p), { file: 'p' })))).toBe(text);
  }
});

test('a program is valid as it is when its parts are', () => {
  const plain = ['local.get', 'local.set', 'i64.const', 'i64.add', 'drop', 'jump', 'jump_if', 'return', 'i64.eqz'];
  const all = [...sequences, ...plain.map((name) => table.byName.get(name) as InstrDef)];
  let valid = 0;
  for (let k = 0; k < numRuns; k++) {
    const next = random(seed + k);
    const length = 1 + next(5);
    const code: Instr[] = [];
    for (let i = 0; i < length; i++) {
      const def = all[next(all.length)] as InstrDef;
      code.push({ def, operands: operandsOf(def, next, length + 1, true), loc: null });
    }
    code.push({ def: table.byName.get('trap') as InstrDef, operands: ['unreachable'], loc: null });
    const p = programOf(code);
    const own = validateStack(p, { file: 'p' });
    if (own.ok) {
      valid++;
      expect(validateStack(expandProgram(p), { file: 'p' }).ok, `seed ${seed + k}`).toBe(true);
      continue;
    }
    // Labels that lead nowhere cannot be expanded.
    if (own.diagnostics.every(({ message }) => !message.includes('label'))) {
      expect(validateStack(expandProgram(p), { file: 'p' }).ok, `seed ${seed + k}\n${disassemble(p)}`).toBe(false);
    }
  }
  expect(valid).toBeGreaterThan(numRuns / 1000);
});
