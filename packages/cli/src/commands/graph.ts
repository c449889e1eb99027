/** `sluice graph`: a picture of a program, or the graph behind it. */

import { badUsage, optimise } from '@sluice/driver';
import type { GraphKind } from '@sluice/graph';
import { DiagnosticError, type Module, type Result } from '@sluice/ir';
import type { Command, Words } from '../command.ts';
import { writeOutput } from '../io.ts';
import { inputOptions, loadInput, passOptions, pipelineOf, toolsOf } from '../shared.ts';

// The names that `@sluice/graph` knows, said again: it brings a library for layout along, and help must not wait for it.
const kinds: readonly GraphKind[] = ['cfg', 'dom', 'postdom', 'loops', 'calls'];
const formats = ['svg', 'dot', 'json'] as const;

type Format = (typeof formats)[number];

const command: Command = {
  name: 'graph',
  summary: 'Draw control flow, dominators, loops or calls of a program, as it was lifted or after passes.',
  usage: '[options] FILE',
  options: {
    kind: { type: 'string', value: 'KIND', doc: `what to draw: ${kinds.join(', ')}; default cfg` },
    func: { type: 'string', value: 'NAME', doc: 'of which function; default: the one that the program starts with' },
    format: {
      type: 'string',
      value: 'FORMAT',
      doc: `${formats.join(', ')}; default: by the output's extension, else svg`,
    },
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'write there' },
    ...passOptions,
    level: { type: 'string', doc: 'optimise first; default -O0, as it was lifted' },
    ...inputOptions,
  },
  examples: [
    'sluice graph examples/bril/sieve.bril -o sieve.svg',
    'sluice graph examples/bril/sieve.bril -O2 --kind dom --format dot',
  ],
  run: async (words) => {
    const kind = choice(words, 'kind', kinds) ?? 'cfg';
    const output = words.text('output') ?? '-';
    const format = choice(words, 'format', formats) ?? formats.find((each) => output.endsWith(`.${each}`)) ?? 'svg';
    const tools = await toolsOf(words);
    const { file, loaded } = loadInput(tools, words);
    const m = optimise(loaded.module, pipelineOf(tools, words, 'O0'), { ops: tools.ops });
    writeOutput(output, await draw(m, file, kind, format, words.text('func')?.replace(/^@/, '')));
    return 0;
  },
};

export default command;

async function draw(m: Module, file: string, kind: GraphKind, format: Format, func?: string): Promise<string> {
  const { buildGraph, toDot, toJson, toSvg } = await import('@sluice/graph');
  const graph = found(file, buildGraph(m, { kind, ...(func === undefined ? {} : { func }) }));
  if (format === 'dot') return toDot(graph);
  return format === 'json' ? toJson(graph) : found(file, toSvg(graph));
}

/** The value; diagnostics get the file's name, which drawing does not know. */
function found<T>(file: string, result: Result<T>): T {
  if (result.ok) return result.value;
  const all = result.diagnostics.map((each) => ({ ...each, at: { file, line: 0, col: 0 } }));
  throw new DiagnosticError(all[0] as (typeof all)[0], all);
}

function choice<T extends string>(words: Words, option: string, among: readonly T[]): T | undefined {
  const text = words.text(option);
  const value = among.find((each) => each === text);
  if (text === undefined || value !== undefined) return value;
  throw new DiagnosticError(badUsage(`--${option} '${text}' is not known`, `there are: ${among.join(', ')}`));
}
