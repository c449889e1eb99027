/**
 * Vectors on all machines: in calls of every kind, in slots and globals, in moves that carry numbers too, in accesses that
 * trap. Each machine gives what the reference interpreter gives.
 */

import {
  type Host,
  type HostFunction,
  type Instance,
  type InstanceOptions,
  interp,
  parseModule,
  unwrap,
  type Value,
  verifyModule,
} from '@sluice/ir';
import { registerJsVM, registerVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';
import { machines } from '../support/engines.ts';
import { program } from './register-support.ts';

const text = `
module "vectors"
import @twice(v128, i32) -> (v128, i64) from "host" "twice"
import @note(v128) -> () from "host" "note"
memory 1
table [@mix, @twice]
global @kept: mut v128 = 0x000000000000000000000000000000ff

func @mix(%a: i32, %v: v128, %b: i64, %w: v128) -> (v128, i64, v128) {
^entry:
  %x = i32x4.splat %a
  %y = i64x2.splat %b
  %p = i32x4.add %v, %x
  %q = i64x2.sub %w, %y
  %n = i64.extend_i32_s %a
  %s = i64.add %n, %b
  ret %q, %s, %p
}

func @sum(%n: i32, %v: v128) -> v128 {
^entry:
  %one = i32.const 1
  %zero = i32.const 0
  %stop = i32.eq %n, %zero
  br_if %stop, ^done, ^more
^more:
  %m = i32.sub %n, %one
  %w = i32x4.add %v, %v
  %r = call v128 @sum(%m, %w)
  %s = i16x8.add %r, %v
  ret %s
^done:
  ret %v
}

func @calls(%a: i32, %v: v128) -> (v128, v128, i64, v128) {
^entry:
  %k = i64.extend_i32_s %a
  %t = call tuple @mix(%a, %v, %k, %v)
  %p = result v128 %t #0
  %n = result i64 %t #1
  %q = result v128 %t #2
  %zero = i32.const 0
  %u = call_indirect tuple ((i32, v128, i64, v128) -> (v128, i64, v128)) (%a, %p, %n, %q, %zero)
  %p2 = result v128 %u #0
  %n2 = result i64 %u #1
  %h = call_host tuple @twice(%p2, %a)
  %hv = result v128 %h #0
  %hn = result i64 %h #1
  %one = i32.const 1
  %i = call_indirect tuple ((v128, i32) -> (v128, i64)) (%hv, %a, %one)
  %iv = result v128 %i #0
  call_host @note(%iv)
  %five = i32.const 5
  %deep = call v128 @sum(%five, %iv)
  %sum = i64.add %hn, %n2
  ret %iv, %deep, %sum, %q
}

func @state(%v: v128, %c: i32) -> (v128, v128, v128) {
  slots v128, i32
^entry:
  %before = slot.get v128 #0
  %g = global.get v128 @kept
  slot.set #0 %v
  slot.set #1 %c
  %now = slot.get v128 #0
  %sel = select v128 %now, %g, %c
  %next = i8x16.sub %g, %now
  global.set @kept %next
  ret %before, %sel, %next
}

func @swaps(%v: v128, %w: v128, %n: i32) -> (v128, v128, i32) {
^entry:
  %zero = i32.const 0
  br ^loop
^loop:
  %a = phi v128 [^entry: %v], [^loop: %b]
  %b = phi v128 [^entry: %w], [^loop: %x]
  %i = phi i32 [^entry: %n], [^loop: %j]
  %c = phi i32 [^entry: %zero], [^loop: %d]
  %x = i8x16.avgr_u %a, %b
  %e = i8x16.extract_lane_u #3 %x
  %d = i32.add %c, %e
  %one = i32.const 1
  %j = i32.sub %i, %one
  br_if %j, ^loop, ^out
^out:
  ret %a, %b, %d
}

func @memory(%p: i32, %v: v128) -> v128 {
^entry:
  v128.store %p, %v offset=4
  %a = v128.load %p offset=8
  %b = v128.load16_lane %p, %a offset=6 lane=7
  v128.store32_lane %p, %b offset=40 lane=2
  %c = v128.load8x8_s %p offset=36
  %d = i8x16.shuffle [0, 17, 2, 19, 31, 30, 5, 4, 9, 8, 7, 6, 16, 1, 3, 15] %b, %c
  %e = v128.load32_splat %p offset=8
  %f = v128.bitselect %d, %e, %c
  ret %f
}
`;

const module = unwrap(parseModule(text, { file: 'vectors.ir' }));
const vectors = [0n, 2n ** 128n - 1n, 0x0f0e0d0c0b0a09080706050403020100n, 0xfedcba98765432100123456789abcdefn];

/** Arguments of each function. */
const calls: readonly (readonly [string, readonly Value[]])[] = vectors.flatMap((v, i) => {
  const w = vectors[(i + 1) % vectors.length] as bigint;
  return [
    ['calls', [i * 77 - 5, v]],
    ['state', [v, i & 1]],
    ['swaps', [v, w, 1 + i * 3]],
    ['memory', [i * 64, v]],
    ['memory', [65536 - 44 + i, w]],
    ['sum', [9, v]],
  ] as const;
});

/** What the calls give, and what the host and the memory see. */
function observe(start: (options: InstanceOptions) => Instance): unknown {
  const seen: unknown[] = [];
  const host: Host = new Map<string, HostFunction>([
    ['host.twice', (v, n) => [BigInt.asUintN(128, (v as bigint) * 2n), BigInt(n as number)]],
    ['host.note', (v) => void seen.push(v)],
  ]);
  const instance = start({ host });
  for (const [name, args] of calls) {
    const { outcome } = instance.call(name, args);
    seen.push(outcome.kind === 'trap' ? outcome.trap : outcome);
  }
  return [seen, instance.global('kept'), Buffer.from(instance.memory()).toString('hex')];
}

const want = observe((options) => interp.instantiate(module, options));

describe('a module of vectors', () => {
  test('is valid', () => expect(verifyModule(module)).toEqual([]));

  test.each(machines().map((engine) => [engine.name, engine] as const))('on %s', (_, engine) => {
    expect(observe((options) => engine.lower(module).instantiate(options))).toEqual(want);
  });
});

/** One register that holds a number, then a vector, then a number; a move knows not which. */
const mixed = `
.func @main (i32 $n, v128 $v) -> (v128, i32, v128)
  .registers 6
  i32x4.splat r2, r0
  jump_if r0, vector
  i32.const r2, 7
vector:
  move r3, r2
  i32x4.add r4, r3, $v
  i32.const r3, 5
  move r5, r3
  move r3, r4
  return [r3, r5, r4]
.end
`;

test.each([registerVM, registerJsVM])('registers of both kinds on $name', (engine) => {
  const instance = engine.instantiate(program(mixed));
  const { outcome } = instance.call('main', [3, 1n << 32n]);
  const sum = 0x00000003_00000003_00000004_00000003n;
  expect(outcome).toEqual({ kind: 'return', values: [sum, 5, sum] });
});
