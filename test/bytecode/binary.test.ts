/** Binary files: they read back, damage is found, and no bytes do more than give a diagnostic. */
import {
  assembleStack,
  decodeProgram,
  disassemble,
  encodeProgram,
  machineOf,
  type Program,
  resealed,
  validateProgram,
} from '@sluice/bytecode';
import { coreTable, defineOp, opTable, unwrap } from '@sluice/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bare, edits, programs } from './generate.ts';

const runs = process.env.SLUICE_DEEP === undefined ? 200 : 5000;
const mutations = process.env.SLUICE_DEEP === undefined ? 1000 : 20_000;

const options = { file: 'x.sbc' };

function mutated(bytes: Uint8Array, list: readonly { at: number; kind: number; value: number }[]): Uint8Array {
  let result = [...bytes];
  for (const { at, kind, value } of list) {
    const k = at % (result.length + 1);
    const byte = [0, 1, 127, 128, 255, value & 255][value % 6] ?? 0;
    if (kind === 0) result[k] = byte;
    else if (kind === 1) result.splice(k, 0, byte);
    else if (kind === 2) result.splice(k, 1 + (value % 9));
    else result = [...result.slice(0, k), ...result.slice(value % result.length)];
  }
  return Uint8Array.from(result);
}

for (const machine of ['stack', 'register'] as const) {
  describe(`files of the ${machine} machine`, () => {
    test('read back as the same program, and are written again as the same bytes', () => {
      fc.assert(
        fc.property(programs(machine), fc.boolean(), (program, debug) => {
          const bytes = encodeProgram(program, { debug });
          expect(machineOf(bytes)).toBe(machine);
          const back = unwrap(decodeProgram(bytes, options));
          expect(bare(back)).toEqual(bare(program));
          if (debug) expect(disassemble(back, { locs: true })).toBe(disassemble(program, { locs: true }));
          expect(encodeProgram(back, { debug })).toEqual(bytes);
        }),
        { numRuns: runs },
      );
    });

    test('with edits: the checksum or what stands before it is wrong', () => {
      fc.assert(
        fc.property(programs(machine), edits, (program, list) => {
          const bytes = encodeProgram(program);
          const other = mutated(bytes, list);
          if (Buffer.compare(bytes, other) === 0) return;
          const result = decodeProgram(other, options);
          const code = result.ok ? 'none' : result.diagnostics[0]?.code;
          expect(['SL0330', 'SL0331', 'SL0332', 'SL0333']).toContain(code);
        }),
        { numRuns: mutations },
      );
    });

    test('with edits under a checksum that fits: a diagnostic, or a program that can be shown and checked', () => {
      let whole = 0;
      fc.assert(
        fc.property(programs(machine), edits, (program, list) => {
          const bytes = encodeProgram(program, { debug: true });
          // The header is spared: the point is to get behind it.
          const other = resealed(Uint8Array.from([...bytes.subarray(0, 13), ...mutated(bytes.subarray(13), list)]));
          const result = decodeProgram(other, options);
          if (!result.ok) {
            for (const { code, at } of result.diagnostics) {
              expect([code.slice(0, 4), at.line, at.col <= other.length]).toEqual(['SL03', 0, true]);
            }
            return;
          }
          whole++;
          const text = disassemble(result.value, { locs: true });
          if (validateProgram(result.value, options).length > 0) return;
          expect(text.length).toBeGreaterThan(0);
          expect(bare(unwrap(decodeProgram(encodeProgram(result.value), options)))).toEqual(bare(result.value));
        }),
        { numRuns: mutations },
      );
      expect(whole).toBeGreaterThan(0);
    });

    test('cut anywhere: a diagnostic', () => {
      const [program] = fc.sample(programs(machine), { numRuns: 1, seed: 7 });
      const bytes = encodeProgram(program as Program, { debug: true });
      for (let length = 0; length < bytes.length; length++) {
        const cut = resealed(bytes.subarray(0, length));
        // What lacks the debug section alone is whole.
        const result = decodeProgram(cut, options);
        if (result.ok) expect(encodeProgram(result.value).length).toBe(length);
      }
    });
  });
}

describe('refusals', () => {
  const bytes = encodeProgram(
    unwrap(assembleStack('.name "n"\n.func @f () -> ()\n i32.const 1\n drop\n return\n.end', { file: 'x' })),
  );
  const code = (file: Uint8Array): string | undefined => {
    const result = decodeProgram(file, options);
    return result.ok ? undefined : result.diagnostics[0]?.code;
  };

  test('SL0330: another file', () => {
    expect(code(new TextEncoder().encode('.machine stack'))).toBe('SL0330');
    expect(code(new Uint8Array())).toBe('SL0330');
  });

  test('SL0331: another version', () => {
    const other = bytes.slice();
    other[4] = 9;
    expect(code(other)).toBe('SL0331');
  });

  test('SL0332: a flipped bit; SL0333: the end within a section', () => {
    const other = bytes.slice();
    other[20] = (other[20] ?? 0) ^ 4;
    expect(code(other)).toBe('SL0332');
    expect(code(resealed(bytes.subarray(0, bytes.length - 2)))).toBe('SL0333');
  });

  test('SL0334: numbers of elements that the file is too short for take no memory', () => {
    const header = [...bytes.subarray(0, 13)];
    const file = Uint8Array.from([...header, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    for (const id of [2, 3, 4, 5]) expect(code(resealed(Uint8Array.from([...file, id, 1, 0])))).toBe('SL0334');
  });

  test('SL0335: an instruction whose operands changed; SL0305: one that is gone', () => {
    const op = (sig: string) => defineOp('mine.twice', { doc: 'Twice.', sig, eval: (a: number) => a, js: '$0' });
    const source = '.func @f () -> ()\n i32.const 1\n mine.twice\n drop\n return\n.end';
    const ops = opTable([...coreTable.values()], [op('(i32) -> i32')]);
    const file = encodeProgram(unwrap(assembleStack(source, { file: 'x', ops })));
    const read = (table: typeof ops): string | undefined => {
      const result = decodeProgram(file, { ...options, ops: table });
      return result.ok ? undefined : result.diagnostics[0]?.code;
    };
    expect(read(ops)).toBe(undefined);
    expect(read(coreTable)).toBe('SL0305');
    expect(read(opTable([...coreTable.values()], [op('(T) -> T')]))).toBe('SL0335');
  });
});
