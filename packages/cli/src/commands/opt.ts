/** `sluice opt`: transform a module and emit it in some form. */

import process from 'node:process';
import {
  badUsage,
  emitAs,
  type FormTarget,
  findEngine,
  lower,
  optimise,
  presets,
  retarget,
  type Toolchain,
  type WriteOptions,
} from '@sluice/driver';
import {
  DiagnosticError,
  type Func,
  formatDiagnostic,
  instPrinter,
  type Module,
  printFunc,
  printModule,
  sizeOf,
  unwrap,
  type ValueId,
} from '@sluice/ir';
import { type Observer, PassBug, type Pipeline, type Remark, timing } from '@sluice/pipeline';
import { type Command, numberOption, type Words } from '../command.ts';
import { say, writeOutput } from '../io.ts';
import {
  allocationOf,
  allocationOptions,
  fastMathOption,
  inputOptions,
  loadInput,
  passOptions,
  pipelineOf,
  toolsOf,
} from '../shared.ts';
import { aligned } from '../table.ts';

const foreign = [...presets.languages, ...presets.binaries];
const forms: readonly string[] = ['ir', 'stack', 'register', ...foreign.map(({ name }) => name)];

/** Forms by what the name of the output ends with. */
const byExtension: Readonly<Record<string, string>> = {
  sbc: 'stack',
  sasm: 'stack',
  srbc: 'register',
  srasm: 'register',
  bril: 'bril',
  wasm: 'wasm',
};

const command: Command = {
  name: 'opt',
  summary: 'Transform a program and print the result (default -O2, as text IR).',
  usage: '[options] FILE',
  options: {
    ...passOptions,
    ...fastMathOption,
    emit: { type: 'string', value: 'FORM', doc: `what to emit: ${forms.join(', ')}; default ir` },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      doc: 'write there; `.irb`, `.sbc`, `.srbc`, `.wasm` write binary forms',
    },
    ...allocationOptions,
    'verify-each': { type: 'boolean', doc: 'verify after every pass' },
    'print-changed': { type: 'boolean', doc: 'print each function that a pass changed, to stderr' },
    'print-after': { type: 'string', value: 'PASS', doc: 'print functions after a pass (or instance), to stderr' },
    'time-passes': { type: 'boolean', doc: 'print where the time goes, to stderr' },
    stats: { type: 'string', value: 'json', implied: 'text', doc: 'print sizes before and after, and rewrites' },
    remarks: { type: 'string', value: 'json', implied: 'text', doc: 'print what passes did, and what they declined' },
    rewrites: { type: 'string', value: 'N', doc: 'let passes do at most N rewrites; 0 is identity' },
    trace: { type: 'string', value: 'FILE', doc: 'write the log of pass instances and remarks as JSON' },
    names: { type: 'boolean', doc: "print values and blocks by the source's names" },
    'strip-names': { type: 'boolean', doc: 'write no names of functions to a `.wasm`' },
    ...inputOptions,
  },
  examples: [
    'sluice opt examples/bril/matmul.bril -O3 --remarks',
    'sluice opt examples/bril/matmul.bril -O3 --emit bril',
    "sluice opt examples/bril/matmul.bril -p 'simplify-cfg,gvn,dce' --time-passes",
    'sluice opt examples/stack/fnv.sasm -O2 --emit register',
    'sluice opt in.wasm -Os -o out.wasm',
  ],
  run: async (words) => {
    const tools = await toolsOf(words);
    const { file, loaded } = loadInput(tools, words);
    const form = formOf(words);
    const targets: readonly FormTarget<string | Uint8Array>[] = [...tools.languages, ...tools.binaries];
    const target = targets.find(({ name }) => name === form);
    const asked = pipelineOf(tools, words, 'O2');
    const pipeline = target === undefined ? asked : retarget(asked, target, tools);
    const watching = await observersOf(words);
    const rewrites = numberOption(words, 'rewrites');
    const done = { module: loaded.module };
    try {
      done.module = optimise(loaded.module, pipeline, {
        ops: tools.ops,
        observers: watching.observers,
        verifyEach: words.flag('verify-each') || words.list('plugin').length > 0,
        freeze: words.list('plugin').length > 0,
        ...(rewrites === undefined ? {} : { rewrites }),
      });
    } catch (error) {
      if (error instanceof PassBug) return reportBug(error, file);
      throw error;
    }
    watching.finish();
    if (words.text('stats') !== undefined) showStats(words, loaded.module, done.module, pipeline, watching.rewrites());
    if (target === undefined) await emit(tools, words, form, done.module);
    else write(words, unwrap(emitAs(done.module, target, tools, writeOptions(words))));
    return 0;
  },
};

export default command;

interface Watching {
  readonly observers: readonly Observer[];
  readonly finish: () => void;
  readonly rewrites: () => number;
}

async function observersOf(words: Words): Promise<Watching> {
  const observers: Observer[] = [];
  const ends: (() => void)[] = [];
  let rewrites = 0;
  if (words.text('stats') !== undefined) {
    observers.push({
      remark: ({ number }) => {
        rewrites = Math.max(rewrites, number);
      },
    });
  }
  if (words.flag('print-changed')) {
    observers.push({
      ranOnFunc: ({ id }, before, after) => {
        if (after !== before) say(`; after ${id}\n${printFunc(after)}`);
      },
      ranOnModule: ({ id }, before, after) => {
        if (after !== before) for (const f of changedFuncs(before, after)) say(`; after ${id}\n${printFunc(f)}`);
      },
    });
  }
  const after = words.text('print-after');
  if (after !== undefined) {
    observers.push({
      ranOnFunc: ({ id, pass }, _, f) => {
        if (id === after || pass.name === after) say(`; after ${id}\n${printFunc(f)}`);
      },
      ranOnModule: ({ id, pass }, _, m) => {
        if (id === after || pass.name === after) say(`; after ${id}\n${printModule(m)}`);
      },
    });
  }
  if (words.flag('time-passes')) {
    const times = timing();
    observers.push(times);
    ends.push(() => showTimes(times.times()));
  }
  const remarks = words.text('remarks');
  if (remarks !== undefined) observers.push(remarkPrinter(remarks === 'json'));
  const traceFile = words.text('trace');
  if (traceFile !== undefined) {
    const { tracing } = await import('@sluice/pipeline/trace');
    const trace = tracing();
    observers.push(trace);
    ends.push(() => writeOutput(traceFile, `${JSON.stringify(trace.trace(), null, 1)}\n`));
  }
  return {
    observers,
    rewrites: () => rewrites,
    finish: () => {
      for (const end of ends) end();
    },
  };
}

