/**
 * Writes chains of one associative operation anew: constants become one, terms that cancel go, common factors are taken
 * out, and what does not change in a loop is put together, so that it can leave.
 *
 *     %4 = i32.add %0, 3                          %4 = i32.add %0, %1
 *     %5 = i32.add %4, %1                         %5 = i32.add %4, 10
 *     %6 = i32.add %5, 7             =>
 *
 *     %7 = i32.mul %0, %1                         %7 = i32.add %1, %2
 *     %8 = i32.mul %0, %2                         %8 = i32.mul %0, %7
 *     %9 = i32.add %7, %8
 *
 * Paper:   Preston Briggs, Keith Cooper, Effective Partial Redundancy Elimination, PLDI 1994, section 3.1 (ranks, sums of
 *          products); Steven Muchnick, Advanced Compiler Design and Implementation, 12.3.1.
 * Differs: a chain is only rewritten where that saves an instruction, or one inside of a loop; operands are not sorted for
 *          their own sake.
 * Phases:  `mayChain` looks for two instructions in a row; `chains` finds the root and the leaves of each chain, whose inner
 *          results are used nowhere else; rebuild.ts (sums) and the laws of the op (others) say what is left of it.
 * Legal:   integers wrap, so that sums and products may be taken in any order. Floats never: they round.
 * Cost:    linear, and n log n in the leaves of one chain. Uses and loops are asked for only where there is a chain.
 * Not done: chains across blocks; powers; what makes two chains share a part.
 */

import {
  type BlockId,
  blockOfValue,
  type Func,
  type Ids,
  type Inst,
  type LoopForest,
  loopForest,
  type OpDef,
  type Type,
  type Uses,
  usesOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { built, type Chain, type Leaf, type Plan, planLattice, planSum } from './reassociate/plan.ts';
import { linearOf, sumOf } from './rules/recurrence.ts';

/** Longer chains are left alone past so many leaves. */
const mostLeaves = 4096;

export default definePass({
  name: 'reassociate',
  summary: 'gather constants, cancel terms, take out factors and group invariants in chains of one operation',
  paper: 'Briggs, Cooper, Effective Partial Redundancy Elimination, PLDI 1994',
  scope: 'func',
  before: [{ pass: 'licm', why: 'it puts together what is invariant' }],
  run(f, cx) {
    if (!mayChain(f)) return;
    const s: State = {
      f,
      cx,
      uses: cx.get(usesOf),
      home: cx.get(blockOfValue),
      loops: cx.get(loopForest),
      anew: new Set(),
    };
    for (let i = 0; i < f.order.length; i++) {
      const b = f.order[i] as BlockId;
      const body = f.blocks[b]?.body ?? [];
      for (let k = 0; k < body.length; k++) {
        const v = body[k] as ValueId;
        const op = familyOf(f.insts[v] as Inst);
        if (op !== null && isRoot(s, v, op, b) && !visit(s, v, op, b)) return;
      }
    }
  },
});

interface State {
  readonly f: Func;
  readonly cx: FuncContext;
  readonly uses: Uses;
  readonly home: Ids<BlockId>;
  readonly loops: LoopForest;
  /** Roots that were written anew: what they were made of may be gone. */
  readonly anew: Set<ValueId>;
}

/** The operation whose chains an instruction may be part of: of a difference, the sum. */
function familyOf({ op, type }: Inst): OpDef | null {
  if (type !== 'i32' && type !== 'i64') return null;
  if (op.laws.associative === true && op.laws.commutative === true) return op;
  return op.laws.selfGives === 0 && linearOf(op) === 'difference' ? sumOf(type) : null;
}

/** Whether some instruction has an operand of its family, or adds two products. */
function mayChain(f: Func): boolean {
  for (let i = 0; i < f.order.length; i++) {
    const body = f.blocks[f.order[i] as number]?.body ?? [];
    for (let k = 0; k < body.length; k++) {
      const inst = f.insts[body[k] as number] as Inst;
      const { args } = inst;
      if (args.length !== 2) continue;
      const family = familyOf(inst);
      if (family === null) continue;
      const [a, b] = [f.insts[args[0] as number] as Inst, f.insts[args[1] as number] as Inst];
      if (a.args.length === 2 && familyOf(a) === family) return true;
      if (b.args.length === 2 && familyOf(b) === family) return true;
      if (linearOf(a.op) === 'product' && linearOf(b.op) === 'product' && linearOf(family) === 'sum') return true;
    }
  }
  return false;
}

/** Whether a value is used once, by an instruction of the family in the same block: it is inside of a chain. */
function isRoot({ f, uses, home }: State, v: ValueId, family: OpDef, b: BlockId): boolean {
  if (uses.count(v) !== 1) return true;
  const user = uses.items[uses.start[v] as number] as ValueId;
  return home[user] !== b || familyOf(f.insts[user] as Inst) !== family;
}

/** Looks at one chain; false when the budget is spent. */
function visit(s: State, root: ValueId, family: OpDef, b: BlockId): boolean {
  const chain = chainOf(s, root, family, b);
  if (chain === null) return true;
  const plan = linearOf(family) === 'sum' ? planSum(chain) : planLattice(chain);
  if (!s.cx.choose('reassociate', pays(chain, plan))) return true;
  if (
    !s.cx.rewrite(
      plan.cost < chain.inner.length + plan.absorbed ? 'a shorter chain' : 'grouped what is invariant',
      root,
    )
  )
    return false;
  s.anew.add(root);
  const { edit } = s.cx;
  const result = built(s.cx, chain, plan);
  if (edit.resolve(root) !== result) edit.replaceAllUses(root, result);
  for (let i = 0; i < chain.inner.length; i++) edit.remove(chain.inner[i] as ValueId);
  return true;
}

/** The leaves of the chain that ends at `root`; null when it is of no interest. */
function chainOf(s: State, root: ValueId, family: OpDef, b: BlockId): Chain | null {
  const { f, uses, home, loops, anew } = s;
  const inner: ValueId[] = [];
  const leaves: Leaf[] = [];
  const loop = loops.loopOf(b);
  const invariant = (v: ValueId): boolean => {
    if (loop === -1) return false;
    const at = home[v] as number;
    return at === -1 || !loops.contains(loop, at as BlockId) || (f.insts[v] as Inst).op.kind === 'const';
  };
  const single = (v: ValueId): boolean => uses.count(v) === 1 && home[v] === b && !anew.has(v);
  // Operands right to left on the stack, so that leaves come out left to right.
  const stack: { v: ValueId; negative: boolean }[] = [{ v: root, negative: false }];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { v, negative } = at;
    const inst = f.insts[v] as Inst;
    if (v !== root && !(single(v) && familyOf(inst) === family)) {
      leaves.push({ v, negative, invariant: invariant(v), inst, single: single(v) });
      if (leaves.length > mostLeaves) return null;
      continue;
    }
    inner.push(v);
    const flips = linearOf(inst.op) === 'difference';
    stack.push({ v: inst.args[1] as ValueId, negative: negative !== flips });
    stack.push({ v: inst.args[0] as ValueId, negative });
  }
  const type = (f.insts[root] as Inst).type as Type;
  return leaves.length < 2 || !isOfInterest(leaves)
    ? null
    : { root, family, type, inner, leaves, insts: f.insts, single };
}

