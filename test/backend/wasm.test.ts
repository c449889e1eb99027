/** Random programs as Wasm, run by the host, show what the reference interpreter shows; at several levels. */

import { emitModule, prepare } from '@sluice/backend-wasm';
import { interp, type Module, type Outcome, printModule, type Type, trapKinds, type Value, zeroOf } from '@sluice/ir';
import { passes } from '@sluice/passes';
import { pipeline, runPipeline } from '@sluice/pipeline';
import {
  arbitraryModule,
  budget,
  type Call,
  difference,
  type Observation,
  observe,
  recordingHost,
  describe as told,
} from '@sluice/testkit';
import { encodeModule } from '@sluice/wasm-format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { levelPipelines } from '../support/engines.ts';

/** What the host says of traps, and which kinds may be meant. */
const kinds: readonly (readonly [RegExp, readonly string[]])[] = [
  [/divide by zero|remainder by zero/, ['integer-divide-by-zero']],
  [/divide result unrepresentable/, ['integer-overflow']],
  [/float unrepresentable/, ['integer-overflow', 'invalid-conversion']],
  [/memory access out of bounds|table index is out of bounds|table access out of bounds/, ['out-of-bounds']],
  [/null function or function signature mismatch/, ['null-reference', 'indirect-call-type']],
  // The terminator `trap` of any kind.
  [/unreachable/, trapKinds],
];

function trapOf(error: unknown, wanted: Outcome): Outcome {
  if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  const found = kinds.find(([message]) => message.test(error.message))?.[1] ?? [];
  const trap = wanted.kind === 'trap' && found.includes(wanted.trap) ? wanted.trap : (found[0] ?? 'unreachable');
  return { kind: 'trap', trap: trap as 'unreachable', at: null };
}

/** What the host shows of a call. */
function observeWasm(m: Module, bytes: BufferSource, call: Call, wanted: Observation): Observation {
  const hostCalls: Observation['hostCalls'][number][] = [];
  const host = recordingHost(m, (name, args) => hostCalls.push({ name, args, memory: '' }));
  const imports: Record<string, Record<string, unknown>> = {};
  for (const { module, field, sig } of m.imports) {
    imports[module] ??= {};
    imports[module][field] = (...args: Value[]) => {
      const results = host.get(`${module}.${field}`)?.(...args.map((arg, i) => inward(sig.params[i] as Type, arg)));
      return Array.isArray(results) && sig.results.length === 1 ? results[0] : results;
    };
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports as WebAssembly.Imports);
  const f = m.funcs.find(({ name }) => name === call.func);
  const types = f?.sig.results ?? [];
  let outcome: Outcome;
  try {
    const result = (exports[`f:${call.func}`] as (...args: unknown[]) => unknown)(...call.args.map(outward));
    const values = (types.length === 0 ? [] : types.length === 1 ? [result] : result) as Value[];
    outcome = { kind: 'return', values: values.map((value, i) => inward(types[i] as Type, value)) };
  } catch (error) {
    outcome = trapOf(error, wanted.outcome);
  }
  const memory = exports['memory:'] as WebAssembly.Memory | undefined;
  const globals = wanted.globals.map(({ name, type }) => ({
    name,
    type,
    value: inward(type, (exports[`g:${name}`] as WebAssembly.Global).value),
  }));
  return { ...wanted, outcome, hostCalls, memory: memory === undefined ? '' : hex(memory), globals };
}

// The bits of a NaN are not seen through the host's numbers.
const outward = (value: Value): unknown => value;
const inward = (type: Type, value: unknown): Value => (value === undefined ? zeroOf(type) : (value as Value));

function hex(memory: WebAssembly.Memory): string {
  return Buffer.from(memory.buffer).toString('base64');
}

/** All of a module's insides, shown. */
function open(m: Module): Uint8Array<ArrayBuffer> {
  const emitted = emitModule(m);
  const first = m.imports.length;
  return encodeModule({
    ...emitted,
    exports: [
      ...m.funcs.map(({ name }, i) => ({ name: `f:${name}`, kind: 'func' as const, index: first + i })),
      ...m.globals.map(({ name }, i) => ({ name: `g:${name}`, kind: 'global' as const, index: i })),
      ...(m.memory === null ? [] : [{ name: 'memory:', kind: 'memory' as const, index: 0 }]),
    ],
  });
}

const levels = levelPipelines();
const lower = pipeline('wasm', prepare, passes);

describe.each(levels)('$name', (level) => {
  test('random programs', () => {
    fc.assert(
      fc.property(arbitraryModule({ heap: false }), ({ module, calls }) => {
        const m = runPipeline(runPipeline(module, level).module, lower).module;
        const bytes = open(m);
        for (const call of calls) {
          // A number has no bits of a NaN.
          const { params } = m.funcs.find(({ name }) => name === call.func)?.sig ?? { params: [] };
          if (call.args.some((arg, i) => typeof arg === 'bigint' && params[i] !== 'i64')) continue;
          let memory = '';
          const instantiate: typeof interp.instantiate extends (m: Module, o?: infer O) => infer R
            ? (o: O) => R
            : never = (o) => {
            const instance = interp.instantiate(module, o);
            memory = '';
            return {
              ...instance,
              memory: () => {
                const now = instance.memory();
                memory = Buffer.from(now).toString('base64');
                return now;
              },
            };
          };
          const seen = observe(instantiate, module, call, { stateAtHostCalls: false });
          if (seen.outcome.kind === 'resource') continue;
          const wanted = { ...seen, memory: m.memory === null ? '' : memory };
          const got = observeWasm(m, bytes, call, wanted);
          expect(difference(wanted, got), `${told(wanted)}\n${printModule(m)}`).toBe(null);
        }
      }),
      budget(150),
    );
  });
});
