/**
 * The heap of checked objects (SPEC.md §6), whose cells and table lie in memories that the code reads itself: see
 * vm/src/runtime/heap.ts. A pointer is taken apart where it lies, in the halves of its slot, so that no BigInt is made.
 */

import { type Inst, regionSet, type Type, type ValueId } from '@sluice/ir';
import type { Scope, Text } from './scope.ts';
import { highText, lowText } from './variables.ts';

/** Functions and views that the forms below name. `E` is the table, `HL HD HI HF HB` are the cells. */
export const heapPrologue: readonly string[] = [
  'let E, HL, HD, HI, HF, HB;',
  'function refreshHeap() {',
  '  const b = env.heapCells();',
  '  E = new Uint32Array(env.heapTable());',
  '  HL = new BigInt64Array(b); HD = new Float64Array(b); HI = new Int32Array(b); HF = new Float32Array(b); HB = new Uint8Array(b);',
  '}',
  'refreshHeap();',
  'function heapAt(id, offset) { return id >>> 0 < E[0] && offset >>> 0 < E[2 * id + 1] ? E[2 * id] + 8 * offset : -1; }',
  'function heapSet(id, offset) {',
  '  if (id >>> 0 >= E[0] || offset >>> 0 >= E[2 * id + 1]) return -1;',
  '  HB[E[2 * id] + 8 * E[2 * id + 1] + offset] = 1;',
  '  return E[2 * id] + 8 * offset;',
  '}',
  'function heapCheck(id, offset) {',
  '  if (id >>> 0 < E[0] && offset >>> 0 < E[2 * id + 1]) return;',
  "  trap(id >>> 0 < E[0] && E[2 * id + 1] !== 0 ? 'heap-bounds' : 'heap-dead');",
  '}',
  'function heapInit(id, offset) {',
  '  if (id >>> 0 < E[0] && offset >>> 0 < E[2 * id + 1] && HB[E[2 * id] + 8 * E[2 * id + 1] + offset] !== 0) return;',
  "  trap('heap-uninitialised');",
  '}',
];

/** A pointer as two arguments, and what is to be finished behind them. */
function halves(scope: Scope, v: ValueId): { readonly text: string; readonly high: string; readonly part: Text } {
  const given = scope.use(v);
  const part = given.slot >= 0 ? given : scope.keep('i64', given);
  const high = highText(part.slot);
  return { text: `${high}, ${lowText(part.slot)}`, high, part };
}

/** `heap.check` and `heap.check_init`. */
export function emitCheck(scope: Scope, { op, args }: Inst): void {
  const { text, part } = halves(scope, args[0] as ValueId);
  scope.statement(`${op.name === 'heap.check' ? 'heapCheck' : 'heapInit'}(${text});`, [part]);
}

const cells: Readonly<Partial<Record<Type, string>>> = {
  i32: 'HI[$ >>> 2]',
  i64: 'HL[$ >>> 3]',
  f32: 'HF[$ >>> 2]',
  f64: 'HD[$ >>> 3]',
};

/** The text of a cell at an address; undefined for types whose values are not in the cells. */
function cellText(type: Type, address: string): string | undefined {
  return cells[type]?.replace('$', address);
}

/** `heap.load`; false: not of this type. */
export function emitHeapLoad(scope: Scope, v: ValueId, { type, args }: Inst): boolean {
  if (cells[type as Type] === undefined) return false;
  const at = scope.vars.take('i32');
  const cell = cellText(type as Type, at.text);
  const { text, part } = halves(scope, args[0] as ValueId);
  scope.say(`${at.text} = heapAt(${text});`);
  const target = scope.target(v).text;
  const zero = type === 'i64' ? '0n' : '0';
  scope.statement(`if (${at.text} < 0) ${target} = ${zero}; else ${target} = ${cell};`, [part]);
  if ((type === 'f32' || type === 'f64') && scope.isExact(v)) {
    const bits = type === 'f32' ? `HI[${at.text} >>> 2]` : `HL[${at.text} >>> 3]`;
    scope.say(`if (${target} !== ${target}) ${target} = ${type}FromBits(${bits});`);
  }
  scope.vars.giveBack('i32', at);
  return true;
}

/** `heap.store`; false: not of this type. */
export function emitHeapStore(scope: Scope, { args }: Inst): boolean {
  const [pointer, v] = args as readonly [ValueId, ValueId];
  const type = scope.typeOf(v);
  const exact = (type === 'f32' || type === 'f64') && scope.isExact(v);
  const cell = cellText(type === 'f32' && exact ? 'i32' : type === 'f64' && exact ? 'i64' : type, 'at');
  if (cell === undefined) return false;
  scope.flush(regionSet('heap'));
  const { text, part } = halves(scope, pointer);
  const value = scope.use(v, exact ? 'bits' : 'plain');
  const at = scope.vars.take('i32');
  scope.say(`${at.text} = heapSet(${text});`);
  scope.statement(`if (${at.text} >= 0) ${cell.replace('at', at.text)} = ${value.text};`, [part, value]);
  scope.vars.giveBack('i32', at);
  return true;
}

/** `heap.offset`: in numbers, which are exact as far as it matters. */
export function emitOffset(scope: Scope, v: ValueId, { args }: Inst): void {
  const pointer = halves(scope, args[0] as ValueId);
  const given = scope.use(args[1] as ValueId);
  const constant = /^\(?(-?\d+)n\)?$/.exec(given.text);
  const moves = constant !== null || given.slot >= 0 ? given : scope.keep('i64', given);
  const count =
    constant !== null
      ? String(Number(constant[1]))
      : `(${highText(moves.slot)} * 4294967296 + (${lowText(moves.slot)} >>> 0))`;
  const at = scope.vars.take('i32');
  scope.say(`${at.text} = ${lowText(pointer.part.slot)} + ${count};`);
  scope.say(`if (${at.text} !== (${at.text} | 0)) trap('heap-bounds');`);
  const target = scope.target(v);
  scope.say(`${highText(target.slot)} = ${pointer.high};`);
  scope.statement(`${lowText(target.slot)} = ${at.text};`, [pointer.part, moves]);
  scope.vars.giveBack('i32', at);
}
