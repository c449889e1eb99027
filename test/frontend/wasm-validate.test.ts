/** What validation rejects: each rule of the specification once or more, with its reason and the offset of what is wrong. */

import { loadWasm, validateWasm } from '@sluice/frontend-wasm';
import { formatDiagnostic, unwrap } from '@sluice/ir';
import { decodeModule, encodeModule, type WasmModule } from '@sluice/wasm-format';
import { describe, expect, test } from 'vitest';
import { code, functions, type TextFunc, type } from './support/wasm-asm.ts';

const file = 'test.wasm';
const memory = { memories: [{ min: 1, max: null }] };
const tables: Partial<WasmModule> = {
  tables: [
    { type: 'funcref', limits: { min: 10, max: null } },
    { type: 'externref', limits: { min: 10, max: null } },
  ],
};
const expr = (text: string) => ({ code: code(text) });

function reason(bytes: Uint8Array): string {
  const lifted = loadWasm(bytes, { file });
  const validated = decodeModule(bytes, { file });
  const limited = !lifted.ok && lifted.diagnostics[0]?.code === 'SL0735';
  if (validated.ok) expect(validateWasm(validated.value, { file }).ok).toBe(lifted.ok || limited);
  return lifted.ok ? 'valid' : (lifted.diagnostics[0]?.message ?? '');
}