function changedFuncs(before: Module, after: Module): readonly Func[] {
  const old = new Set(before.funcs);
  return after.funcs.filter((f) => !old.has(f));
}

/** Prints remarks with the instruction that they are about, as it was before the pass. */
function remarkPrinter(json: boolean): Observer {
  let pending: Remark[] = [];
  const flush = (text: (remark: Remark) => string | null): void => {
    for (const remark of pending) {
      const inst = text(remark);
      say(json ? JSON.stringify({ ...remark, inst }) : showRemark(remark, inst));
    }
    pending = [];
  };
  return {
    remark: (remark) => {
      pending.push(remark);
    },
    ranOnFunc: (_, before) => {
      if (pending.length === 0) return;
      const print = instPrinter(before);
      flush(({ at }) => (at === null || before.insts[at] === undefined ? null : print(at)));
    },
    ranOnModule: (_, before) => {
      const printers = new Map<string, (v: ValueId) => string>();
      flush(({ func, at }) => {
        const f = before.funcs.find(({ name }) => name === func);
        if (f === undefined || at === null || f.insts[at] === undefined) return null;
        const print = printers.get(func) ?? instPrinter(f);
        printers.set(func, print);
        return print(at);
      });
    },
  };
}

function showRemark({ instance, func, kind, what, number }: Remark, inst: string | null): string {
  const place = inst === null ? '' : `: \`${inst}\``;
  const said = kind === 'rewrite' ? `${what} (#${number})` : `declined: ${what}`;
  return `${instance}: @${func}: ${said}${place}`;
}

function showTimes(times: ReturnType<ReturnType<typeof timing>['times']>): void {
  const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const rows = times.map(({ id, milliseconds, functions, changed }) => [
    id,
    `${milliseconds.toFixed(2)} ms`,
    `${((100 * milliseconds) / Math.max(total, 1e-9)).toFixed(1)} %`,
    `${changed}/${functions} changed`,
  ]);
  rows.push(['total', `${total.toFixed(2)} ms`, '', '']);
  for (const line of aligned(rows, (column) => (column === 0 ? 'left' : 'right'))) say(line);
}

function showStats(words: Words, before: Module, after: Module, pipeline: Pipeline, rewrites: number): void {
  const size = (m: Module): number => m.funcs.reduce((sum, f) => sum + sizeOf(f), 0);
  const stats = {
    pipeline: pipeline.name,
    instructions_before: size(before),
    instructions_after: size(after),
    functions_before: before.funcs.length,
    functions_after: after.funcs.length,
    rewrites,
  };
  if (words.text('stats') === 'json') say(JSON.stringify(stats));
  else for (const [key, value] of Object.entries(stats)) say(`${key}: ${value}`);
}

function reportBug(bug: PassBug, file: string): number {
  say(`${file}: pass '${bug.instance}' is broken: ${bug.message}`);
  for (const found of bug.diagnostics.slice(0, 10)) say(formatDiagnostic(found));
  if (bug.before !== '') say(`; before ${bug.instance}\n${bug.before}`);
  return 1;
}

/** The form that is asked for, by `--emit` or by the output's name. Throws `DiagnosticError` where there is no such form. */
function formOf(words: Words): string {
  const output = words.text('output') ?? '-';
  const [, extension = ''] = /\.(\w+)$/.exec(output) ?? [];
  const form = words.text('emit') ?? byExtension[extension] ?? 'ir';
  if (forms.includes(form)) return form;
  throw new DiagnosticError(badUsage(`no output form '${form}'`, `there are: ${forms.join(', ')}`));
}

function writeOptions(words: Words): WriteOptions {
  const stripNames = words.flag('strip-names');
  return words.text('remarks') === undefined
    ? { stripNames }
    : { stripNames, dropped: (what) => say(`dropped: ${what}`) };
}

function write(words: Words, content: string | Uint8Array): void {
  const output = words.text('output') ?? '-';
  if (typeof content !== 'string' && output === '-' && process.stdout.isTTY)
    throw new DiagnosticError(badUsage('a binary does not go to a terminal', 'name a file with -o'));
  writeOutput(output, content);
}

async function emit(tools: Toolchain, words: Words, form: string, m: Module): Promise<void> {
  const output = words.text('output') ?? '-';
  if (form === 'ir') {
    const { encodeModule } = await import('@sluice/ir');
    writeOutput(
      output,
      output.endsWith('.irb') ? encodeModule(m, { debug: true }) : printModule(m, { names: words.flag('names') }),
    );
    return;
  }
  const engine = findEngine(tools, form);
  if (engine?.executes !== 'program') throw new Error(`no target '${form}'`);
  const { program } = lower(m, engine.target, tools, allocationOf(tools, words));
  const { disassemble, encodeProgram } = await import('@sluice/bytecode');
  writeOutput(output, /\.sr?bc$/.test(output) ? encodeProgram(program, { debug: true }) : disassemble(program));
}
