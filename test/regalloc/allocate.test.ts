/**
 * Allocations of random functions: the checker accepts them, and executing them on cells alone gives what the reference
 * interpreter gives for the function before.
 */
import type { RegisterConstraints } from '@sluice/codegen';
import { parseModule } from '@sluice/ir';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import { allocate, allocators } from '@sluice/passes/regalloc/index';
import { nodesOf } from '@sluice/passes/regalloc/nodes';
import { finishAllocation } from '@sluice/passes/regalloc/rewrite';
import { scanUnbounded } from '@sluice/passes/regalloc/scan-unbounded';
import { describe, expect, test } from 'vitest';
import { argumentsFor, fuel, interpreted } from './support/calls.ts';
import { runCells } from './support/cells.ts';
import { allConstraints, allocateAll, allocationOf, prepared } from './support/lower.ts';
import { randomModule, type Shape } from './support/random-func.ts';
import { eachSeed } from './support/seeds.ts';

const shapes: Readonly<Record<string, Shape>> = {
  'small functions': { blocks: 12, variables: 9, statements: 7, params: 7, invoke: true },
  'many values and parameters': { blocks: 8, variables: 40, statements: 30, params: 20, invoke: false },
  'many blocks, few values': { blocks: 60, variables: 4, statements: 3, params: 2, invoke: true },
};

function nameOf({ registers, typed }: RegisterConstraints): string {
  return `${registers ?? 'any number of'} registers${typed ? ' with types' : ''}`;
}

describe.each(Object.entries(shapes))('%s', (_, shape) => {
  test.each(allocators)('are allocated right under all constraints by $name', ({ allocate: allocator }) => {
    let reloads = 0;
    eachSeed(60, (seed) => {
      const m = randomModule(seed, shape);
      const ready = prepared(m);
      const [f] = ready.funcs;
      if (f === undefined) throw new Error('no function');
      const args = argumentsFor(f);
      const wanted = interpreted(m, args);
      for (const constraints of allConstraints) {
        const frames = allocateAll(ready, constraints, allocator);
        for (const func of ready.funcs) {
          expect(checkAllocation(func, allocationOf(frames, func), constraints), nameOf(constraints)).toEqual([]);
        }
        expect(runCells(frames, 'f', args, fuel), nameOf(constraints)).toEqual(wanted);
        reloads += allocationOf(frames, f).stats.reloads;
      }
    });
    // Else there was nothing to spill, and half of the allocator was not tried.
    expect(reloads).toBeGreaterThan(100);
  });
});

test('what scans instead of listing conflicts allocates right, too', () => {
  eachSeed(60, (seed) => {
    const [f] = prepared(
      randomModule(seed, { blocks: 12, variables: 20, statements: 8, params: 7, invoke: true }),
    ).funcs;
    if (f === undefined) throw new Error('no function');
    for (const typed of [false, true]) {
      const nodes = nodesOf(f, typed, f.params.length);
      const allocation = finishAllocation(f, nodes, scanUnbounded(f, nodes), f.params.length, new Set());
      expect(checkAllocation(f, allocation, { registers: null, typed })).toEqual([]);
    }
  });
});

function ready(text: string) {
  const parsed = parseModule(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const [f] = prepared(parsed.value).funcs;
  if (f === undefined) throw new Error('no function');
  return f;
}

describe('quality', () => {
  test('a loop keeps its values in as many registers as it has', () => {
    const f = ready(`func @f(%n: i32, %m: i32) -> i32 {
      ^entry:
        br ^loop
      ^loop:
        %i = phi i32 [^entry: %n], [^back: %next]
        %s = phi i32 [^entry: %m], [^back: %sum]
        %sum = i32.add %s, %i
        %one = i32.const 1
        %next = i32.sub %i, %one
        br_if %next, ^back, ^exit
      ^back:
        br ^loop
      ^exit:
        ret %sum
      }`);
    for (const registers of [4, null]) {
      const { stats, registers: used } = allocate(f, { registers, typed: false });
      expect(stats).toMatchObject({ spilled: 0, copiesLeft: 0 });
      expect(used).toBe(3);
    }
  });

  test('a constant under pressure is made anew, not stored', () => {
    const f = ready(`func @f(%a: i32, %b: i32, %c: i32) -> i32 {
      ^entry:
        %k = i32.const 7
        %a1 = i32.mul %a, %k
        %b1 = i32.mul %b, %a1
        %c1 = i32.mul %c, %b1
        %d1 = i32.mul %a, %c1
        %x = i32.add %a1, %b1
        %y = i32.add %c1, %d1
        %z = i32.add %x, %y
        %z1 = i32.add %z, %k
        %z2 = i32.add %z1, %a
        %z3 = i32.add %z2, %b
        ret %z3
      }`);
    const { func, stats } = allocate(f, { registers: 4, typed: false });
    const made = func.insts.filter((inst) => inst?.op.name === 'i32.const').length;
    expect(stats.spilled).toBeGreaterThan(0);
    expect(made).toBe(2);
  });

  test('arguments of a call in slots are read there', () => {
    const names = Array.from({ length: 12 }, (_, i) => `%p${i}`);
    const f = ready(`func @f(${names.map((name) => `${name}: i32`).join(', ')}) -> i32 {
      ^entry:
        %r = call i32 @f(${[...names].reverse().join(', ')})
        ret %r
      }`);
    const { folded, stats, registers, func } = allocate(f, { registers: 4, typed: false });
    expect(registers).toBe(4);
    expect(folded.size).toBe(8);
    expect(stats).toMatchObject({ reloads: 0, stores: 0 });
    expect(func.slots.length).toBe(8);
  });

  test('spilled values that never live together share a slot', () => {
    const lines: string[] = [];
    for (let k = 0; k < 20; k++) {
      for (let i = 0; i < 6; i++) lines.push(`%v${k}_${i} = i32.add %a, %a`);
      let sum = `%v${k}_0`;
      for (let i = 1; i < 6; i++) {
        lines.push(`%s${k}_${i} = i32.sub ${sum}, %v${k}_${i}`);
        sum = `%s${k}_${i}`;
      }
      lines.push(`call @g(${sum})`);
    }
    const f = ready(`func @f(%a: i32) -> () {
      ^entry:
        ${lines.join('\n')}
        ret
      }
      func @g(%a: i32) -> () {
      ^entry:
        ret
      }`);
    const { func, stats } = allocate(f, { registers: 4, typed: false });
    expect(stats.spilled).toBeGreaterThan(20);
    expect(func.slots.length).toBeLessThan(8);
  });
});

describe('what cannot be allocated', () => {
  test('fewer than four registers are refused', () => {
    const f = ready('func @f() -> () {\n^entry:\n  ret\n}');
    expect(() => allocate(f, { registers: 3, typed: false })).toThrow('at least 4');
  });

  test('interfering webs are told, not miscompiled', () => {
    const parsed = parseModule(`func @f(%n: i32, %a: i32, %b: i32) -> (i32, i32) {
      ^entry:
        br ^loop
      ^loop:
        %x = phi i32 [^entry: %a], [^back: %y]
        %y = phi i32 [^entry: %b], [^back: %x]
        br_if %n, ^back, ^exit
      ^back:
        br ^loop
      ^exit:
        ret %x, %y
      }`);
    if (!parsed.ok) throw new Error('does not parse');
    const [f] = parsed.value.funcs;
    if (f === undefined) throw new Error('no function');
    for (const registers of [4, null]) {
      expect(() => allocate(f, { registers, typed: false })).toThrow('run ssa-destruct first');
    }
  });
});
