/**
 * What lifting makes of Wasm modules, by what a user sees: the lifted module gives the results that the specification says,
 * passes the verifier, and its text shows what each construct became.
 */

import { interp, type Value } from '@sluice/ir';
import type { WasmModule } from '@sluice/wasm-format';
import { describe, expect, test } from 'vitest';
import { functions, type TextFunc, type } from './support/wasm-asm.ts';
import { active, expr, lift, run, text } from './support/wasm-lift.ts';

describe('blocks', () => {
  test('a block that nothing branches to leaves no trace', () => {
    expect(text(['i32 -> i32', 'block; block i32; local.get 0; end; drop; end; local.get 0'])).toBe(
      'func @f0(%0: i32) -> i32 {\n^entry:\n  ret %0\n}',
    );
  });

  test('results that come over several ways are phis', () => {
    const f: TextFunc = [
      'i32 -> i32 i64',
      'block 1; i32.const 1; i64.const 2; local.get 0; br_if 0; drop; drop; i32.const 3; i64.const 4; end',
    ];
    const parts = { types: [type('-> i32 i64')] };
    expect(run(f, [1], parts)).toEqual([1, 2n]);
    expect(run(f, [0], parts)).toEqual([3, 4n]);
    expect(text(f, parts).match(/phi/g)).toHaveLength(2);
  });

  test('the same result over several ways is no phi', () => {
    expect(text(['i32 -> i32', 'block i32; local.get 0; local.get 0; br_if 0; end'])).not.toContain('phi');
  });

  test('a local that is the same over several ways is no phi; one that differs and is read is one', () => {
    const f: TextFunc = [
      'i32 -> i32',
      'local.get 0; if; i32.const 5; local.set 1; i32.const 6; local.set 2; end; local.get 1; local.get 0; i32.add',
      'i32 i32',
    ];
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
    const f: TextFunc = [
      'i32 -> i32',
      'i32.const 10; local.get 0; if 1; drop; i32.const 7; local.get 0; i32.const 2; i32.eq; br_if 0; i32.const 1; i32.add; end',
    ];
    const parts = { types: [type('i32 -> i32')] };
    expect([0, 1, 2].map((n) => run(f, [n], parts))).toEqual([[10], [8], [7]]);
  });

  test('if and else', () => {
    const f: TextFunc = ['i32 -> i64', 'local.get 0; if i64; i64.const 1; else; i64.const 2; end'];
    expect([run(f, [5]), run(f, [0])]).toEqual([[1n], [2n]]);
  });

  test('branches out of a function are returns', () => {
    const f: TextFunc = [
      'i32 -> i32',
      'i32.const 1; local.get 0; br_if 0; drop; block; local.get 0; i32.const 1; i32.add; br 1; end; i32.const 9',
    ];
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
  const body = (labels: string): string =>
    `block; block; block; local.get 0; br_table ${labels}; end; i32.const 10; return; end; i32.const 20; return; end; i32.const 30`;

  test('cases count from 0; what is no case, and what leads where the default leads, is left out', () => {
    const f: TextFunc = ['i32 -> i32', body('0 2 1 2 2')];
    expect([0, 1, 2, 3, 4, -1].map((n) => run(f, [n]))).toEqual([[10], [30], [20], [30], [30], [30]]);
    expect(text(f)).toContain('switch %0 [0: ^1, 2: ^2], ^3');
  });

  test('one label alone is a jump', () => {
    expect(text(['i32 -> i32', body('2 2 2')])).not.toContain('switch');
  });

  test('values come along', () => {
    const f: TextFunc = [
      'i32 -> i32',
      'block i32; block i32; i32.const 7; local.get 0; br_table 0 1; end; i32.const 1; i32.add; end',
    ];
    expect([run(f, [0]), run(f, [5])]).toEqual([[8], [7]]);
  });
});

describe('other instructions', () => {
  test('calls with several results, of functions and imports', () => {
    const pair: TextFunc = ['i32 -> i32 i64', 'local.get 0; i64.const 5'];
    expect(
      run(
        [
          'i32 -> i64',
          'local.get 0; call 1; i64.extend_i32_s; drop; i64.extend_i32_s'.replace('i64.extend_i32_s; drop; ', 'drop; '),
        ],
        [3],
        {},
        pair,
      ),
    ).toEqual([3n]);
    const m = lift(
      functions([['-> i32', 'i32.const 4; call 0']], {
        imports: [{ module: 'env', field: 'f', what: { kind: 'func', type: 1 } }],
        types: [type('i32 -> i32')],
      }),
    );
    const { outcome } = interp
      .instantiate(m, { host: new Map([['env.f', (x: Value) => Number(x) + 1]]) })
      .call('f1', []);
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
    expect(
      run(
        [
          '-> i64 f64 i32',
          'global.get 0; i64.const 1; i64.add; global.set 0; global.get 0; global.get 1; global.get 2; ref.is_null',
        ],
        [],
        { globals },
      ),
    ).toEqual([-6n, 0.5, 0]);
  });

  test('unreachable traps, and what is behind it is gone', () => {
    expect(run(['-> i32', 'unreachable; i32.const 1; i32.add'])).toBe('unreachable');
    expect(text(['-> i32', 'block; unreachable; i32.const 1; drop; end; i32.const 1'])).toBe(
      'func @f0() -> i32 {\n^entry:\n  trap unreachable\n}',
    );
  });

  test('vectors', () => {
    const memories = [{ min: 1, max: null }];
    const ones = '1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1';
    const body = `i32.const 0; v128.const ${ones}; v128.store
      i32.const 4; local.get 0; i32x4.splat; v128.load8_lane 0 0 15; local.tee 1; i8x16.extract_lane_s 15
      local.get 1; i8x16.extract_lane_u 0
      local.get 1; v128.const ${ones}; i8x16.shuffle 16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0; i32x4.extract_lane 0`;
    expect(run(['i32 -> i32 i32 i32', body, 'v128'], [0xff], { memories })).toEqual([1, 0xff, -255]);
  });

  test('constants keep their bits', () => {
    expect(run(['-> i32 i64 f64', 'i32.const -2147483648; i64.const -9223372036854775808; f64.const -0'])).toEqual([
      -(2 ** 31),
      -(2n ** 63n),
      -0,
    ]);
  });
});
