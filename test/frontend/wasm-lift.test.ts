/**
 * What lifting makes of Wasm modules, by what a user sees: the lifted module gives the results that the specification says,
 * passes the verifier, and its text shows what each construct became.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadWasm } from '@sluice/frontend-wasm';
import { interp, type Module, printModule, unwrap, type Value, verifyModule } from '@sluice/ir';
import { encodeModule, encodeNames, noNames, type WasmModule } from '@sluice/wasm-format';
import { describe, expect, test } from 'vitest';
import { corpus, repoRoot } from '../corpus.ts';
import { code, functions, type TextFunc, type } from './support/wasm-asm.ts';

const file = 'test.wasm';
const expr = (text: string) => ({ code: code(text) });
const active = (offset: string) => ({ kind: 'active', target: 0, offset: expr(offset) }) as const;

function lift(bytes: Uint8Array): Module {
  const m = unwrap(loadWasm(bytes, { file }));
  expect(verifyModule(m)).toEqual([]);
  return m;
}

/** What function 0 gives. */
function run(func: TextFunc, args: readonly Value[] = [], parts: Partial<WasmModule> = {}, ...others: readonly TextFunc[]): unknown {
  const m = lift(functions([func, ...others], parts));
  const { outcome } = interp.instantiate(m).call(m.funcs[0]?.name ?? '', args);
  return outcome.kind === 'return' ? outcome.values : outcome.kind === 'trap' ? outcome.trap : outcome;
}

/** The text of function 0, without indentation. */
function text(func: TextFunc, parts: Partial<WasmModule> = {}): string {
  const m = lift(functions([func], parts));
  const whole = printModule(m, { names: true });
  return whole.slice(whole.indexOf('func @')).trim();
}

describe('blocks', () => {
  test('a block that nothing branches to leaves no trace', () => {
    expect(text(['i32 -> i32', 'block; block i32; local.get 0; end; drop; end; local.get 0'])).toBe(
      'func @f0(%0: i32) -> i32 {\n^entry:\n  ret %0\n}',
    );
  });

  test('results that come over several ways are phis', () => {
    const f: TextFunc = ['i32 -> i32 i64', 'block 1; i32.const 1; i64.const 2; local.get 0; br_if 0; drop; drop; i32.const 3; i64.const 4; end'];
    const parts = { types: [type('-> i32 i64')] };
    expect(run(f, [1], parts)).toEqual([1, 2n]);
    expect(run(f, [0], parts)).toEqual([3, 4n]);
    expect(text(f, parts).match(/phi/g)).toHaveLength(2);
  });

  test('the same result over several ways is no phi', () => {
    expect(text(['i32 -> i32', 'block i32; local.get 0; local.get 0; br_if 0; end'])).not.toContain('phi');
  });

  test('a local that is the same over several ways is no phi; one that differs and is read is one', () => {
    const f: TextFunc = ['i32 -> i32', 'local.get 0; if; i32.const 5; local.set 1; i32.const 6; local.set 2; end; local.get 1; local.get 0; i32.add', 'i32 i32'];
    expect(run(f, [1])).toEqual([6]);
    expect(run(f, [0])).toEqual([0]);
    expect(text(f).match(/phi/g)).toHaveLength(1);
  });

  test('an if without else, with parameters', () => {
    const f: TextFunc = ['i32 -> i32', 'i32.const 10; local.get 0; if 1; i32.const 1; i32.add; end'];
    const parts = { types: [type('i32 -> i32')] };
    expect(run(f, [1], parts)).toEqual([11]);
    expect(run(f, [0], parts)).toEqual([10]);
  });

  test('an if without else out of which something branches', () => {
    const f: TextFunc = ['i32 -> i32', 'i32.const 10; local.get 0; if 1; drop; i32.const 7; local.get 0; i32.const 2; i32.eq; br_if 0; i32.const 1; i32.add; end'];
    const parts = { types: [type('i32 -> i32')] };
    expect([0, 1, 2].map((n) => run(f, [n], parts))).toEqual([[10], [8], [7]]);
  });

  test('if and else', () => {
    const f: TextFunc = ['i32 -> i64', 'local.get 0; if i64; i64.const 1; else; i64.const 2; end'];
    expect([run(f, [5]), run(f, [0])]).toEqual([[1n], [2n]]);
  });

  test('branches out of a function are returns', () => {
    const f: TextFunc = ['i32 -> i32', 'i32.const 1; local.get 0; br_if 0; drop; block; local.get 0; i32.const 1; i32.add; br 1; end; i32.const 9'];
    expect([run(f, [3]), run(f, [0])]).toEqual([[1], [1]]);
  });
});

