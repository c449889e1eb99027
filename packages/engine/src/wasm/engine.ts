/**
 * Engine `wasm`: a module's functions as one Wasm module that the host's own compiler turns into machine code. What is emitted,
 * and the passes before, are given as a value.
 */

import { defaultLimits, type Engine, type Module } from '@sluice/ir';
import type { WasmEmitter } from '@sluice/wasm-format';
import { type Compiled, compile } from './compile.ts';
import { makeInstance } from './instance.ts';
import type { Variant } from './plan.ts';

/**
 * The engine over an emitter. Modules must be prepared as the emitter wants them. Code is made when an instance is, once for
 * each module and variant. Throws `DiagnosticError` for what Wasm has no form for (see `refusal`).
 */
export function wasmEngine(emit: WasmEmitter): Engine<Module> & { readonly compile: (m: Module) => Compiled } {
  const known = new WeakMap<Module, Map<string, Compiled>>();
  const compiled = (m: Module, variant: Variant): Compiled => {
    const variants = known.get(m) ?? new Map<string, Compiled>();
    known.set(m, variants);
    const key = `${variant.ticks} ${variant.depth}`;
    const found = variants.get(key) ?? compile(m, variant, emit);
    variants.set(key, found);
    return found;
  };
  return {
    name: 'wasm',
    compile: (m) => compiled(m, { ticks: false, depth: false }),
    instantiate: (m, options = {}) => {
      const { fuel = null, depth = defaultLimits.depth } = options.limits ?? {};
      const ticks = fuel !== null || (options.signal ?? null) !== null;
      // The default is more than the host's own stack holds: its end is the limit then.
      return makeInstance(m, compiled(m, { ticks, depth: depth < defaultLimits.depth }), options);
    },
  };
}
