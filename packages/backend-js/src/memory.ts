/**
 * Loads and stores: exact whatever the alignment. A `DataView` checks the bounds itself, needs no alignment, and is as fast as
 * a typed array with both checks beside it; what it throws is the trap (the engine tells). Only its 64-bit integers are
 * objects, hence the other way for i64:
 *
 *     DV16.getInt32(x >>> 0, true)             offset 16: a view that begins there; out of bounds as the access is
 *     index = address rotated right by 3       an address that is not aligned gives an index beyond any memory
 *     F64_16[index] of an f64 at an offset, likewise
 *     H64[index] === undefined                 out of bounds or not aligned: the `DataView` does it, or throws
 */

import { type Access, type Inst, type MemImm, regionSet, type Type, type ValueId } from '@sluice/ir';
import { joined, type Scope, type Text } from './scope.ts';
import { lowText } from './variables.ts';

const memory = regionSet('memory');

/** The name of a view that begins at an offset, of bytes or of floats; null where there are too many. */
export type ViewAt = (offset: number, type?: 'f32' | 'f64') => string | null;

/** Whether the access is of a kind that is written here. */
export function isPlainAccess({ op, type, args }: Inst, scope: Scope): boolean {
  if (op.access === null || op.imm !== 'mem') return false;
  const moved = op.access.store ? scope.typeOf(args[1] as ValueId) : (type as Type);
  return moved === 'i32' || moved === 'i64' || moved === 'f32' || moved === 'f64';
}

/** A load. */
export function load(scope: Scope, v: ValueId, { op, type, imm, args }: Inst, viewAt: ViewAt): void {
  const access = op.access as Access;
  const { offset } = imm as MemImm;
  const base = args[0] as ValueId;
  if (type === 'i64' && access.bytes === 8) loadWide(scope, v, base, offset);
  else if ((type === 'f32' || type === 'f64') && scope.isExact(v)) loadExact(scope, v, type, base, offset, viewAt);
  else if ((type === 'f32' || type === 'f64') && offset !== 0 && offset % access.bytes === 0 && scope.useCount(v) > 0) {
    loadAside(scope, v, type, base, offset, viewAt);
  } else {
    const address = scope.use(base);
    const { view, at } = placeOf(address, offset, viewAt);
    const read = joined(getter(type as Type, access, view, at), [address]);
    scope.defineNow(v, type === 'i64' ? { ...read, text: `BigInt(${read.text})` } : read);
  }
}

/** A store. */
export function store(scope: Scope, { op, imm, args }: Inst, viewAt: ViewAt): void {
  const access = op.access as Access;
  const { offset } = imm as MemImm;
  const [base, v] = args as readonly [ValueId, ValueId];
  const type = scope.typeOf(v);
  scope.flush(memory);
  if (type === 'i64' && access.bytes === 8) return storeWide(scope, base, v, offset);
  if (type === 'f32' || type === 'f64') return storeFloat(scope, type, base, v, offset, viewAt);
  const address = scope.use(base);
  const value = type === 'i64' ? lowHalf(scope.use(v)) : scope.use(v);
  const width = access.bytes * 8;
  const order = width === 8 ? '' : ', true';
  const { view, at } = placeOf(address, offset, viewAt);
  scope.statement(`${view}.setInt${width}(${at}, ${value.text}${order});`, [address, value]);
}

/** The low 32 bits of an i64, as an i32. */
export function lowHalf(value: Text): Text {
  if (value.slot >= 0) return { ...value, text: lowText(value.slot), slot: -1 };
  const constant = /^\(?(-?\d+)n\)?$/.exec(value.text);
  if (constant !== null) {
    const low = Number(BigInt.asIntN(32, BigInt(constant[1] as string)));
    return { ...value, text: low < 0 ? `(${low})` : String(low) };
  }
  return joined(`Number(BigInt.asIntN(32, ${value.text}))`, [value]);
}

function addressText(base: Text, offset: number): string {
  if (isNumber(base)) return String((Number(base.text.replace(/[()]/g, '')) >>> 0) + offset);
  return offset === 0 ? `${base.text} >>> 0` : `(${base.text} >>> 0) + ${offset}`;
}

/** The view, and the address in it. */
function placeOf(base: Text, offset: number, viewAt: ViewAt): { readonly view: string; readonly at: string } {
  const view = offset === 0 || isNumber(base) ? null : viewAt(offset);
  return view === null ? { view: 'DV', at: addressText(base, offset) } : { view, at: addressText(base, 0) };
}

