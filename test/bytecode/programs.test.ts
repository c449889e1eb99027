/** Text assembly: what is written reads back, what is bad gives diagnostics, and size is no problem. */
import { readdirSync, readFileSync } from 'node:fs';
import {
  assembleRegister,
  assembleStack,
  decodeProgram,
  disassemble,
  encodeProgram,
  type Instr,
  instrNamed,
  type Program,
  stackTable,
  validateProgram,
  validateStack,
} from '@sluice/bytecode';
import { unwrap } from '@sluice/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bare, edits, programs } from './generate.ts';

const runs = process.env.SLUICE_DEEP === undefined ? 200 : 5000;
const mutations = process.env.SLUICE_DEEP === undefined ? 1000 : 20_000;

const examples = new URL('../../examples/stack/', import.meta.url);

function assemble(machine: Program['machine'], text: string) {
  return (machine === 'stack' ? assembleStack : assembleRegister)(text, { file: 'x' });
}

describe('examples', () => {
  for (const name of readdirSync(examples).filter((file) => file.endsWith('.sasm'))) {
    test(`${name} is valid, and its text a fixed point`, () => {
      const program = unwrap(assembleStack(readFileSync(new URL(name, examples), 'utf8'), { file: name }));
      expect(validateProgram(program, { file: name })).toEqual([]);
      for (const locs of [false, true]) {
        const text = disassemble(program, { locs });
        expect(disassemble(unwrap(assembleStack(text, { file: 'other' })), { locs })).toBe(text);
      }
    });
  }
});

test('every form of the text', () => {
  const text = String.raw`.machine stack
.name "all \"forms\""
.import @p (i64, f64) -> (i32, i32) "m" "f\n"
.memory 1 16
.table [@f, null, @"a b"]
.global @g mut i32 = -1
.global @h f32 = nan:0x7fc00001
.global @k any = "text \u{1f600}"
.data 0 "\00\ffabc\22"
.data passive ""
.export "main" func @f
.export "mem" memory
.export "g" global @g
.start @f

.func @f (i32 $n, i64) -> i32
  .local f64 $x
  .local any
L0:
  local.get $n
  switch [-1: L0, 5: L1], L0
L1:
  local.get 1
  i64.load offset=8 align=3
  f64.const -0
  select f64
  call_indirect (i32) -> ()
  call @"a b"
  trap heap-bounds
.end

.func @"a b" () -> ()
  return
.end
`;
  // Characters outside of ASCII stand for themselves.
  expect(disassemble(unwrap(assembleStack(text, { file: 'x' })))).toBe(text.replace('\\u{1f600}', '\u{1f600}'));
});

for (const machine of ['stack', 'register'] as const) {
  describe(`random programs of the ${machine} machine`, () => {
    test('are valid; their text reads back as the same program and is a fixed point', () => {
      fc.assert(
        fc.property(programs(machine), (program) => {
          expect(validateProgram(program, { file: 'x' })).toEqual([]);
          for (const locs of [false, true]) {
            const text = disassemble(program, { locs });
            const again = unwrap<Program>(assemble(machine, text));
            expect(bare(again)).toEqual(bare(program));
            expect(disassemble(again, { locs })).toBe(text);
          }
        }),
        { numRuns: runs },
      );
    });

    test('reach every instruction of the table', () => {
      const seen = new Set<string>();
      fc.assert(
        fc.property(programs(machine), (program) => {
          for (const { code } of program.funcs) for (const { def } of code) seen.add(def.name);
        }),
        { numRuns: 1000, seed: 1 },
      );
      const some = stackTable().list.filter(({ role }) => role !== 'fused' && role !== 'sequence');
      expect(some.filter(({ name }) => machine === 'stack' && !seen.has(name)).map(({ name }) => name)).toEqual([]);
      expect(seen.size).toBeGreaterThan(150);
    });

    test('with edits in their text: a diagnostic, or a program that can be stored or refused', () => {
      const alphabet = ' \n"\\;@$#()[],:=->.r0159-nanix{}\0\u{e4}\ud800';
      let whole = 0;
      fc.assert(
        fc.property(programs(machine), edits, (program, list) => {
          let text = disassemble(program, { locs: true });
          for (const { at, kind, value } of list) {
            const k = at % (text.length + 1);
            const char = alphabet.charAt(value % alphabet.length);
            const other = text.slice(value % text.length, (value % text.length) + (at % 40));
            if (kind === 0) text = text.slice(0, k) + char + text.slice(k + 1);
            else if (kind === 1) text = text.slice(0, k) + char + text.slice(k);
            else if (kind === 2) text = text.slice(0, k) + text.slice(k + 1 + (value % 20));
            else text = text.slice(0, k) + other + text.slice(k);
          }
          const result = assemble(machine, text);
          if (!result.ok) {
            for (const { code, at } of result.diagnostics)
              expect([code.slice(0, 4), at.line > 0]).toEqual(['SL03', true]);
            return;
          }
          if (validateProgram(result.value, { file: 'x' }).length > 0) return;
          whole++;
          const back = unwrap(decodeProgram(encodeProgram(result.value, { debug: true }), { file: 'y' }));
          expect(disassemble(back, { locs: true })).toBe(disassemble(result.value, { locs: true }));
        }),
        { numRuns: mutations },
      );
      expect(whole).toBeGreaterThan(0);
    });

    test('with junk for operands: a finding, never an exception', () => {
      const junk = fc.constantFrom<unknown>(
        -1,
        0.5,
        Number.NaN,
        2 ** 40,
        '',
        'T',
        null,
        undefined,
        7n,
        [],
        [-1],
        ['x'],
        [0, 0],
        {},
        { params: [9] },
        true,
      );
      fc.assert(
        fc.property(
          programs(machine),
          fc.array(fc.tuple(fc.nat(), fc.nat(), junk), { minLength: 1 }),
          (program, list) => {
            const all = program.funcs.flatMap(({ code }) => code) as Instr[];
            for (const [at, k, value] of list) {
              const instr = all[at % all.length] as Instr;
              const operands = [...instr.operands] as unknown[];
              if (operands.length > 0) operands[k % operands.length] = value;
              (instr as { operands: unknown }).operands = operands;
            }
            for (const { code } of validateProgram(program, { file: 'x' })) expect(code).toMatch(/^SL03/);
          },
        ),
        { numRuns: runs },
      );
    });
  });
}

