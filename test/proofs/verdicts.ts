/** What is known of each rule: the recorded table, and what a run of the prover finds. See README of `passes/src/rules`. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rules } from '@sluice/passes/rules/index';
import { expansions, strength } from '@sluice/passes/rules/strength';
import { printPattern, type Rule } from '@sluice/pipeline';
import { lawInstances } from './laws.ts';
import { narrowRules, tryNarrow } from './narrow.ts';
import { scriptOf } from './smt.ts';
import { constantsOf, type Instance, instancesOf, printTerm } from './terms.ts';
import { startSolver } from './z3.ts';

/** A row of the table. */
export interface Verdict {
  readonly rule: string;
  /**
   * `proved`: by the solver, for all operands at full width, constants included.
   * `proved at 8 bits`: all operands and constants tried; and at full width for some constants, where `solved` says so.
   * `proved for constants`: by the solver for all operands, for the constants that were tried.
   * `proved for integers`: a law, of every op of integers that states it; floats are tested.
   * `tested`: on operands at random and at the corners (test/property/rules.test.ts).
   */
  readonly verdict: 'proved' | 'proved at 8 bits' | 'proved for constants' | 'proved for integers' | 'tested';
  /** Instances (constants put in) that the solver proved. */
  readonly solved: number;
  /** Of what the rule does, not of its text: patterns, and what comes out of some instances. */
  readonly hash: string;
}

/** Where the table is. */
export const tablePath: URL = new URL('./verdicts.json', import.meta.url);

/** The recorded table. */
export function recorded(): readonly Verdict[] {
  return JSON.parse(readFileSync(tablePath, 'utf8')) as readonly Verdict[];
}

/** All rules by name, in the order of the sources. */
export function rulesByName(): ReadonlyMap<string, readonly Rule[]> {
  const byName = new Map<string, Rule[]>();
  for (const rule of [...rules, ...strength, ...expansions]) {
    byName.set(rule.name, [...(byName.get(rule.name) ?? []), rule]);
  }
  return byName;
}

/** A digest of what the rules of a name do. */
export function hashOf(list: readonly Rule[]): string {
  const lines = list.flatMap((rule) => [
    JSON.stringify(rule.pattern, (key, value: unknown) => {
      if (key === 'op') return (value as { name: string }).name;
      return typeof value === 'bigint' ? `${value}n` : value;
    }),
    ...[...instancesOf(rule, 3)].map(({ left, right }) => `${printTerm(left)} => ${printTerm(right)}`),
  ]);
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}

/** A digest of a law's instances. */
export function hashOfLaw(instances: readonly Instance[]): string {
  const lines = instances.map(({ left, right }) => `${printTerm(left)} => ${printTerm(right)}`);
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}

/** A rule was found to be wrong. */
export class Disproved extends Error {}

/** The budget of one question, in the solver's own units: some seconds. */
const rlimit = 3_000_000;
/** Constants for which the solver is asked, for each pattern. */
const sampled = 12;

/** Proves what can be proved; throws `Disproved` with the first rule that is wrong. `tell` hears of each row. */
export async function prove(
  wanted: (name: string) => boolean,
  tell: (row: Verdict) => void,
): Promise<readonly Verdict[]> {
  const solver = startSolver();
  const rows: Verdict[] = [];
  const add = (row: Verdict): void => {
    rows.push(row);
    tell(row);
  };
  try {
    const narrow = narrowRules();
    for (const [name, list] of rulesByName()) {
      if (!wanted(name)) continue;
      const { solved, all } = await solve(
        name,
        list.flatMap((rule) => [...instancesOf(rule, sampled)]),
        solver.ask,
      );
      const closed = list.every((rule) => constantsOf(rule.pattern).length === 0);
      const hash = hashOf(list);
      if (all && closed) add({ rule: name, verdict: 'proved', solved, hash });
      else if (triedAll(narrow.get(name))) add({ rule: name, verdict: 'proved at 8 bits', solved, hash });
      else add({ rule: name, verdict: all ? 'proved for constants' : 'tested', solved, hash });
    }
    for (const [name, instances] of lawInstances()) {
      if (!wanted(name)) continue;
      const provable = instances.filter((instance) => scriptOf(instance, rlimit) !== null);
      const { solved, all } = await solve(name, provable, solver.ask);
      const verdict = !all ? 'tested' : provable.length === instances.length ? 'proved' : 'proved for integers';
      add({ rule: name, verdict, solved, hash: hashOfLaw(instances) });
    }
  } finally {
    solver.end();
  }
  return rows;
}

async function solve(
  name: string,
  instances: readonly Instance[],
  ask: (script: string) => Promise<string>,
): Promise<{ solved: number; all: boolean }> {
  let solved = 0;
  let all = instances.length > 0;
  let failed = 0;
  for (const instance of instances) {
    const script = scriptOf(instance, rlimit);
    // After some that it cannot do there is no use in asking more of the same.
    if (script === null || failed >= 4) {
      all = false;
      continue;
    }
    const answer = await ask(script);
    if (answer === 'sat') throw new Disproved(`${name}: ${printTerm(instance.left)} => ${printTerm(instance.right)}`);
    if (answer.startsWith('error')) throw new Error(`${name}: ${answer}\n${script}`);
    if (answer === 'unsat') solved++;
    else failed++;
    all = all && answer === 'unsat';
  }
  return { solved, all };
}

function triedAll(list: readonly Rule[] | undefined): boolean {
  if (list === undefined) return false;
  let complete = true;
  for (const rule of list) {
    const { wrong, complete: tried, instances } = tryNarrow(rule);
    if (wrong !== null) throw new Disproved(`${printPattern(rule.pattern)}: ${wrong}`);
    complete = complete && tried && instances > 0;
  }
  return complete;
}
