/**
 * What a command is, and how its words are read: Node's own `parseArgs`, with what it lacks: `-O3`, options whose value
 * may be left out (`--stats`, `--stats=json`), and negative numbers as arguments.
 */

import { parseArgs } from 'node:util';
import { badUsage } from '@sluice/driver';
import { DiagnosticError } from '@sluice/ir';

/** An option as the help shows it. */
export interface OptionHelp {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the help: `N`, `FILE`. */
  readonly value?: string;
  /** What a missing value means: the option may stand alone. */
  readonly implied?: string;
  readonly doc: string;
}

/** Options by name. */
export type OptionTable = Readonly<Record<string, OptionHelp>>;

/** Words of a command line, told apart. */
export interface Words {
  readonly positionals: readonly string[];
  readonly text: (name: string) => string | undefined;
  readonly flag: (name: string) => boolean;
  readonly list: (name: string) => readonly string[];
}

/** A command: one file, one default export. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** After `sluice <name>`: `[options] FILE`. */
  readonly usage: string;
  readonly options: OptionTable;
  readonly examples: readonly string[];
  /** Runs and gives the exit code. Throws `DiagnosticError` for bad input. */
  readonly run: (words: Words) => Promise<number> | number;
}

const marker = '\u0000';

/** Reads the words of a command; throws `DiagnosticError` (SL0601) for what it does not know. */
export function readWords(command: Command, argv: readonly string[]): Words {
  const options: Record<string, { type: 'boolean' | 'string'; short?: string; multiple?: boolean }> = {};
  for (const [name, { type, short, multiple }] of Object.entries(command.options)) {
    options[name] = { type, ...(short === undefined ? {} : { short }), ...(multiple === true ? { multiple } : {}) };
  }
  const known = (word: string): boolean => Object.hasOwn(command.options, word);
  try {
    const { values, positionals } = parseArgs({
      args: prepared(argv, command, known),
      options,
      allowPositionals: true,
    });
    const all: Readonly<Record<string, unknown>> = values;
    return {
      positionals: positionals.map((word) => (word.startsWith(marker) ? word.slice(1) : word)),
      text: (name) => (typeof all[name] === 'string' ? (all[name] as string) : undefined),
      flag: (name) => all[name] === true,
      list: (name) => (Array.isArray(all[name]) ? (all[name] as string[]) : []),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/\. To specify.*$/s, '') : String(error);
    throw new DiagnosticError(badUsage(message, `see 'sluice ${command.name} --help'`));
  }
}

function prepared(argv: readonly string[], command: Command, known: (word: string) => boolean): string[] {
  const words: string[] = [];
  let rest = false;
  for (const word of argv) {
    const level = /^-(O\w*)$/.exec(word)?.[1];
    if (rest) words.push(word);
    else if (word === '--') {
      rest = true;
      words.push(word);
    } else if (level !== undefined && known('level')) words.push(`--level=${level}`);
    else if (/^-(\.?\d|inf)/i.test(word)) words.push(marker + word);
    else {
      const implied = word.startsWith('--') ? command.options[word.slice(2)]?.implied : undefined;
      words.push(implied === undefined ? word : `${word}=${implied}`);
    }
  }
  return words;
}

/** A number >= `least` from an option; throws `DiagnosticError` for anything else. */
export function numberOption(words: Words, name: string, least = 0): number | undefined {
  const text = words.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new DiagnosticError(
    badUsage(`--${name} takes a whole number of at least ${least}, not '${text}'`, 'correct it'),
  );
}

/** The help of a command. */
export function helpOf(command: Command): string {
  const rows = Object.entries(command.options).map(([name, option]): readonly [string, string] => {
    const { type, short, value = type === 'string' ? 'VALUE' : '', implied, doc } = option;
    const shown = value === '' ? '' : implied === undefined ? ` ${value}` : `[=${value}]`;
    return [
      name === 'level' ? '-O0 -O1 -O2 -O3 -Os' : `${short === undefined ? '' : `-${short}, `}--${name}${shown}`,
      doc,
    ];
  });
  const width = Math.max(...rows.map(([left]) => left.length), 0);
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  const examples = command.examples.map((line) => `  ${line}`);
  return [
    `sluice ${command.name} ${command.usage}`,
    '',
    command.summary,
    ...(lines.length > 0 ? ['', 'Options:', ...lines] : []),
    ...(examples.length > 0 ? ['', 'Examples:', ...examples] : []),
    '',
  ].join('\n');
}
