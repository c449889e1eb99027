/** Values of the outside (ir value.ts) from and to the cells of a loop. */

import { f32Bits, f32FromBits, f64Bits, f64FromBits, type Type, type Value } from '@sluice/ir';
import type { LoopState } from './state.ts';

/** The value in a cell. */
export function readValue(st: LoopState, cell: number, type: Type): Value {
  switch (type) {
    case 'i32':
      return st.I[cell * 2];
    case 'i64':
      return st.L[cell];
    case 'f32': {
      const value = st.S[cell * 2] as number;
      return Number.isNaN(value) ? f32FromBits(st.I[cell * 2] as number) : value;
    }
    case 'f64': {
      const value = st.D[cell] as number;
      return Number.isNaN(value) ? f64FromBits(st.L[cell] as bigint) : value;
    }
    default:
      return st.R[cell];
  }
}

/** Puts a value into a cell. */
export function writeValue(st: LoopState, cell: number, type: Type, value: Value): void {
  switch (type) {
    case 'i32':
      st.I[cell * 2] = Number(value);
      return;
    case 'i64':
      st.L[cell] = value as bigint;
      return;
    case 'f32':
      st.I[cell * 2] = f32Bits(value);
      return;
    case 'f64':
      st.L[cell] = f64Bits(value);
      return;
    default:
      st.R[cell] = value;
  }
}
