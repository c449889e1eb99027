/** Options that several commands have, and what they mean. */

import { pathToFileURL } from 'node:url';
import { badUsage, load, presets, type Toolchain } from '@sluice/driver';
import { DiagnosticError, type Limits, type Loaded, unwrap } from '@sluice/ir';
import { insert, type Pass, type Pipeline, parseInstance, pipeline, ScheduleError } from '@sluice/pipeline';
import { numberOption, type OptionTable, type Words } from './command.ts';
import { readInput } from './io.ts';

/** How input is told. */
export const inputOptions: OptionTable = {
  from: {
    type: 'string',
    value: 'FORMAT',
    doc: 'input format; default: by extension and content (see `sluice engines`)',
  },
};

/** Which passes run. */
export const passOptions: OptionTable = {
  level: { type: 'string', doc: 'optimisation level; default -O2' },
  pipeline: {
    type: 'string',
    short: 'p',
    value: 'LIST',
    doc: "passes instead of a level: 'sccp,gvn@late', or a level with insertions: 'O2,+mine:after=gvn'",
  },
  plugin: { type: 'string', multiple: true, value: 'FILE', doc: 'a module whose default export is a pass, or a list' },
};

/** What ends an execution early. */
export const limitOptions: OptionTable = {
  fuel: { type: 'string', value: 'N', doc: 'end after N loop back-edges and calls (exit code 3)' },
  'memory-limit': { type: 'string', value: 'MB', doc: 'memory and heap of the program; default 1024' },
  depth: { type: 'string', value: 'N', doc: 'calls that may be active at a time; default 100000' },
};

/** The limits that were asked for. */
export function limitsOf(words: Words): Partial<Limits> {
  const fuel = numberOption(words, 'fuel');
  const memory = numberOption(words, 'memory-limit', 1);
  const depth = numberOption(words, 'depth', 1);
  return {
    ...(fuel === undefined ? {} : { fuel }),
    ...(memory === undefined ? {} : { memory: memory * 2 ** 20 }),
    ...(depth === undefined ? {} : { depth }),
  };
}

/** The file that a command is about; throws `DiagnosticError` where none is named. */
export function fileOf(words: Words): string {
  const [file] = words.positionals;
  if (file === undefined)
    throw new DiagnosticError(badUsage('no input file', "name a file, or '-' for standard input"));
  return file;
}

/** Loads the input file; throws `DiagnosticError`. */
export function loadInput(tools: Toolchain, words: Words): { readonly file: string; readonly loaded: Loaded } {
  const file = fileOf(words);
  return { file, loaded: unwrap(load(tools, readInput(file), file, { from: words.text('from') })) };
}

/** The toolchain, plugins' passes added. */
export async function toolsOf(words: Words): Promise<Toolchain> {
  const files = words.list('plugin');
  if (files.length === 0) return presets;
  const passes = new Map(presets.passes);
  for (const file of files) {
    const found = await pluginPasses(file);
    for (const pass of found) passes.set(pass.name, pass);
  }
  return { ...presets, passes };
}

async function pluginPasses(file: string): Promise<readonly Pass[]> {
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new DiagnosticError(badUsage(`plugin ${file} cannot be loaded: ${line}`, 'mend the plugin'));
  }
  const list = Array.isArray(loaded.default) ? (loaded.default as unknown[]) : [loaded.default];
  if (list.every(isPass)) return list;
  throw new DiagnosticError(badUsage(`plugin ${file} exports no pass by default`, 'export default definePass({...})'));
}

function isPass(value: unknown): value is Pass {
  return typeof value === 'object' && value !== null && 'scope' in value && 'run' in value && 'name' in value;
}

/** The pipeline that was asked for: `-p`, or a level, or `fallback`. */
export function pipelineOf(tools: Toolchain, words: Words, fallback: string): Pipeline {
  try {
    const list = words.text('pipeline');
    return list === undefined ? levelOf(tools, words.text('level') ?? fallback) : parsePipeline(tools, list);
  } catch (error) {
    if (error instanceof ScheduleError) throw new DiagnosticError(badUsage(error.message, 'see `sluice passes`'));
    throw error;
  }
}

function levelOf(tools: Toolchain, name: string): Pipeline {
  if (tools.levels.includes(name)) return tools.levelPipeline(name);
  throw new ScheduleError(`there is no level '${name}'; there are: ${tools.levels.join(', ')}`);
}

/** `a,b@late,c(x=1)`; the first may be a level; `+pass:after=anchor` and `+pass:before=anchor` insert. */
function parsePipeline(tools: Toolchain, text: string): Pipeline {
  const words = text.split(/,(?![^(]*\))/).map((word) => word.trim());
  const [first = ''] = words;
  const onLevel = tools.levels.includes(first);
  const plain = words.slice(onLevel ? 1 : 0).filter((word) => word !== '' && !word.startsWith('+'));
  let result: Pipeline = onLevel
    ? {
        name: text,
        instances: [...tools.levelPipeline(first).instances, ...pipeline('', plain, tools.passes).instances],
      }
    : pipeline(text, plain, tools.passes);
  for (const word of words.filter((each) => each.startsWith('+'))) {
    const match = /^\+(.+?)(?::(after|before)=(.+))?$/.exec(word);
    const [, spec = '', side, anchor = ''] = match ?? [];
    if (side === undefined) {
      result = { ...result, instances: [...result.instances, parseInstance(spec, tools.passes)] };
    } else {
      result = insert(result, spec, side === 'after' ? { after: anchor } : { before: anchor }, tools.passes);
    }
  }
  return { name: text, instances: result.instances };
}
