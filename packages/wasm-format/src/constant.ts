/** Constant expressions: of globals, and of the places and elements of segments. */

import { attempt, f32Bits, f64Bits, type Result, type Value } from '@sluice/ir';
import { CodeWriter } from './code.ts';
import { InstrReader } from './instr-reader.ts';
import type { WasmExpr, WasmRefType, WasmType } from './module.ts';
import { opcode } from './opcode.ts';

/** What a constant expression of one instruction gives. Floats as their bits: NaNs keep theirs. */
export type WasmConstant =
  | { readonly kind: 'i32' | 'f32'; readonly value: number }
  | { readonly kind: 'i64' | 'f64'; readonly value: bigint }
  | { readonly kind: 'v128'; readonly bytes: Uint8Array }
  | { readonly kind: 'null'; readonly type: WasmRefType }
  | { readonly kind: 'func' | 'global'; readonly index: number };

/** The constant that an expression is; null where it is more than one instruction, or one that is no constant. */
export function constantOf(expr: WasmExpr, file: string): Result<WasmConstant | null> {
  return attempt(() => {
    const r = new InstrReader(expr.code, file, expr.at ?? 0);
    if (!r.next()) return null;
    const constant = present(r);
    return r.next() ? null : constant;
  });
}

function present(r: InstrReader): WasmConstant | null {
  switch (r.number) {
    case opcode.i32_const:
      return { kind: 'i32', value: r.i32 };
    case opcode.f32_const:
      return { kind: 'f32', value: r.lo };
    case opcode.i64_const:
      return { kind: 'i64', value: r.i64 };
    case opcode.f64_const:
      return { kind: 'f64', value: r.i64 };
    case opcode.ref_null:
      return { kind: 'null', type: r.index === 0x70 ? 'funcref' : 'externref' };
    case opcode.ref_func:
      return { kind: 'func', index: r.index };
    case opcode.global_get:
      return { kind: 'global', index: r.index };
    default:
      return r.number === v128Const ? { kind: 'v128', bytes: r.bytes16 } : null;
  }
}

const v128Const = 0x20c;

/** A value of the IR as a constant. References to functions are the emitter's matter: they are names. */
export function valueConstant(type: Exclude<WasmType, WasmRefType>, value: Value): WasmConstant {
  switch (type) {
    case 'i32':
      return { kind: 'i32', value: value as number };
    case 'i64':
      return { kind: 'i64', value: value as bigint };
    case 'f32':
      return { kind: 'f32', value: f32Bits(value) };
    case 'f64':
      return { kind: 'f64', value: f64Bits(value) };
    case 'v128': {
      const view = new DataView(new ArrayBuffer(16));
      view.setBigUint64(0, BigInt.asUintN(64, value as bigint), true);
      view.setBigUint64(8, BigInt.asUintN(64, (value as bigint) >> 64n), true);
      return { kind: 'v128', bytes: new Uint8Array(view.buffer) };
    }
  }
}

/** The expression of one instruction that gives a constant. */
export function constantExpr(constant: WasmConstant): WasmExpr {
  const w = new CodeWriter(24);
  writeConstant(w, constant);
  return { code: w.take() };
}

/** Writes the instruction that gives a constant. */
export function writeConstant(w: CodeWriter, c: WasmConstant): void {
  switch (c.kind) {
    case 'i32':
      w.i32Const(c.value);
      return;
    case 'i64':
      w.i64Const(c.value);
      return;
    case 'f32':
      w.byte(opcode.f32_const);
      w.fixed32(c.value);
      return;
    case 'f64':
      w.byte(opcode.f64_const);
      w.fixed64(c.value);
      return;
    case 'v128':
      w.op(0xfd, 0x0c).bytes(c.bytes);
      return;
    case 'null':
      w.refNull(c.type);
      return;
    case 'func':
      w.refFunc(c.index);
      return;
    default:
      w.globalGet(c.index);
  }
}
