/** A metered program answers as before, pays for what it did, and is stopped where it may not go on; on every engine. */
import { readFileSync } from 'node:fs';
import { load, prepare, presets, translate } from '@sluice/driver';
import { unwrap, verifyModule } from '@sluice/ir';
import { pipeline } from '@sluice/pipeline';
import { describe, expect, test } from 'vitest';
import meter from '../src/meter.ts';

const file = 'sum.ir';
const loaded = unwrap(load(presets, readFileSync(new URL('../sum.ir', import.meta.url)), file));
const passes = new Map([...presets.passes, [meter.name, meter] as const]);
const metered = (gas: number) => pipeline('metered', [`meter(gas=${gas})`], passes);
const engines = presets.engines.filter(({ executes }) => executes !== 'source').map(({ name }) => name);

describe.each(engines)('on %s', (engine) => {
  const run = (gas: number, n: number) => {
    const parts: string[] = [];
    const prepared = unwrap(prepare(presets, loaded, file, { engine, pipeline: metered(gas) }));
    const { verdict } = unwrap(prepared.run({ args: [String(n)], out: (text) => void parts.push(text) }));
    return [verdict.code, parts.join('')];
  };

  test('what is paid for runs', () => expect(run(1000, 10)).toEqual([0, '55\n']));
  test('what is not, traps', () => expect(run(1000, 1_000_000)).toEqual([1, '']));
});

test('as Wasm, gas is a global that the host reads and fills', () => {
  const target = presets.binaries.find(({ name }) => name === 'wasm');
  if (target === undefined) throw new Error('there is no target wasm');
  const bytes = Uint8Array.from(unwrap(translate(loaded.module, metered(100), target, presets)));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const gas = exports['meter.gas'] as WebAssembly.Global;
  const sum = exports.sum as (n: number) => number;
  expect(sum(10)).toBe(55);
  // 11 tests and the end: one each; 10 times the loop's body: two.
  expect(gas.value).toBe(100n - 11n - 1n - 20n);
  gas.value = 5n;
  expect(() => sum(10)).toThrow(WebAssembly.RuntimeError);
  gas.value = 1000n;
  expect(sum(10)).toBe(55);
});

test('what was metered is not metered again', () => {
  const once = meter.run(loaded.module, contextOf());
  expect(verifyModule(once)).toEqual([]);
  expect(meter.run(once, contextOf())).toBe(once);
});

function contextOf(): Parameters<typeof meter.run>[1] {
  return {
    module: loaded.module,
    ops: presets.ops,
    options: { gas: 10 },
    rewrite: () => true,
    declined: () => undefined,
    choose: (_, answer) => answer,
    enter: () => undefined,
  };
}
