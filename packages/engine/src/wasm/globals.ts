/** Globals of any type, made, read and written with all their bits: JavaScript's own interface does it neither for NaN nor for v128. */

import type { Type, Value } from '@sluice/ir';
import { CodeWriter, constantExpr, encodeModule, opcode, valueConstant, type WasmType } from '@sluice/wasm-format';
import { type Adapters, type WasmFunction, wasmType } from './adapters.ts';

/** A global of an instance. */
export interface GlobalAccess {
  readonly get: () => Value;
  /** Sets it; one that is not mutable keeps its value. */
  readonly set: (value: Value) => void;
}

/** Makes a global. `reference`: its value where it is a reference, as Wasm has it. */
export function makeGlobal(type: Type, mutable: boolean, value: Value, reference: unknown): WebAssembly.Global {
  const known = typeOfGlobal(type);
  if (known === 'funcref' || known === 'externref') {
    return new WebAssembly.Global({ value: known === 'funcref' ? 'anyfunc' : known, mutable }, reference);
  }
  const bytes = encodeModule({
    globals: [{ type: known, mutable, init: constantExpr(valueConstant(known, value)) }],
    exports: [{ name: 'g', kind: 'global', index: 0 }],
  });
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.g as WebAssembly.Global;
}

/** Access to a global by a small module that imports it. */
export function globalAccess(
  type: Type,
  mutable: boolean,
  global: WebAssembly.Global,
  adapters: Adapters,
): GlobalAccess {
  const known = typeOfGlobal(type);
  const func = (index: number, code: CodeWriter) => ({ type: index, locals: [], code: code.take() });
  const get = func(0, new CodeWriter().globalGet(0));
  const set = func(1, new CodeWriter().localGet(0).op(opcode.global_set, 0));
  const bytes = encodeModule({
    types: [
      { params: [], results: [known] },
      { params: [known], results: [] },
    ],
    imports: [{ module: 'a', field: 'g', what: { kind: 'global', type: known, mutable } }],
    funcs: mutable ? [get, set] : [get],
    exports: [
      { name: 'get', kind: 'func', index: 0 },
      ...(mutable ? [{ name: 'set', kind: 'func', index: 1 } as const] : []),
    ],
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { a: { g: global } });
  const read = adapters.callable({ params: [], results: [type] }, exports.get as WasmFunction);
  const write = mutable ? adapters.callable({ params: [type], results: [] }, exports.set as WasmFunction) : null;
  return { get: () => read([])[0], set: (value) => void write?.([value]) };
}

function typeOfGlobal(type: Type): WasmType {
  const found = wasmType(type);
  if (found === null) throw new Error(`a global of type ${type} in Wasm`);
  return found;
}
