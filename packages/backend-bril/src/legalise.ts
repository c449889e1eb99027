/**
 * Control flow for what Bril has no instruction for: choices between two values become branches.
 *
 *     %r = select i64 %a, %b, %c    =>    br_if %c, ^t, ^e;  ^t: br ^j;  ^e: br ^j;  ^j: %r = phi i64 [^t: %a], [^e: %b]
 *     %r = i64.extend_i32_u %c      =>    the same with 1 and 0, where %c is a comparison
 *
 * Keeps:   everything else. Linear: a block is split from its end on.
 */

import {
  type BlockId,
  blockOf,
  type Func,
  type Inst,
  instOf,
  makeInst,
  none,
  type OpDef,
  type Type,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';

export default definePass({
  name: 'bril-legalise',
  summary: 'make choices branches, as Bril has them',
  paper: 'folklore',
  scope: 'func',
  idempotent: true,
  run(f, cx) {
    for (const b of f.order) {
      const { body } = blockOf(f, b);
      for (let i = body.length - 1; i >= 0; i--) {
        const v = body[i] as ValueId;
        const inst = instOf(f, v);
        if (inst.op.name === 'select' && cx.rewrite('a choice made a branch', v)) {
          const [then, otherwise, on] = inst.args as readonly [ValueId, ValueId, ValueId];
          branch(cx, b, v, inst, on, () => [then, otherwise]);
        } else if (isNumberOfTest(f, inst) && cx.rewrite('the number of a test made a branch', v)) {
          const one = opNamed(cx, 'i64.const');
          branch(cx, b, v, inst, inst.args[0] as ValueId, (at) =>
            [1n, 0n].map((imm) => cx.edit.append(at, makeInst(one, none, { imm }))),
          );
        }
      }
    }
  },
});

function isNumberOfTest(f: Func, inst: Inst): boolean {
  if (inst.op.name !== 'i64.extend_i32_u' && inst.op.name !== 'i64.extend_i32_s') return false;
  const { laws, name } = instOf(f, inst.args[0] as ValueId).op;
  return laws.negation !== undefined || name.endsWith('.eqz');
}

function branch(
  cx: FuncContext,
  b: BlockId,
  v: ValueId,
  inst: Inst,
  on: ValueId,
  values: (at: BlockId) => readonly ValueId[],
): void {
  const { edit } = cx;
  const br = opNamed(cx, 'br');
  const made = values(b);
  // The constants above stand at the end of the block, so that they are moved behind the split: put them before it.
  const join = edit.splitBlock(b, v, br);
  for (const each of made) if (!inst.args.includes(each)) edit.moveToEnd(each, b);
  const arms = [0, 1].map(() => edit.addBlock(makeInst(br, none, { blocks: [join] }), b));
  edit.setTerm(b, makeInst(opNamed(cx, 'br_if'), [on], { blocks: arms, loc: inst.loc }));
  const phi = edit.addPhi(join, inst.type as Type, opNamed(cx, 'phi'), arms, made);
  edit.replaceWith(v, phi);
}

function opNamed(cx: FuncContext, name: string): OpDef {
  const op = cx.ops.get(name);
  if (op === undefined) throw new Error(`no op '${name}'`);
  return op;
}
