/** Sequences on both loops of the register machine: each counts one instruction, and ends where a part of it traps. */

import {
  assembleRegister,
  disassemble,
  expandProgram,
  fuse,
  type RegisterProgram,
  registerTable,
} from '@sluice/bytecode';
import { unwrap } from '@sluice/ir';
import { registerJsVM, registerVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';

const fused = unwrap(
  assembleRegister(
    `.machine register
.func @loop (i64, i64) -> i64
  .registers 4
  i64.const r2, 0
  i64.const r3, 0
again:
  i64.mul+i64.add r3, r3, r1, r3, r3, r2
  i64.add.i+jump.i64.lt_s r2, r2, 1, r2, r0, again
  return [r3]
.end
.func @trap (i64) -> i64
  .registers 3
  i64.const r1, 1
  heap.alloc r1, r1
  heap.offset+heap.load_checked i64 r2, r1, r0, r2, r2
  i64.add r2, r2, r0
  return [r2]
.end
.func @deep (i64) -> i64
  .registers 2
  jump.i64.eq.i r0, 0, end
  i64.add.i r1, r0, -1
  call [r1], @deep, [r1]
  i64.add.i+return r1, r1, 2, [r1]
end:
  return [r0]
.end
`,
    { file: 'p' },
  ),
) as RegisterProgram;
const p = expandProgram(fused);

describe.each([registerVM, registerJsVM])('$name', (vm) => {
  const run = (program: RegisterProgram, name: string, args: readonly bigint[], limits = {}) =>
    vm.instantiate(program, { count: true, limits }).call(name, args);

  test('the backend makes such code', () => {
    const code = p.funcs.map((f) => fuse(f.code, registerTable()));
    code.forEach(({ length }, k) => {
      expect(length).toBeLessThanOrEqual(fused.funcs[k]?.code.length ?? 0);
    });
    expect(disassemble(expandProgram({ ...p, funcs: p.funcs.map((f, k) => ({ ...f, code: code[k] ?? [] })) }))).toBe(
      disassemble(p),
    );
  });

  test('each counts one', () => {
    for (const n of [1n, 2n, 1000n]) {
      const plain = run(p, 'loop', [n, 3n]);
      const got = run(fused, 'loop', [n, 3n]);
      expect(got.outcome).toEqual(plain.outcome);
      expect(plain.instructions).toBe(3 + 4 * Number(n));
      expect(got.instructions).toBe(3 + 2 * Number(n));
      expect(got.fuelUsed).toBe(plain.fuelUsed);
    }
  });

  test('calls in between', () => {
    const plain = run(p, 'deep', [5000n]);
    const got = run(fused, 'deep', [5000n]);
    expect(got.outcome).toEqual({ kind: 'return', values: [10_000n] });
    expect(got.fuelUsed).toBe(plain.fuelUsed);
    expect(plain.instructions).toBe(5000 * 5 + 2);
    expect(got.instructions).toBe(5000 * 4 + 2);
    expect(run(fused, 'deep', [5000n], { fuel: 100 }).outcome).toEqual({ kind: 'resource', end: 'fuel' });
    expect(run(fused, 'deep', [5000n], { depth: 100 }).outcome).toEqual({ kind: 'resource', end: 'call-depth' });
  });

  test('a part traps', () => {
    const got = run(fused, 'trap', [1n << 40n]);
    expect(got.outcome).toMatchObject({ kind: 'trap', trap: 'heap-bounds', at: '@trap 2' });
    expect(got.instructions).toBe(3);
    expect(run(fused, 'trap', [0n]).outcome).toMatchObject({ kind: 'trap', trap: 'heap-uninitialised', at: '@trap 2' });
    expect(run(fused, 'trap', [1n]).outcome).toMatchObject({ kind: 'trap', trap: 'heap-bounds', at: '@trap 2' });
  });
});
