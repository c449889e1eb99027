/**
 * Random programs that Bril can say, emitted at every level and behind random lists of passes: the direct interpreter prints
 * what the reference interpreter prints, and fails where it traps.
 */

import { presets, type TextTarget, translate } from '@sluice/driver';
import { brilHost, checkBril, interpret, parseBril } from '@sluice/frontend-bril';
import { coreTable, formatDiagnostic, interp, type Module, printModule, unwrap, verifyModule } from '@sluice/ir';
import { type Pipeline, pipeline } from '@sluice/pipeline';
import { arbitraryModule, budget, type Features } from '@sluice/testkit';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { sayable } from './support/sayable.ts';

const [text] = presets.languages as readonly [TextTarget];

const features: Partial<Features> = {
  types: ['i32', 'i64', 'f64'],
  ops: new Map([...coreTable].filter(([, op]) => op.dialect !== 'memory')),
  memory: false,
  heap: false,
  indirect: false,
  exceptions: false,
};

/** Fuel of a program, and of what it becomes: choices and functions of the library jump back where it does not. */
const fuel = 2000;

interface Seen {
  readonly stdout: string;
  readonly end: 'done' | 'failed' | 'limit';
}

function reference(m: Module): Seen {
  let stdout = '';
  const host = brilHost(m, (part) => {
    stdout += part;
  });
  const { outcome } = interp.instantiate(m, { host, limits: { fuel, depth: 200 } }).call('start', []);
  return { stdout, end: outcome.kind === 'return' ? 'done' : outcome.kind === 'trap' ? 'failed' : 'limit' };
}

function emitted(m: Module, p: Pipeline): Seen {
  const result = translate(m, p, text, presets);
  if (!result.ok) throw new Error(`${result.diagnostics.map(formatDiagnostic).join('\n')}\n${printModule(m)}`);
  const program = unwrap(parseBril(result.value, 'emitted.bril'));
  const [wrong] = checkBril(program);
  if (wrong !== undefined)
    throw new Error(`behind ${p.name}: ${formatDiagnostic(wrong)}\n${result.value}\n${printModule(m)}`);
  const { outcome, stdout } = interpret(program, [], { fuel: fuel * 500, maxDepth: 400 });
  return { stdout, end: outcome.kind === 'exit' ? 'done' : outcome.kind === 'error' ? 'failed' : 'limit' };
}

function holds(m: Module, p: Pipeline): void {
  const [wrong] = verifyModule(m);
  if (wrong !== undefined) throw new Error(`${formatDiagnostic(wrong)}\n${printModule(m)}`);
  const before = reference(m);
  const after = emitted(m, p);
  if (before.end === 'limit' || after.end === 'limit') return;
  if (before.stdout === after.stdout && before.end === after.end) return;
  throw new Error(`${JSON.stringify(before)}, then ${JSON.stringify(after)} behind ${p.name}\n${printModule(m)}`);
}

const programs = arbitraryModule(features);

describe('random programs', () => {
  test.each(presets.levels)('at %s', { timeout: 120_000 }, (level) => {
    const levelPipeline = presets.levelPipeline(level);
    fc.assert(
      fc.property(programs, ({ module, calls }) => {
        for (const call of calls) holds(sayable(module, call), levelPipeline);
      }),
      budget(15),
    );
  });

  const names = [...presets.passes.keys()];
  test('behind any passes', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(programs, fc.array(fc.constantFrom(...names), { maxLength: 8 }), ({ module, calls }, list) => {
        const [call] = calls;
        if (call === undefined) return;
        holds(
          sayable(module, call),
          pipeline(
            list.join(','),
            list.map((name, i) => `${name}@${i}`),
            presets.passes,
          ),
        );
      }),
      budget(30),
    );
  });
});
