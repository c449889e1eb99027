/**
 * What every case of a fixture goes through, without being asked (PRACTICES §8.1):
 *
 *   1. text -> module -> text is a fixed point    5. the verifier again
 *   2. the verifier                               6. evals and random inputs: before and after show the same
 *   3. evals hold, across the round trip too      7. golden block, or expect lines; remarks
 *   4. the pipeline, verified after each pass     8. the same on every engine at every level (fixture-matrix.ts)
 *
 * A difference in step 6 is bisected by the budget of rewrites to the first rewrite that shows it.
 */

import {
  type Func,
  formatDiagnostic,
  interp,
  type Module,
  parseModule,
  printFunc,
  printModule,
  verifyModule,
} from '@sluice/ir';
import { PassBug, type Pipeline, type Remark, remarks, runPipeline } from '@sluice/pipeline';
import { sampleArguments } from './arbitrary/const.ts';
import { bisect } from './bisect.ts';
import { type AllocateForFixture, checkAlloc } from './directives/alloc.ts';
import { FixtureError } from './directives/directive.ts';
import { checkErrors } from './directives/error.ts';
import { checkEval, type Eval, parseEval } from './directives/eval.ts';
import { checkOutput } from './directives/output.ts';
import { checkRemarks } from './directives/remark.ts';
import { difference, isInconclusive, printCall } from './equiv.ts';
import type { FixtureCase } from './fixture.ts';
import { freezeModule } from './freeze.ts';
import { type Call, type Observation, observe } from './observe.ts';

/** What a case needs to be run. */
export interface FixtureContext {
  /** The pipeline of a header's text; throws when there is none. */
  readonly pipelineOf: (text: string) => Pipeline;
  /** What `alloc` directives are held against. */
  readonly allocate?: AllocateForFixture;
  /** Give new golden blocks in place of errors about them. */
  readonly bless?: boolean;
  /** The command that blesses, for messages. */
  readonly blessCommand?: string;
}

/** What running a case gave. Anything wrong is thrown as `FixtureError`. */
export interface FixtureResult {
  /** The new golden block, null for `same`; undefined: nothing to write. */
  readonly golden: string | null | undefined;
  /** Calls that gave a verdict, and all calls. */
  readonly verdicts: number;
  readonly calls: number;
  /** What the passes said. */
  readonly remarks: readonly Remark[];
}

const nothing: FixtureResult = { golden: undefined, verdicts: 0, calls: 0, remarks: [] };

