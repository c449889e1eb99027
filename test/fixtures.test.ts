/** Every case of every fixture of passes and rules; SLUICE_BLESS=1 writes the golden blocks that differ. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import brilTarget from '@sluice/backend-bril';
import { isLevel, levelPipeline, passes } from '@sluice/passes';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import { allocators } from '@sluice/passes/regalloc/index';
import { rules, simplifiers } from '@sluice/passes/rules/index';
import { type Pipeline, parseInstance } from '@sluice/pipeline';
import {
  type AllocateForFixture,
  type FixtureContext,
  parseFixture,
  runFixtureCase,
  withGoldens,
} from '@sluice/testkit';
import { afterAll, describe, expect, test } from 'vitest';

const bless = process.env.SLUICE_BLESS === '1';
const folder = new URL('./fixtures/', import.meta.url);

/** The framework's own passes, and those of a target. */
const known = new Map([...passes, ...brilTarget.passes.map((pass) => [pass.name, pass] as const)]);

function pipelineOf(text: string): Pipeline {
  if (isLevel(text)) return levelPipeline(text);
  const words = text.split(/,(?![^(]*\))/).filter((word) => word.trim() !== '');
  return { name: text, instances: words.map((word) => parseInstance(word, known)) };
}

/** Facts of an allocation, or what the checker says. */
const allocate: AllocateForFixture = (f, registers, by) => {
  const found = allocators.find(({ name }) => by === null || name === by);
  if (found === undefined) return `there is no allocator '${by}'`;
  const constraints = { registers, typed: false };
  const allocation = found.allocate(f, constraints);
  const [problem] = checkAllocation(f, allocation, constraints);
  if (problem !== undefined) return problem;
  const { spilled, reloads, stores, copiesLeft } = allocation.stats;
  return { spills: spilled, loads: reloads, stores, moves: copiesLeft, registers: allocation.registers };
};

const cx: FixtureContext = { pipelineOf, bless, allocate };
const said = new Set<string>();

for (const kind of ['passes', 'rules', 'issues', 'regalloc']) {
  if (!existsSync(new URL(kind, folder))) continue;
  for (const name of readdirSync(new URL(kind, folder)).filter((file) => file.endsWith('.ir'))) {
    const url = new URL(`${kind}/${name}`, folder);
    const source = readFileSync(url, 'utf8');
    const cases = parseFixture(`test/fixtures/${kind}/${name}`, source);
    const goldens = new Map<number, string | null>();
    describe(`${kind}/${name}`, () => {
      test.each(cases)('$title', (c) => {
        const { golden, remarks } = runFixtureCase(c, cx);
        for (const { what } of remarks) said.add(what);
        if (golden !== undefined) goldens.set(c.number, golden);
      });
      afterAll(() => {
        if (goldens.size > 0) writeFileSync(url, withGoldens(source, cases, goldens));
      });
    });
  }
}

/** Laws that no op of the framework has, and ops from outside may have. */
const ofOthers = ['left-identity'];

test('every rule is at work in some case', () => {
  const names = new Set([...rules, ...simplifiers].map(({ name }) => name));
  expect([...names].filter((name) => !said.has(name) && !ofOthers.includes(name))).toEqual([]);
});
