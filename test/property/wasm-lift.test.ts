/**
 * Random programs emitted as Wasm and lifted again pass the verifier and show what they showed before, on the reference
 * interpreter. A failure prints seed and path.
 */

import { emitWasm, prepare } from '@sluice/backend-wasm';
import { loadWasm } from '@sluice/frontend-wasm';
import {
  type Instance,
  type InstanceOptions,
  interp,
  type Module,
  printModule,
  unwrap,
  verifyModule,
} from '@sluice/ir';
import { passes } from '@sluice/passes';
import { pipeline, runPipeline } from '@sluice/pipeline';
import { arbitraryModule, budget, difference, type Observation, observe, describe as told } from '@sluice/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { levelPipelines } from '../support/engines.ts';

const lower = pipeline('wasm', prepare, passes);

function lift(bytes: Uint8Array): Module {
  const m = unwrap(loadWasm(bytes, { file: 'emitted.wasm' }));
  expect(verifyModule(m)).toEqual([]);
  return m;
}

/** An instance of what was lifted, under the names that the program had: functions and globals keep their order. */
function renamed(program: Module, lifted: Module, options: InstanceOptions): Instance {
  const instance = interp.instantiate(lifted, options);
  const nameIn = (from: readonly { readonly name: string }[], to: readonly { readonly name: string }[], name: string) =>
    to[from.findIndex((item) => item.name === name)]?.name ?? name;
  return {
    ...instance,
    call: (name, args) => instance.call(nameIn(program.funcs, lifted.funcs, name), args),
    global: (name) => instance.global(nameIn(program.globals, lifted.globals, name)),
    memory: () => instance.memory(),
    liveAllocations: () => instance.liveAllocations(),
  };
}

/**
 * What was seen, in the program's words: Wasm has one trap for all that a program asks for by itself, and functions whose names
 * are mere numbers are named anew.
 */
function asWanted(seen: Observation, wanted: Observation, program: Module, lifted: Module): Observation {
  const { outcome } = seen;
  const asked = outcome.kind === 'trap' && outcome.trap === 'unreachable' && wanted.outcome.kind === 'trap';
  const names = new Map(lifted.funcs.map(({ name }, i) => [name, program.funcs[i]?.name ?? name]));
  return {
    ...seen,
    outcome: asked ? wanted.outcome : outcome,
    tables: seen.tables.map((text) => text.replace(/\bf\d+\b/g, (name) => names.get(name) ?? name)),
  };
}

describe.each(levelPipelines().filter(({ name }) => name === 'O0' || name === 'O3'))('$name', (level) => {
  test('random programs', () => {
    fc.assert(
      fc.property(arbitraryModule({ heap: false }), ({ module, calls }) => {
        const program = runPipeline(runPipeline(module, level).module, lower).module;
        const lifted = lift(emitWasm(program));
        expect(lifted.exports.map(({ external, kind }) => [external, kind])).toEqual(
          program.exports.map(({ external, kind }) => [external, kind]),
        );
        for (const call of calls) {
          const wanted = observe((o) => interp.instantiate(module, o), module, call);
          const seen = observe((o) => renamed(program, lifted, o), module, call);
          expect(
            difference(wanted, asWanted(seen, wanted, program, lifted)),
            `${told(wanted)}\n${printModule(program)}`,
          ).toBe(null);
        }
      }),
      budget(100),
    );
  });
});