describe('code that is rejected', () => {
  const rules: readonly (readonly [string, TextFunc, Partial<WasmModule>?])[] = [
    ['type mismatch: expected i32, found nothing', ['-> i32', '']],
    ['type mismatch: expected i32, found i64', ['-> i32', 'i64.const 1']],
    ['type mismatch: 1 more value than the block gives', ['-> i32', 'i32.const 1; i32.const 2']],
    ['type mismatch: 2 more values', ['', 'i32.const 1; i32.const 2']],
    ['type mismatch: expected i32, found f32', ['-> i32', 'i32.const 1; f32.const 2; i32.add']],
    ['type mismatch: expected a value, found nothing', ['', 'drop']],
    ['type mismatch: expected i32, found nothing', ['', 'block; br_if 0; end']],
    ['type mismatch: expected i32, found nothing', ['', 'i32.const 1; block; br_if 0; end; drop']],
    ['type mismatch: expected i32, found i64', ['-> i32', 'block i32; i64.const 1; br 0; end']],
    ['type mismatch: an if without else', ['i32 -> i32', 'local.get 0; if i32; i32.const 1; end']],
    [
      'type mismatch: expected i64, found i32',
      ['i32 -> i64', 'local.get 0; if i64; i64.const 1; else; i32.const 1; end'],
    ],
    ['type mismatch: expected i32, found i64', ['', 'unreachable; i64.const 0; i32.add; drop']],
    ['type mismatch: expected i32, found f64', ['-> i32', 'unreachable; f64.const 0; i32.const 0; select']],
    ['type mismatch: expected i32, found i64', ['-> i32', 'unreachable; i64.const 1']],
    [
      'type mismatch: expected a number or vector, found funcref',
      ['funcref -> funcref', 'local.get 0; local.get 0; i32.const 1; select'],
    ],
    ['type mismatch: expected i32, found f32', ['-> i32', 'i32.const 1; f32.const 1; i32.const 1; select']],
    ['type mismatch: expected a reference, found i32', ['-> i32', 'i32.const 1; ref.is_null']],
    [
      'type mismatch: expected 1 values for each label, found 0',
      ['', 'block; block i32; i32.const 0; i32.const 0; br_table 1 0; end; drop; end'],
    ],
    [
      'type mismatch: expected i64, found i32',
      ['', 'block i64; block i32; i32.const 0; i32.const 0; br_table 0 1; end; drop; i64.const 1; end; drop'],
    ],
    ['type mismatch: expected i32, found nothing', ['', 'loop 1; drop; br 0; end'], { types: [type('i32 ->')] }],
    ['invalid result arity 2', ['', 'unreachable; select i32 i32']],
    ['unknown local 1', ['i32 ->', 'local.get 1; drop']],
    ['unknown local 7', ['', 'unreachable; local.set 7']],
    ['unknown global 0', ['', 'global.get 0; drop']],
    ['unknown function 9', ['', 'call 9']],
    ['unknown type 9', ['', 'unreachable; call_indirect 9 0'], tables],
    ['unknown type 9', ['', 'block 9; end']],
    ['unknown table 0', ['', 'i32.const 0; call_indirect 0 0']],
    ['type mismatch: expected a table of funcref, found externref', ['', 'i32.const 0; call_indirect 0 1'], tables],
    ['unknown label 1', ['', 'br 1']],
    ['unknown label 3', ['', 'block; loop; i32.const 0; br_table 0 3 0; end; end']],
    ['unknown memory 0', ['-> i32', 'i32.const 0; i32.load']],
    ['unknown memory 0', ['-> i32', 'memory.size']],
    ['unknown memory 1', ['-> i32', 'memory.size 1'], memory],
    ['unknown memory 0', ['', 'unreachable; memory.copy']],
    ['unknown memory 0', ['', 'unreachable; memory.fill']],
    ['alignment must not be larger than natural', ['-> i32', 'i32.const 0; i32.load 0 3'], memory],
    ['alignment must not be larger than natural', ['', 'i32.const 0; i64.const 0; i64.store8 0 1'], memory],
    ['invalid lane index 16', ['-> i32', 'v128.const 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0; i8x16.extract_lane_s 16']],
    ['invalid lane index 2', ['', 'unreachable; f64x2.replace_lane 2']],
    ['invalid lane index 32', ['', 'unreachable; i8x16.shuffle 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 32']],
    ['invalid lane index 4', ['', 'unreachable; v128.load32_lane 0 0 4'], memory],
    ['alignment must not be larger than natural', ['', 'unreachable; v128.load32_lane 0 3 0'], memory],
    ['alignment must not be larger than natural', ['', 'unreachable; v128.load 0 5'], memory],
    ['alignment must not be larger than natural', ['', 'unreachable; v128.load8x8_s 0 4'], memory],
    ['unknown memory 0', ['', 'unreachable; v128.store']],
    ['unknown data segment 0', ['', 'data.drop 0'], { ...memory, dataCount: true }],
    ['unknown data segment 5', ['', 'unreachable; memory.init 5'], { ...memory, dataCount: true }],
    ['unknown elem segment 0', ['', 'elem.drop 0']],
    ['unknown elem segment 3', ['', 'unreachable; table.init 3 0'], tables],
    ['unknown table 2', ['', 'unreachable; table.grow 2; drop'], tables],
    ['type mismatch: expected funcref, found externref', ['', 'unreachable; table.copy 0 1'], tables],
    ['type mismatch: expected externref, found funcref', ['', 'i32.const 0; ref.null funcref; table.set 1'], tables],
    ['undeclared function reference 0', ['', 'ref.func 0; drop']],
    ['unknown function 4', ['', 'ref.func 4; drop']],
    ['END opcode expected', ['', 'block']],
    ['END opcode expected', ['', 'else']],
    ['END opcode expected', ['', 'i32.const 1; if; else; else; end']],
    [
      'global is immutable: 0',
      ['', 'i32.const 1; global.set 0'],
      { globals: [{ type: 'i32', mutable: false, init: expr('i32.const 0') }] },
    ],
    [
      'data count section required',
      ['', 'data.drop 0'],
      { ...memory, data: [{ mode: { kind: 'passive' }, bytes: new Uint8Array(1) }] },
    ],
  ];
  for (const [want, func, parts] of rules) {
    test(`${want}: ${func.join(' | ')}`, () => expect(reason(functions([func], parts))).toContain(want));
  }
});

