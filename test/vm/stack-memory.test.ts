/** The stack machine: linear memory and the heap of checked objects. */

import { f32FromBits } from '@sluice/ir';
import { stackVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';
import { asm, run } from './support/stack-program.ts';

describe('memory', () => {
  const p = asm(`
.memory 1 4
.data 4 "\\01\\02\\83\\ff\\05\\06\\07\\88"
.data passive "abc"
.func @main (i32 $at) -> (i32, i32, i32, i32, i32, i64, i64, i64)
  local.get $at
  i32.load8_s
  local.get $at
  i32.load8_u
  local.get $at
  i32.load16_s
  local.get $at
  i32.load16_u
  local.get $at
  i32.load
  local.get $at
  i64.load32_s
  local.get $at
  i64.load32_u
  local.get $at
  i64.load
  return
.end
.func @store (i32 $at, i64 $v) -> i32
  local.get $at
  local.get $v
  i64.store8 offset=1
  local.get $at
  local.get $v
  i64.store32 offset=4
  local.get $at
  local.get $v
  i64.store16 offset=2
  local.get $at
  i32.load
  return
.end
.func @grown (i32 $at) -> i32
  i32.const 1
  memory.grow
  drop
  local.get $at
  i32.const 77
  i32.store
  local.get $at
  i32.load
  return
.end
.func @far (i32 $at) -> i32
  local.get $at
  i32.load offset=4294967295
  return
.end
.func @init () -> i32
  i32.const 100
  i32.const 0
  i32.const 3
  memory.init #1
  i32.const 101
  i32.load8_u
  return
.end`);

  test.each([4, 5, 6, 7])('loads of every width, at %i', (at) => {
    const instance = stackVM.instantiate(p);
    const bytes = instance.memory().slice(at, at + 8);
    const view = new DataView(bytes.buffer);
    expect(instance.call('main', [at]).outcome).toEqual({
      kind: 'return',
      values: [
        view.getInt8(0),
        view.getUint8(0),
        view.getInt16(0, true),
        view.getUint16(0, true),
        view.getInt32(0, true),
        BigInt(view.getInt32(0, true)),
        BigInt(view.getUint32(0, true)),
        view.getBigInt64(0, true),
      ],
    });
  });

  test('stores of every width, in order', () => {
    const instance = stackVM.instantiate(p);
    expect(instance.call('store', [0, 0x1122334455667788n]).outcome).toMatchObject({ kind: 'return' });
    expect([...instance.memory().slice(0, 8)]).toEqual([0, 0x88, 0x88, 0x77, 0x88, 0x77, 0x66, 0x55]);
  });

  test('accesses are checked to the byte, also with large offsets', () => {
    const at = (address: number) => run(p, [address]).outcome.kind;
    expect(at(65536 - 8)).toBe('return');
    expect(at(65536 - 7)).toBe('trap');
    expect(at(-1)).toBe('trap');
    expect(run(p, [0], {}, 'far').outcome).toMatchObject({ trap: 'out-of-bounds' });
    expect(run(p, [1], {}, 'far').outcome).toMatchObject({ trap: 'out-of-bounds' });
  });

  test('views follow growth', () => {
    expect(run(p, [65536], {}, 'grown').outcome).toEqual({ kind: 'return', values: [77] });
    expect(run(p, [2 * 65536 - 4], {}, 'grown').outcome).toEqual({ kind: 'return', values: [77] });
    expect(run(p, [2 * 65536 - 3], {}, 'grown').outcome).toMatchObject({ kind: 'trap' });
  });

  test('passive data', () => {
    expect(run(p, [], {}, 'init').outcome).toEqual({ kind: 'return', values: [98] });
  });

  test('data outside of the memory traps', () => {
    const bad = asm(`
.memory 1
.data 65535 "ab"
.func @main () -> ()
  return
.end`);
    expect(run(bad).outcome).toMatchObject({ kind: 'trap', trap: 'out-of-bounds' });
  });
});

describe('heap', () => {
  const p = asm(`
.func @main (i64 $n, i64 $at) -> i64
  .local i64 $p
  .local i64 $q
  local.get $n
  heap.alloc
  local.tee $p
  local.get $at
  heap.offset
  local.tee $q
  heap.check
  local.get $q
  i64.const 40
  heap.store i64
  local.get $q
  heap.check
  local.get $q
  heap.check_init
  local.get $q
  heap.load i64
  i64.const 2
  i64.add
  local.get $p
  heap.free
  return
.end
.func @fresh (i64 $n) -> i64
  .local i64 $p
  local.get $n
  heap.alloc
  local.tee $p
  heap.check_init
  local.get $p
  return
.end
.func @double () -> ()
  .local i64 $p
  i64.const 1
  heap.alloc
  local.tee $p
  heap.free
  local.get $p
  heap.free
  return
.end
.func @any (externref $x) -> externref
  .local i64 $p
  i64.const 2
  heap.alloc
  local.tee $p
  local.get $x
  heap.store externref
  local.get $p
  heap.load externref
  return
.end
.func @floats (f32 $a, f64 $b) -> (f32, f64, f64)
  .local i64 $p
  i64.const 3
  heap.alloc
  local.tee $p
  local.get $a
  heap.store f32
  local.get $p
  i64.const 1
  heap.offset
  local.get $b
  heap.store f64
  local.get $p
  heap.load f32
  local.get $p
  i64.const 1
  heap.offset
  heap.load f64
  local.get $p
  i64.const 7
  heap.offset
  heap.load f64
  return
.end`);

  test('objects live, are checked, and are freed', () => {
    const instance = stackVM.instantiate(p);
    expect(instance.call('main', [5n, 4n]).outcome).toEqual({ kind: 'return', values: [42n] });
    expect(instance.liveAllocations()).toBe(0);
    for (let n = 1n; n < 3000n; n += 97n) {
      expect(instance.call('main', [n, n - 1n]).outcome).toEqual({ kind: 'return', values: [42n] });
    }
  });

  test.each([
    ['main', [5n, 5n], 'heap-bounds'],
    ['main', [5n, -1n], 'heap-bounds'],
    ['main', [0n, 0n], 'heap-bounds'],
    ['main', [1n, 2n ** 31n], 'heap-bounds'],
    ['main', [1n, 2n ** 62n], 'heap-bounds'],
    ['fresh', [3n], 'heap-uninitialised'],
    ['double', [], 'heap-dead'],
  ])('%s %o traps', (name, args, trap) => {
    expect(run(p, args, {}, name).outcome).toMatchObject({ kind: 'trap', trap });
  });

  test('elements of other types', () => {
    const x = { some: 'object' };
    expect(run(p, [x], {}, 'any').outcome).toEqual({ kind: 'return', values: [x] });
    const single = f32FromBits(0x7fa00001);
    expect(run(p, [single, -0], {}, 'floats').outcome).toEqual({ kind: 'return', values: [single, -0, 0] });
  });
});
