/** The ops that divide, with the remainder of each: what recognises remainders written as differences asks. */

import { coreOp, type Inst, lawConstant, type OpDef, sameValue, type Type } from '@sluice/ir';

/** A division: its remainder, and whether its quotient of the least number by -1 does not fit. */
export interface Division {
  readonly remainder: OpDef;
  readonly signed: boolean;
}

const divisions: ReadonlyMap<OpDef, Division> = new Map(
  (['i32', 'i64'] as const).flatMap((t): [OpDef, Division][] => [
    [coreOp(`${t}.div_s`), { remainder: coreOp(`${t}.rem_s`), signed: true }],
    [coreOp(`${t}.div_u`), { remainder: coreOp(`${t}.rem_u`), signed: false }],
  ]),
);

/** What an op divides; undefined: it doesn't. */
export function divisionOf(op: OpDef): Division | undefined {
  return divisions.get(op);
}

/** Whether an instruction is this small constant. */
export function isConstant({ op, imm, type }: Inst, k: number): boolean {
  return op.kind === 'const' && sameValue(imm, lawConstant(type as Type, k));
}
