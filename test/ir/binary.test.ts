/** The binary form: exact both ways, canonical, and safe against whatever bytes come. */
import {
  decodeModule,
  type EncodeOptions,
  encodeModule,
  type Func,
  formatDiagnostic,
  type Module,
  opTable,
  parseModule,
  printModule,
  stateOps,
  verifyModule,
} from '@sluice/ir';
import { crc32 } from '@sluice/ir/binary/checksum';
import * as factories from '@sluice/ir/diag-codes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { casesOf, codesOf } from './support/cases.ts';
import { longChain, longLine, wideSwitch } from './support/large.ts';
import { byteDamage, damageBytes, runs } from './support/mutate.ts';

function parsed(text: string): Module {
  const result = parseModule(text, { file: 'test.ir' });
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
  return result.value;
}

function decoded(bytes: Uint8Array): Module {
  const result = decodeModule(bytes);
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
  return result.value;
}

const cases = [...casesOf('text', 'forms.ir'), ...casesOf('verify', 'valid.ir')];
const everything = { names: true, locs: true } as const;
const seen = new Set<string>();

/** The code of the only diagnostic that decoding gives. */
function refusal(bytes: Uint8Array): { readonly code: string; readonly at: number; readonly message: string } {
  const result = decodeModule(bytes, { file: 'test.slir' });
  if (result.ok) throw new Error('decoded');
  expect(result.diagnostics).toHaveLength(1);
  const [d] = result.diagnostics;
  if (d === undefined) throw new Error('no diagnostic');
  expect(d.at).toMatchObject({ file: 'test.slir', line: 0 });
  expect(d.at.col).toBeGreaterThanOrEqual(0);
  expect(d.at.col).toBeLessThanOrEqual(bytes.length);
  seen.add(d.code);
  return { code: d.code, at: d.at.col, message: d.message };
}

/** The bytes with the checksum of what stands before it. */
function sealed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  const result = bytes.slice();
  const end = bytes.length - 4;
  new DataView(result.buffer).setUint32(end, crc32(result.subarray(0, end)), true);
  return result;
}

