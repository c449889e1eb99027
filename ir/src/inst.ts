/**
 * Making instructions: one function gives every instruction its six fields in one order, so that engines of JavaScript
 * see one kind of object (MEASURED §8).
 */

import type { Span } from './diag.ts';
import type { BlockId, Inst, ValueId } from './func.ts';
import type { Imm, OpDef } from './op.ts';
import type { ResultType } from './type.ts';

/** The one empty list, of targets and operands alike. */
export const none: readonly never[] = Object.freeze([]) as readonly never[];

/** What an instruction has beside op and operands; see `Inst`. */
export interface InstParts {
  readonly imm?: Imm;
  /** Needed where the signature does not tell (`T`); calls without result say `void`. */
  readonly type?: ResultType;
  readonly blocks?: readonly BlockId[];
  readonly loc?: Span | null;
}

/** Makes an instruction; its type is that of the op's signature unless the signature leaves it open. */
export function makeInst(op: OpDef, args: readonly ValueId[], parts: InstParts = {}): Inst {
  return newInst(op, args, parts.imm, parts.type, parts.blocks ?? none, parts.loc ?? null);
}

/** As `makeInst`, without an object for the parts: for builders of large modules. */
export function newInst(
  op: OpDef,
  args: readonly ValueId[],
  imm: Imm,
  type: ResultType | undefined,
  blocks: readonly BlockId[],
  loc: Span | null,
): Inst {
  const fixed = op.sig.result;
  const result = type ?? (fixed === 'T' ? undefined : fixed);
  if (result === undefined) throw new Error(`an instruction of op '${op.name}' must say its type`);
  return { op, type: result, args, imm, blocks, loc };
}

/** The instruction with other operands. */
export function withArgs(inst: Inst, args: readonly ValueId[]): Inst {
  return { op: inst.op, type: inst.type, args, imm: inst.imm, blocks: inst.blocks, loc: inst.loc };
}

/** The instruction with other operands and blocks (phis, terminators). */
export function withEdges(inst: Inst, args: readonly ValueId[], blocks: readonly BlockId[]): Inst {
  return { op: inst.op, type: inst.type, args, imm: inst.imm, blocks, loc: inst.loc };
}

/** Whether two instructions say the same; locations don't count. */
export function sameInst(a: Inst, b: Inst): boolean {
  return (
    a === b ||
    (a.op === b.op &&
      a.type === b.type &&
      sameIds(a.args, b.args) &&
      sameIds(a.blocks, b.blocks) &&
      sameImm(a.imm, b.imm))
  );
}

/** Whether two lists of ids are the same. */
export function sameIds(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether two immediates are the same (bit for bit where they are constants). */
export function sameImm(a: Imm, b: Imm): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b)) return sameIds(a, b);
  const entriesA = Object.entries(a);
  const b2 = b as Readonly<Record<string, unknown>>;
  return (
    entriesA.length === Object.keys(b).length &&
    entriesA.every(([key, value]) => {
      const other = b2[key];
      return Array.isArray(value) && Array.isArray(other)
        ? value.length === other.length && value.every((x, i) => x === other[i])
        : Object.is(value, other);
    })
  );
}
