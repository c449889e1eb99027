/** What the register backend makes of small functions: each case is one idea of its selection. */
import { registerTarget } from '@sluice/backend-register';
import { disassemble, type RegisterProgram, validateProgram } from '@sluice/bytecode';
import { lower, presets } from '@sluice/driver';
import { interp, type Module, parseModule, unwrap, type Value } from '@sluice/ir';
import { registerVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';

function emit(m: Module, registers: number | null = null): RegisterProgram {
  const { program } = lower(m, registerTarget, presets, { registers });
  expect(validateProgram(program, { file: 'test' })).toEqual([]);
  return program as RegisterProgram;
}

/** The code of the first function, a line each, labels in front of their instruction. */
function code(text: string, registers: number | null = null): string[] {
  const lines = disassemble(emit(unwrap(parseModule(text, { file: 'test' })), registers), { locs: false }).split('\n');
  const start = lines.findIndex((line) => line.startsWith('.func'));
  const end = lines.indexOf('.end', start);
  const body = lines.slice(start + 1, end).filter((line) => !line.trim().startsWith('.'));
  return body.map((line) => line.trim());
}

describe('selection', () => {
  test('constants are operands, the op turned round where that is needed', () => {
    const text = `func @f(%a: i64) -> i64 {
^0:
  %k = i64.const 7
  %x = i64.mul %k, %a
  %y = i64.sub %x, %k
  ret %y
}`;
    expect(code(text)).toEqual(['i64.mul.i $a, $a, 7', 'i64.sub.i $a, $a, 7', 'return [$a]']);
  });

  test('a constant without room in an instruction is emitted once', () => {
    const text = `func @f(%a: i64) -> i64 {
^0:
  %k = i64.const 5000000000
  %x = i64.add %k, %a
  %z = i64.const 3
  %y = i64.sub %z, %x
  ret %y
}`;
    expect(code(text)).toEqual([
      'i64.const r1, 5000000000',
      'i64.add $a, r1, $a',
      'i64.const r1, 3',
      'i64.sub $a, r1, $a',
      'return [$a]',
    ]);
  });

  test('a comparison goes into the branch, negated for the fallthrough', () => {
    const text = `func @f(%a: i32, %b: i32) -> i32 {
^0:
  %k = i32.const 9
  %c = i32.lt_s %k, %a
  br_if %c, ^1, ^2
^1:
  ret %a
^2:
  ret %b
}`;
    expect(code(text)).toEqual(['jump.i32.gt_s.i $a, 9, L0', 'return [$b]', 'L0:', 'return [$a]']);
  });

  test('tests for zero vanish into the branch', () => {
    const text = `func @f(%a: f64, %b: f64) -> i32 {
^0:
  %c = f64.lt %a, %b
  %n = i32.eqz %c
  br_if %n, ^1, ^2
^1:
  %one = i32.const 1
  ret %one
^2:
  %two = i32.const 2
  ret %two
}`;
    // No comparison of floats is the opposite of another: here that costs a second jump.
    expect(code(text).filter((line) => line.startsWith('jump'))).toEqual(['jump.f64.lt $a, $b, L0', 'jump L1']);
  });

  test('a comparison stays where its operands change before the branch', () => {
    const text = `func @f(%n: i64) -> i64 {
^0:
  %zero = i64.const 0
  br ^1
^1:
  %i = phi i64 [^0: %n], [^1: %next]
  %one = i64.const 1
  %c = i64.gt_s %i, %zero
  %next = i64.sub %i, %one
  br_if %c, ^1, ^2
^2:
  ret %next
}`;
    expect(code(text)).toContain('i64.gt_s.i r3, $n, 0');
    expect(code(text)).toContain('jump_if r3, L0');
  });

  test('heap checks go with their access', () => {
    const text = `func @f(%p: i64, %v: i64) -> i64 {
^0:
  heap.check %p
  heap.store %p, %v
  heap.check %p
  heap.check_init %p
  %x = heap.load i64 %p
  ret %x
}`;
    expect(code(text)).toEqual(['heap.store_checked i64 $p, $v', 'heap.load_checked i64 $p, $p', 'return [$p]']);
  });

  test('a check of what is initialised goes with its load alone', () => {
    const text = `func @f(%p: i64, %q: i64) -> i64 {
^0:
  heap.check_init %p
  %x = heap.load i64 %p
  heap.check_init %q
  %y = heap.load i64 %p
  %z = i64.add %x, %y
  ret %z
}`;
    expect(code(text).slice(0, 3)).toEqual([
      'heap.load_initialised i64 r2, $p',
      'heap.check_init $q',
      'heap.load i64 $p, $p',
    ]);
  });

  test('empty blocks are jumped through, returns are repeated', () => {
    const text = `func @f(%a: i32) -> i32 {
^0:
  br_if %a, ^1, ^2
^1:
  %x = i32.clz %a
  br ^3
^2:
  %y = i32.ctz %a
  br ^3
^3:
  %r = phi i32 [^1: %x], [^2: %y]
  br ^4
^4:
  br ^5
^5:
  ret %r
}`;
    expect(code(text)).toEqual([
      'jump_if $a, L0',
      'i32.ctz $a, $a',
      'return [$a]',
      'L0:',
      'i32.clz $a, $a',
      'return [$a]',
    ]);
  });

  test('results that nobody uses, or that are used far away', () => {
    const text = `module "m"
func @pair(%a: i64) -> (i64, i64) {
^0:
  ret %a, %a
}
func @f(%a: i64) -> i64 {
^0:
  %t = call tuple @pair(%a)
  %u = call i64 @g(%a)
  %second = result i64 %t #1
  %x = i64.add %second, %a
  ret %x
}
func @g(%a: i64) -> i64 {
^0:
  %k = i64.const 100
  %x = i64.mul %a, %k
  ret %x
}`;
    const m = unwrap(parseModule(text, { file: 'test' }));
    for (const registers of [null, 4]) expect(result(m, registers, 'f', 5n)).toEqual([10n]);
  });
});

function result(m: Module, registers: number | null, name: string, ...args: readonly Value[]): unknown {
  const { outcome } = registerVM.instantiate(emit(m, registers)).call(name, args);
  expect(outcome).toEqual(interp.instantiate(m).call(name, args).outcome);
  return outcome.kind === 'return' ? outcome.values : outcome;
}

test('more arguments than registers: frames without a border between registers and slots', () => {
  const names = Array.from({ length: 9 }, (_, i) => `%a${i}`);
  const params = names.map((name) => `${name}: i64`).join(', ');
  const text = `module "m"
func @rotate(${params}) -> i64 {
  slots i64
^0:
  %old = slot.get i64 #0
  %zero = i64.const 0
  slot.set #0 %a8
  %end = i64.eq %a0, %zero
  br_if %end, ^1, ^2
^1:
  %x = i64.sub %a8, %a1
  %y = i64.add %x, %old
  ret %y
^2:
  %one = i64.const 1
  %n = i64.sub %a0, %one
  %r = call i64 @rotate(%n, %a2, %a3, %a4, %a5, %a6, %a7, %a8, %a1)
  ret %r
}`;
  const m = unwrap(parseModule(text, { file: 'test' }));
  const args = names.map((_, i) => BigInt(i * i + 3));
  for (const registers of [null, 4, 6]) result(m, registers, 'rotate', ...args);
});

test('long chains and long lines', () => {
  const blocks = 20_000;
  const chain = Array.from({ length: blocks }, (_, i) => `^${i + 1}:\n  br ^${i + 2}`).join('\n');
  const line = Array.from({ length: 50_000 }, (_, i) => `  %x${i + 1} = i64.add %x${i}, %x${i}`).join('\n');
  const text = `func @f(%x0: i64) -> i64 {\n^0:\n${line}\n  br ^1\n${chain}\n^${blocks + 1}:\n  ret %x50000\n}`;
  const m = unwrap(parseModule(text, { file: 'test' }));
  const program = emit(m);
  expect(program.funcs[0]?.code.length).toBeLessThanOrEqual(50_001);
  expect(registerVM.instantiate(program).call('f', [1n]).outcome).toEqual({ kind: 'return', values: [0n] });
});
