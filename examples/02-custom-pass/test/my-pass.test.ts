/**
 * The pass against its fixture, whose cases are run before and after on the interpreter (`SLUICE_BLESS=1` writes golden
 * blocks), and against the laws that every pass keeps, on generated programs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { pipeline } from '@sluice/pipeline';
import { parseFixture, passLaws, runFixtureCase, withGoldens } from '@sluice/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import myPass from '../src/my-pass.ts';

const url = new URL('../my-pass.ir', import.meta.url);
const source = readFileSync(url, 'utf8');
const cases = parseFixture('examples/02-custom-pass/my-pass.ir', source);
const goldens = new Map<number, string | null>();
const context = {
  pipelineOf: (text: string) => pipeline(text, text.split(','), new Map([[myPass.name, myPass]])),
  bless: process.env.SLUICE_BLESS === '1',
};

describe('my-pass', () => {
  test.each(cases)('$title', (c) => {
    const { golden, verdicts } = runFixtureCase(c, context);
    expect(verdicts).toBeGreaterThan(0);
    if (golden !== undefined) goldens.set(c.number, golden);
  });
  afterAll(() => {
    if (goldens.size > 0) writeFileSync(url, withGoldens(source, cases, goldens));
  });
});

test('it keeps the laws of passes', () => passLaws(myPass, { runs: 30 }));
