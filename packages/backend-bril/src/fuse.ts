/**
 * Puts Bril's own operations back together, before a pipeline takes their parts for itself:
 *
 *     %c = i64.ne %y, -1                              %q = bril.div %x, %y
 *     br_if %c, ^d, ^n                                br ^j
 *     ^d: %a = i64.div_s %x, %y; br ^j         =>     ^j: ... uses of %p are uses of %q
 *     ^n: %b = i64.mul %x, -1;   br ^j
 *     ^j: %p = phi [^d: %a], [^n: %b]
 *
 * and the test for a code point with `i32.wrap_i64` behind it, which become `bril.int2char`.
 *
 * Why:     Bril counts instructions: a quotient is one and not three, and its blocks are in nobody's way. The shapes are
 *          those that the frontend makes; where a pass has changed them, they stay, and are emitted as what they are.
 * Keeps:   the values of all other instructions. Cost: one look at each block.
 */

import { type BlockId, blockOf, type Func, type Inst, instOf, makeInst, none, orderOf, type ValueId } from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { brilDiv, brilToChar } from './ops.ts';

export default definePass({
  name: 'bril-fuse',
  summary: 'put divisions and conversions of Bril back together',
  paper: 'folklore',
  scope: 'func',
  run(f, cx) {
    const { rpo, preds } = orderOf(f);
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      for (const v of blockOf(f, b).body) keepQuotient(f, cx, v);
      const term = instOf(f, blockOf(f, b).term);
      if (term.op.kind !== 'br_if') continue;
      const single = (to: BlockId): boolean => (preds.start[to + 1] as number) - (preds.start[to] as number) === 1;
      if (!fuseDivision(f, cx, b, term, single)) fuseConversion(f, cx, b, term, single);
    }
  },
});

function isInt(f: Func, v: ValueId | undefined, value: bigint): boolean {
  if (v === undefined) return false;
  const { op, imm, type } = instOf(f, v);
  return op.kind === 'const' && type === 'i64' && imm === value;
}

/** A quotient by a constant is Bril's own too: rules that make shifts, masks and remainders of it leave it alone so. */
function keepQuotient(f: Func, cx: FuncContext, v: ValueId): void {
  if (instOf(f, v).op.name !== 'i64.div_s' || !cx.edit.has(v)) return;
  const inst = cx.edit.inst(v);
  const { op, imm } = cx.edit.inst(inst.args[1] as ValueId);
  if (op.kind !== 'const' || imm === -1n || !cx.rewrite("a quotient made Bril's own", v)) return;
  cx.edit.setInst(v, makeInst(brilDiv, inst.args, { loc: inst.loc }));
}

function fuseDivision(f: Func, cx: FuncContext, b: BlockId, term: Inst, single: (to: BlockId) => boolean): boolean {
  const [d, n] = term.blocks as readonly [BlockId, BlockId];
  if (d === n || !single(d) || !single(n)) return false;
  const test = instOf(f, term.args[0] as ValueId);
  if (test.op.name !== 'i64.ne' || !isInt(f, test.args[1], -1n)) return false;
  const divides = blockOf(f, d);
  const negates = blockOf(f, n);
  const [join] = instOf(f, divides.term).blocks;
  if (instOf(f, divides.term).op.kind !== 'br' || instOf(f, negates.term).op.kind !== 'br') return false;
  if (join === undefined || join === d || join === n || instOf(f, negates.term).blocks[0] !== join) return false;
  const quotient = divides.body.at(-1);
  const negated = negates.body.at(-1);
  if (quotient === undefined || negated === undefined) return false;
  const { op, args, loc } = instOf(f, quotient);
  const product = instOf(f, negated);
  if (op.name !== 'i64.div_s' || args[1] !== test.args[0] || !onlyConstants(f, divides.body)) return false;
  if (product.op.name !== 'i64.mul' || product.args[0] !== args[0] || !isInt(f, product.args[1], -1n)) return false;
  if (!onlyConstants(f, negates.body) || divides.phis.length + negates.phis.length > 0) return false;
  const { phis } = blockOf(f, join);
  const phi = phis.find((each) => {
    const { args: inputs, blocks } = instOf(f, each);
    return blocks.length === 2 && inputs[blocks.indexOf(d)] === quotient && inputs[blocks.indexOf(n)] === negated;
  });
  // Only the frontend's own shape: one join of the two, with one phi.
  if (phi === undefined || phis.length !== 1 || !cx.rewrite('division made one instruction', phi)) return false;
  const br = instOf(f, divides.term).op;
  const div = cx.edit.append(b, makeInst(brilDiv, args, { loc }));
  for (const [k, v] of divides.body.entries()) if (k < divides.body.length - 1) cx.edit.moveToEnd(v, b);
  for (const [k, v] of negates.body.entries()) if (k < negates.body.length - 1) cx.edit.moveToEnd(v, b);
  cx.edit.replaceWith(phi, div);
  cx.edit.setTerm(b, makeInst(br, none, { blocks: [join], loc: term.loc }));
  cx.edit.removeBlock(d);
  cx.edit.removeBlock(n);
  return true;
}

/** Whether all but the last are constants. */
function onlyConstants(f: Func, body: readonly ValueId[]): boolean {
  for (let i = 0; i + 1 < body.length; i++) if (instOf(f, body[i] as ValueId).op.kind !== 'const') return false;
  return true;
}

function fuseConversion(f: Func, cx: FuncContext, b: BlockId, term: Inst, single: (to: BlockId) => boolean): void {
  const [next, fails] = term.blocks as readonly [BlockId, BlockId];
  const failure = instOf(f, blockOf(f, fails).term);
  if (failure.op.kind !== 'trap' || failure.imm !== 'invalid-conversion' || !single(next)) return;
  const both = instOf(f, term.args[0] as ValueId);
  if (both.op.name !== 'i32.and') return;
  const [low, high] = both.args.map((v) => instOf(f, v)) as [Inst, Inst];
  if (low.op.name !== 'i64.lt_u' || !isInt(f, low.args[1], 0x110000n)) return;
  if (high.op.name !== 'i64.ge_u' || !isInt(f, high.args[1], 0x800n)) return;
  const code = low.args[0] as ValueId;
  const from = instOf(f, high.args[0] as ValueId);
  if (from.op.name !== 'i64.sub' || from.args[0] !== code || !isInt(f, from.args[1], 0xd800n)) return;
  const wrap = blockOf(f, next).body.find((v) => instOf(f, v).op.name === 'i32.wrap_i64');
  if (wrap === undefined || instOf(f, wrap).args[0] !== code) return;
  if (!cx.rewrite('conversion made one instruction', wrap)) return;
  const char = cx.edit.append(b, makeInst(brilToChar, [code], { loc: instOf(f, wrap).loc }));
  cx.edit.replaceWith(wrap, char);
  const br = cx.ops.get('br');
  if (br === undefined) throw new Error("no op 'br'");
  cx.edit.setTerm(b, makeInst(br, none, { blocks: [next], loc: term.loc }));
}
