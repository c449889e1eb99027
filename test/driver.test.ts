/** The embedding API as a user calls it: own host functions, limits, an AbortSignal. */

import { type EngineEntry, findEngine, load, pipelineFor, prepare, presets } from '@sluice/driver';
import { unwrap, type Value } from '@sluice/ir';
import { describe, expect, test } from 'vitest';

const text = `
import @log(i64) -> i64 from "mine" "log"
start @main
func @main(%n: i64) -> i64 {
^entry:
  %zero = i64.const 0
  br ^loop
^loop:
  %i = phi i64 [^entry: %zero], [^loop: %next]
  %one = i64.const 1
  %next = i64.add %i, %one
  %seen = call_host i64 @log(%next)
  %more = i64.lt_s %next, %n
  br_if %more, ^loop, ^exit
^exit:
  ret %seen
}
`;

const engines = presets.engines.filter(({ executes }) => executes !== 'source').map(({ name }) => name);

describe.each(engines)('%s', (engine) => {
  const loaded = unwrap(load(presets, new TextEncoder().encode(text), 'own.ir'));
  const prepared = unwrap(prepare(presets, loaded, 'own.ir', { engine, pipeline: presets.levelPipeline('O2') }));

  test('calls host functions of the embedder', () => {
    const seen: Value[] = [];
    const host = new Map([
      [
        'mine.log',
        (value: Value) => {
          seen.push(value);
          return (value as bigint) * 10n;
        },
      ],
    ]);
    const out: string[] = [];
    const report = unwrap(prepared.run({ args: ['3'], out: (piece) => void out.push(piece), host }));
    expect([seen, out.join(''), report.verdict.code]).toEqual([[1n, 2n, 3n], '30\n', 0]);
  });

  test('says which import is missing', () => {
    const ran = prepared.run({ args: ['3'], out: () => {} });
    expect(ran.ok ? '' : ran.diagnostics[0]?.code).toBe('SL0607');
  });

  test('obeys an AbortSignal', () => {
    const stop = new AbortController();
    const host = new Map([
      [
        'mine.log',
        (value: Value) => {
          if (value === 100n) stop.abort();
          return value;
        },
      ],
    ]);
    const args = ['100000000'];
    const report = unwrap(prepared.run({ args, out: () => {}, host, signal: stop.signal }));
    expect(report.verdict).toEqual({ code: 3, message: 'aborted' });
  });
});

test('what runs in JavaScript gets no loops of vectors, which would be slower there', () => {
  const hasVectors = (engine: string): boolean =>
    pipelineFor(presets.levelPipeline('O3'), findEngine(presets, engine) as EngineEntry, presets).instances.some(
      ({ pass }) => pass.name === 'simd-lower',
    );
  expect(engines.filter(hasVectors)).toEqual(['interp', 'register', 'wasm']);
});
