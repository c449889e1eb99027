/**
 * Phis against predecessors, and definitions against uses: along the control-flow graph. Needs a sound structure.
 *
 * A definition in a block dominates a use in the same block when it stands before it, else when its block dominates
 * the use's. A phi uses its operand at the end of the predecessor. The result of an invoke is defined by its normal
 * edge: the edge dominates what the target dominates, provided that every other way into the target comes from there.
 */

import { cfgOf } from '../analysis/cfg.ts';
import { domTree } from '../analysis/dom.ts';
import type { DominatorTree } from '../analysis/dominator-tree.ts';
import { row, rowLength } from '../analysis/ids.ts';
import { orderOf } from '../analysis/order.ts';
import * as codes from '../diag-codes.ts';
import type { Block, BlockId, Inst, ValueId } from '../func.ts';
import { eachPlaced, type FuncCheck } from './check.ts';
import { homeOf, soundInst } from './structure.ts';

/** Checks that each phi has one input for each predecessor block. */
export function checkPhis(c: FuncCheck): void {
  const { f } = c;
  const { preds } = cfgOf(f);
  // By block: the block whose predecessor it is, and the phi that named it last.
  const isPred = new Int32Array(f.blocks.length).fill(-1);
  const seen = new Int32Array(f.blocks.length).fill(-1);
  for (const b of f.order) {
    const { phis } = f.blocks[b] as Block;
    if (phis.length === 0) continue;
    for (const p of row(preds, b)) isPred[p] = b;
    const want = rowLength(preds, b);
    for (const v of phis) {
      const { blocks } = soundInst(f, v);
      for (const p of blocks) {
        if (isPred[p] !== b) c.report((on) => codes.badPhi(on, `${c.label(p)} is no predecessor`), v);
        else if (seen[p] === v) c.report((on) => codes.badPhi(on, `two inputs for ${c.label(p)}`), v);
        seen[p] = v;
      }
      if (blocks.length < want) {
        const missing = [...row(preds, b)].find((p) => seen[p] !== v);
        if (missing !== undefined) c.report((on) => codes.badPhi(on, `no input for ${c.label(missing)}`), v);
      }
    }
    if (c.full) return;
  }
}

interface Flow {
  readonly c: FuncCheck;
  readonly tree: DominatorTree<BlockId>;
  /** By block: the number of predecessors that it doesn't dominate, -1 while not computed. */
  readonly ways: Int32Array;
}

/** Checks that definitions dominate uses. Uses in unreachable blocks are not looked at: no execution comes there. */
export function checkDominance(c: FuncCheck): void {
  const { f } = c;
  const flow: Flow = { c, tree: domTree(f), ways: new Int32Array(f.blocks.length).fill(-1) };
  eachPlaced(c, (v, inst, b) => {
    if (inst.op.kind === 'phi') {
      for (const k of inst.args.keys()) {
        const from = inst.blocks[k] as BlockId;
        if (flow.tree.pre[from] !== -1 && flow.tree.pre[b] !== -1) checkPhiUse(flow, v, inst, k, from, b);
      }
    } else if (flow.tree.pre[b] !== -1) {
      for (const k of inst.args.keys()) checkUse(flow, v, inst, k, b);
    }
  });
}

function checkUse({ c, tree, ways }: Flow, v: ValueId, inst: Inst, k: number, b: BlockId): void {
  const arg = inst.args[k] as ValueId;
  const home = homeOf(c, arg);
  if (home === -1) return;
  const def = soundInst(c.f, arg);
  if (def.op.kind === 'invoke') {
    if (!edgeDominates({ c, tree, ways }, home as BlockId, def, b)) c.report((on) => codes.invokeUse(on, k), v);
    return;
  }
  const { index } = c.places;
  const before = home === b ? (index[arg] as number) < (index[v] as number) : tree.dominates(home as BlockId, b);
  if (!before) c.report((on) => codes.notDominated(on, k), v);
}

function checkPhiUse(flow: Flow, v: ValueId, inst: Inst, k: number, from: BlockId, b: BlockId): void {
  const { c, tree } = flow;
  const arg = inst.args[k] as ValueId;
  const home = homeOf(c, arg);
  if (home === -1) return;
  const def = soundInst(c.f, arg);
  if (def.op.kind === 'invoke') {
    // Over the normal edge itself, or somewhere behind it.
    const over = home === from && def.blocks[0] === b && def.blocks[1] !== b;
    if (!over && !edgeDominates(flow, home as BlockId, def, from)) c.report((on) => codes.invokeUse(on, k), v);
  } else if (!tree.dominates(home as BlockId, from)) {
    c.report((on) => codes.notDominated(on, k), v);
  }
}

// Whether every path to `b` goes over the normal edge of an invoke that ends block `home`.
function edgeDominates(flow: Flow, home: BlockId, invoke: Inst, b: BlockId): boolean {
  const target = invoke.blocks[0] as BlockId;
  if (target === invoke.blocks[1] || flow.tree.pre[home] === -1) return false;
  // The edge itself is a way in; when it is the only one from outside, the target is entered by it.
  return waysInto(flow, target) === 1 && !flow.tree.dominates(target, home) && flow.tree.dominates(target, b);
}

function waysInto({ c, tree, ways }: Flow, target: BlockId): number {
  if (ways[target] === -1) {
    let count = 0;
    for (const p of row(orderOf(c.f).preds, target)) if (!tree.dominates(target, p)) count++;
    ways[target] = count;
  }
  return ways[target] as number;
}