describe('round trip', () => {
  test.for(cases)('$name', ({ text }) => {
    const module = parsed(text);
    const bytes = encodeModule(module);
    expect(printModule(decoded(bytes))).toBe(printModule(module));
    expect(encodeModule(decoded(bytes))).toEqual(bytes);
    const debug = encodeModule(module, { debug: true });
    expect(printModule(decoded(debug), everything)).toBe(printModule(module, everything));
    expect(encodeModule(decoded(debug), { debug: true })).toEqual(debug);
    expect(encodeModule(decoded(debug))).toEqual(bytes);
  });

  test('is exact for every constant', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        (int, long, double, single) => {
          const f = parsed(`func @f() {
^0:
  %0 = i32.const ${int}
  %1 = i64.const ${long}
  %2 = i64.const ${double}
  %3 = f64.reinterpret_i64 %2
  %4 = i32.const ${single}
  %5 = f32.reinterpret_i32 %4
  ret
}`);
          const { insts } = f.funcs[0] as Func;
          const copy = (decoded(encodeModule(f)).funcs[0] as Func).insts;
          for (const [v, inst] of insts.entries()) expect(Object.is(copy[v]?.imm, inst?.imm)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('floats keep their bits, through text and bytes', () => {
    const nan = (bits: bigint, exponent: bigint, fraction: bigint): bigint => {
      const made = bits | exponent;
      return (made & fraction) === 0n ? made | 1n : made;
    };
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.double(), fc.float(), (bits, double, single) => {
        const nan64 = nan(bits, 0x7ffn << 52n, (1n << 52n) - 1n);
        const nan32 = nan(bits & 0xffffffffn, 0xffn << 23n, (1n << 23n) - 1n);
        const word = (x: number): string =>
          Object.is(x, -0) ? '-0' : String(x).replace('Infinity', 'inf').toLowerCase();
        const text = `func @f() {
^0:
  %0 = f64.const nan:${nan64}
  %1 = f32.const nan:${nan32}
  %2 = f64.const ${word(double)}
  %3 = f32.const ${word(single)}
  ret
}`;
        const f = parsed(text).funcs[0] as Func;
        const imms = f.insts.map((inst) => inst?.imm);
        const canonical = (value: bigint, is: bigint) => (value === is ? Number.NaN : value);
        expect(imms.slice(0, 4)).toEqual([
          canonical(nan64, 0x7ff8000000000000n),
          canonical(nan32, 0x7fc00000n),
          double,
          single,
        ]);
        for (const copy of [parsed(printModule(parsed(text))), decoded(encodeModule(parsed(text)))]) {
          expect(copy.funcs[0]?.insts.map((inst) => inst?.imm)).toEqual(imms);
        }
        expect(verifyModule(parsed(text))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('canonical', () => {
  const text = 'func @f(%x: i32) -> i32 {\n^a:\n  %y = i32.eqz %x\n  br ^b\n^b:\n  %z = i32.add %y, %x\n  ret %z\n}';

  test('ids do not show', () => {
    const m = parsed(text);
    const f = m.funcs[0] as Func;
    // The same function with every id of a value and block shifted, and gaps between.
    const far = <T extends number>(id: T): T => (id * 3 + 5) as T;
    const insts: Func['insts'][number][] = [];
    const blocks: Func['blocks'][number][] = [];
    for (const [v, inst] of f.insts.entries()) {
      if (inst) insts[far(v)] = { ...inst, args: inst.args.map(far), blocks: inst.blocks.map(far) };
    }
    for (const [b, block] of f.blocks.entries()) {
      if (block) blocks[far(b)] = { phis: block.phis.map(far), body: block.body.map(far), term: far(block.term) };
    }
    const g: Func = {
      ...f,
      params: f.params.map(far),
      insts: Array.from(insts),
      blocks: Array.from(blocks),
      order: f.order.map(far),
      valueNames: new Map(),
      blockNames: new Map(),
      shape: { cache: new Map() },
      cache: new Map(),
    };
    const moved = { ...m, funcs: [g] };
    expect(verifyModule(moved)).toEqual([]);
    expect(printModule(moved)).toBe(printModule(m));
    expect(encodeModule(moved)).toEqual(encodeModule(m));
  });

  test('names and locations do not show unless asked for', () => {
    const other = parsed(text.replaceAll('%x', '%other').replace('^a:', '\n\n^a:'));
    expect(encodeModule(other)).toEqual(encodeModule(parsed(text)));
    const debug: EncodeOptions = { debug: true };
    expect(encodeModule(other, debug)).not.toEqual(encodeModule(parsed(text), debug));
  });
});

describe('refusals', () => {
  const bytes = encodeModule(parsed(cases.map(({ text }) => text).find((text) => text.includes('^exit')) ?? ''));
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);

  test('other files', () => {
    expect(refusal(Uint8Array.of())).toMatchObject({ code: 'SL0131', at: 0 });
    expect(refusal(text('func @f() {}'))).toMatchObject({ code: 'SL0131', at: 0 });
    expect(refusal(text('SLI'))).toMatchObject({ code: 'SL0131' });
  });

  test('other versions', () => {
    expect(refusal(Uint8Array.of(...text('SLIR'), 9, 0, 0, 0, 0))).toMatchObject({ code: 'SL0132', at: 4 });
  });

  test('a file that is cut off, anywhere', () => {
    for (let end = 0; end < bytes.length; end++) {
      expect(['SL0131', 'SL0133', 'SL0135']).toContain(refusal(bytes.slice(0, end)).code);
    }
  });

  test('a file that is cut off and has a fitting checksum', () => {
    for (let end = 9; end < bytes.length; end++) {
      expect(['SL0133', 'SL0134']).toContain(refusal(sealed(bytes.slice(0, end))).code);
    }
  });

  test('one bit flipped, anywhere', () => {
    for (let k = 0; k < bytes.length * 8; k++) {
      const damaged = bytes.slice();
      damaged[k >> 3] = (damaged[k >> 3] as number) ^ (1 << (k & 7));
      expect(['SL0131', 'SL0132', 'SL0135']).toContain(refusal(damaged).code);
    }
  });

  test('huge counts', () => {
    // Strings: 2^32 - 1 of them; and a section that claims more than there is.
    const head = [...text('SLIR'), 2, 1];
    const huge = [255, 255, 255, 255, 15];
    expect(refusal(sealed(Uint8Array.of(...head, 5, ...huge, 0, 0, 0, 0)))).toMatchObject({ code: 'SL0134', at: 7 });
    expect(refusal(sealed(Uint8Array.of(...head, ...huge, 0, 0, 0, 0)))).toMatchObject({ code: 'SL0134', at: 6 });
  });

  test('bytes behind the last section', () => {
    const more = Uint8Array.of(...encodeModule(parsed('start @f'), { debug: true }).slice(0, -4), 7, 0, 0, 0, 0);
    expect(refusal(sealed(more)).code).toBe('SL0134');
  });

  test('an op that the table does not have', () => {
    const result = decodeModule(bytes, { ops: opTable(stateOps) });
    expect(result.ok ? [] : result.diagnostics.map((d) => d.code)).toEqual(['SL0105']);
  });

  test('every code is reported', () => {
    expect(codesOf(factories, 'SL01').filter((code) => code > 'SL0130' && !seen.has(code))).toEqual([]);
  });
});

describe('damaged bytes', () => {
  const all = cases.flatMap(({ text }) => [encodeModule(parsed(text)), encodeModule(parsed(text), { debug: true })]);

  test('with a fitting checksum give a diagnostic or a module that prints and verifies', () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), byteDamage, (bytes, edits) => {
        const damaged = sealed(damageBytes(bytes, edits));
        const result = decodeModule(damaged, { file: 'test.slir' });
        if (!result.ok) {
          refusal(damaged);
          return;
        }
        const printed = printModule(result.value);
        expect(printModule(parsed(printed))).toBe(printed);
        if (verifyModule(result.value).length > 0) return;
        const again = encodeModule(result.value, { debug: true });
        expect(printModule(decoded(again), everything)).toBe(printModule(result.value, everything));
      }),
      { numRuns: runs },
    );
  });
});

describe('scale', () => {
  test.for([
    ['100,000 instructions in a line', longLine(100_000)],
    ['20,000 blocks in a chain', longChain(20_000)],
    ['a switch of 20,000 cases and a phi of as many inputs', wideSwitch(20_000)],
  ] as const)('%s', ([, text]) => {
    const bytes = encodeModule(parsed(text), { debug: true });
    expect(bytes.length).toBeLessThan(text.length);
    expect(printModule(decoded(bytes))).toBe(text);
  });
});