describe('modules that are rejected', () => {
  const segment = (offset: string) => ({ mode: { kind: 'active', target: 0, offset: expr(offset) } as const });
  const i32 = (init: string): Partial<WasmModule> => ({ globals: [{ type: 'i32', mutable: false, init: expr(init) }] });
  const imported = (mutable: boolean): Partial<WasmModule> => ({
    imports: [{ module: 'm', field: 'g', what: { kind: 'global', type: 'i32', mutable } }],
  });
  const rules: readonly (readonly [string, Partial<WasmModule>])[] = [
    [
      'multiple memories',
      {
        memories: [
          { min: 0, max: null },
          { min: 0, max: null },
        ],
      },
    ],
    [
      'multiple memories',
      { ...memory, imports: [{ module: 'm', field: 'f', what: { kind: 'memory', limits: { min: 0, max: 1 } } }] },
    ],
    ['memory size must be at most 65536 pages (4GiB)', { memories: [{ min: 65537, max: null }] }],
    ['memory size must be at most 65536 pages (4GiB)', { memories: [{ min: 0, max: 2 ** 32 - 1 }] }],
    ['size minimum must not be greater than maximum', { memories: [{ min: 2, max: 1 }] }],
    ['size minimum must not be greater than maximum', { tables: [{ type: 'funcref', limits: { min: 2, max: 1 } }] }],
    ['unknown type 1', { imports: [{ module: 'm', field: 'f', what: { kind: 'func', type: 1 } }] }],
    ['unknown type 1', { funcs: [{ type: 1, locals: [], code: code('') }] }],
    [
      'duplicate export name "a"',
      {
        ...memory,
        exports: [
          { name: 'a', kind: 'memory', index: 0 },
          { name: 'a', kind: 'memory', index: 0 },
        ],
      },
    ],
    ['unknown function 0', { exports: [{ name: 'a', kind: 'func', index: 0 }] }],
    ['unknown table 0', { exports: [{ name: 'a', kind: 'table', index: 0 }] }],
    ['unknown memory 0', { exports: [{ name: 'a', kind: 'memory', index: 0 }] }],
    ['unknown global 0', { exports: [{ name: 'a', kind: 'global', index: 0 }] }],
    ['unknown function 3', { start: 3 }],
    ['start function', { types: [type('i32 ->')], funcs: [{ type: 0, locals: [], code: code('') }], start: 0 }],
    ['type mismatch: expected i32, found i64', i32('i64.const 1')],
    ['type mismatch: expected one value, found 2', i32('i32.const 1; i32.const 1')],
    ['type mismatch', i32('')],
    ['constant expression required, not i32.add', i32('i32.const 1; i32.const 1; i32.add')],
    ['constant expression required, not nop', i32('nop; i32.const 1')],
    ['unknown global 0', i32('global.get 0')],
    ['constant expression required, not a mutable global', { ...imported(true), ...i32('global.get 0') }],
    ['unknown global 1', { ...imported(false), ...i32('global.get 1') }],
    ['unknown function 0', { globals: [{ type: 'funcref', mutable: false, init: expr('ref.func 0') }] }],
    ['unknown memory 0', { data: [{ ...segment('i32.const 0'), bytes: new Uint8Array(0) }] }],
    [
      'type mismatch: expected i32, found i64',
      { ...memory, data: [{ ...segment('i64.const 0'), bytes: new Uint8Array(0) }] },
    ],
    ['unknown table 0', { elements: [{ type: 'funcref', ...segment('i32.const 0'), items: [] }] }],
    ['unknown function 0', { ...tables, elements: [{ type: 'funcref', ...segment('i32.const 0'), items: [0] }] }],
    [
      'type mismatch: expected funcref, found externref',
      { ...tables, elements: [{ type: 'externref', ...segment('i32.const 0'), items: [] }] },
    ],
    [
      'type mismatch: expected externref, found funcref',
      { elements: [{ type: 'externref', mode: { kind: 'passive' }, items: [expr('ref.null funcref')] }] },
    ],
    [
      'type mismatch: expected i32, found f32',
      { ...tables, elements: [{ type: 'funcref', ...segment('f32.const 0'), items: [] }] },
    ],
  ];
  for (const [want, parts] of rules) {
    test(`${want}: ${Object.keys(parts).join(' ')}`, () => expect(reason(encodeModule(parts))).toContain(want));
  }
});

describe('code that is accepted though it cannot be reached', () => {
  const bodies: readonly TextFunc[] = [
    ['-> i32', 'unreachable'],
    ['-> i32', 'unreachable; i32.add'],
    ['-> i32', 'unreachable; select'],
    ['-> i64', 'unreachable; i64.const 1; i32.const 0; select'],
    ['-> i32', 'i32.const 1; br 0; drop; i32.const 1'],
    ['', 'unreachable; i32.const 0; br_table 0 0; unreachable'],
    ['-> i32', 'block i32; i32.const 1; br 0; i64.const 2; drop; end'],
    ['-> i32', 'loop i32; br 0; end'],
    ['-> i32', 'block i32; unreachable; br_if 0; end'],
    ['-> i32', 'i32.const 1; return; if i32; i32.const 1; else; i32.const 2; end'],
    ['', 'unreachable; block i32; i32.const 0; i32.const 0; br_table 0 0; end; drop'],
    ['-> funcref', 'unreachable; ref.is_null; drop; ref.null funcref'],
  ];
  for (const func of bodies) test(func.join(' | '), () => expect(reason(functions([func]))).toBe('valid'));
});

