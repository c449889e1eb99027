/**
 * Forms of ops, from the columns of the op table: `js` and `jsTrap`, or `access`; and from fast-ops.ts where a column's
 * text would be slow in a loop over cells, or the op has none. An op with neither, or on vectors, gets no form: the loop calls its
 * meaning (externals.ts).
 *
 * Operand words of an op's form: its operands, the offset of a memory access, the result's cell.
 */

import type { Access, OpDef, Type } from '@sluice/ir';
import { resolve } from '../runtime/apply.ts';
import { fastText } from './fast-ops.ts';
import { branchText, cellText, type Form, fill, form, type SourceKind, sourceText, trapText } from './form.ts';

/** Words of an op's form, beside the operands. */
export interface OpForm {
  readonly form: Form;
  /** Whether the offset of the access stands between operands and result. */
  readonly offset: boolean;
}

/** Whether the op has a form at all, with operands of whatever kind. */
export function hasForm(op: OpDef, type: Type | null): boolean {
  return (
    opForm(
      op,
      type,
      op.sig.params.map((): SourceKind => 'cell'),
    ) !== null
  );
}

/**
 * The form of an op, or null. `type` is what `T` stands for; `kinds` says where the operands come from. Null also when
 * the op takes no constants in these places: the caller then puts them into cells.
 */
export function opForm(op: OpDef, type: Type | null, kinds: readonly SourceKind[]): OpForm | null {
  if (op.imm !== 'none' && op.access === null) return null;
  const types = op.sig.params.map((word) => resolve(word, type));
  const result = op.sig.result === 'void' ? null : resolve(op.sig.result, type);
  if (types.includes('v128') || result === 'v128') return null;
  const fast = fastText(op, types, result, kinds);
  if (fast === 'none') return null;
  const offset = op.access !== null;
  const width = kinds.length + (offset ? 1 : 0) + (result === null ? 0 : 1);
  if (fast !== null) return { form: form(fast, width), offset };
  if (op.access !== null) return { form: form(accessText(op.access, types, result, kinds), width), offset };
  if (op.js === null || result === null) return null;
  const operands = kinds.map((kind, i) => sourceText(kind, types[i] as Type, op.bits, i + 1));
  const to = cellText(result, op.bits, kinds.length + 1);
  const { before, texts } = fill(op.jsTrap === null ? [op.js] : [op.js, op.jsTrap], operands);
  const trap = texts[1] === undefined ? '' : `const t=${texts[1]};if(t!=='')${trapText('t')}`;
  const body = `${before}${trap}${to}=${texts[0]};`;
  return { form: form(before === '' && trap === '' ? body : `{${body}}`, width), offset };
}

/**
 * The form of a conditional jump on an op's result, or null where the op cannot be a condition: words are the operands,
 * then the label. `unless`: jumps where the result is zero.
 */
export function branchForm(op: OpDef, kinds: readonly SourceKind[], unless: boolean, back: boolean): Form | null {
  if (op.js === null || op.jsTrap !== null || op.imm !== 'none' || op.sig.result !== 'i32') return null;
  if (op.sig.params.includes('T')) return null;
  const operands = kinds.map((kind, i) => sourceText(kind, op.sig.params[i] as Type, op.bits, i + 1));
  const { before, texts } = fill([op.js], operands);
  const yesNo = /^\((.*) \? 1 : 0\)$/.exec(texts[0] ?? '');
  const condition = yesNo === null ? `${texts[0]}!==0` : `${yesNo[1]}`;
  const text = branchText(unless ? `!(${condition})` : condition, kinds.length + 1, back);
  return form(`{${before}${text}}`, kinds.length + 1, false);
}

/** Goes to the label if a cell is not zero, or is zero: words cell, label. */
export function truthForm(unless: boolean, back: boolean): Form {
  return form(`{${branchText(unless ? 'I[fq+@1]===0' : 'I[fq+@1]!==0', 2, back)}}`, 2, false);
}

/** Bounds check, then the access through a view of the bytes; f32 and f64 move as bits. */
function accessText(access: Access, types: readonly Type[], result: Type | null, kinds: readonly SourceKind[]): string {
  const { bytes } = access;
  const address = sourceText(kinds[0] ?? 'cell', 'i32', true, 1);
  const offset = `@${kinds.length + 1}`;
  const check = `const a=(${address}>>>0)+(${offset}>>>0);if(a>bytes-${bytes})${trapText("'out-of-bounds'")}`;
  if (access.store) {
    const type = types[1] as Type;
    const value = sourceText(kinds[1] ?? 'cell', type, true, 2);
    return `{${check}${storeText(bytes, type, kinds[1] ?? 'cell', value)}}`;
  }
  const to = kinds.length + 2;
  return `{${check}${loadText(access, result as Type, to)}}`;
}

function loadText(access: Access, type: Type, k: number): string {
  const { bytes, signed } = access;
  if (bytes === 8) return `${cellText(type, true, k)}=G.getBigInt64(a,true);`;
  const value = {
    1: signed ? 'B[a]<<24>>24' : 'B[a]',
    2: signed ? 'G.getInt16(a,true)' : 'G.getUint16(a,true)',
    4: 'G.getInt32(a,true)',
  }[bytes as 1 | 2 | 4];
  if (type !== 'i64') return `${cellText(type, true, k)}=${value};`;
  // An i64 in two halves: a BigInt would be made of the number and taken apart again.
  return `const v=${value},q=(fp+@${k})<<1;I[q]=v;I[q+1]=${signed ? 'v>>31' : '0'};`;
}

function storeText(bytes: Access['bytes'], type: Type, kind: SourceKind, value: string): string {
  if (bytes === 8) return `G.setBigInt64(a,${value},true);`;
  const low = type !== 'i64' ? value : kind === 'cell' ? 'I[(fp+@2)<<1]' : `Number(BigInt.asIntN(32,${value}))`;
  if (bytes === 1) return `B[a]=${low};`;
  return bytes === 2 ? `G.setInt16(a,${low},true);` : `G.setInt32(a,${low},true);`;
}
