/**
 * The checker finds planted faults: whenever an allocation that was tampered with computes something else, or reads a
 * cell that holds nothing, the checker says so. (It may refuse one that happens to compute the same.)
 */
import type { Allocation, RegisterConstraints } from '@sluice/codegen';
import { type Func, instOf, makeInst, type ValueId, withArgs } from '@sluice/ir';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import { describe, expect, test } from 'vitest';
import { argumentsFor, fuel, interpreted } from './support/calls.ts';
import { frameOf, runCells } from './support/cells.ts';
import {
  edited,
  inRegisters,
  insertedOf,
  otherSlot,
  pick,
  type Random,
  valuesWhere,
  withRegister,
} from './support/faults.ts';
import { allocateAll, allocationOf, prepared } from './support/lower.ts';
import { randomModule, randomOf } from './support/random-func.ts';
import { eachSeed } from './support/seeds.ts';

/** Plants a fault, or gives null where there is no place for it. */
type Fault = (allocation: Allocation, original: Func, random: Random) => Allocation | null;

function moveSlot(allocation: Allocation, v: ValueId | undefined, random: Random): Allocation | null {
  if (v === undefined) return null;
  const inst = instOf(allocation.func, v);
  const slot = otherSlot(allocation, inst.imm as number, random);
  if (slot === undefined) return null;
  const { op, args, type, loc } = inst;
  return edited(allocation, (edit) => edit.setInst(v, makeInst(op, args, { imm: slot, type, loc })));
}

const faults: Readonly<Record<string, Fault>> = {
  'two values exchange their registers'(allocation, _, random) {
    const values = inRegisters(allocation);
    const [a, b] = [pick(values, random), pick(values, random)];
    if (a === undefined || b === undefined) return null;
    const [x, y] = [allocation.registerOf[a] as number, allocation.registerOf[b] as number];
    return x === y ? null : withRegister(withRegister(allocation, a, y), b, x);
  },
  'a value is in another register'(allocation, _, random) {
    const v = pick(inRegisters(allocation), random);
    if (v === undefined || allocation.registers < 2) return null;
    const register =
      ((allocation.registerOf[v] as number) + 1 + random(allocation.registers - 1)) % allocation.registers;
    return withRegister(allocation, v, register);
  },
  'a value has no register'(allocation, _, random) {
    const v = pick(inRegisters(allocation), random);
    return v === undefined ? null : withRegister(allocation, v, -1);
  },
  'a store is gone'(allocation, original, random) {
    const v = pick(insertedOf(allocation, original, 'slot.set'), random);
    return v === undefined ? null : edited(allocation, (edit) => edit.remove(v));
  },
  'a store goes to another slot'(allocation, original, random) {
    return moveSlot(allocation, pick(insertedOf(allocation, original, 'slot.set'), random), random);
  },
  'a reload reads another slot'(allocation, original, random) {
    return moveSlot(allocation, pick(insertedOf(allocation, original, 'slot.get'), random), random);
  },
  'a reload is gone'(allocation, original, random) {
    const v = pick(insertedOf(allocation, original, 'slot.get'), random);
    if (v === undefined) return null;
    const { type } = instOf(allocation.func, v);
    const stand = pick(
      inRegisters(allocation).filter((other) => other !== v && instOf(allocation.func, other).type === type),
      random,
    );
    return stand === undefined ? null : edited(allocation, (edit) => edit.replaceWith(v, stand));
  },
  'a copy is gone'(allocation, _, random) {
    const v = pick(
      valuesWhere(allocation, (id) => instOf(allocation.func, id).op.name === 'copy'),
      random,
    );
    if (v === undefined) return null;
    return edited(allocation, (edit) => edit.replaceWith(v, instOf(allocation.func, v).args[0] as ValueId));
  },
  'an operand is another value'(allocation, _, random) {
    const users = valuesWhere(allocation, (v) => {
      const { op, args } = instOf(allocation.func, v);
      return op.kind === 'value' && !op.name.startsWith('slot.') && args.length > 0;
    });
    const v = pick(users, random);
    if (v === undefined) return null;
    const inst = instOf(allocation.func, v);
    const k = random(inst.args.length);
    const { type } = instOf(allocation.func, inst.args[k] as ValueId);
    const other = pick(
      inRegisters(allocation).filter((id) => instOf(allocation.func, id).type === type),
      random,
    );
    if (other === undefined || other === inst.args[k]) return null;
    return edited(allocation, (edit) => edit.setInst(v, withArgs(inst, inst.args.with(k, other))));
  },
  'an instruction is gone'(allocation, _, random) {
    const v = pick(
      valuesWhere(allocation, (id) => {
        const inst = instOf(allocation.func, id);
        return inst.type === 'i32' && inst.op.kind === 'value' && inst.op.sig.params.length === 2;
      }),
      random,
    );
    if (v === undefined) return null;
    return edited(allocation, (edit) => edit.replaceWith(v, instOf(allocation.func, v).args[0] as ValueId));
  },
};

const constraints: readonly RegisterConstraints[] = [
  { registers: 4, typed: false },
  { registers: 6, typed: true },
  { registers: null, typed: false },
];

describe('planted faults', () => {
  test.each(Object.entries(faults))('%s', (_, plant) => {
    let planted = 0;
    let changed = 0;
    let refused = 0;
    eachSeed(50, (seed) => {
      const m = randomModule(seed, { blocks: 16, variables: 14, statements: 8, params: 6, invoke: true });
      const ready = prepared(m, false);
      const [f] = ready.funcs;
      if (f === undefined) throw new Error('no function');
      const args = argumentsFor(f);
      const wanted = interpreted(m, args);
      for (const c of constraints) {
        const frames = allocateAll(ready, c);
        const allocation = allocationOf(frames, f);
        const random = randomOf(seed);
        for (let n = 0; n < 4; n++) {
          const faulty = plant(allocation, f, random);
          if (faulty === null) continue;
          planted++;
          const problems = checkAllocation(f, faulty, c);
          if (problems.length > 0) refused++;
          let same = false;
          try {
            const got = runCells(new Map(frames).set('f', frameOf(f, faulty)), 'f', args, fuel);
            same = JSON.stringify(got, plain) === JSON.stringify(wanted, plain);
          } catch {
            // It read a cell that holds nothing.
          }
          if (same) continue;
          changed++;
          expect(problems, JSON.stringify(c)).not.toEqual([]);
        }
      }
    });
    // Else the fault was never really there.
    expect(changed).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(planted / 4);
  });

  function plain(_: string, value: unknown): unknown {
    if (typeof value === 'bigint') return `${value}n`;
    return typeof value === 'number' ? (Object.is(value, -0) ? '-0' : String(value)) : value;
  }

  test('numbers and types of registers are held against the constraints', () => {
    const m = prepared(randomModule(3, { blocks: 8, variables: 20, statements: 20, params: 6, invoke: false }), false);
    const [f] = m.funcs;
    if (f === undefined) throw new Error('no function');
    const untyped = allocationOf(allocateAll(m, { registers: null, typed: false }), f);
    expect(untyped.registers).toBeGreaterThan(6);
    expect(checkAllocation(f, untyped, { registers: 6, typed: false }).join()).toContain('but there are 6');
    expect(checkAllocation(f, untyped, { registers: null, typed: true })).not.toEqual([]);
    const typed = allocationOf(allocateAll(m, { registers: null, typed: true }), f);
    const turned = { ...typed, registerTypes: [...(typed.registerTypes ?? [])].reverse() };
    expect(checkAllocation(f, turned, { registers: null, typed: true })).not.toEqual([]);
  });
});
