/**
 * Random valid WebAssembly modules that end: every instruction of the op table that Wasm has, blocks and loops with parameters
 * and results, branches out of them, dead code behind them, calls, tables, memory, references and vectors. Written straight as
 * bytes, so that a decoder and a lifter meet what no emitter of ours would write.
 *
 * Loops count down a local of their own; calls go to functions with lower numbers only. Every NaN that arithmetic makes is
 * replaced by the canonical one, since its bits are not the same everywhere; so memory and results are comparable bit for bit.
 */

import {
  constantExpr,
  encodeModule,
  type WasmFunc,
  type WasmFuncType,
  type WasmModule,
  type WasmType,
} from '@sluice/wasm-format';
import { Body } from './generate-body.ts';
import { allTypes, numeric, tableSize } from './generate-instr.ts';
import type { Random } from './random.ts';

/** A module with the signatures of what it exports as `f0`, `f1`, ... */
export interface GeneratedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly funcs: readonly WasmFuncType[];
}

/** A module from random numbers; `size`: about how many expressions a function has. */
export function generateModule(random: Random, size: number): GeneratedModule {
  const types: WasmFuncType[] = [];
  const typeIndex = (params: readonly WasmType[], results: readonly WasmType[]): number => {
    const found = types.findIndex((t) => `${t.params}>${t.results}` === `${params}>${results}`);
    return found >= 0 ? found : types.push({ params, results }) - 1;
  };
  const signatures = Array.from({ length: 2 + random.below(4) }, (): WasmFuncType => {
    const list = (most: number, from: readonly WasmType[]) =>
      Array.from({ length: random.below(most) }, () => random.pick(from));
    return { params: list(4, numeric), results: list(3, numeric) };
  });
  const globals = allTypes.flatMap((type) => [type]);
  const funcs = signatures.map((sig, i): WasmFunc => {
    const type = typeIndex(sig.params, sig.results);
    const body = new Body({ random, size, sig, signatures, index: i, globals, typeIndex });
    return { type, ...body.make() };
  });
  const zero = (type: WasmType) => {
    if (type === 'funcref' || type === 'externref') return constantExpr({ kind: 'null', type });
    if (type === 'v128') return constantExpr({ kind: 'v128', bytes: new Uint8Array(16).fill(7) });
    return type === 'i64' || type === 'f64'
      ? constantExpr({ kind: type, value: BigInt(random.below(1000)) })
      : constantExpr({ kind: type, value: random.below(1000) });
  };
  const at = constantExpr({ kind: 'i32', value: 0 });
  const module: WasmModule = {
    types,
    imports: [],
    funcs,
    tables: [{ type: 'funcref', limits: { min: tableSize, max: tableSize } }],
    memories: [{ min: 1, max: 2 }],
    globals: globals.map((type) => ({ type, mutable: true, init: zero(type) })),
    exports: [
      { name: 'memory', kind: 'memory', index: 0 },
      ...funcs.map((_, index) => ({ name: `f${index}`, kind: 'func' as const, index })),
    ],
    start: null,
    elements: [{ type: 'funcref', mode: { kind: 'active', target: 0, offset: at }, items: funcs.map((_, i) => i) }],
    dataCount: true,
    data: [
      {
        mode: { kind: 'active', target: 0, offset: at },
        bytes: Uint8Array.from({ length: 64 }, () => random.below(256)),
      },
      { mode: { kind: 'passive' }, bytes: Uint8Array.from({ length: 20 }, () => random.below(256)) },
    ],
    customs: [],
  };
  return { bytes: encodeModule(module), funcs: signatures };
}
