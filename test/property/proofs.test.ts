/** The table of verdicts is about the rules as they are; the deep run proves them again. */
import process from 'node:process';
import { expect, test } from 'vitest';
import { lawInstances } from '../proofs/laws.ts';
import { hashOf, hashOfLaw, prove, recorded, rulesByName, type Verdict } from '../proofs/verdicts.ts';

const rows = new Map(recorded().map((row) => [row.rule, row]));

test('the table has every rule as it is; else: npm run prove', () => {
  const now = new Map<string, string>();
  for (const [name, list] of rulesByName()) now.set(name, hashOf(list));
  for (const [name, instances] of lawInstances()) now.set(name, hashOfLaw(instances));
  const other = [...now].filter(([name, hash]) => rows.get(name)?.hash !== hash).map(([name]) => name);
  expect(other, `npm run prove -- ${other.join(' ')}`).toEqual([]);
  expect([...rows.keys()].filter((name) => !now.has(name))).toEqual([]);
});

test('at least 120 rules have names, and most are proved', () => {
  const proved = [...rows.values()].filter(({ verdict }) => verdict.startsWith('proved'));
  expect(rows.size).toBeGreaterThanOrEqual(120);
  expect(proved.length).toBeGreaterThan(rows.size * 0.8);
});

// Products and quotients take the solver some seconds each.
const few = ['sub-constant', 'masks-joined', 'common-mask', 'equal-own-sum', 'select-again', 'divide-by-power'];
const wanted = (name: string): boolean => process.env.SLUICE_DEEP !== undefined || few.includes(name);

test('rules are proved as the table says', async () => {
  const found: Verdict[] = [];
  await prove(wanted, (row) => found.push(row));
  expect(found.length).toBeGreaterThan(0);
  for (const row of found) expect(row).toEqual(rows.get(row.rule));
}, 1_200_000);