test('the offset is that of the instruction', () => {
  const bytes = functions([['-> i32', 'nop; nop; i64.const 5; i32.eqz']]);
  const at = bytes.lastIndexOf(0x45);
  const failed = loadWasm(bytes, { file });
  expect(failed.ok ? '' : formatDiagnostic(failed.diagnostics[0] as (typeof failed.diagnostics)[0])).toMatch(
    `test.wasm:0:${at}: error[SL0720]: type mismatch: expected i32, found i64 (at 0x${at.toString(16)}); `,
  );
});

describe('hostile modules', () => {
  test('100,000 nested blocks', () => {
    const third = 33_334;
    const open = 'block; loop; i32.const 1; if;'.repeat(third);
    expect(reason(functions([['', `${open} ${'end;'.repeat(3 * third)}`]]))).toBe('valid');
  });

  test('a br_table of a million entries, to one label and to many', () => {
    const many = Array.from({ length: 1_000_001 }, (_, k) => k % 3).join(' ');
    const one = '0 '.repeat(1_000_001);
    for (const labels of [many, one]) {
      expect(
        reason(functions([['i32 ->', `block; block; block; local.get 0; br_table ${labels}; end; end; end`]])),
      ).toBe('valid');
    }
  });

  test('many functions with 50,000 locals each', () => {
    const funcs = Array.from({ length: 2000 }, () => ({
      type: 0,
      locals: [{ count: 50_000, type: 'i64' as const }],
      code: code('local.get 49999; drop'),
    }));
    const module = { types: [type('')], funcs };
    const from = performance.now();
    expect(reason(encodeModule(module))).toBe('valid');
    expect(performance.now() - from).toBeLessThan(5000);
  });

  test('locals that would need quadratically many phis become slots', () => {
    const n = 3000;
    const set = Array.from({ length: n }, (_, k) => `local.get 0; local.set ${k + 1}`).join(';');
    const get = Array.from({ length: n }, (_, k) => `local.get ${k + 1}; local.set 0`).join(';');
    // Each local is set on one of two ways, and each of n branches leads back to where all of them are read.
    const body = `loop; ${get}; local.get 0; if; ${set}; end; ${'local.get 0; br_if 0;'.repeat(n)} end`;
    const bytes = encodeModule({
      types: [type('i32 ->')],
      funcs: [{ type: 0, locals: [{ count: n, type: 'i32' }], code: code(body) }],
    });
    const m = unwrap(loadWasm(bytes, { file }));
    expect(m.funcs[0]?.slots).toHaveLength(n + 1);
    expect(m.funcs[0]?.insts.some((inst) => inst?.op.kind === 'phi')).toBe(false);
  });

  test('calls and branches that carry values without measure', () => {
    const wide = Array.from({ length: 1000 }, () => 'i32').join(' ');
    const calls = functions([
      [`${wide} -> ${wide}`, `unreachable; ${'call 0;'.repeat(3)}`],
      ['->', `${'i32.const 0;'.repeat(1000)} ${'call 0;'.repeat(5000)} unreachable`],
    ]);
    expect(reason(calls)).toBe('too many values in calls and branches');
    const branches = functions([
      [`-> ${wide}`, `${'i32.const 0;'.repeat(1000)} ${'drop; i32.const 1; i32.const 1; br_if 0;'.repeat(5000)}`],
    ]);
    expect(reason(branches)).toBe('too many values in calls and branches');
  });

  test('far tables take no memory', () => {
    const offset = 2 ** 32 - 2;
    const m = unwrap(
      loadWasm(
        encodeModule({
          types: [type('')],
          funcs: [{ type: 0, locals: [], code: code('') }],
          tables: [{ type: 'funcref', limits: { min: 2 ** 32 - 1, max: null } }],
          elements: [
            {
              type: 'funcref',
              mode: { kind: 'active', target: 0, offset: expr(`i32.const ${offset | 0}`) },
              items: [0],
            },
          ],
        }),
        { file },
      ),
    );
    expect(m.tables[0]?.elements).toEqual([]);
    expect(m.segments).toEqual([{ type: 'funcref', items: ['f0'], mode: { kind: 'active', table: 't0', offset } }]);
  });
});
