/**
 * Moves copies on the edge back to a loop's header up before the branch, so that the branch itself leads back.
 *
 *     ^2: ...                                   ^2: ...
 *         br_if %c, ^3, ^4                          %5 = copy %4
 *     ^3: %5 = copy %4                   =>         br_if %c, ^3, ^4
 *         br ^1                                 ^3: br ^1               nothing is emitted for it
 *
 *     jump_if c, L3; ...; L3: move; jump L1     move; jump_if c, L1
 *
 * Paper:   folklore; copies on edges as in Boissinot et al., Revisiting Out-of-SSA Translation, CGO 2009.
 * Legal:   a copy gets the place of its web (ADR 3). Where the branch leads otherwise, and in the branch itself with what
 *          decides it, no other value of the web is needed.
 * Profit:  a jump less for each turn; the copies are made once for nothing when the loop is left.
 * Needs:   ssa-destruct, which put the copies on edges of their own.
 * Cost:    linear in the copies and in what is live where the loop is left.
 * Not done: copies on edges that lead forward, which may be taken less often than their siblings.
 */

import {
  type BlockId,
  blockOf,
  type Func,
  instOf,
  liveness,
  orderOf,
  rowLength,
  termOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { phiWebs, type WebOf } from './lib/phi-webs.ts';

const options = {
  most: { doc: 'copies that may be made for nothing when the loop is left', default: 2 },
} as const;

type Context = FuncContext<typeof options>;

export default definePass({
  name: 'edge-copies',
  summary: 'move copies on back-edges up before the branch that takes the edge',
  paper: 'Boissinot et al., Revisiting Out-of-SSA Translation, CGO 2009',
  scope: 'func',
  idempotent: true,
  options,
  after: [{ pass: 'ssa-destruct', why: 'it makes the copies' }],
  run(f, cx) {
    const { rpo, preds } = cx.get(orderOf);
    let web: WebOf | null = null;
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      if (!isCopiesBack(f, cx, b)) continue;
      const from = preds.items[preds.start[b] as number] as BlockId;
      if (rowLength(preds, b) !== 1 || termOf(f, from).op.kind !== 'br_if') continue;
      web ??= phiWebs(f);
      hoist(f, cx, web, b, from);
    }
  },
});

/** Whether a block does nothing but copy, and leads back. */
function isCopiesBack(f: Func, cx: Context, b: BlockId): boolean {
  const { phis, body, term } = blockOf(f, b);
  if (body.length === 0 || phis.length > 0) return false;
  const { op, blocks } = instOf(f, term);
  if (op.kind !== 'br' || !cx.get(orderOf).isBackEdge(b, blocks[0] as BlockId)) return false;
  return body.every((v) => instOf(f, v).op.name === 'copy');
}

function hoist(f: Func, cx: Context, web: WebOf, b: BlockId, from: BlockId): void {
  const { body } = blockOf(f, b);
  const [first, second] = termOf(f, from).blocks;
  const other = (first === b ? second : first) as BlockId;
  // Another edge of this branch, whose copies came first.
  if (other === b || cx.edit.body(from).length !== blockOf(f, from).body.length) return;
  const needed = websNeeded(f, web, from, other);
  if (body.some((v) => needed.has(web[v] as number))) {
    cx.declined('the place is still needed where the loop is left, or by the branch', body[0]);
    return;
  }
  if (!cx.choose('edge-copies.profit', body.length <= cx.options.most)) return;
  if (!cx.rewrite('moved copies up before the branch', body[0])) return;
  for (const v of body) cx.edit.moveToEnd(v, from);
}

/** The webs of values that are live where a branch leads, and of those that it looks at. */
function websNeeded(f: Func, web: WebOf, from: BlockId, to: BlockId): ReadonlySet<number> {
  const needed = new Set<number>();
  const need = (v: ValueId): void => {
    if (web[v] !== -1) needed.add(web[v] as number);
  };
  for (const v of liveness(f).liveIn(to)) need(v);
  for (const phi of blockOf(f, to).phis) {
    const { args, blocks } = instOf(f, phi);
    need(args[blocks.indexOf(from)] as ValueId);
  }
  // Machines compare and jump in one, some through a negation.
  const [condition] = termOf(f, from).args;
  for (let v = condition; v !== undefined; ) {
    need(v);
    const { args, op } = instOf(f, v);
    if (args.length !== 1 && op.laws.negation === undefined) break;
    for (const arg of args) need(arg);
    v = args.length === 1 ? args[0] : undefined;
  }
  return needed;
}
