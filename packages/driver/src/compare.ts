/**
 * Runs one program at every level on every engine and holds the results against each other: output and verdict must be
 * the same everywhere. Times are of several runs, in turn, so that a machine's drift meets all alike.
 */

import { type Diagnostic, fail, type Loaded, ok, type Result } from '@sluice/ir';
import type { CompileOptions } from './compile.ts';
import { type Prepared, prepare, type RunReport, type RunRequest } from './run.ts';
import type { Toolchain } from './toolchain.ts';

/** A row of the table. */
export interface CompareRow {
  readonly engine: string;
  readonly level: string;
  readonly instructions: number | null;
  readonly codeSize: number | null;
  /** Milliseconds of the runs, sorted. */
  readonly times: readonly number[];
  readonly compileMs: number;
  /** Null: the same output and verdict as the first row; else what differs. */
  readonly difference: string | null;
}

/** What to compare. */
export interface CompareRequest {
  readonly args: readonly string[];
  readonly engines: readonly string[];
  readonly levels: readonly string[];
  /** Timed runs of each; at least 1. */
  readonly runs: number;
  readonly limits?: RunRequest['limits'];
  readonly compile?: CompileOptions;
  /** Called before each step, for progress. */
  readonly progress?: (done: number, of: number, what: string) => void;
}

/** The rows, and whether all agree. */
export interface Comparison {
  readonly rows: readonly CompareRow[];
  /** What says which engines cannot take the program, and why; they have no rows. */
  readonly skipped: readonly Diagnostic[];
  readonly output: string;
  readonly verdict: RunReport['verdict'];
  readonly agree: boolean;
}

interface Candidate {
  readonly prepared: Prepared;
  readonly times: number[];
  first: RunReport | null;
  difference: string | null;
}

/** Compares. Engines that run the source have one row, whatever the levels. */
export function compare(tools: Toolchain, loaded: Loaded, file: string, request: CompareRequest): Result<Comparison> {
  const candidates: Candidate[] = [];
  const skipped: Diagnostic[] = [];
  for (const engine of request.engines) {
    const source = tools.engines.find(({ name }) => name === engine)?.executes === 'source';
    for (const level of source ? request.levels.slice(0, 1) : request.levels) {
      const pipeline = tools.levelPipeline(level);
      const prepared = prepare(tools, loaded, file, { engine, pipeline, ...optional('compile', request.compile) });
      if (!prepared.ok) {
        if (source || prepared.diagnostics.some(({ code }) => code !== 'SL0605')) return prepared;
        skipped.push(...prepared.diagnostics);
        break;
      }
      candidates.push({ prepared: prepared.value, times: [], first: null, difference: null });
    }
  }
  let reference: { readonly output: string; readonly report: RunReport } | null = null;
  const total = candidates.length * (request.runs + 1);
  let done = 0;
  // Round 0 counts instructions and checks the results; the others are timed, uncounted, and checked as well.
  for (let round = 0; round <= request.runs; round++) {
    for (const candidate of candidates) {
      const { prepared, times } = candidate;
      request.progress?.(done++, total, `${prepared.engine.name} ${prepared.level}`);
      const parts: string[] = [];
      const out = (text: string): void => void parts.push(text);
      const report = prepared.run({
        args: request.args,
        out,
        count: round === 0,
        ...optional('limits', request.limits),
      });
      if (!report.ok) return report;
      const output = parts.join('');
      candidate.first ??= report.value;
      if (round > 0) times.push(report.value.runMs);
      reference ??= { output, report: report.value };
      candidate.difference ??= differenceOf(reference, { output, report: report.value });
    }
  }
  if (reference === null) return fail(...skipped);
  const rows = candidates.map(({ prepared, times, first, difference }): CompareRow => {
    const { compileMs, engine, level } = prepared;
    const codeSize = prepared.codeSize();
    times.sort((a, b) => a - b);
    return {
      engine: engine.name,
      level,
      instructions: first?.instructions ?? null,
      codeSize,
      times,
      compileMs,
      difference,
    };
  });
  const { output, report } = reference;
  return ok({
    rows,
    skipped,
    output,
    verdict: report.verdict,
    agree: rows.every(({ difference }) => difference === null),
  });
}

type Seen = { readonly output: string; readonly report: RunReport };

/** A resource end is no verdict: what was printed so far must be a prefix of what the other printed. */
function differenceOf(a: Seen, b: Seen): string | null {
  if (a.report.verdict.code === 3 || b.report.verdict.code === 3) {
    const prefix = a.output.startsWith(b.output) || b.output.startsWith(a.output);
    return prefix ? null : 'output differs before a resource end';
  }
  if (a.output !== b.output) return 'output differs';
  if (a.report.verdict.code !== b.report.verdict.code) {
    return `exit code ${b.report.verdict.code}, not ${a.report.verdict.code}`;
  }
  return null;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
