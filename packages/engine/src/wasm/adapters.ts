/**
 * Values between JavaScript and Wasm with all their bits. JavaScript keeps no payload of a NaN and has no v128: functions
 * whose types have floats or vectors are called through small Wasm modules that take and give bits instead,
 *
 *     f32 as i32,   f64 as i64,   v128 as two i64 (low half first)
 *
 * one module for each signature, made when it is first needed. Signatures of integers and references need none.
 */

import { f32Bits, f32FromBits, f64Bits, f64FromBits, type Signature, type Type, type Value } from '@sluice/ir';
import { CodeWriter, encodeModule, instrNamed, type WasmFuncType, type WasmType } from '@sluice/wasm-format';

/** A function that Wasm can call, or an exported function of an instance. */
export type WasmFunction = (...args: unknown[]) => unknown;

/** References to functions as Wasm has them, and back. */
export interface References {
  readonly toWasm: (value: Value) => WasmFunction | null;
  readonly fromWasm: (func: WasmFunction | null) => Value;
}

/** A value of an IR type as a type of Wasm; null: there is none for it. */
export function wasmType(type: Type): WasmType | null {
  return type === 'any' ? null : type;
}

/** A signature as a type of Wasm; throws for `any`, which whoever asks has refused before. */
export function wasmSignature(sig: Signature): WasmFuncType {
  const all = (types: readonly Type[]): readonly WasmType[] =>
    types.map((type) => {
      const found = wasmType(type);
      if (found === null) throw new Error(`a value of type ${type} in Wasm`);
      return found;
    });
  return { params: all(sig.params), results: all(sig.results) };
}

const needBits: ReadonlySet<Type> = new Set(['f32', 'f64', 'v128']);
const f64ReinterpretI64 = instrNamed('f64.reinterpret_i64').bytes;
const i64ReinterpretF64 = instrNamed('i64.reinterpret_f64').bytes;
const f32ReinterpretI32 = instrNamed('f32.reinterpret_i32').bytes;
const i32ReinterpretF32 = instrNamed('i32.reinterpret_f32').bytes;
/** Of v128: `i64x2.splat`, `i64x2.extract_lane`, `i64x2.replace_lane`. */
const vector = { splat: [0xfd, 0x12], extract: [0xfd, 0x1d], replace: [0xfd, 0x1e] } as const;

/** The types that carry the bits of a value. */
function carriers(type: WasmType): readonly WasmType[] {
  if (type === 'f32') return ['i32'];
  if (type === 'f64') return ['i64'];
  return type === 'v128' ? ['i64', 'i64'] : [type];
}

function carried({ params, results }: WasmFuncType): WasmFuncType {
  return { params: params.flatMap(carriers), results: results.flatMap(carriers) };
}

/** Makes functions fit. Holds what it compiled. */
export class Adapters {
  readonly #modules: Map<string, WebAssembly.Module> = new Map();
  readonly #references: References;

  constructor(references: References) {
    this.#references = references;
  }