describe('loops', () => {
  const factorial: TextFunc = [
    'i64 -> i64',
    `i64.const 1; local.set 1
     block; loop
       local.get 0; i64.eqz; br_if 1
       local.get 1; local.get 0; i64.mul; local.set 1
       local.get 0; i64.const 1; i64.sub; local.set 0
       br 0
     end; end
     local.get 1`,
    'i64 f32',
  ];

  test('locals that a loop sets are phis at its header, others are not', () => {
    expect(run(factorial, [20n])).toEqual([2432902008176640000n]);
    expect(text(factorial).match(/phi/g)).toHaveLength(2);
  });

  test('a nest of loops has phis where the local is set alone', () => {
    const depth = 50;
    const body = `${'loop;'.repeat(depth)} local.get 0; i32.const 1; i32.sub; local.tee 0; br_if ${depth - 1}; ${'end;'.repeat(depth)} local.get 1`;
    expect(run(['i32 i32 -> i32', body], [9, 4])).toEqual([4]);
    expect(text(['i32 i32 -> i32', body]).match(/phi/g)).toHaveLength(1);
  });

  test('parameters of a loop', () => {
    const f: TextFunc = [
      'i32 -> i32',
      'i32.const 0; local.get 0; loop 1; local.tee 1; i32.add; local.get 1; i32.const 1; i32.sub; local.get 1; i32.const 1; i32.gt_s; br_if 0; drop; end',
      'i32',
    ];
    expect(run(f, [10], { types: [type('i32 i32 -> i32')] })).toEqual([55]);
  });
});

describe('br_table', () => {
  const body = (labels: string): string => `block; block; block; local.get 0; br_table ${labels}; end; i32.const 10; return; end; i32.const 20; return; end; i32.const 30`;

  test('cases count from 0; what is no case, and what leads where the default leads, is left out', () => {
    const f: TextFunc = ['i32 -> i32', body('0 2 1 2 2')];
    expect([0, 1, 2, 3, 4, -1].map((n) => run(f, [n]))).toEqual([[10], [30], [20], [30], [30], [30]]);
    expect(text(f)).toContain("switch %0 [0: ^2, 2: ^3], ^1");
  });

  test('one label alone is a jump', () => {
    expect(text(['i32 -> i32', body('2 2 2')])).not.toContain('switch');
  });

  test('values come along', () => {
    const f: TextFunc = ['i32 -> i32', 'block i32; block i32; i32.const 7; local.get 0; br_table 0 1; end; i32.const 1; i32.add; end'];
    expect([run(f, [0]), run(f, [5])]).toEqual([[8], [7]]);
  });
});

