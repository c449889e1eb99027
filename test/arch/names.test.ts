/** One name for a thing: file = pass = fixture; rules are kebab-case; passes ask for properties and don't name ops. */
import { posix } from 'node:path';
import brilTarget from '@sluice/backend-bril';
import { coreTable } from '@sluice/ir';
import { levels, passes } from '@sluice/passes';
import { rules, simplifiers } from '@sluice/passes/rules/index';
import { expect, test } from 'vitest';
import { codeOnly, listFiles, matches, readText } from './sources.ts';

const files = listFiles();
const passFiles = files.filter((file) => /^passes\/src\/[a-z0-9-]+\.ts$/.test(file));
const notPasses = ['index', 'pipelines', 'registry'];

/** Where ops may be named: rules, and passes whose task is to turn one op into others. */
const mayNameOps: readonly string[] = [
  'passes/src/rules/**',
  'passes/src/simplify.ts',
  'passes/src/strength-reduce.ts',
  'passes/src/switch-lower.ts',
  'passes/src/strength-reduce/**',
  'passes/src/simd-lower/**',
  'passes/src/regalloc/**',
];

test('a file of passes/src is a pass of its name, and has a fixture', () => {
  const names = passFiles.map((file) => posix.basename(file, '.ts')).filter((name) => !notPasses.includes(name));
  expect([...passes.keys()].sort()).toEqual(names.sort());
  for (const [name, pass] of passes) expect(pass.name).toBe(name);
  expect(names.filter((name) => !files.includes(`test/fixtures/passes/${name}.ir`))).toEqual([]);
});

test('a fixture belongs to a pass, a rule fixture to a theme', () => {
  const fixtures = files.filter((file) => /^test\/fixtures\/(?:passes|rules)\//.test(file));
  // A target has passes of its own.
  const known = new Set([...passes.keys(), ...brilTarget.passes.map(({ name }) => name)]);
  const homeless = fixtures.filter((file) => {
    const [name = ''] = posix.basename(file, '.ir').split('.');
    return file.includes('/rules/') ? !files.includes(`passes/src/rules/${name}.ts`) : !known.has(name);
  });
  expect(homeless).toEqual([]);
});

test('names of levels, passes, rules and ops have their forms', () => {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/;
  const named = [...passes.keys(), ...rules.map(({ name }) => name), ...simplifiers.map(({ name }) => name)];
  expect(named.filter((name) => !kebab.test(name))).toEqual([]);
  expect(levels.filter((level) => !/^O[0-9s]$/.test(level))).toEqual([]);
  const op = /^(?:[a-z]\w*\.)?[a-z]\w*$/;
  expect([...coreTable.keys()].filter((name) => !op.test(name))).toEqual([]);
});

test('passes ask ops for their effects, laws and costs, and do not name them', () => {
  const named = new Set([...coreTable.keys()].filter((name) => name.includes('.')));
  const found: string[] = [];
  for (const file of files) {
    if (!/^passes\/src\/.*\.ts$/.test(file) || mayNameOps.some((glob) => matches(glob, file))) continue;
    for (const [, name = ''] of codeOnly(readText(file), false).matchAll(/['"`]([a-z0-9]+\.\w+)['"`]/g)) {
      if (named.has(name)) found.push(`${file} names ${name}: ask for a property, or make it a rule`);
    }
  }
  expect(found).toEqual([]);
});