describe('heights of the stack', () => {
  test('agree with types, are bounded by maxStack, and are -1 where control never comes', () => {
    const text = `
.func @f (i32) -> i64
  local.get 0
  jump_if a
  i64.const 1
  jump b
  i32.const 5
a:
  i64.const 2
  i64.const 3
  i64.add
b:
  return
.end`;
    const [info] = unwrap(validateStack(unwrap(assembleStack(text, { file: 'x' })), { file: 'x' }));
    expect([info?.maxStack, [...(info?.heightAt ?? [])]]).toEqual([2, [0, 1, 0, 1, -1, 0, 1, 2, 1]]);
    expect([info?.typesAt(7), info?.typesAt(4)]).toEqual([['i64', 'i64'], null]);
    fc.assert(
      fc.property(programs('stack'), (program) => {
        if (program.machine !== 'stack') return;
        for (const found of unwrap(validateStack(program, { file: 'x' }))) {
          const heights = [...found.heightAt];
          expect(heights).toEqual(heights.map((_, k) => found.typesAt(k)?.length ?? -1));
          expect(Math.max(...heights)).toBeLessThanOrEqual(found.maxStack);
        }
      }),
      { numRuns: runs },
    );
  });
});

describe('size', () => {
  const wrap = (lines: readonly string[], head = '(i32) -> ()'): string =>
    `.func @f ${head}\n${lines.join('\n')}\n.end\n`;
  const check = (text: string): void => {
    const program = unwrap(assembleStack(text, { file: 'x' }));
    expect(validateProgram(program, { file: 'x' })).toEqual([]);
    const back = unwrap(decodeProgram(encodeProgram(program, { debug: true }), { file: 'y' }));
    expect(disassemble(back, { locs: true }) === disassemble(program, { locs: true })).toBe(true);
  };

  test('100,000 instructions', () => {
    check(wrap([...new Array(50_000).fill('i32.const 7\ndrop'), 'return']));
  });

  test('20,000 labels, and a switch over them', () => {
    const labels = Array.from({ length: 20_000 }, (_, k) => `l${k}:\n local.get 0\n jump_if l${(k * 7919) % 20_000}`);
    const cases = Array.from({ length: 20_000 }, (_, k) => `${k}: l${k}`);
    check(wrap([...labels, 'local.get 0', `switch [${cases.join(', ')}], l0`]));
  });

  test('a stack 50,000 deep with jumps at every height', () => {
    const up = Array.from({ length: 50_000 }, (_, k) => `i64.const 1\nlocal.get 0\njump_if l${k}\nl${k}:`);
    check(wrap([...up, ...new Array(50_000).fill('drop'), 'return']));
  });

  test('as many mistakes are shown as a reader can use', () => {
    const result = assembleStack(wrap(new Array(100_000).fill('jump nowhere')), { file: 'x' });
    expect(result.ok ? 0 : result.diagnostics.length).toBe(50);
    const bad: Instr = { def: instrNamed(stackTable(), 'drop'), operands: [], loc: null };
    const program = unwrap(assembleStack(wrap(['return']), { file: 'x' }));
    const code = new Array<Instr>(1000).fill({ ...bad, operands: [1] });
    expect(
      validateProgram({ ...program, funcs: program.funcs.map((f) => ({ ...f, code })) }, { file: 'x' }),
    ).toHaveLength(50);
  });
});

test('names that no file can hold, constants that no type has: SL0354, SL0355', () => {
  const program = unwrap(assembleStack('.global @g i32 = 0', { file: 'x' }));
  const codes = (parts: Partial<typeof program>): string[] =>
    validateProgram({ ...program, ...parts }, { file: 'x' }).map(({ code }) => code);
  expect(codes({ name: '\ud800' })).toEqual(['SL0355']);
  const global = { name: 'g', mutable: false, source: null };
  expect(codes({ globals: [{ ...global, type: 'i32', init: 0.5 }] })).toEqual(['SL0354']);
  expect(codes({ globals: [{ ...global, type: 'f32', init: 0.1 }] })).toEqual(['SL0354']);
  expect(codes({ globals: [{ ...global, type: 'f64', init: 1n }] })).toEqual(['SL0354']);
  expect(codes({ globals: [{ ...global, type: 'i64', init: 1n << 63n }] })).toEqual(['SL0354']);
});
