/** One entry makes an op parse, print, verify, fold, run on all engines and appear in `sluice ops`. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { load, presets, run, type Toolchain } from '@sluice/driver';
import {
  coreTable,
  decodeModule,
  encodeModule,
  opTable,
  parseModule,
  printModule,
  unwrap,
  verifyModule,
} from '@sluice/ir';
import { pipeline, runPipeline } from '@sluice/pipeline';
import { expect, test } from 'vitest';
import { ops } from '../src/ops.ts';

const folder = fileURLToPath(new URL('../', import.meta.url));
const text = readFileSync(`${folder}gcd.ir`, 'utf8');
const table = opTable([...coreTable.values()], ops);
const tools: Toolchain = { ...presets, ops: table };
const module = unwrap(parseModule(text, { ops: table }));

test('it parses, prints, encodes and verifies', () => {
  const printed = printModule(module);
  expect(printed).toContain('number.gcd %0, %1');
  expect(printModule(unwrap(parseModule(printed, { ops: table })))).toBe(printed);
  expect(printModule(unwrap(decodeModule(encodeModule(module), { ops: table })))).toBe(printed);
  expect(verifyModule(module)).toEqual([]);
  const wrong = unwrap(parseModule(text.replace('i32.const 36', 'f64.const 36'), { ops: table }));
  expect(verifyModule(wrong).map(({ message }) => message)).toEqual([expect.stringContaining('f64')]);
});

test('it folds: of the two, the one with known operands becomes a constant', () => {
  const folded = runPipeline(module, pipeline('fold', ['sccp', 'dce'], presets.passes), { ops: table }).module;
  expect(printModule(folded).match(/number\.gcd/g)).toHaveLength(1);
  expect(printModule(folded)).toContain('i32.const 12');
});

test.each(presets.engines.filter(({ executes }) => executes !== 'source').map(({ name }) => name))(
  'it runs on %s',
  (engine) => {
    const loaded = unwrap(load(tools, new TextEncoder().encode(text), 'gcd.ir'));
    for (const level of presets.levels) {
      let output = '';
      const out = (part: string): void => {
        output += part;
      };
      const request = { args: ['-2147483648', '96'], engine, pipeline: presets.levelPipeline(level), out };
      expect(unwrap(run(tools, loaded, 'gcd.ir', request)).verdict.code).toBe(0);
      expect(output).toBe(`${32 + 12}\n`);
    }
  },
);

test('the command knows it as a plugin', () => {
  const sluice = fileURLToPath(new URL('../../../packages/cli/bin/sluice.mjs', import.meta.url));
  const ask = (...words: string[]): string =>
    execFileSync(process.execPath, [sluice, ...words, '--plugin', `${folder}src/ops.ts`], { encoding: 'utf8' });
  expect(ask('ops', 'number')).toContain('number.gcd  (i32, i32) -> i32  pure');
  expect(ask('run', `${folder}gcd.ir`, '91', '35')).toBe('19\n');
});
