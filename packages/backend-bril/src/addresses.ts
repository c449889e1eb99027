/**
 * Makes a pointer from the one before it where both are a constant apart:
 *
 *     %p = heap.offset %f, %i                  %p = heap.offset %f, %i
 *     %j = i64.add %i, 1                =>     %q = heap.offset %p, 1
 *     %q = heap.offset %f, %j
 *
 * Why:     the sum goes, where nothing else needs it; the constants of a row of such pointers are mostly one.
 * Legal:   %p did not trap, so that %i moved %f within 32 bits; then the sums are exact, and %q traps in the same cases, as
 *          long as the constant does not leave 32 bits either.
 * Cost:    for each pointer the last few that have the same base and index.
 */

import {
  type BlockId,
  blockOf,
  blockOfValue,
  domTree,
  type Func,
  instOf,
  makeInst,
  none,
  orderOf,
  type ValueId,
} from '@sluice/ir';
import { definePass } from '@sluice/pipeline';

/** Earlier pointers that are tried. */
const tried = 8;

interface Known {
  readonly pointer: ValueId;
  readonly step: bigint;
}

export default definePass({
  name: 'bril-addresses',
  summary: 'make pointers from others that are a constant apart',
  paper: 'folklore',
  scope: 'func',
  run(f, cx) {
    const known = new Map<string, Known[]>();
    const { rpo } = orderOf(f);
    const home = blockOfValue(f);
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      for (const v of blockOf(f, b).body) {
        const { op, args, loc } = instOf(f, v);
        if (op.name !== 'heap.offset') continue;
        const [base, index] = args as readonly [ValueId, ValueId];
        const { from, step } = split(f, index);
        const key = `${base} ${from}`;
        const list = known.get(key);
        if (list === undefined) {
          known.set(key, [{ pointer: v, step }]);
          continue;
        }
        const near = list.slice(-tried).findLast(({ pointer, step: other }) => {
          const distance = step - other;
          // In reverse postorder what is met before in the same block stands above.
          const above = home[pointer] === b || domTree(f).dominates(home[pointer] as BlockId, b);
          return above && distance !== 0n && BigInt.asIntN(32, distance) === distance;
        });
        list.push({ pointer: v, step });
        if (near === undefined || step === 0n || !cx.rewrite('a pointer made from one before it', v)) continue;
        const constant = cx.ops.get('i64.const');
        if (constant === undefined) throw new Error("no op 'i64.const'");
        const distance = cx.edit.insertBefore(v, makeInst(constant, none, { imm: step - near.step }));
        cx.edit.setInst(v, makeInst(op, [near.pointer, distance], { loc }));
      }
    }
  },
});

/** An index as another one and a constant of 32 bits. */
function split(f: Func, index: ValueId): { readonly from: ValueId; readonly step: bigint } {
  const { op, args } = instOf(f, index);
  if (op.name !== 'i64.add') return { from: index, step: 0n };
  const { op: by, imm } = instOf(f, args[1] as ValueId);
  const step = imm as bigint;
  if (by.kind !== 'const' || BigInt.asIntN(32, step) !== step) return { from: index, step: 0n };
  return { from: args[0] as ValueId, step };
}
