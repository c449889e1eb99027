/** Options that several commands have, and what they mean. */

import { pathToFileURL } from 'node:url';
import { allocatorNamed, badUsage, type CompileOptions, load, presets, type Toolchain } from '@sluice/driver';
import { DiagnosticError, type Limits, type Loaded, type OpDef, type OpTable, opTable, unwrap } from '@sluice/ir';
import { insert, type Pass, type Pipeline, parseInstance, pipeline, ScheduleError, withOption } from '@sluice/pipeline';
import { numberOption, type OptionHelp, type OptionTable, type Words } from './command.ts';
import { readInput } from './io.ts';

const plugin: OptionHelp = {
  type: 'string',
  multiple: true,
  value: 'FILE',
  doc: 'a module of passes (its default export: one, or a list) or of ops (its export `ops`: a list)',
};

/** How input is told. */
export const inputOptions: OptionTable = {
  plugin,
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
  plugin: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    doc: 'a module of passes (its default export: one, or a list) or of ops (its export `ops`: a list)',
  },
};

/** What passes may take for granted. */
export const fastMathOption: OptionTable = {
  'fast-math': { type: 'boolean', doc: 'sums and products of floats in any order, which rounds otherwise' },
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

/** What registers there are, and who gives them to values. */
export const allocationOptions: OptionTable = {
  registers: {
    type: 'string',
    value: 'N',
    doc: 'registers of the register machine, from 4; default: as many as wanted',
  },
  allocator: {
    type: 'string',
    value: 'NAME',
    doc: `with --registers: ${presets.allocators.map(({ name }) => name).join(', ')}; default ${presets.allocators[0]?.name}`,
  },
  'no-fuse': { type: 'boolean', doc: 'bytecode without peephole and fusion' },
};

/** What `allocationOptions` say; throws `DiagnosticError` for an allocator that there is none of. */
export function allocationOf(tools: Toolchain, words: Words): CompileOptions {
  const registers = numberOption(words, 'registers', 4);
  const allocator = words.text('allocator');
  return {
    fuse: !words.flag('no-fuse'),
    ...(registers === undefined ? {} : { registers }),
    ...(allocator === undefined ? {} : { allocator: allocatorNamed(tools, allocator).name }),
  };
}

/** The file that a command is about; throws `DiagnosticError` where none is named. */
export function fileOf(words: Words): string {
  const [file] = words.positionals;
  if (file === undefined)
    throw new DiagnosticError(badUsage('no input file', "name a file, or '-' for standard input"));
  return file;
}

/** Loads the input file (`given`: its bytes), or a case of a fixture file (`licm.ir#2`); throws `DiagnosticError`. */
export function loadInput(
  tools: Toolchain,
  words: Words,
  given?: Uint8Array,
): { readonly file: string; readonly loaded: Loaded } {
  const name = fileOf(words);
  const [, file = name, number] = /^(.*\.ir)#(\d+)$/.exec(name) ?? [];
  const bytes = given ?? readInput(file);
  const input = number === undefined ? bytes : caseOf(bytes, Number(number), name);
  return { file, loaded: unwrap(load(tools, input, file, { from: words.text('from') })) };
}

/** The module of a fixture's case, on the lines that it has in the file: what a failing fixture tells to run. */
function caseOf(bytes: Uint8Array, number: number, name: string): Uint8Array {
  const lines = new TextDecoder().decode(bytes).split('\n');
  const starts = lines.flatMap((line, i) => (line.startsWith('===') ? [i] : []));
  const start = starts[number - 1];
  if (start === undefined) throw new DiagnosticError(badUsage(`${name}: no such case`, `there are ${starts.length}`));
  const end = lines.findIndex((line, i) => i > start && /^(?:===|---)/.test(line));
  const kept = lines.slice(0, end < 0 ? lines.length : end);
  return new TextEncoder().encode(kept.map((line, i) => (i <= start || line.startsWith('#') ? '' : line)).join('\n'));
}

/** What a plugin brings along. */
interface Plugin {
  readonly passes: readonly Pass[];
  readonly ops: readonly OpDef[];
}

/** The toolchain, plugins' passes and ops added. */
export async function toolsOf(words: Words): Promise<Toolchain> {
  const tools = await withPlugins(words.list('plugin'));
  return { ...tools, levelPipeline: (level) => asked(words, tools.levelPipeline(level)) };
}

/** A pipeline, with what is said of the program in all passes that ask. */
function asked(words: Words, list: Pipeline): Pipeline {
  return words.flag('fast-math') ? withOption(list, 'fastMath', true) : list;
}

async function withPlugins(files: readonly string[]): Promise<Toolchain> {
  if (files.length === 0) return presets;
  const passes = new Map(presets.passes);
  const ops = [...presets.ops.values()];
  for (const file of files) {
    const plugin = await readPlugin(file);
    for (const pass of plugin.passes) passes.set(pass.name, pass);
    ops.push(...plugin.ops);
  }
  return { ...presets, passes, ops: tableOf(ops) };
}

function tableOf(ops: readonly OpDef[]): OpTable {
  try {
    return opTable(ops);
  } catch (error) {
    throw new DiagnosticError(badUsage(`plugins: ${messageOf(error)}`, 'give the op another name'));
  }
}

async function readPlugin(file: string): Promise<Plugin> {
  let loaded: { readonly default?: unknown; readonly ops?: unknown };
  try {
    loaded = (await import(pathToFileURL(file).href)) as typeof loaded;
  } catch (error) {
    throw new DiagnosticError(badUsage(`plugin ${file} cannot be loaded: ${messageOf(error)}`, 'mend the plugin'));
  }
  const passes = listOf(loaded.default);
  const ops = listOf(loaded.ops);
  if (passes.length + ops.length > 0 && passes.every(isPass) && ops.every(isOp)) return { passes, ops };
  const fix = 'export default definePass({...}), or export const ops = [defineOp(...)]';
  throw new DiagnosticError(badUsage(`plugin ${file} exports neither passes nor ops`, fix));
}

function listOf(exported: unknown): readonly unknown[] {
  if (exported === undefined) return [];
  return Array.isArray(exported) ? (exported as unknown[]) : [exported];
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

function isPass(value: unknown): value is Pass {
  return typeof value === 'object' && value !== null && 'scope' in value && 'run' in value && 'name' in value;
}

function isOp(value: unknown): value is OpDef {
  return typeof value === 'object' && value !== null && 'sig' in value && 'effect' in value && 'name' in value;
}

/** The pipeline that was asked for: `-p`, or a level, or `fallback`. */
export function pipelineOf(tools: Toolchain, words: Words, fallback: string): Pipeline {
  try {
    const list = words.text('pipeline');
    if (list === undefined) return levelOf(tools, words.text('level') ?? fallback);
    return asked(words, parsePipeline(tools, list));
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
