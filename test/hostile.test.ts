/**
 * Hostile input, end to end: mutants of our own programs in every input format. Each outcome is a diagnostic or a module that
 * verifies; what loads is optimised and run with small limits, and ends without another exception.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeProgram, resealed } from '@sluice/bytecode';
import { findEngine, load, lower, prepare, presets } from '@sluice/driver';
import { parseBril, toJson } from '@sluice/frontend-bril';
import { encodeModule, formatDiagnostic, printModule, unwrap } from '@sluice/ir';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { repoRoot } from './corpus.ts';

const deep = process.env.SLUICE_DEEP === '1';
const seed = process.env.SLUICE_SEED === undefined ? 20261120 : Number(process.env.SLUICE_SEED);

interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Makes a mutant reach the decoder behind the checksum. */
  readonly seal: (bytes: Uint8Array) => Uint8Array;
}

const same = (bytes: Uint8Array): Uint8Array => bytes;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function examples(folder: string): readonly { readonly name: string; readonly text: string }[] {
  const path = join(repoRoot, 'examples', folder);
  return readdirSync(path)
    .filter((name) => /\.(bril|sasm)$/.test(name))
    .map((name) => ({ name, text: readFileSync(join(path, name), 'utf8') }));
}

function samples(): readonly Sample[] {
  const stack = findEngine(presets, 'stack');
  return [
    ...examples('bril').flatMap(({ name, text }): Sample[] => {
      const { module } = unwrap(load(presets, encode(text), name));
      const made: Sample[] = [
        { name, bytes: encode(text), seal: same },
        { name: name.replace('.bril', '.json'), bytes: encode(toJson(unwrap(parseBril(text, name)))), seal: same },
        { name: name.replace('.bril', '.ir'), bytes: encode(printModule(module)), seal: same },
        { name: name.replace('.bril', '.irb'), bytes: encodeModule(module), seal: same },
      ];
      if (stack?.executes === 'program') {
        const { program } = lower(module, stack.target, presets);
        made.push({
          name: name.replace('.bril', '.sbc'),
          bytes: encodeProgram(program, { debug: true }),
          seal: resealed,
        });
      }
      return made;
    }),
    ...examples('stack').map(({ name, text }): Sample => ({ name, bytes: encode(text), seal: same })),
  ];
}

/** A few edits: a byte changed, a piece taken out, doubled, or moved. */
const edit = fc.record({
  kind: fc.constantFrom('set', 'flip', 'cut', 'double', 'move', 'end'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 40 }),
  byte: fc.integer({ min: 0, max: 255 }),
});

function mutate(
  bytes: Uint8Array,
  { kind, at, length, byte }: typeof edit extends fc.Arbitrary<infer T> ? T : never,
): Uint8Array {
  const from = Math.min(Math.floor(at * bytes.length), Math.max(bytes.length - 1, 0));
  const list = [...bytes];
  const piece = list.slice(from, from + length);
  switch (kind) {
    case 'set':
      list[from] = byte;
      break;
    case 'flip':
      list[from] = (list[from] ?? 0) ^ (1 << (byte & 7));
      break;
    case 'cut':
      list.splice(from, length);
      break;
    case 'double':
      list.splice(from, 0, ...piece);
      break;
    case 'move':
      list.splice(from, piece.length);
      list.splice(byte % (list.length + 1), 0, ...piece);
      break;
    default:
      list.length = from;
  }
  return Uint8Array.from(list);
}

const all = samples();
const mutant = fc
  .tuple(fc.constantFrom(...all), fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([{ name, bytes, seal }, edits]) => ({ name, bytes: seal(edits.reduce(mutate, bytes)) }));

test('mutants load or are refused with diagnostics', () => {
  let loads = 0;
  fc.assert(
    fc.property(mutant, ({ name, bytes }) => {
      const loaded = load(presets, bytes, name);
      if (loaded.ok) loads++;
      else {
        expect(loaded.diagnostics.length).toBeGreaterThan(0);
        for (const found of loaded.diagnostics) expect(formatDiagnostic(found)).toMatch(/: error\[SL\d{4}\]: /);
      }
    }),
    { numRuns: deep ? 100_000 : 8000, seed },
  );
  expect(loads).toBeGreaterThan(0);
});

test('mutants that load run to an end on every engine', () => {
  const limits = { fuel: 2000, depth: 200, memory: 1 << 22 };
  let runs = 0;
  fc.assert(
    fc.property(mutant, ({ name, bytes }) => {
      const loaded = load(presets, bytes, name);
      if (!loaded.ok || loaded.value.entry === null) return;
      for (const engine of ['interp', 'stack', 'register']) {
        const prepared = unwrap(
          prepare(presets, loaded.value, name, { engine, pipeline: presets.levelPipeline('O2') }),
        );
        const ran = prepared.run({ args: ['7'], out: () => {}, limits });
        if (ran.ok) runs++;
      }
    }),
    { numRuns: deep ? 20_000 : 1500, seed },
  );
  expect(runs).toBeGreaterThan(0);
});