function isNumber({ text }: Text): boolean {
  return /^\(?-?\d+\)?$/.test(text);
}

function getter(type: Type, { bytes, signed }: Access, view: string, address: string): string {
  const width = bytes * 8;
  if (type === 'f32' || type === 'f64') return `${view}.getFloat${width}(${address}, true)`;
  const sign = signed || (type === 'i32' && bytes === 4) ? 'Int' : 'Uint';
  return `${view}.get${sign}${width}(${address}${bytes === 1 ? '' : ', true'})`;
}

/** The index of an i64 in `H64`; null where the offset is not aligned. */
function wideIndex(base: Text, offset: number): string | null {
  if (offset % 8 !== 0) return null;
  const rotated = `(${base.text} >>> 3 | ${base.text} << 29) >>> 0`;
  return offset === 0 ? rotated : `(${rotated}) + ${offset / 8}`;
}

function loadWide(scope: Scope, v: ValueId, base: ValueId, offset: number): void {
  const address = scope.useOften(base);
  const index = wideIndex(address, offset);
  const place = scope.target(v);
  const slow = `${place.text} = DV.getBigInt64(${addressText(address, offset)}, true);`;
  const fast = `if (H64[${index}] !== undefined) ${place.text} = H64[${index}]; else `;
  scope.statement(index === null ? slow : fast + slow, [address]);
}

function storeWide(scope: Scope, base: ValueId, v: ValueId, offset: number): void {
  const address = scope.useOften(base);
  const index = wideIndex(address, offset);
  const value = index === null ? scope.use(v) : scope.useOften(v);
  const slow = `DV.setBigInt64(${addressText(address, offset)}, ${value.text}, true);`;
  const fast = `if (H64[${index}] !== undefined) H64[${index}] = ${value.text}; else `;
  scope.statement(index === null ? slow : fast + slow, [address, value]);
}

/** A float at an offset: code with several `DataView`s is slow where that with several arrays is not. */
function loadAside(scope: Scope, v: ValueId, type: 'f32' | 'f64', base: ValueId, offset: number, viewAt: ViewAt): void {
  const view = viewAt(offset, type);
  const address = scope.useOften(base);
  const { text } = scope.target(v);
  const [shift, width] = type === 'f32' ? [2, 32] : [3, 64];
  const slow = `${text} = DV.getFloat${width}(${addressText(address, offset)}, true);`;
  const index = `(${address.text} >>> ${shift} | ${address.text} << ${32 - shift}) >>> 0`;
  scope.statement(view === null ? slow : `if ((${text} = ${view}[${index}]) === undefined) ${slow}`, [address]);
}

/** A float whose NaNs keep their bits: they are read again as an integer. */
function loadExact(scope: Scope, v: ValueId, type: 'f32' | 'f64', base: ValueId, offset: number, viewAt: ViewAt): void {
  const address = scope.useOften(base);
  const { view, at } = placeOf(address, offset, viewAt);
  const { text } = scope.target(v);
  const [width, bits] = type === 'f32' ? [32, 'getInt32'] : [64, 'getBigInt64'];
  scope.say(`${text} = ${view}.getFloat${width}(${at}, true);`);
  scope.statement(`if (${text} !== ${text}) ${text} = ${type}FromBits(${view}.${bits}(${at}, true));`, [address]);
}

function storeFloat(
  scope: Scope,
  type: 'f32' | 'f64',
  base: ValueId,
  v: ValueId,
  offset: number,
  viewAt: ViewAt,
): void {
  const width = type === 'f32' ? 32 : 64;
  if (!scope.isExact(v)) {
    const address = scope.use(base);
    const value = scope.use(v);
    const { view, at } = placeOf(address, offset, viewAt);
    scope.statement(`${view}.setFloat${width}(${at}, ${value.text}, true);`, [address, value]);
    return;
  }
  const address = scope.useOften(base);
  const value = scope.useOften(v, 'value');
  const { view, at } = placeOf(address, offset, viewAt);
  const bits = type === 'f32' ? 'setInt32' : 'setBigInt64';
  const x = value.text;
  const plain = `if (typeof ${x} === 'number' && ${x} === ${x}) ${view}.setFloat${width}(${at}, ${x}, true);`;
  scope.statement(`${plain} else ${view}.${bits}(${at}, ${type}Bits(${x}), true);`, [address, value]);
}
