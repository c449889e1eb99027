/** Each rule of the checker: an allocation that breaks it is refused, and the rule is named. */
import type { Allocation, RegisterConstraints } from '@sluice/codegen';
import { type BlockId, type Func, instOf, makeInst, type ValueId, withArgs } from '@sluice/ir';
import { type AllocationRule, allocationRules } from '@sluice/passes/lib/allocation-rules';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import { allocators } from '@sluice/passes/regalloc/index';
import { describe, expect, test } from 'vitest';
import { edited, inRegisters, insertedOf, pick, type Random, valuesWhere, withRegister } from './support/faults.ts';
import { prepared } from './support/lower.ts';
import { randomModule, randomOf } from './support/random-func.ts';
import { eachSeed } from './support/seeds.ts';

/** Breaks a rule; null where there is no place for it. */
type Fault = (a: Allocation, original: Func, c: RegisterConstraints, random: Random) => Allocation | null;

/** Puts another slot into an instruction that was put in: one for which something holds. */
function withSlot(a: Allocation, original: Func, random: Random, fits: (slot: number, now: number) => boolean) {
  const v = pick([...insertedOf(a, original, 'slot.get'), ...insertedOf(a, original, 'slot.set')], random);
  if (v === undefined) return null;
  const { op, args, imm, type, loc } = instOf(a.func, v);
  const slots = a.func.slots.map((_, slot) => slot).filter((slot) => fits(slot, imm as number));
  const slot = pick(slots, random);
  if (slot === undefined) return null;
  return edited(a, (edit) => edit.setInst(v, makeInst(op, args, { imm: slot, type, loc })));
}

const essential = (a: Allocation): readonly ValueId[] =>
  valuesWhere(a, (v) => {
    const { op, type, args } = instOf(a.func, v);
    return (
      op.kind === 'value' && op.name !== 'copy' && !op.name.startsWith('slot.') && type === 'i32' && args.length > 0
    );
  });