describe('other instructions', () => {
  test('calls with several results, of functions and imports', () => {
    const pair: TextFunc = ['i32 -> i32 i64', 'local.get 0; i64.const 5'];
    expect(run(['i32 -> i64', 'local.get 0; call 1; i64.extend_i32_s; drop; i64.extend_i32_s'.replace('i64.extend_i32_s; drop; ', 'drop; ')], [3], {}, pair)).toEqual([3n]);
    const m = lift(functions([['-> i32', 'i32.const 4; call 0']], { imports: [{ module: 'env', field: 'f', what: { kind: 'func', type: 1 } }], types: [type('i32 -> i32')] }));
    const { outcome } = interp.instantiate(m, { host: new Map([['env.f', (x: Value) => Number(x) + 1]]) }).call('f1', []);
    expect(outcome).toMatchObject({ kind: 'return', values: [5] });
  });

  test('select with and without type', () => {
    expect(run(['i32 -> i64', 'i64.const 1; i64.const 2; local.get 0; select'], [0])).toEqual([2n]);
    expect(run(['i32 -> f32', 'f32.const 1; f32.const 2; local.get 0; select f32'], [1])).toEqual([1]);
  });

  test('memory: loads, stores, data, bulk operations', () => {
    const bytes = new TextEncoder().encode('hello');
    const parts: Partial<WasmModule> = {
      memories: [{ min: 1, max: 2 }],
      dataCount: true,
      data: [
        { mode: active('i32.const 8'), bytes },
        { mode: { kind: 'passive' }, bytes },
      ],
    };
    const body = `i32.const 0; i32.const 1; i32.const 4; memory.init 1 0; data.drop 1
      i32.const 16; i32.const 8; i32.const 2; memory.copy
      i32.const 32; i32.const 1; i32.const 4; memory.fill
      i32.const 0; i32.load; i32.const 14; i32.load16_u 2; i32.const 32; i32.load; memory.size; i32.const 1; memory.grow`;
    expect(run(['-> i32 i32 i32 i32 i32', body], [], parts)).toEqual([0x6f6c6c65, 0x6568, 0x01010101, 1, 1]);
    expect(run(['', 'i32.const 0; i32.const 0; i32.const 1; memory.init 0 0'], [], parts)).toBe('out-of-bounds');
    expect(run(['-> i32', 'i32.const -1; i32.load 4'], [], parts)).toBe('out-of-bounds');
  });

  test('globals', () => {
    const globals: WasmModule['globals'] = [
      { type: 'i64', mutable: true, init: expr('i64.const -7') },
      { type: 'f64', mutable: false, init: expr('f64.const 0.5') },
      { type: 'funcref', mutable: false, init: expr('ref.func 0') },
    ];
    expect(run(['-> i64 f64 i32', 'global.get 0; i64.const 1; i64.add; global.set 0; global.get 0; global.get 1; global.get 2; ref.is_null'], [], { globals })).toEqual([-6n, 0.5, 0]);
  });

  test('unreachable traps, and what is behind it is gone', () => {
    expect(run(['-> i32', 'unreachable; i32.const 1; i32.add'])).toBe('unreachable');
    expect(text(['-> i32', 'block; unreachable; i32.const 1; drop; end; i32.const 1'])).toBe('func @f0() -> i32 {\n^entry:\n  trap unreachable\n}');
  });

  test('constants keep their bits', () => {
    expect(run(['-> i32 i64 f64', 'i32.const -2147483648; i64.const -9223372036854775808; f64.const -0'])).toEqual([-(2 ** 31), -(2n ** 63n), -0]);
  });
});

