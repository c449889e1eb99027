/**
 * Values in 8-byte cells: little endian in the low bytes. The upper half of a cell that holds an i32 or f32 is
 * unspecified, so that generated code may write the low half alone.
 */

import { f32Bits, f32FromBits, f64Bits, f64FromBits, type Type, type Value } from '@sluice/ir';

/** The types whose values are bits of at most 8 bytes; all others are the host's values. */
export type BitsType = 'i32' | 'i64' | 'f32' | 'f64';

/** Whether values of the type fit a cell. */
export function bitsType(type: Type): type is BitsType {
  return type === 'i32' || type === 'i64' || type === 'f32' || type === 'f64';
}

/** Reads a cell at a byte address. */
export function readCell(view: DataView, address: number, type: BitsType): Value {
  switch (type) {
    case 'i32':
      return view.getInt32(address, true);
    case 'i64':
      return view.getBigInt64(address, true);
    case 'f32': {
      const value = view.getFloat32(address, true);
      return !Number.isNaN(value) ? value : f32FromBits(view.getInt32(address, true));
    }
    case 'f64': {
      const value = view.getFloat64(address, true);
      return !Number.isNaN(value) ? value : f64FromBits(view.getBigInt64(address, true));
    }
  }
}

/** Writes a cell at a byte address; all 64 bits of i64 and f64, the low 32 of i32 and f32. */
export function writeCell(view: DataView, address: number, type: BitsType, value: Value): void {
  switch (type) {
    case 'i32':
      view.setInt32(address, Number(value), true);
      return;
    case 'i64':
      view.setBigInt64(address, value as bigint, true);
      return;
    case 'f32':
      view.setInt32(address, f32Bits(value), true);
      return;
    case 'f64':
      view.setBigInt64(address, f64Bits(value), true);
      return;
  }
}
