/** A function on its way to Bril: blocks of instructions whose constants have no place yet. */

import type { BrilLiteral, BrilType } from '@sluice/bril-format';
import type { BlockId } from '@sluice/ir';

/** A constant as an operand: it gets a variable when it gets a place. Each constant of a function is one object. */
export interface Constant {
  readonly type: BrilType;
  readonly value: BrilLiteral;
  /** The variable that holds it. */
  readonly name: string;
}

/** An operand: a variable, or a constant. */
export type Operand = string | Constant;

/** An instruction that is no jump. */
export interface Draft {
  readonly op: string;
  readonly dest: string | null;
  readonly type: BrilType | null;
  readonly args: readonly Operand[];
  readonly func: string | null;
  readonly value: BrilLiteral | null;
}

/** How a block ends. `stop`: control never comes there. */
export type End =
  | { readonly kind: 'jmp'; readonly to: BlockId }
  | { readonly kind: 'br'; readonly on: Operand; readonly yes: BlockId; readonly no: BlockId }
  | { readonly kind: 'ret'; readonly value: Operand | null }
  | { readonly kind: 'stop' };

/** A block. */
export interface DraftBlock {
  code: Draft[];
  end: End;
}

/** The operands of an end. */
export function endOperands(end: End): readonly Operand[] {
  if (end.kind === 'br') return [end.on];
  return end.kind === 'ret' && end.value !== null ? [end.value] : [];
}

/** The targets of an end. */
export function endTargets(end: End): readonly BlockId[] {
  if (end.kind === 'jmp') return [end.to];
  return end.kind === 'br' ? [end.yes, end.no] : [];
}