describe('tables', () => {
  const table = { type: 'funcref', limits: { min: 4, max: 8 } } as const;
  const one: TextFunc = ['-> i32', 'i32.const 1'];
  const two: TextFunc = ['-> i32', 'i32.const 2'];
  const call: TextFunc = ['i32 -> i32', 'local.get 0; call_indirect 1 0'];

  test('active segments become contents of the table, later ones over earlier ones', () => {
    const parts: Partial<WasmModule> = {
      tables: [table],
      elements: [
        { type: 'funcref', mode: active('i32.const 1'), items: [1, 1] },
        { type: 'funcref', mode: active('i32.const 2'), items: [2] },
      ],
    };
    const m = lift(functions([call, one, two], parts));
    expect(m.tables).toEqual([{ name: 't0', type: 'funcref', min: 4, max: 8, source: null, elements: [null, 'f1', 'f2'] }]);
    expect(m.segments).toEqual([]);
    expect([1, 2, 0, 3, 4].map((n) => run(call, [n], parts, one, two))).toEqual([[1], [2], 'null-reference', 'null-reference', 'out-of-bounds']);
  });

  test('segments that code names keep their index', () => {
    const parts: Partial<WasmModule> = {
      tables: [table],
      elements: [
        { type: 'funcref', mode: active('i32.const 0'), items: [1] },
        { type: 'funcref', mode: { kind: 'passive' }, items: [expr('ref.func 2'), expr('ref.null funcref')] },
        { type: 'funcref', mode: { kind: 'declared' }, items: [2] },
      ],
    };
    const f: TextFunc = ['-> i32', 'i32.const 3; i32.const 0; i32.const 1; table.init 1 0; elem.drop 1; i32.const 3; call_indirect 1 0'];
    const m = lift(functions([f, one, two], parts));
    expect(m.segments).toEqual([
      { type: 'funcref', items: [], mode: { kind: 'declared' } },
      { type: 'funcref', items: ['f2', null], mode: { kind: 'passive' } },
      { type: 'funcref', items: ['f2'], mode: { kind: 'declared' } },
    ]);
    expect(run(f, [], parts, one, two)).toEqual([2]);
    expect(run(['', 'i32.const 0; i32.const 0; i32.const 1; table.init 0 0'], [], parts, one, two)).toBe('out-of-bounds');
  });

  test('from the first segment on whose place is not known, segments stay', () => {
    const parts: Partial<WasmModule> = {
      imports: [{ module: 'm', field: 'g', what: { kind: 'global', type: 'i32', mutable: false } }],
      tables: [table],
      elements: [
        { type: 'funcref', mode: active('i32.const 0'), items: [1] },
        { type: 'funcref', mode: active('global.get 0'), items: [1] },
        { type: 'funcref', mode: active('i32.const 1'), items: [2] },
      ],
    };
    const m = lift(functions([call, one, two], parts));
    expect(m.tables[0]?.elements).toEqual(['f1']);
    expect(m.segments.map(({ mode }) => mode)).toEqual([
      { kind: 'active', table: 't0', offset: { global: 'g0' } },
      { kind: 'active', table: 't0', offset: 1 },
    ]);
  });

  test('a segment that does not fit stays, and traps', () => {
    const parts: Partial<WasmModule> = { tables: [table], elements: [{ type: 'funcref', mode: active('i32.const 4'), items: [1] }] };
    expect(lift(functions([call, one], parts)).segments).toHaveLength(1);
  });

  test('table operations, on the second table too', () => {
    const parts: Partial<WasmModule> = { tables: [table, { type: 'externref', limits: { min: 2, max: null } }, table], elements: [{ type: 'funcref', mode: { kind: 'declared' }, items: [1] }] };
    const body = `i32.const 0; ref.func 1; table.set 2; i32.const 1; i32.const 0; i32.const 1; table.copy 2 2
      i32.const 0; call_indirect 1 2; i32.const 1; table.get 2; ref.is_null; table.size 1; ref.null externref; i32.const 3; table.grow 1; table.size 1
      i32.const 0; ref.null externref; i32.const 2; table.fill 1`;
    expect(run(['-> i32 i32 i32 i32 i32', body], [], parts, one)).toEqual([1, 0, 2, 2, 5]);
  });
});

