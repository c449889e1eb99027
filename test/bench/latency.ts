/**
 * From IR to running Wasm: functions of about 50 instructions, optimised before, through the passes that the backend wants,
 * emission, the host's compiler, linking and the first call of each. Answers are checked.
 */

import { findEngine, prepareModule, presets } from '@sluice/driver';
import { decodeModule, encodeModule, interp, type Module, unwrap, type Value } from '@sluice/ir';
import { type Figure, median } from './measure.ts';
import { moduleSize, syntheticModule } from './synthetic.ts';

/** The figures. */
export function latencyFigures(): readonly Figure[] {
  return [figure(1, 0.15, 400), figure(100, 4, 60)];
}

function figure(count: number, limit: number, runs: number): Figure {
  const module = syntheticModule(count, 30);
  const engine = findEngine(presets, 'wasm');
  if (engine?.executes !== 'module') throw new Error('there is no engine wasm');
  const args: readonly Value[] = [7n, 40];
  const wanted = module.funcs.map(({ name }) => resultOf(interp.instantiate(module).call(name, args).outcome));
  const bytes = encodeModule(module, { debug: true });
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) {
    const fresh: Module = unwrap(decodeModule(bytes, { file: 'bench' }));
    const start = performance.now();
    const instance = engine.instantiate(prepareModule(fresh, engine, presets), {});
    const given = fresh.funcs.map(({ name }) => instance.call(name, args).outcome);
    samples.push(performance.now() - start);
    for (const [k, outcome] of given.entries()) {
      if (resultOf(outcome) !== wanted[k]) throw new Error(`latency: @f${k} gives another result`);
    }
  }
  const size = Math.round(moduleSize(module) / count);
  const warm = median(samples.slice(samples.length >> 1));
  return { name: `${count} functions of ${size} instructions, IR to all called: ms`, value: warm, limit };
}

function resultOf(outcome: { readonly kind: string; readonly values?: readonly Value[] }): Value {
  if (outcome.kind !== 'return') throw new Error(`latency: ${outcome.kind}`);
  return outcome.values?.[0];
}
