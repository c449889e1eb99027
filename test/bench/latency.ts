/**
 * From IR to running Wasm: functions of about 50 instructions, optimised before, through the passes that the backend wants,
 * emission, the host's compiler, linking and the first call of each. Answers are checked. Milliseconds of this thread, on a machine
 * that takes `usualUnit` nanoseconds for a unit of the calibration loop.
 */

import { findEngine, prepareModule, presets } from '@sluice/driver';
import { decodeModule, encodeModule, interp, type Module, unwrap, type Value } from '@sluice/ir';
import { type Figure, time } from './measure.ts';
import { moduleSize, syntheticModule } from './synthetic.ts';

const usualUnit = 0.95;

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
  const run = (fresh: Module): void => {
    const instance = engine.instantiate(prepareModule(fresh, engine, presets), {});
    for (const [k, { name }] of fresh.funcs.entries()) {
      if (resultOf(instance.call(name, args).outcome) !== wanted[k]) throw new Error(`latency: @${name} is wrong`);
    }
  };
  const { ms, unitNs } = time(runs, runs, () => unwrap(decodeModule(bytes, { file: 'bench' })), run);
  const size = Math.round(moduleSize(module) / count);
  const value = (ms * usualUnit) / unitNs;
  return { name: `${count} functions of ${size} instructions, IR to all called: ms`, value, limit };
}

function resultOf(outcome: { readonly kind: string; readonly values?: readonly Value[] }): Value {
  if (outcome.kind !== 'return') throw new Error(`latency: ${outcome.kind}`);
  return outcome.values?.[0];
}