describe('modules', () => {
  test('exports, imports, start and custom sections', () => {
    const bytes = functions([['', 'global.get 0; i32.const 1; i32.add; drop']], {
      types: [type('i32 ->')],
      imports: [
        { module: 'a', field: 'f', what: { kind: 'func', type: 1 } },
        { module: 'a', field: 'm', what: { kind: 'memory', limits: { min: 1, max: 3 } } },
        { module: 'a', field: 't', what: { kind: 'table', type: 'externref', limits: { min: 2, max: null } } },
        { module: 'a', field: 'g', what: { kind: 'global', type: 'i32', mutable: true } },
      ],
      exports: [
        { name: 'run', kind: 'func', index: 1 },
        { name: 'again', kind: 'func', index: 0 },
        { name: 'mem', kind: 'memory', index: 0 },
        { name: 'tab', kind: 'table', index: 0 },
        { name: 'glob', kind: 'global', index: 0 },
      ],
      start: 1,
      customs: [
        { name: 'dylink.0', bytes: Uint8Array.of(1, 2), after: 0 },
        { name: 'producers', bytes: Uint8Array.of(3), after: 10 },
        encodeNames({ ...noNames, module: 'thing', functions: new Map([[0, 'host'], [1, 'host']]), locals: new Map() }),
      ],
    });
    const m = lift(bytes);
    expect(m.name).toBe('thing');
    expect(m.imports).toEqual([{ name: 'host', module: 'a', field: 'f', sig: { params: ['i32'], results: [] } }]);
    expect(m.funcs.map(({ name }) => name)).toEqual(['host.1']);
    expect(m.memory).toEqual({ min: 1, max: 3, source: { module: 'a', field: 'm' } });
    expect(m.tables).toMatchObject([{ name: 't0', type: 'externref', min: 2, max: null, source: { module: 'a', field: 't' } }]);
    expect(m.globals).toMatchObject([{ name: 'g0', type: 'i32', mutable: true, init: 0, source: { module: 'a', field: 'g' } }]);
    expect(m.exports).toEqual([
      { external: 'run', kind: 'func', name: 'host.1' },
      { external: 'again', kind: 'func', name: 'host' },
      { external: 'mem', kind: 'memory', name: 'memory' },
      { external: 'tab', kind: 'table', name: 't0' },
      { external: 'glob', kind: 'global', name: 'g0' },
    ]);
    expect(m.initialiser).toBe('host.1');
    expect(m.customs.map(({ name, after, bytes: content }) => [name, after, [...content]])).toEqual([
      ['dylink.0', 0, [1, 2]],
      ['producers', 10, [3]],
    ]);
  });

  test('names of parameters are names of values', () => {
    const names = encodeNames({ ...noNames, functions: new Map([[0, 'add one']]), locals: new Map([[0, new Map([[0, 'x']])]]) });
    expect(text(['i32 -> i32', 'local.get 0; i32.const 1; i32.add'], { customs: [names] })).toContain('func @"add one"(%x: i32) -> i32');
  });

  test('a name section that cannot be read gives no names', () => {
    const customs = [{ name: 'name', bytes: Uint8Array.of(1, 200), after: 10 }];
    expect(text(['', 'nop'], { customs })).toContain('func @f0()');
  });

  test('an empty module', () => {
    expect(printModule(lift(encodeModule({})))).toBe('');
  });
});

interface Command {
  readonly type: string;
  readonly filename?: string;
  readonly module_type?: string;
  readonly text?: string;
}

describe('real modules', () => {
  const found = corpus();
  test.skipIf(found === null)('modules of the specification lift; what is invalid is rejected with its reason', () => {
    const root = join(found ?? '', 'wasm');
    const count = { module: 0, assert_invalid: 0 };
    for (const name of JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')).map((entry: { name: string }) => entry.name)) {
      const { commands } = JSON.parse(readFileSync(join(root, name, `${name}.json`), 'utf8')) as { commands: readonly Command[] };
      for (const { type: kind, filename = '', module_type: form, text: want = '' } of commands) {
        if ((kind !== 'module' && kind !== 'assert_invalid') || form === 'text') continue;
        const loaded = loadWasm(readFileSync(join(root, name, filename)), { file: filename });
        count[kind]++;
        if (kind === 'module') expect(verifyModule(unwrap(loaded))).toEqual([]);
        else expect(loaded.ok ? 'valid' : loaded.diagnostics[0]?.message).toContain(want);
      }
    }
    expect(count).toEqual({ module: 30, assert_invalid: 751 });
  });

  const modules = [
    'sql.js/dist/sql-wasm.wasm',
    'sql.js/dist/sql-wasm-debug.wasm',
    'web-tree-sitter/web-tree-sitter.wasm',
    'web-tree-sitter/debug/web-tree-sitter.wasm',
    'tree-sitter-json/tree-sitter-json.wasm',
    '@jsquash/webp/codec/enc/webp_enc.wasm',
    '@jsquash/webp/codec/enc/webp_enc_simd.wasm',
    'source-map/lib/mappings.wasm',
  ];
  const pathOf = (name: string): string | undefined =>
    ['test/node_modules', 'node_modules'].map((folder) => join(repoRoot, folder, name)).find((path) => existsSync(path));
  for (const name of modules) {
    const path = pathOf(name);
    test.skipIf(path === undefined)(`${name} lifts, and has few phis`, () => {
      const m = lift(readFileSync(path as string));
      let phis = 0;
      let instructions = 0;
      for (const f of m.funcs) {
        for (const b of f.order) {
          phis += f.blocks[b]?.phis.length ?? 0;
          instructions += f.blocks[b]?.body.length ?? 0;
        }
      }
      expect(phis / instructions).toBeLessThan(0.15);
    });
  }
});
