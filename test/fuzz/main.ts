/**
 * `SLUICE_FUZZ=100000 npm run fuzz`: random programs through random passes on every engine. Each is made by the testkit's
 * generator and takes one way (plan.ts) on which it must keep its meaning (check.ts). One line of progress on stderr.
 *
 * A failure is shrunk by fast-check, then by the reducer of modules, printed with seed and path, and written as text to
 * `fuzz-failures/`; exit code 1. SLUICE_SEED chooses the first seed (else the day's time does); with SLUICE_PATH as well, the
 * one program that a failure named is tried again.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { presets } from '@sluice/driver';
import { type Module, printModule, sizeOf } from '@sluice/ir';
import { rules } from '@sluice/passes/rules/index';
import { expansions, strength } from '@sluice/passes/rules/strength';
import { arbitraryModule, type Generated, printCall, reduceModule } from '@sluice/testkit';
import fc from 'fast-check';
import { checkProgram } from './check.ts';
import { arbitraryPlan, type Plan } from './plan.ts';

const batch = 200;
const folder = 'fuzz-failures';
const { SLUICE_FUZZ, SLUICE_SEED, SLUICE_PATH } = process.env;
const total = Number(SLUICE_FUZZ ?? 2000);
const firstSeed = SLUICE_SEED === undefined ? Date.now() | 0 : Number(SLUICE_SEED);

const programs = arbitraryModule({ rules: [...rules, ...strength, ...expansions] });
const plans = arbitraryPlan(presets);
const start = performance.now();
let done = 0;
let failures = 0;
let size = 0;

const property = fc.property(programs, plans, (g, plan) => {
  done++;
  for (const f of g.module.funcs) size += sizeOf(f);
  checkProgram(g, plan);
});

if (SLUICE_PATH === undefined) {
  for (let k = 0; k * batch < total; k++) {
    run(firstSeed + k, Math.min(batch, total - k * batch));
    progress();
  }
} else run(firstSeed, 1, SLUICE_PATH);
process.stderr.write('\n');
console.log(`${done} programs, ${failures} failures, first seed ${firstSeed}`);
process.exitCode = failures > 0 ? 1 : 0;

function run(seed: number, numRuns: number, path?: string): void {
  const result = fc.check(property, {
    seed,
    numRuns,
    // Shrinking ends some time: the reducer goes on from there.
    interruptAfterTimeLimit: 120_000,
    ...(path === undefined ? {} : { path }),
  });
  if (!result.failed || result.counterexample === null) return;
  failures++;
  const [g, plan] = result.counterexample;
  const message = messageOf(result.errorInstance);
  const file = write(g, plan, message, `SLUICE_SEED=${result.seed} SLUICE_PATH=${result.counterexamplePath ?? ''}`);
  process.stderr.write('\n');
  console.log(`seed ${result.seed}, path ${result.counterexamplePath ?? ''}: ${message.slice(0, 2000)}\n${file}\n`);
}

function messageOf(error: unknown): string {
  return String((error as Error)?.message ?? error);
}

/** What a failure is about, whatever the numbers in it. */
function kindOf(message: string): string {
  return message.split('\n')[0]?.replace(/[-+]?[\d.]+(e[-+]?\d+)?n?/g, '#') ?? '';
}

/** Writes the module, reduced, with the calls and the plan as comments; the file's name. */
function write(g: Generated, plan: Plan, message: string, replay: string): string {
  const kind = kindOf(message).split(':')[0];
  const fails = (module: Module): boolean => {
    try {
      checkProgram({ module, calls: g.calls }, plan);
      return false;
    } catch (error) {
      return kindOf(messageOf(error)).split(':')[0] === kind;
    }
  };
  const small = reduceModule(g.module, fails, { tries: 3000 });
  const calls = g.calls.map(({ func, args }) => {
    return printCall(func, small.funcs.find(({ name }) => name === func)?.sig.params ?? [], args);
  });
  const head = [...message.split('\n').slice(0, 20), replay, JSON.stringify(plan), ...calls];
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${firstSeed}-${failures}.sir`);
  writeFileSync(file, `${head.map((line) => `; ${line}\n`).join('')}${printModule(small)}`);
  return file;
}

function progress(): void {
  const seconds = (performance.now() - start) / 1000;
  const left = Math.round(((total - done) * seconds) / Math.max(1, done));
  process.stderr.write(
    `\r${done} of ${total} programs, ${failures} failures, ${(done / seconds).toFixed(0)} a second, ` +
      `${(size / Math.max(1, done)).toFixed(0)} instructions each, ${left} s left   `,
  );
}