  /** A function of Wasm, to be called with values. */
  callable(sig: Signature, func: WasmFunction): (args: readonly Value[]) => readonly Value[] {
    const inner = this.#adapted(sig, func, 'in');
    const { params, results } = wasmSignature(sig);
    const plain = params.every(isPlain);
    return (args) => {
      const given = plain ? inner(...args) : inner(...params.flatMap((type, i) => this.#toWasm(type, args[i])));
      if (results.length === 0) return [];
      const [only] = results;
      if (results.length === 1 && only !== undefined && only !== 'v128') return [this.#fromWasm(only, [given], 0)];
      return this.#valuesOf(results, [...(given as Iterable<unknown>)]);
    };
  }

  /** A function on values, for Wasm to import; `asReference`: one that can stand in a table, which only functions of Wasm can. */
  importable(sig: Signature, func: (args: readonly Value[]) => readonly Value[], asReference = false): WasmFunction {
    const { params, results } = wasmSignature(sig);
    const plain = params.every(isPlain);
    const shim = (...args: unknown[]): unknown => {
      const given = func(plain ? (args as Value[]) : this.#valuesOf(params, args));
      if (results.length === 0) return undefined;
      const list = results.flatMap((type, i) => this.#toWasm(type, given[i]));
      return list.length === 1 ? list[0] : list;
    };
    return this.#adapted(sig, shim, 'out', asReference);
  }

  /** `in`: a function of bits that calls the given one; `out`: a function of floats that calls the given one of bits. */
  #adapted(sig: Signature, func: WasmFunction, way: 'in' | 'out', always = false): WasmFunction {
    if (!always && ![...sig.params, ...sig.results].some((type) => needBits.has(type))) return func;
    const key = `${way} ${sig.params.join()} ${sig.results.join()}`;
    let module = this.#modules.get(key);
    if (module === undefined) {
      module = new WebAssembly.Module(adapterModule(wasmSignature(sig), way));
      this.#modules.set(key, module);
    }
    return new WebAssembly.Instance(module, { a: { f: func } }).exports.f as WasmFunction;
  }

  #valuesOf(types: readonly WasmType[], given: readonly unknown[]): readonly Value[] {
    let at = 0;
    return types.map((type) => {
      const value = this.#fromWasm(type, given, at);
      at += type === 'v128' ? 2 : 1;
      return value;
    });
  }

  #toWasm(type: WasmType, value: Value): unknown[] {
    switch (type) {
      case 'f32':
        return [f32Bits(value)];
      case 'f64':
        return [f64Bits(value)];
      case 'v128':
        return [value, (value as bigint) >> 64n];
      case 'funcref':
        return [this.#references.toWasm(value)];
      default:
        return [value];
    }
  }

  #fromWasm(type: WasmType, given: readonly unknown[], at: number): Value {
    const value = given[at];
    switch (type) {
      case 'f32':
        return f32FromBits(value as number);
      case 'f64':
        return f64FromBits(value as bigint);
      case 'v128':
        return BigInt.asUintN(64, value as bigint) | (BigInt.asUintN(64, given[at + 1] as bigint) << 64n);
      case 'funcref':
        return this.#references.fromWasm(value as WasmFunction | null);
      default:
        return value as Value;
    }
  }
}

function isPlain(type: WasmType): boolean {
  return type === 'i32' || type === 'i64' || type === 'externref';
}

/** A module that imports `a.f` and exports `f` with the same parameters and results, on one side as bits. */
function adapterModule(sig: WasmFuncType, way: 'in' | 'out'): Uint8Array<ArrayBuffer> {
  const bits = carried(sig);
  const [inner, outer] = way === 'in' ? [sig, bits] : [bits, sig];
  const w = new CodeWriter();
  const locals: { count: number; type: WasmType }[] = [];
  const fresh = (type: WasmType): number => {
    locals.push({ count: 1, type });
    return outer.params.length + locals.length - 1;
  };
  convert(w, sig.params, way === 'in' ? 'from bits' : 'to bits', 0);
  w.call(0);
  // What the call gave lies in locals, the first result in the first one.
  const given = inner.results.map(fresh);
  for (const local of [...given].reverse()) w.localSet(local);
  convert(w, sig.results, way === 'in' ? 'to bits' : 'from bits', given[0] ?? 0);
  return encodeModule({
    types: [inner, outer],
    imports: [{ module: 'a', field: 'f', what: { kind: 'func', type: 0 } }],
    funcs: [{ type: 1, locals, code: w.take() }],
    exports: [{ name: 'f', kind: 'func', index: 1 }],
  });
}

/** Pushes values that lie in locals from `first` on, in the other form. */
function convert(w: CodeWriter, types: readonly WasmType[], way: 'from bits' | 'to bits', first: number): void {
  let at = first;
  for (const type of types) {
    if (type === 'v128') {
      if (way === 'from bits') {
        w.localGet(at).op(...vector.splat);
        w.localGet(at + 1).op(...vector.replace, 1);
        at += 2;
      } else {
        for (const lane of [0, 1]) w.localGet(at).op(...vector.extract, lane);
        at += 1;
      }
      continue;
    }
    w.localGet(at++);
    if (type === 'f32') w.op(...(way === 'from bits' ? f32ReinterpretI32 : i32ReinterpretF32));
    else if (type === 'f64') w.op(...(way === 'from bits' ? f64ReinterpretI64 : i64ReinterpretF64));
  }
}
