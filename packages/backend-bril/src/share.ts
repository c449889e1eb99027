/**
 * Constants that serve for others. A constant is an instruction, so that one less is a gain:
 *
 *     x + -1  =  x - 1          x < c  =  x <= c-1          c < x  =  x > c
 *
 * For each instruction that can be said with either of two constants, the one is taken that others need anyway, else the
 * one that most of them could take, else the smaller one.
 */

import type { Constant, Draft, DraftBlock, Operand } from './draft.ts';
import { endOperands } from './draft.ts';

const minimum = -(2n ** 63n);
const maximum = 2n ** 63n - 1n;

/** A way to say an instruction. */
interface Form {
  readonly op: string;
  readonly value: bigint;
}

const mirrored: Readonly<Record<string, string>> = { lt: 'gt', gt: 'lt', le: 'ge', ge: 'le', add: 'add' };

/** Chooses constants in the drafts of a function; `int` gives the function's constant of a value. */
export function shareConstants(blocks: readonly (DraftBlock | undefined)[], int: (value: bigint) => Constant): void {
  /** How often a constant is needed; those without a choice count for more than all others. */
  const needed = new Map<bigint, number>();
  const need = (value: bigint, weight: number): void => {
    needed.set(value, (needed.get(value) ?? 0) + weight);
  };
  const choices: { readonly block: DraftBlock; readonly at: number; readonly x: Operand; readonly forms: Form[] }[] =
    [];
  for (const block of blocks) {
    if (block === undefined) continue;
    for (const [at, draft] of block.code.entries()) {
      const found = formsOf(draft);
      if (found === null) for (const arg of draft.args) needInt(arg, need);
      else {
        choices.push({ block, at, ...found });
        for (const { value } of found.forms) need(value, 1);
      }
    }
    for (const arg of endOperands(block.end)) needInt(arg, need);
  }
  const size = (value: bigint): bigint => (value < 0n ? -value * 2n + 1n : value * 2n);
  for (const { block, at, x, forms } of choices) {
    const [first, ...rest] = forms as [Form, ...Form[]];
    let best = first;
    for (const form of rest) {
      const more = (needed.get(form.value) ?? 0) - (needed.get(best.value) ?? 0);
      if (more > 0 || (more === 0 && size(form.value) < size(best.value))) best = form;
    }
    const draft = block.code[at] as Draft;
    block.code[at] = { ...draft, op: best.op, args: [x, int(best.value)] };
  }
}

function needInt(arg: Operand, need: (value: bigint, weight: number) => void): void {
  if (typeof arg !== 'string' && typeof arg.value === 'bigint') need(arg.value, 1 << 20);
}

/** The ways to say an instruction with one constant; null for one that has no choice. */
function formsOf({ op, args }: Draft): { readonly x: Operand; readonly forms: Form[] } | null {
  const [left, right] = args;
  if (left === undefined || right === undefined || (op !== 'sub' && mirrored[op] === undefined)) return null;
  const last = intOf(right);
  const first = intOf(left);
  if (last === null && (first === null || op === 'sub')) return null;
  if (last !== null && first !== null) return null;
  const name = last === null ? (mirrored[op] as string) : op;
  const value = (last ?? first) as bigint;
  const forms = [{ op: name, value }];
  const other = otherForm(name, value);
  if (other !== null) forms.push(other);
  return { x: last === null ? right : left, forms };
}

function intOf(operand: Operand): bigint | null {
  return typeof operand !== 'string' && typeof operand.value === 'bigint' ? operand.value : null;
}

function otherForm(op: string, value: bigint): Form | null {
  switch (op) {
    case 'add':
      return value === minimum ? null : { op: 'sub', value: -value };
    case 'sub':
      return value === minimum ? null : { op: 'add', value: -value };
    case 'lt':
      return value === minimum ? null : { op: 'le', value: value - 1n };
    case 'ge':
      return value === minimum ? null : { op: 'gt', value: value - 1n };
    case 'le':
      return value === maximum ? null : { op: 'lt', value: value + 1n };
    case 'gt':
      return value === maximum ? null : { op: 'ge', value: value + 1n };
    default:
      return null;
  }
}
