/** The laws find bugs: passes and engines with one planted fault each, of the kinds that real ones have. */
import { coreOp, type Inst, interp, type Module, makeInst, type OpDef, type ValueId } from '@sluice/ir';
import { definePass, type FuncContext, type Pass } from '@sluice/pipeline';
import { engineLaws, passLaws, type TestEngine } from '@sluice/testkit';
import { expect, test } from 'vitest';

type Change = (cx: FuncContext, v: ValueId, inst: Inst) => void;

/** A pass that does one wrong thing to every instruction of a body. */
function wrong(name: string, change: Change): Pass {
  return definePass({
    name,
    summary: 'is wrong',
    paper: 'none',
    scope: 'func',
    run(f, cx) {
      for (const b of f.order) {
        for (const v of f.blocks[b]?.body ?? []) {
          const inst = f.insts[v];
          if (inst !== undefined) change(cx, v, inst);
        }
      }
    },
  });
}

const with2 = (inst: Inst): readonly [ValueId, ValueId] => inst.args as readonly [ValueId, ValueId];
let runs = 0;

const faults: readonly (readonly [string, RegExp, Change])[] = [
  [
    'swaps-any',
    /equal/,
    (cx, v, inst) => {
      if (inst.op.name !== 'i32.sub' && inst.op.name !== 'i64.sub') return;
      const [a, b] = with2(inst);
      if (cx.rewrite('swapped', v)) cx.edit.setInst(v, makeInst(inst.op, [b, a]));
    },
  ],
  [
    'drops-divisions',
    /equal/,
    (cx, v, inst) => {
      if (inst.op.kind !== 'value' || !inst.op.effect.traps.includes('integer-divide-by-zero')) return;
      if (!cx.rewrite('dropped', v)) return;
      const zero =
        inst.type === 'i64'
          ? makeInst(coreOp('i64.const'), [], { imm: 0n })
          : makeInst(coreOp('i32.const'), [], { imm: 0 });
      cx.edit.setInst(v, zero);
    },
  ],
  [
    'drops-stores',
    /equal/,
    (cx, v, inst) => {
      if (inst.op.access?.store === true && cx.rewrite('dropped', v)) cx.edit.remove(v);
    },
  ],
  [
    'drops-slots',
    /equal/,
    (cx, v, inst) => {
      if (inst.op.name === 'slot.set' && cx.rewrite('dropped', v)) cx.edit.remove(v);
    },
  ],
  [
    'drops-frees',
    /equal/,
    (cx, v, inst) => {
      if (inst.op.name === 'heap.free' && cx.rewrite('dropped', v)) cx.edit.remove(v);
    },
  ],
  [
    'zero-times-float',
    /equal/,
    (cx, v, inst) => {
      if (inst.op.name === 'f64.add' && cx.rewrite('kept one', v))
        cx.edit.setInst(v, makeInst(coreOp('f64.sub'), inst.args));
    },
  ],
  [
    'asks-nobody',
    /identity/,
    (cx, v, inst) => {
      if (inst.op.name === 'i32.add') cx.edit.setInst(v, makeInst(coreOp('i32.add'), [...inst.args].reverse()));
    },
  ],
  [
    'uses-before-definition',
    /broke|verified/,
    (cx, v, inst) => {
      const { term } = cx.func.blocks[cx.edit.blockOf(v)] as { readonly term: ValueId };
      if (inst.type === 'i32' && cx.rewrite('moved', v)) cx.edit.moveToEnd(v, cx.edit.blockOf(term));
    },
  ],
  [
    'profit-as-legality',
    /profit/,
    (cx, v, inst) => {
      if (inst.op.access?.store !== true || cx.choose('worth', true)) return;
      if (cx.rewrite('dropped', v)) cx.edit.remove(v);
    },
  ],
  [
    'never-the-same',
    /deterministic/,
    (cx, v) => {
      if (runs++ % 3 === 0) cx.declined('bored', v);
    },
  ],
];

/** What was found; '' when nothing was. */
function found(tryIt: () => void): string {
  try {
    tryIt();
    return '';
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}

// The first module that shows it is enough here.
const check = { endOnFailure: true } as const;

test.each(faults)('a pass that %s is found', (name, law, change) => {
  expect(found(() => passLaws(wrong(name, change), { runs: 200, check }))).toMatch(law);
});

/** The reference interpreter with another meaning for one op. */
function engineWith(name: string, meaning: (a: number, b: number) => number): TestEngine {
  const eval2: OpDef['eval'] = (a, b) => meaning(Number(a), Number(b));
  const other = (m: Module): Module => ({
    ...m,
    funcs: m.funcs.map((f) => ({
      ...f,
      insts: f.insts.map((inst) => (inst?.op.name === name ? { ...inst, op: { ...inst.op, eval: eval2 } } : inst)),
      shape: { cache: new Map() },
      cache: new Map(),
    })),
  });
  return {
    name: 'wrong',
    lower: (m) => ({ module: m, instantiate: (options) => interp.instantiate(other(m), options) }),
  };
}

test('an engine that loses the sign of some results is found', () => {
  const engine = engineWith('i32.xor', (a, b) => (a ^ b) & 0x7fffffff);
  expect(found(() => engineLaws(engine, { runs: 200, check }))).toMatch(/equal/);
});

test('an engine that counts fuel otherwise is found', () => {
  const engine: TestEngine = {
    name: 'generous',
    lower: (module) => ({
      module,
      instantiate: (options) => {
        const instance = interp.instantiate(module, options);
        return { ...instance, call: (f, args) => ({ ...instance.call(f, args), fuelUsed: 0 }) };
      },
    }),
  };
  expect(found(() => engineLaws(engine, { check }))).toMatch(/exact/);
});
