/**
 * Functions for tests of analyses: built from a list of edges, with instructions whose operands are any values at all
 * (analyses of values don't ask whether a definition dominates its uses).
 */

import {
  type Block,
  type BlockId,
  coreOp,
  type Func,
  type Inst,
  type OpDef,
  type ResultType,
  type ValueId,
} from '@sluice/ir';
import fc from 'fast-check';

/** What a block holds: targets, and operands of its phis and instructions as numbers to be taken modulo what exists. */
export interface BlockPlan {
  readonly targets: readonly number[];
  readonly phis: readonly number[];
  readonly body: readonly number[];
}

/** The function of a plan. Every block whose number is below the length exists; block 0 is the entry. */
export function funcOf(plan: readonly BlockPlan[]): Func {
  const insts: Inst[] = [];
  const add = (op: OpDef, type: ResultType, args: number[], blocks: readonly number[], imm?: Inst['imm']): ValueId => {
    insts.push({ op, type, args: args as ValueId[], imm, blocks: blocks as BlockId[], loc: null });
    return (insts.length - 1) as ValueId;
  };
  const preds = plan.map((_, b) => plan.flatMap((p, from) => (p.targets.includes(b) ? [from] : [])));
  const param = add(coreOp('param'), 'i32', [], [], 0);
  const blocks = plan.map((block, b): Block => {
    const from = preds[b] ?? [];
    const phis =
      from.length === 0
        ? []
        : block.phis.map((seed) =>
            add(
              coreOp('phi'),
              'i32',
              from.map((_, k) => seed + 7 * k),
              from,
            ),
          );
    const body = block.body.map((seed) => add(coreOp('i32.add'), 'i32', [seed, seed >> 4], []));
    return { phis, body, term: terminator(block.targets) };
  });
  function terminator(targets: readonly number[]): ValueId {
    if (targets.length === 0) return add(coreOp('ret'), 'void', [param], []);
    if (targets.length === 1) return add(coreOp('br'), 'void', [], targets);
    return add(
      coreOp('switch'),
      'void',
      [param],
      targets,
      targets.slice(1).map((_, i) => i),
    );
  }
  // Operands so far are seeds; now that all values are known, they become values.
  const values = insts.flatMap((inst, v) => (inst.type === 'void' ? [] : [v]));
  const resolved = insts.map((inst) => ({
    ...inst,
    args: inst.args.map((seed) => values[seed % values.length] as ValueId),
  }));
  return {
    name: 'f',
    sig: { params: ['i32'], results: ['i32'] },
    params: [param],
    insts: resolved,
    blocks,
    order: blocks.map((_, b) => b as BlockId),
    slots: [],
    valueNames: new Map(),
    blockNames: new Map(),
    shape: { cache: new Map() },
    cache: new Map(),
  };
}

/** A function with these edges and nothing else. */
export function graph(edges: readonly (readonly number[])[]): Func {
  return funcOf(edges.map((targets) => ({ targets, phis: [], body: [] })));
}

/** Any graph: unreachable blocks, irreducible loops, infinite loops, parallel edges and self-loops included. */
export const anyFunc: fc.Arbitrary<Func> = fc.integer({ min: 1, max: 12 }).chain((count) => {
  const target = fc.integer({ min: 1, max: Math.max(1, count - 1) });
  const seeds = (maxLength: number): fc.Arbitrary<number[]> => fc.array(fc.nat(10_000), { maxLength });
  const block = fc.record({
    targets: count === 1 ? fc.constant([]) : fc.array(target, { maxLength: 3 }),
    phis: seeds(2),
    body: seeds(3),
  });
  return fc.array(block, { minLength: count, maxLength: count }).map(funcOf);
});

/** A chain of so many blocks. */
export function chain(length: number): Func {
  return graph(Array.from({ length }, (_, b) => (b + 1 < length ? [b + 1] : [])));
}

/** So many loops, each inside the one before: headers 1 .. depth, latches after them. */
export function nest(depth: number): Func {
  const edges: number[][] = [[1]];
  for (let i = 1; i <= depth; i++) edges.push([i + 1]);
  for (let i = depth; i >= 1; i--) edges.push([i, edges.length + 1]);
  edges.push([]);
  return graph(edges);
}