const faults: Readonly<Record<AllocationRule, readonly Fault[]>> = {
  bound: [
    (a, _, { registers, typed }) => (registers === null || typed ? null : { ...a, registers: registers + 1 }),
    (a, f, { registers }) => {
      if (registers === null || a.registerTypes === null) return null;
      const more = Array.from({ length: registers + f.params.length + 1 }, () => 'i32' as const);
      return { ...a, registers: a.registers + more.length, registerTypes: [...a.registerTypes, ...more] };
    },
  ],
  types: [
    (a) => (a.registerTypes === null ? null : { ...a, registerTypes: null }),
    (a) =>
      a.registerTypes === null ? { ...a, registerTypes: Array.from({ length: a.registers }, () => 'i32') } : null,
    (a) =>
      a.registerTypes === null || a.registers === 0 ? null : { ...a, registerTypes: a.registerTypes.slice(0, -1) },
  ],
  parameters: [
    (a, f) => (f.params.length === 0 ? null : { ...a, registers: Math.min(f.params.length, a.registers) - 1 }),
    (a, f) => {
      const [first] = f.sig.params;
      if (a.registerTypes === null || first === undefined) return null;
      return { ...a, registerTypes: a.registerTypes.with(0, first === 'f64' ? 'i64' : 'f64') };
    },
  ],
  range: [
    (a, _, __, random) => {
      const v = pick(inRegisters(a), random);
      return v === undefined ? null : withRegister(a, v, a.registers + random(3));
    },
    (a, _, __, random) => {
      const v = pick(inRegisters(a), random);
      return v === undefined ? null : withRegister(a, v, -2);
    },
  ],
  'register-type': [
    (a, _, __, random) => {
      const { registerTypes } = a;
      const v = pick(inRegisters(a), random);
      if (v === undefined || registerTypes === null) return null;
      const other = registerTypes.findIndex((type) => type !== instOf(a.func, v).type);
      return other < 0 ? null : withRegister(a, v, other);
    },
  ],
  folded: [
    (a, _, __, random) => {
      const v = pick(inRegisters(a), random);
      return v === undefined ? null : { ...a, folded: new Set([...a.folded, v]) };
    },
    (a, _, __, random) => {
      const v = pick([...a.folded], random);
      return v === undefined || a.registers === 0 ? null : withRegister(a, v as ValueId, random(a.registers));
    },
  ],
  'slot-type': [
    (a, f, _, random) => withSlot(a, f, random, (slot, now) => a.func.slots[slot] !== a.func.slots[now]),
    (a, f, _, random) => {
      const v = pick(insertedOf(a, f, 'slot.get'), random);
      if (v === undefined) return null;
      const { op, args, type, loc } = instOf(a.func, v);
      return edited(a, (edit) => edit.setInst(v, makeInst(op, args, { imm: a.func.slots.length, type, loc })));
    },
  ],
  'own-slots': [
    (a, f, _, random) => {
      const shift = Math.max(0, f.params.length - a.registers);
      const isOwn = (slot: number): boolean => slot >= shift && slot < shift + f.slots.length;
      return withSlot(a, f, random, (slot, now) => isOwn(slot) && a.func.slots[slot] === a.func.slots[now]);
    },
  ],
  shape: [
    (a) => (a.func.params.length < 2 ? null : { ...a, func: { ...a.func, params: a.func.params.toReversed() } }),
    (a, _, __, random) => {
      // Two blocks that go to the same place exchange their terminators.
      const to = (b: BlockId): string => instOf(a.func, a.func.blocks[b]?.term as ValueId).blocks.join();
      const b = pick(a.func.order, random) as BlockId;
      const other = a.func.order.find((x) => x !== b && to(x) === to(b) && to(b) !== '');
      if (other === undefined) return null;
      const [x, y] = [a.func.blocks[b], a.func.blocks[other]];
      if (x === undefined || y === undefined) return null;
      const blocks = a.func.blocks.with(b, { ...x, term: y.term }).with(other, { ...y, term: x.term });
      return { ...a, func: { ...a.func, blocks, shape: { cache: new Map() }, cache: new Map() } };
    },
  ],
  instructions: [
    (a, _, __, random) => {
      const v = pick(
        essential(a).filter((id) => instOf(a.func, instOf(a.func, id).args[0] as ValueId).type === 'i32'),
        random,
      );
      return v === undefined ? null : edited(a, (edit) => edit.replaceWith(v, instOf(a.func, v).args[0] as ValueId));
    },
    (a, _, __, random) => {
      const [v, other] = [pick(essential(a), random), pick(essential(a), random)];
      if (v === undefined || other === undefined) return null;
      const { op, imm, type } = instOf(a.func, other);
      const inst = instOf(a.func, v);
      if (op === inst.op || op.sig.params.length !== inst.op.sig.params.length) return null;
      return edited(a, (edit) => edit.setInst(v, makeInst(op, inst.args, { imm, type, loc: inst.loc })));
    },
    (a, f, _, random) => {
      const b = pick(a.func.order, random) as BlockId;
      const block = a.func.blocks[b];
      const [first, second] = block?.body.filter((v) => f.insts[v] !== undefined && essential(a).includes(v)) ?? [];
      if (block === undefined || first === undefined || second === undefined) return null;
      const body = block.body.map((v) => (v === first ? second : v === second ? first : v));
      const blocks = a.func.blocks.with(b, { ...block, body });
      return { ...a, func: { ...a.func, blocks, cache: new Map() } };
    },
  ],
  unplaced: [
    (a, _, __, random) => {
      const v = pick(
        inRegisters(a).filter((id) => essential(a).some((user) => instOf(a.func, user).args.includes(id))),
        random,
      );
      return v === undefined ? null : withRegister(a, v, -1);
    },
  ],
  'slot-reader': [
    (a, f, _, random) => {
      const read = new Set(essential(a).flatMap((v) => instOf(a.func, v).args));
      const v = pick(
        insertedOf(a, f, 'slot.get').filter((id) => read.has(id)),
        random,
      );
      return v === undefined ? null : { ...withRegister(a, v, -1), folded: new Set([...a.folded, v]) };
    },
  ],
  results: [
    (a, _, __, random) => {
      const v = pick(
        valuesWhere(a, (id) => instOf(a.func, id).op.kind === 'result'),
        random,
      );
      if (v === undefined) return null;
      const inst = instOf(a.func, v);
      const other = pick(
        valuesWhere(a, (id) => instOf(a.func, id).type === 'tuple' && id !== inst.args[0]),
        random,
      );
      return other === undefined ? null : edited(a, (edit) => edit.setInst(v, withArgs(inst, [other])));
    },
  ],
  value: [
    (a, _, __, random) => {
      // A register that holds another value of the block at that point: the operand before.
      const v = pick(
        essential(a).filter((id) => instOf(a.func, id).op.sig.params.length === 2),
        random,
      );
      if (v === undefined) return null;
      const inst = instOf(a.func, v);
      const [x, y] = inst.args as [ValueId, ValueId];
      if (instOf(a.func, x).type !== instOf(a.func, y).type || a.registerOf[x] === a.registerOf[y]) return null;
      return edited(a, (edit) => edit.setInst(v, withArgs(inst, [y, x])));
    },
    (a, f, _, random) => {
      const v = pick(insertedOf(a, f, 'slot.set'), random);
      return v === undefined ? null : edited(a, (edit) => edit.remove(v));
    },
  ],
};

const constraints: readonly RegisterConstraints[] = [
  { registers: 4, typed: false },
  { registers: 4, typed: true },
  { registers: null, typed: true },
];

/** Where the operands are the same value, or a store is not needed on the way that is taken, nothing is wrong. */
const mayBeRight: readonly AllocationRule[] = ['value'];

describe.each(Object.entries(faults) as readonly (readonly [AllocationRule, readonly Fault[]])[])(
  '%s',
  (rule, plants) => {
    test(`is broken and named: ${allocationRules[rule]}`, () => {
      const planted = plants.map(() => 0);
      let named = 0;
      eachSeed(24, (seed) => {
        const m = prepared(
          randomModule(seed, { blocks: 8, variables: 14, statements: 10, params: 6, invoke: true }),
          false,
        );
        const [f] = m.funcs;
        if (f === undefined) throw new Error('no function');
        for (const c of constraints) {
          for (const { allocate } of allocators) {
            const allocation = allocate(f, c);
            expect(checkAllocation(f, allocation, c)).toEqual([]);
            plants.forEach((plant, k) => {
              const faulty = plant(allocation, f, c, randomOf(seed));
              if (faulty === null) return;
              planted[k] = (planted[k] as number) + 1;
              const problems = checkAllocation(f, faulty, c);
              const isNamed = problems.some((problem) => problem.startsWith(`${rule}: `));
              if (isNamed) named++;
              else if (!mayBeRight.includes(rule)) expect(problems, `fault ${k}, ${JSON.stringify(c)}`).toEqual([rule]);
            });
          }
        }
      });
      // Else a fault was never really there.
      for (const count of planted) expect(count).toBeGreaterThan(3);
      expect(named).toBeGreaterThan(planted.reduce((sum, n) => sum + n) * 0.8);
    });
  },
);
