/**
 * Text and binary forms of everything that the corpus and our examples become: IR, stack code and register code, at O0 and
 * O3. Printing what was read gives the same text; encoding what was decoded gives the same bytes.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  assembleRegister,
  assembleStack,
  decodeProgram,
  disassemble,
  encodeProgram,
  type Program,
  validateProgram,
} from '@sluice/bytecode';
import { findEngine, load, lower, optimise, presets } from '@sluice/driver';
import { decodeModule, encodeModule, type Module, parseModule, printModule, unwrap, verifyModule } from '@sluice/ir';
import { expect, test } from 'vitest';
import { brilCorpus, repoRoot } from './corpus.ts';

const examples = ['bril', 'stack'].flatMap((folder) =>
  readdirSync(join(repoRoot, 'examples', folder))
    .filter((name) => /\.(bril|sasm)$/.test(name))
    .map((name) => ({ name, bytes: readFileSync(join(repoRoot, 'examples', folder, name)) })),
);
const corpus = brilCorpus();
const programs = [
  ...examples,
  ...(corpus?.index ?? [])
    .filter(({ kind }) => kind === 'benchmark' || kind === 'interp')
    .map(({ name, bril }) => ({ name: `${name}.bril`, bytes: new TextEncoder().encode(corpus?.read(bril)) })),
];

function checkModule(m: Module): void {
  const text = printModule(m);
  const parsed = unwrap(parseModule(text));
  expect(printModule(parsed)).toBe(text);
  expect(verifyModule(parsed)).toEqual([]);
  const named = printModule(m, { names: true });
  expect(printModule(unwrap(parseModule(named)), { names: true })).toBe(named);
  // What has no location gets its place in the text when it is read; from then on all have one.
  const located = printModule(unwrap(parseModule(printModule(m, { locs: true }))), { locs: true });
  expect(printModule(unwrap(parseModule(located)), { locs: true })).toBe(located);
  const bytes = encodeModule(m);
  expect(encodeModule(parsed)).toEqual(bytes);
  expect(encodeModule(unwrap(decodeModule(bytes)))).toEqual(bytes);
}

function checkProgram(p: Program): void {
  expect(validateProgram(p, { file: 'test' })).toEqual([]);
  const text = disassemble(p);
  const assemble = p.machine === 'stack' ? assembleStack : assembleRegister;
  const assembled = unwrap<Program>(assemble(text, { file: 'test' }));
  expect(disassemble(assembled)).toBe(text);
  const bytes = encodeProgram(p, { debug: false });
  expect(encodeProgram(unwrap(decodeProgram(bytes, { file: 'test' })), { debug: false })).toEqual(bytes);
  expect(encodeProgram(assembled, { debug: false })).toEqual(bytes);
  const full = encodeProgram(p, { debug: true });
  expect(encodeProgram(unwrap(decodeProgram(full, { file: 'test' })), { debug: true })).toEqual(full);
}

test.each(programs)('$name', ({ name, bytes }) => {
  const loaded = load(presets, bytes, name);
  // Programs that must be refused are the corpus test's business.
  if (!loaded.ok) return;
  for (const level of ['O0', 'O3']) {
    const module = optimise(loaded.value.module, presets.levelPipeline(level));
    checkModule(module);
    for (const machine of ['stack', 'register']) {
      const engine = findEngine(presets, machine);
      if (engine?.executes !== 'program') throw new Error(`no engine '${machine}'`);
      checkProgram(lower(module, engine.target, presets).program);
    }
  }
});
