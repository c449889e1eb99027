/** What lifting makes of what stands around code in Wasm modules: tables and segments, imports, exports, names, custom sections. */

import { printModule } from '@sluice/ir';
import { encodeModule, encodeNames, noNames, type WasmModule } from '@sluice/wasm-format';
import { describe, expect, test } from 'vitest';
import { functions, type TextFunc, type } from './support/wasm-asm.ts';
import { active, expr, lift, run, text } from './support/wasm-lift.ts';

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
    expect(m.tables).toEqual([
      { name: 't0', type: 'funcref', min: 4, max: 8, source: null, elements: [null, 'f1', 'f2'] },
    ]);
    expect(m.segments).toEqual([]);
    expect([1, 2, 0, 3, 4].map((n) => run(call, [n], parts, one, two))).toEqual([
      [1],
      [2],
      'null-reference',
      'null-reference',
      'out-of-bounds',
    ]);
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
    const f: TextFunc = [
      '-> i32',
      'i32.const 3; i32.const 0; i32.const 1; table.init 1 0; elem.drop 1; i32.const 3; call_indirect 1 0',
    ];
    const m = lift(functions([f, one, two], parts));
    expect(m.segments).toEqual([
      { type: 'funcref', items: [], mode: { kind: 'declared' } },
      { type: 'funcref', items: ['f2', null], mode: { kind: 'passive' } },
      { type: 'funcref', items: ['f2'], mode: { kind: 'declared' } },
    ]);
    expect(run(f, [], parts, one, two)).toEqual([2]);
    expect(run(['', 'i32.const 0; i32.const 0; i32.const 1; table.init 0 0'], [], parts, one, two)).toBe(
      'out-of-bounds',
    );
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
    const parts: Partial<WasmModule> = {
      tables: [table],
      elements: [{ type: 'funcref', mode: active('i32.const 4'), items: [1] }],
    };
    expect(lift(functions([call, one], parts)).segments).toHaveLength(1);
  });

  test('table operations, on the second table too', () => {
    const parts: Partial<WasmModule> = {
      tables: [table, { type: 'externref', limits: { min: 2, max: null } }, table],
      elements: [{ type: 'funcref', mode: { kind: 'declared' }, items: [1] }],
    };
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
        encodeNames({
          ...noNames,
          module: 'thing',
          functions: new Map([
            [0, 'host'],
            [1, 'host'],
          ]),
          locals: new Map(),
        }),
      ],
    });
    const m = lift(bytes);
    expect(m.name).toBe('thing');
    expect(m.imports).toEqual([{ name: 'host', module: 'a', field: 'f', sig: { params: ['i32'], results: [] } }]);
    expect(m.funcs.map(({ name }) => name)).toEqual(['host.1']);
    expect(m.memory).toEqual({ min: 1, max: 3, source: { module: 'a', field: 'm' } });
    expect(m.tables).toMatchObject([
      { name: 't0', type: 'externref', min: 2, max: null, source: { module: 'a', field: 't' } },
    ]);
    expect(m.globals).toMatchObject([
      { name: 'g0', type: 'i32', mutable: true, init: 0, source: { module: 'a', field: 'g' } },
    ]);
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
    const names = encodeNames({
      ...noNames,
      functions: new Map([[0, 'add one']]),
      locals: new Map([[0, new Map([[0, 'x']])]]),
    });
    expect(text(['i32 -> i32', 'local.get 0; i32.const 1; i32.add'], { customs: [names] })).toContain(
      'func @"add one"(%x: i32) -> i32',
    );
  });

  test('a name section that cannot be read gives no names', () => {
    const customs = [{ name: 'name', bytes: Uint8Array.of(1, 200), after: 10 }];
    expect(text(['', 'nop'], { customs })).toContain('func @f0()');
  });

  test('an empty module', () => {
    expect(printModule(lift(encodeModule({})))).toBe('');
  });
});
