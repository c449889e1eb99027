/**
 * What is common to inputs that are modules of ours (IR text and binary, bytecode): arguments by signature, results printed
 * one a line, and the host module `sluice` with `print_i32 print_i64 print_f32 print_f64`.
 */

import {
  type Diagnostic,
  fail,
  type Host,
  type HostFunction,
  type Loaded,
  type Module,
  type Outcome,
  ok,
  type Result,
  resourceMessage,
  signatureOf,
  type Type,
  toNumber,
  type Value,
  type Verdict,
} from '@sluice/ir';
import { badArgument, noSuchExport } from './diag-codes.ts';

/** A module, ready to run: its start function, or what it exports as `_start` (WASI) or `main`. */
export function loadedModule(module: Module, file: string): Loaded {
  const main = exportedFunc(module, '_start') ?? exportedFunc(module, 'main');
  const entry = module.start ?? main ?? (module.funcs.length === 1 ? (module.funcs[0]?.name ?? null) : null);
  return { module, host: (out) => printHost(out), judge, direct: null, ...entryOf(module, entry, file) };
}

/** The same file with another entry: what it exports under this name. Fails where that is no function. */
export function withEntry(loaded: Loaded, external: string, file: string): Result<Loaded> {
  const { module } = loaded;
  const entry = exportedFunc(module, external);
  if (entry !== undefined) return ok({ ...loaded, direct: null, ...entryOf(module, entry, file) });
  const names = module.exports.filter(({ kind }) => kind === 'func').map((each) => each.external);
  return fail(noSuchExport(file, external, names));
}

/** The function or import that a module exports under this name. */
export function exportedFunc(module: Module, external: string): string | undefined {
  return module.exports.find((each) => each.external === external && each.kind === 'func')?.name;
}

function entryOf(
  module: Module,
  entry: string | null,
  file: string,
): Pick<Loaded, 'entry' | 'parseArgs' | 'showResults'> {
  const sig = entry === null ? undefined : signatureOf(module, entry);
  return {
    entry,
    parseArgs: (words) => parseArgs(sig?.params ?? [], words, file),
    showResults: (values) => values.map((value, i) => `${showValue(sig?.results[i] ?? 'i32', value)}\n`).join(''),
  };
}

function parseArgs(params: readonly Type[], words: readonly string[], file: string): Result<readonly Value[]> {
  if (words.length !== params.length) {
    const count = `the entry function takes ${params.length} arguments, got ${words.length}`;
    return fail(badArgument(file, count, `its parameters are (${params.join(', ')})`));
  }
  const findings: Diagnostic[] = [];
  const values = params.map((type, i): Value => {
    const word = words[i] ?? '';
    const value = parseValue(type, word);
    if (value === undefined)
      findings.push(badArgument(file, `argument ${i + 1}, '${word}', is no ${type}`, 'give a decimal number'));
    return value;
  });
  return findings.length > 0 ? fail(...findings) : ok(values);
}

/** A number of a type from a word; undefined where it is none. */
export function parseValue(type: Type, word: string): Value {
  const integer = /^[+-]?\d+$/.test(word);
  switch (type) {
    case 'i32': {
      const value = integer ? BigInt(word) : undefined;
      return value !== undefined && value >= -(2n ** 31n) && value < 2n ** 32n
        ? Number(BigInt.asIntN(32, value))
        : undefined;
    }
    case 'i64': {
      const value = integer ? BigInt(word) : undefined;
      return value !== undefined && value >= -(2n ** 63n) && value < 2n ** 64n ? BigInt.asIntN(64, value) : undefined;
    }
    case 'f32':
    case 'f64': {
      const value = /^[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+|inf|infinity|nan)$/i.test(word)
        ? Number(word.replace(/inf(inity)?$/i, 'Infinity').replace(/nan$/i, 'NaN'))
        : undefined;
      return value === undefined || type === 'f64' ? value : Math.fround(value);
    }
    default:
      return undefined;
  }
}

/** A value as results are printed. */
export function showValue(type: Type, value: Value): string {
  if (type === 'f32' || type === 'f64') {
    const number = toNumber(value);
    return Object.is(number, -0) ? '-0' : String(number);
  }
  return String(value);
}

/** The host module `sluice`: prints a number and a newline. */
export function printHost(out: (text: string) => void): Host {
  const types: readonly Type[] = ['i32', 'i64', 'f32', 'f64'];
  return new Map(
    types.map((type): [string, HostFunction] => [
      `sluice.print_${type}`,
      (value) => {
        out(`${showValue(type, value)}\n`);
        return undefined;
      },
    ]),
  );
}

function judge(outcome: Outcome): Verdict {
  switch (outcome.kind) {
    case 'return':
      return { code: 0, message: null };
    case 'trap':
      return { code: 1, message: `trap: ${outcome.trap}${outcome.at === null ? '' : ` at ${outcome.at}`}` };
    case 'exit':
      return { code: outcome.code, message: outcome.message === '' ? null : outcome.message };
    case 'resource':
      return { code: 3, message: resourceMessage(outcome.end) };
  }
}
