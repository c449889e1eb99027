/** Constant expressions of a validated module, as the IR has them. */

import { f32FromBits, f64FromBits, type GlobalRef, unwrap, type Value } from '@sluice/ir';
import { constantOf, type WasmConstant, type WasmExpr } from '@sluice/wasm-format';
import type { Context, Names } from './context.ts';
import { vectorOf } from './immediates.ts';

/** A constant's value; of a global, a reference to it. */
export function constantValue(cx: Context, names: Names, expr: WasmExpr): Value | GlobalRef {
  const constant = unwrap(constantOf(expr, cx.file)) as WasmConstant;
  switch (constant.kind) {
    case 'f32':
      return f32FromBits(constant.value);
    case 'f64':
      return f64FromBits(constant.value);
    case 'v128':
      return vectorOf(constant.bytes);
    case 'null':
      return null;
    case 'func':
      return names.funcs[constant.index] as string;
    case 'global':
      return { global: names.globals[constant.index] as string };
    default:
      return constant.value;
  }
}

/** The place of a segment: an unsigned number, or what a global holds. */
export function offsetOf(cx: Context, names: Names, expr: WasmExpr): number | GlobalRef {
  const value = constantValue(cx, names, expr);
  return typeof value === 'number' ? value >>> 0 : (value as GlobalRef);
}
