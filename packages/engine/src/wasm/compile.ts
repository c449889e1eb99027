/**
 * From a module to compiled Wasm: what the emitter gives, with what the engine adds. Memory, and the two memories of the heap,
 * are imported, so that host and other instances share them; everything is exported under short names, so that the host reaches
 * it; data and the start function are the host's matter (their failure has an outcome).
 *
 *   imports   x k: extra import k      h k: import k of the module      e m, e c, e t: memory, heap cells, heap table
 *             g k, t k: imported global k, table k
 *   exports   f k: function k     g k: global k     t k: table k     x k: extra global k
 */

import { DiagnosticError, type Module, type Type } from '@sluice/ir';
import {
  constantExpr,
  encodeModule,
  type WasmEmitter,
  type WasmExport,
  type WasmGlobal,
  type WasmImport,
  type WasmModule,
} from '@sluice/wasm-format';
import { notInWasm } from '../diag-codes.ts';
import { extraGlobals, type Plan, planOf, type Variant } from './plan.ts';

/** Compiled code and what it needs. */
export interface Compiled {
  readonly plan: Plan;
  readonly code: WebAssembly.Module;
  /** Bytes of the module. */
  readonly size: number;
}

/** Why a module cannot be run as Wasm; null: it can. */
export function refusal(m: Module): string | null {
  for (const f of m.funcs) {
    if (usesAny([...f.sig.params, ...f.sig.results, ...f.slots])) return `@${f.name} has values of type any`;
    for (const inst of f.insts) if (inst?.type === 'any') return `@${f.name} computes a value of type any`;
  }
  const imported = m.imports.find(({ sig }) => usesAny([...sig.params, ...sig.results]));
  if (imported !== undefined) return `@${imported.name} takes or gives a value of type any`;
  const global = m.globals.find(({ type }) => type === 'any');
  return global === undefined ? null : `global @${global.name} is of type any`;
}

function usesAny(types: readonly Type[]): boolean {
  return types.includes('any');
}

/** Compiles. Throws `DiagnosticError` where Wasm has no form for the module, or V8 refuses it. */
export function compile(m: Module, variant: Variant, emit: WasmEmitter): Compiled {
  const why = refusal(m);
  if (why !== null) throw new DiagnosticError(notInWasm(m.name, why));
  const plan = planOf(m, variant);
  const extra = plan.extra.map(({ type }, k) => ({ module: 'x', field: `${k}`, type }));
  const bytes = encodeModule(linkable(m, plan, emit(m, { hooks: plan.hooks, extra })));
  try {
    return { plan, code: new WebAssembly.Module(bytes), size: bytes.length };
  } catch (error) {
    // The code is valid; what is refused is beyond what V8 takes (50,000 locals, 7.6 MB for a function, ...).
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new DiagnosticError(notInWasm(m.name, error.message));
  }
}

/** The emitted module with the engine's own imports and exports. */
function linkable(m: Module, plan: Plan, emitted: WasmModule): WasmModule {
  const anySize = { kind: 'memory', limits: { min: 0, max: null } } as const;
  const counts = { func: 0, global: 0, table: 0, memory: 0 };
  const imports: WasmImport[] = [];
  // Memory is number 0, which code may name (`memory.size`) even where the module has none.
  if (m.memory !== null || plan.usesHeap || emitted.memories.length > 0) {
    imports.push({ module: 'e', field: 'm', what: anySize });
  }
  if (plan.usesHeap) {
    imports.push({ module: 'e', field: 'c', what: anySize }, { module: 'e', field: 't', what: anySize });
  }
  for (const item of emitted.imports) {
    const { kind } = item.what;
    if (kind === 'memory') continue;
    const k = counts[kind]++;
    if (kind !== 'func') imports.push({ ...item, module: kind === 'global' ? 'g' : 't', field: `${k}` });
    else if (k < plan.extra.length) imports.push(item);
    else imports.push({ ...item, module: 'h', field: `${k - plan.extra.length}` });
  }
  const zero = constantExpr({ kind: 'i32', value: 0 });
  const globals: WasmGlobal[] = [
    ...emitted.globals,
    ...Object.keys(extraGlobals).map((): WasmGlobal => ({ type: 'i32', mutable: true, init: zero })),
  ];
  const firstFunc = plan.extra.length + m.imports.length;
  const exports: WasmExport[] = [
    ...m.funcs.map((_, k): WasmExport => ({ name: `f${k}`, kind: 'func', index: firstFunc + k })),
    ...m.imports.map((_, k): WasmExport => ({ name: `h${k}`, kind: 'func', index: plan.extra.length + k })),
    ...m.globals.map((_, k): WasmExport => ({ name: `g${k}`, kind: 'global', index: k })),
    ...m.tables.map((_, k): WasmExport => ({ name: `t${k}`, kind: 'table', index: k })),
    ...Object.values(extraGlobals).map(
      (k): WasmExport => ({ name: `x${k}`, kind: 'global', index: m.globals.length + k }),
    ),
  ];
  const passive = m.data.some(({ offset }) => offset === null);
  const data = emitted.data.map((segment) =>
    segment.mode.kind === 'passive' ? segment : { mode: { kind: 'passive' } as const, bytes: new Uint8Array() },
  );
  return {
    ...emitted,
    imports,
    memories: [],
    globals,
    exports,
    start: null,
    // Tables hold what the shared ones hold.
    elements: [],
    data: passive ? data : [],
    dataCount: passive,
    customs: [],
  };
}