/** Whether something could come of a chain: two constants, a value twice, two products, or some that vary and some that don't. */
function isOfInterest(leaves: readonly Leaf[]): boolean {
  let constants = 0;
  let products = 0;
  let fixed = 0;
  for (let i = 0; i < leaves.length; i++) {
    const { v, inst, invariant } = leaves[i] as Leaf;
    if (inst.op.kind === 'const') constants++;
    else if (linearOf(inst.op) !== undefined) products++;
    if (invariant) fixed++;
    // The last few are enough to see most pairs of short chains.
    for (let k = Math.max(0, i - 8); k < i; k++) if ((leaves[k] as Leaf).v === v) return true;
  }
  return constants > 1 || products > 1 || leaves.length > 8 || (fixed > 1 && fixed < leaves.length);
}

/** Whether a plan has fewer instructions than the chain, or as many and fewer of them change in the loop. */
function pays(chain: Chain, plan: Plan): boolean {
  if (plan.cost !== chain.inner.length + plan.absorbed) return plan.cost < chain.inner.length + plan.absorbed;
  if (plan.items.length < 3) return false;
  let fixed = plan.constant === null ? 0 : 1;
  for (const { invariant } of plan.items) if (invariant) fixed++;
  return (
    fixed > 1 && fixed < plan.items.length + (plan.constant === null ? 0 : 1) && innerVarying(chain) > plan.varying
  );
}

/** How many of the chain's instructions have an operand, however far, that changes in the loop. */
function innerVarying({ inner, leaves, insts }: Chain): number {
  const varies = new Set<ValueId>();
  for (const leaf of leaves) if (!leaf.invariant) varies.add(leaf.v);
  let count = 0;
  // The root is first: operands come later.
  for (let i = inner.length - 1; i >= 0; i--) {
    const v = inner[i] as ValueId;
    if (!(insts[v] as Inst).args.some((arg) => varies.has(arg))) continue;
    varies.add(v);
    count++;
  }
  return count;
}
