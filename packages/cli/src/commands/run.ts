/** `sluice run`: lift, optimise, emit, execute. Only the program's output goes to stdout. */

import { type Prepared, prepare, prepareProgram, type Toolchain } from '@sluice/driver';
import { unwrap } from '@sluice/ir';
import type { Command, Words } from '../command.ts';
import { outputTo, readInput, say } from '../io.ts';
import {
  allocationOf,
  allocationOptions,
  fastMathOption,
  fileOf,
  inputOptions,
  limitOptions,
  limitsOf,
  loadInput,
  passOptions,
  pipelineOf,
  toolsOf,
} from '../shared.ts';
import { wasiEnvironment } from '../wasi.ts';

const command: Command = {
  name: 'run',
  summary: 'Lift, optimise, emit and execute a program. Its output goes to stdout, everything else to stderr.',
  usage: '[options] FILE [ARGS...]',
  options: {
    ...passOptions,
    ...fastMathOption,
    engine: { type: 'string', value: 'NAME', doc: 'what executes; default register; see `sluice engines`' },
    stats: {
      type: 'string',
      value: 'json',
      implied: 'text',
      doc: 'print facts of the run as `key: value` lines, or as JSON',
    },
    ...allocationOptions,
    count: { type: 'boolean', doc: 'count executed instructions (implied by --stats)' },
    ...limitOptions,
    invoke: { type: 'string', value: 'NAME', doc: 'run this exported function, with ARGS as its arguments' },
    dir: {
      type: 'string',
      multiple: true,
      value: 'FOLDER',
      doc: 'a folder that a WASI program may read; FOLDER::NAME gives it another name there',
    },
    env: { type: 'string', multiple: true, value: 'NAME=VALUE', doc: 'an environment variable of a WASI program' },
    ...inputOptions,
  },
  examples: [
    'sluice run examples/bril/fib.bril 21',
    'sluice run examples/stack/sieve.sasm -O3 --engine stack --stats',
    'sluice run module.wasm --invoke add 2 3',
    'sluice run --dir data program.wasm data/input.txt',
  ],
  run: async (words) => {
    const tools = await toolsOf(words);
    const { file, prepared } = preparedInput(tools, words);
    const stats = words.text('stats');
    const { out, outBytes, flush } = outputTo(1);
    const count = stats !== undefined || words.flag('count');
    const args = words.positionals.slice(1);
    const invoke = words.text('invoke');
    const wasi = wasiEnvironment({
      args: invoke === undefined ? words.positionals : [file],
      directories: words.list('dir'),
      variables: words.list('env'),
      out: outBytes,
      flush,
    });
    const ran = prepared.run({ args, out, invoke, wasi, limits: limitsOf(words), count });
    flush();
    const report = unwrap(ran);
    const { code, message } = report.verdict;
    if (message !== null) say(`${file}: ${message}`);
    if (count)
      showStats(stats ?? 'text', {
        engine: report.engine,
        level: report.level,
        unit: report.unit,
        total_dyn_inst: report.instructions ?? 'n/a',
        code_size: prepared.codeSize() ?? 'n/a',
        time_ms: Number(report.runMs.toFixed(3)),
        compile_ms: Number(report.compileMs.toFixed(3)),
      });
    return code;
  },
};

export default command;

function preparedInput(tools: Toolchain, words: Words): { readonly file: string; readonly prepared: Prepared } {
  const name = fileOf(words);
  // A case of a fixture (`licm.ir#2`) is no file; standard input is read once.
  const bytes = /\.ir#\d+$/.test(name) ? undefined : readInput(name);
  const ready = bytes === undefined ? null : prepareProgram(tools, bytes, name, words.text('engine'));
  if (ready !== null) return { file: name, prepared: unwrap(ready) };
  const { file, loaded } = loadInput(tools, words, bytes);
  const pipeline = pipelineOf(tools, words, 'O2');
  const engine = words.text('engine') ?? tools.defaultEngine;
  const compile = allocationOf(tools, words);
  return { file, prepared: unwrap(prepare(tools, loaded, file, { engine, pipeline, compile })) };
}

function showStats(form: string, stats: Readonly<Record<string, string | number>>): void {
  if (form === 'json') say(JSON.stringify(stats));
  else for (const [key, value] of Object.entries(stats)) say(`${key}: ${value}`);
}
