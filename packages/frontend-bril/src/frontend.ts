/** Bril as a frontend: text or JSON to a module, with Bril's host, arguments and exit codes (run-time errors are 2). */

import type { BrilProgram } from '@sluice/bril-format';
import {
  type DirectRun,
  type Frontend,
  fail,
  type Limits,
  type Loaded,
  type Outcome,
  ok,
  type Result,
  resourceMessage,
  type Value,
  type Verdict,
} from '@sluice/ir';
import { checkBril } from './check.ts';
import { brilHost } from './host.ts';
import { interpret } from './interp.ts';
import { parseBrilJson } from './json.ts';
import { liftBril } from './lift.ts';
import { type BrilOutcome, exitCodeOf } from './outcome.ts';
import { parseBril } from './parse.ts';
import { type BrilValue, parseMainArgs } from './value.ts';

/** Parses Bril in either form (JSON begins with `{"`) and checks it. */
export function readBril(bytes: Uint8Array, file: string): Result<BrilProgram> {
  const text = new TextDecoder().decode(bytes);
  const parsed = /^\s*\{/.test(text) ? parseBrilJson(text, file) : parseBril(text, file);
  if (!parsed.ok) return parsed;
  const findings = checkBril(parsed.value);
  return findings.length > 0 ? fail(...findings) : parsed;
}

/** The Bril frontend. */
export const brilFrontend: Frontend = {
  name: 'bril',
  summary: 'Bril text and JSON (core, float, memory, char, bitcast, ssa, speculation, dynamic)',
  extensions: ['.bril', '.json'],
  detect: (bytes) => /^\s*(#[^\n]*\s*)*(@|\{\s*"functions")/.test(new TextDecoder().decode(bytes.subarray(0, 4096))),
  load: (bytes, file) => {
    const read = readBril(bytes, file);
    if (!read.ok) return read;
    const lifted = liftBril(read.value);
    return lifted.ok ? ok(loadedFrom(read.value, lifted.value)) : lifted;
  },
};

function loadedFrom(program: BrilProgram, module: Loaded['module']): Loaded {
  return {
    module,
    entry: module.start,
    parseArgs: (words) => {
      const parsed = parseMainArgs(program, words);
      return parsed.ok ? ok(parsed.value.map(irValue)) : parsed;
    },
    host: (out) => brilHost(module, out),
    showResults: () => '',
    judge,
    direct: (words, out, limits) => runDirectly(program, words, out, limits),
  };
}

function runDirectly(
  program: BrilProgram,
  words: readonly string[],
  out: (text: string) => void,
  limits: Partial<Limits>,
): Result<DirectRun> {
  const { outcome, dynInst } = interpret(program, words, {
    stdout: out,
    ...(limits.fuel === undefined || limits.fuel === null ? {} : { fuel: limits.fuel }),
    ...(limits.depth === undefined ? {} : { maxDepth: limits.depth }),
    ...(limits.memory === undefined ? {} : { memoryLimit: limits.memory }),
  });
  if (outcome.kind === 'invalid') return fail(...outcome.diagnostics);
  return ok({ verdict: { code: exitCodeOf(outcome), message: messageOf(outcome) }, instructions: dynInst });
}

function messageOf(outcome: Exclude<BrilOutcome, { readonly kind: 'invalid' }>): string | null {
  switch (outcome.kind) {
    case 'exit':
      return null;
    case 'error':
      return `${outcome.error}: ${outcome.message} at ${outcome.at.file}:${outcome.at.line}:${outcome.at.col}`;
    case 'resource':
      return `out of ${outcome.limit}`;
  }
}

/** A Bril value in the IR's form (value.ts of the IR). */
function irValue(arg: BrilValue): Value {
  switch (arg.type) {
    case 'bool':
      return arg.value ? 1 : 0;
    case 'char':
      return arg.value.codePointAt(0) ?? 0;
    default:
      return arg.value;
  }
}

function judge(outcome: Outcome, liveAllocations: number): Verdict {
  switch (outcome.kind) {
    case 'return':
      if (liveAllocations === 0) return { code: 0, message: null };
      return { code: 2, message: `${liveAllocations} allocations were not freed by the end of execution` };
    case 'trap':
      return { code: 2, message: `${outcome.trap}${outcome.at === null ? '' : ` at ${outcome.at}`}` };
    case 'exit':
      return { code: outcome.code, message: outcome.message };
    case 'resource':
      return { code: 3, message: resourceMessage(outcome.end) };
  }
}