/** Runs steps 1 to 7. */
export function runFixtureCase(c: FixtureCase, cx: FixtureContext): FixtureResult {
  const xfail = c.directives.find(({ name }) => name === 'xfail');
  if (xfail === undefined) return run(c, cx);
  if (!/^#\d+ ./.test(xfail.text)) throw new FixtureError({ ...c, line: xfail.line }, "xfail needs '#number reason'");
  try {
    run(c, cx);
  } catch (error) {
    if (error instanceof FixtureError) return nothing;
    throw error;
  }
  throw new FixtureError({ ...c, line: xfail.line }, `passes now: take the xfail (${xfail.text}) out`);
}

function run(c: FixtureCase, cx: FixtureContext): FixtureResult {
  const before = loadCase(c);
  if (before === null) return nothing;
  const evals = evalsOf(c, before);
  checkRoundTrip(c, before, evals);
  const pipeline = pipelineFor(c, cx);
  const said: Remark[] = [];
  const after = transform(c, before, pipeline, said);
  const tried = compare(c, before, after, pipeline, evals);
  const wanted = (...names: readonly string[]) => c.directives.filter(({ name }) => names.includes(name));
  const output = wanted('expect', 'expect-not', 'count');
  for (const [message, line] of checkOutput(output, after)) {
    fail(c, `${message}\n${indent(printModule(after, { names: true }))}`, line);
  }
  for (const [message, line] of checkRemarks(wanted('remark'), said, before)) fail(c, message, line);
  for (const [message, line] of checkAlloc(wanted('alloc'), after, cx.allocate)) fail(c, message, line);
  const golden = checkGolden(c, cx, before, after, output.length + wanted('remark', 'alloc').length > 0);
  return { golden, ...tried, remarks: said };
}

/** Steps 1 to 3 without evals: the module of a case; null when it is there to be refused, and is. */
export function loadCase(c: FixtureCase): Module | null {
  const parsed = parseModule(c.text, { file: c.file });
  const found = parsed.ok ? verifyModule(parsed.value) : parsed.diagnostics;
  const errors = c.directives.filter(({ name }) => name === 'error');
  if (errors.length > 0) {
    for (const [message, line] of checkErrors(errors, found)) fail(c, message, line);
    return null;
  }
  const [first] = found;
  if (first !== undefined) fail(c, formatDiagnostic(first), first.at.line);
  if (!parsed.ok) throw new Error('a failed parse without diagnostics');
  return freezeModule(parsed.value);
}

/** The `eval` lines of a case. */
export function evalsOf(c: FixtureCase, m: Module): readonly (Eval & { readonly line: number })[] {
  return c.directives
    .filter(({ name }) => name === 'eval')
    .map(({ text, line }) => {
      const parsed = parseEval(text, m);
      if (typeof parsed === 'string') return fail(c, parsed, line);
      return { ...parsed, line };
    });
}

/**
 * Calls that a case is tried with beside its evals: random arguments for each function that its host may call, the same
 * ones every time.
 */
export function randomCalls(c: FixtureCase, m: Module): readonly Call[] {
  const shown = new Set(m.exports.filter(({ kind }) => kind === 'func').map(({ name }) => name));
  if (m.start !== null) shown.add(m.start);
  return m.funcs.flatMap(({ name, sig }, i) => {
    // Who embeds a module that shows no function calls functions by name.
    if (shown.size > 0 && !shown.has(name)) return [];
    const fuzz = c.directives.find((d) => d.name === 'fuzz');
    const count = fuzz === undefined ? 20 : Number(fuzz.text);
    return sampleArguments(sig.params, count, c.number * 1000 + i).map((args) => ({ func: name, args }));
  });
}

/** Enough for what a case's author calls. */
export const evalLimits = { fuel: 200_000, depth: 5_000 };

function checkRoundTrip(c: FixtureCase, m: Module, evals: readonly (Eval & { readonly line: number })[]): void {
  const text = printModule(m);
  const again = parseModule(text);
  if (!again.ok) fail(c, `what is printed does not parse: ${again.diagnostics.map(formatDiagnostic).join('\n')}`);
  else if (printModule(again.value) !== text) fail(c, 'printing, parsing and printing again gives another text');
  else {
    for (const wanted of evals) {
      const seen = look(m, wanted.call, true);
      const wrong = checkEval(wanted, seen);
      if (wrong !== null) fail(c, `${show(m, wanted.call)} ${wrong} (before any pass)`, wanted.line);
      const differs = difference(seen, look(again.value, wanted.call, true));
      if (differs !== null)
        fail(c, `across the round trip of the text: ${show(m, wanted.call)} ${differs}`, wanted.line);
    }
  }
}

function pipelineFor(c: FixtureCase, cx: FixtureContext): Pipeline {
  try {
    return cx.pipelineOf(c.run);
  } catch (error) {
    return fail(c, error instanceof Error ? error.message : String(error));
  }
}

function transform(c: FixtureCase, m: Module, pipeline: Pipeline, said: Remark[]): Module {
  const observer = remarks();
  try {
    const { module } = runPipeline(m, pipeline, { verifyEach: true, observers: [observer] });
    const [first] = verifyModule(module);
    if (first !== undefined) fail(c, `after ${pipeline.name}: ${formatDiagnostic(first)}`);
    for (const remark of observer.list) said.push(remark);
    return module;
  } catch (error) {
    if (!(error instanceof PassBug)) throw error;
    const stack = error.cause instanceof Error ? `\n${indent(error.cause.stack ?? '')}` : '';
    return fail(c, `${error.message}${stack}\n${indent(error.before)}`);
  }
}

function compare(
  c: FixtureCase,
  before: Module,
  after: Module,
  pipeline: Pipeline,
  evals: readonly (Eval & { readonly line: number })[],
): { readonly verdicts: number; readonly calls: number } {
  let verdicts = 0;
  let calls = 0;
  const names = new Set(after.funcs.map(({ name }) => name));
  const all = [
    ...evals.map(({ call, line }) => ({ call, line, long: true })),
    ...randomCalls(c, before).map((call) => ({ call, line: c.line, long: false })),
  ];
  for (const { call, line, long } of all) {
    if (!names.has(call.func)) continue;
    calls++;
    const first = look(before, call, long);
    const second = look(after, call, long);
    if (!isInconclusive(first) && !isInconclusive(second)) verdicts++;
    const differs = difference(first, second, ['before', `after ${pipeline.name}`]);
    if (differs !== null) {
      const culprit = bisect(before, pipeline, (m) => difference(first, look(m, call, long)) !== null);
      const rerun = `npx sluice opt -p '${c.run}' --rewrites ${culprit.rewrites} --print-changed ${c.file}#${c.number}`;
      fail(c, `semantics changed: ${show(before, call)} ${differs}\n  ${culprit.text}\n  rerun:   ${rerun}`, line);
    }
  }
  if (calls > 0 && verdicts === 0) fail(c, 'no call gave a verdict: all met a limit; add an eval that ends');
  return { verdicts, calls };
}

function look(m: Module, call: Call, long: boolean): Observation {
  return observe((options) => interp.instantiate(m, options), m, call, long ? { limits: evalLimits } : {});
}

/** A call as fixtures write it. */
function show(m: Module, { func, args }: Call): string {
  return printCall(func, m.funcs.find(({ name }) => name === func)?.sig.params ?? [], args);
}

function checkGolden(c: FixtureCase, cx: FixtureContext, before: Module, after: Module, stated: boolean) {
  const { golden } = c;
  const command = cx.blessCommand ?? 'npm run bless';
  if (golden.kind === 'none') {
    if (stated) return undefined;
    return fail(c, `says nothing about the output: add '---' at its end and run ${command}, or add '; expect:' lines`);
  }
  const texts = goldenTexts(before, after);
  const right =
    golden.kind === 'same' ? texts.changed === '' : golden.kind === 'text' && matches(golden.text, texts, before);
  if (right) return undefined;
  if (cx.bless === true) return texts.changed === '' ? null : texts.changed;
  const now = texts.changed === '' ? '--- same' : texts.changed;
  const line = c.goldenLines[0] + 1;
  if (golden.kind === 'open')
    return fail(c, `its golden block is not written yet: run ${command}\n${indent(now)}`, line);
  return fail(c, `the output differs from the golden block; if it is right, run ${command}\n${indent(now)}`, line);
}

interface GoldenTexts {
  /** The items of the module where they changed, and all functions. */
  readonly all: string;
  /** The same without functions that did not change; empty: nothing changed. */
  readonly changed: string;
}

function goldenTexts(before: Module, after: Module): GoldenTexts {
  const items = itemsOf(after);
  const head = items === itemsOf(before) ? [] : [items];
  const old = new Set(before.funcs.map((f) => printFunc(f)));
  const texts = after.funcs.map((f) => printFunc(f));
  const kept = new Set(after.funcs.map(({ name }) => name));
  const gone = before.funcs.filter(({ name }) => !kept.has(name)).map(({ name }) => `; @${name} is gone`);
  return {
    all: [...head, ...texts, ...gone].join('\n\n'),
    changed: [...head, ...texts.filter((text) => !old.has(text)), ...gone].join('\n\n'),
  };
}

function itemsOf(m: Module): string {
  return printModule({ ...m, funcs: [] }).trim();
}

// What people wrote may have names: it is held against the output in canonical form.
function matches(golden: string, texts: GoldenTexts, before: Module): boolean {
  if (golden === texts.all || golden === texts.changed) return true;
  const parsed = parseModule(golden);
  if (!parsed.ok) return false;
  const removed = golden.split('\n').filter((line) => line.startsWith('; @'));
  const items = itemsOf(parsed.value);
  const head = items === '' || items === itemsOf(before) ? [] : [items];
  const text = [...head, ...parsed.value.funcs.map((f: Func) => printFunc(f)), ...removed].join('\n\n');
  return text === texts.all || text === texts.changed;
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}

function fail(c: FixtureCase, message: string, line: number = c.line): never {
  throw new FixtureError({ file: c.file, line: line > 0 ? line : c.line }, `"${c.title}"\n  ${message}`);
}
