/** `sluice compare`: every level on every engine, one table; fails where any result differs. */

import process from 'node:process';
import { badUsage, type CompareRow, compare } from '@sluice/driver';
import { DiagnosticError, formatDiagnostic, unwrap } from '@sluice/ir';
import { type Command, numberOption } from '../command.ts';
import { say, writeOutput } from '../io.ts';
import { fastMathOption, inputOptions, limitOptions, limitsOf, loadInput, passOptions, toolsOf } from '../shared.ts';
import { aligned } from '../table.ts';

const command: Command = {
  name: 'compare',
  summary: 'Run a program at every level on every engine and compare results, instructions, size and time.',
  usage: '[options] FILE [ARGS...]',
  options: {
    engines: { type: 'string', value: 'LIST', doc: 'engines, comma-separated; default: all that can run the input' },
    levels: { type: 'string', value: 'LIST', doc: 'levels, comma-separated; default: O0,O1,O2,O3' },
    runs: { type: 'string', value: 'N', doc: 'timed runs of each; default 5' },
    json: { type: 'boolean', doc: 'rows as JSON' },
    plugin: passOptions.plugin ?? { type: 'string', doc: '' },
    ...fastMathOption,
    ...limitOptions,
    ...inputOptions,
  },
  examples: [
    'sluice compare examples/bril/sieve.bril 100000',
    'sluice compare examples/stack/fib.sasm --engines stack,register',
  ],
  run: async (words) => {
    const tools = await toolsOf(words);
    const { file, loaded } = loadInput(tools, words);
    const able = tools.engines.filter((engine) => engine.executes !== 'source' || loaded.direct !== null);
    const engines = list(words.text('engines')) ?? able.map(({ name }) => name);
    const levels = list(words.text('levels')) ?? ['O0', 'O1', 'O2', 'O3'];
    const unknown = levels.find((level) => !tools.levels.includes(level));
    if (unknown !== undefined)
      throw new DiagnosticError(badUsage(`no level '${unknown}'`, `there are: ${tools.levels.join(', ')}`));
    const progress = progressLine();
    const compared = compare(tools, loaded, file, {
      args: words.positionals.slice(1),
      engines,
      levels,
      runs: numberOption(words, 'runs', 1) ?? 5,
      limits: limitsOf(words),
      progress: progress.show,
    });
    progress.clear();
    const { rows, skipped, output, verdict, agree } = unwrap(compared);
    for (const why of skipped) say(`skipped: ${formatDiagnostic(why)}`);
    if (words.flag('json')) {
      writeOutput('-', `${JSON.stringify({ file, agree, exit: verdict.code, rows }, null, 2)}\n`);
      return agree ? 0 : 1;
    }
    writeOutput('-', `${tableOf(rows).join('\n')}\n`);
    const lines = output.split('\n').length - 1;
    const shown =
      lines === 1 ? `the same output ('${output.trimEnd().slice(0, 40)}')` : `the same ${lines} lines of output`;
    if (agree) writeOutput('-', `\nAll ${rows.length} runs agree: ${shown}, exit code ${verdict.code}.\n`);
    else {
      writeOutput('-', '\nRESULTS DIFFER:\n');
      for (const { engine, level, difference } of rows)
        if (difference !== null) writeOutput('-', `  ${engine} ${level}: ${difference}\n`);
    }
    if (verdict.message !== null) say(`${file}: ${verdict.message}`);
    return agree ? 0 : 1;
  },
};

export default command;

function list(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function tableOf(rows: readonly CompareRow[]): string[] {
  const [first] = rows;
  const base = first === undefined ? 0 : median(first.times);
  const cells = rows.map((row) => {
    const time = median(row.times);
    const spread = halfSpread(row.times);
    return [
      row.engine,
      row.level,
      row.instructions === null ? '-' : group(row.instructions),
      row.codeSize === null ? '-' : group(row.codeSize),
      `${time.toFixed(2)} ±${spread.toFixed(2)}`,
      `${(base / Math.max(time, 1e-6)).toFixed(1)}x`,
      row.difference === null ? 'ok' : 'DIFFERS',
    ];
  });
  const head = ['engine', 'level', 'instructions', 'code size', 'time ms', 'speed-up', 'result'];
  return aligned([head, ...cells], (column) => (column < 2 || column === 6 ? 'left' : 'right'));
}

/** Half of the range that the middle half of sorted numbers covers: one slow run of five does not show. */
function halfSpread(sorted: readonly number[]): number {
  const quarter = sorted.length >> 2;
  return ((sorted[sorted.length - 1 - quarter] ?? 0) - (sorted[quarter] ?? 0)) / 2;
}

/** The median of sorted numbers. */
function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const [a = 0, b = a] = sorted.length % 2 === 1 ? [sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (a + b) / 2;
}

function group(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** A line on stderr that says what is being done, when a terminal watches and it takes over a second. */
function progressLine(): {
  readonly show: (done: number, of: number, what: string) => void;
  readonly clear: () => void;
} {
  const start = performance.now();
  let shown = false;
  return {
    show: (done, of, what) => {
      if (!process.stderr.isTTY || performance.now() - start < 1000) return;
      shown = true;
      process.stderr.write(`\r\u001b[K${done}/${of} ${what}`);
    },
    clear: () => {
      if (shown) process.stderr.write('\r\u001b[K');
    },
  };
}
