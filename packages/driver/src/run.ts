/** Runs a loaded file on an engine at a level, and says all that can be said of the run. */

import { encodeProgram } from '@sluice/bytecode';
import {
  type Diagnostic,
  fail,
  type Host,
  type Instance,
  type InstanceOptions,
  type Limits,
  type Loaded,
  type Module,
  ok,
  printSignature,
  type Result,
  sameSignature,
  sizeOf,
  type Value,
  type Verdict,
} from '@sluice/ir';
import type { Pipeline } from '@sluice/pipeline';
import { type CompileOptions, lower, optimise, prepareModule } from './compile.ts';
import { badUsage, missingImport, nothingToRun, wrongEngine } from './diag-codes.ts';
import { exportedFunc, withEntry } from './modules.ts';
import { type EngineEntry, findEngine, type Toolchain } from './toolchain.ts';
import { pipelineFor } from './translate.ts';
import { type WasiEnvironment, wasiHost, wasiModule, wasiSignatures } from './wasi/index.ts';

/** How to run. */
export interface RunRequest {
  readonly args: readonly string[];
  readonly engine: string;
  readonly pipeline: Pipeline;
  /** Gets what the program prints. */
  readonly out: (text: string) => void;
  /** The exported function to run in place of the file's own entry. A reactor of WASI is initialised first. */
  readonly invoke?: string | undefined;
  /** Functions for imports, by `module.field`, beside those of the language; they come first. */
  readonly host?: Host | HostFactory;
  /** What a program gets that imports WASI; it takes `args` from here, unless a function is invoked. */
  readonly wasi?: WasiEnvironment;
  readonly limits?: Partial<Limits>;
  /** Count executed instructions (engines run a counting variant, somewhat slower). */
  readonly count?: boolean;
  readonly signal?: { readonly aborted: boolean } | null;
  readonly compile?: CompileOptions;
}

/** What host functions may see of the instance that calls them. */
export interface Running {
  /** The linear memory as it is now; empty before the instance is made. Valid until the program runs on. */
  readonly memory: () => Uint8Array;
}

/** Makes host functions for an instance that is about to be made. */
export type HostFactory = (running: Running) => Host;

/** What a run was. */
export interface RunReport {
  readonly verdict: Verdict;
  readonly engine: string;
  readonly level: string;
  readonly unit: string;
  /** Instructions executed; null where they were not counted. */
  readonly instructions: number | null;
  readonly runMs: number;
  readonly compileMs: number;
}

/** A loaded file made ready for an engine: compile once, run as often as wanted. */
export interface Prepared {
  readonly engine: EngineEntry;
  readonly level: string;
  /** Bytes of the encoded program; for the interpreter, instructions of the module; null for the source's own. */
  readonly codeSize: () => number | null;
  readonly compileMs: number;
  /** Runs once, in a fresh instance. */
  readonly run: (request: Omit<RunRequest, 'engine' | 'pipeline' | 'compile'>) => Result<RunReport>;
}

/** Optimises and lowers. Fails where the engine is unknown or cannot take this input. */
export function prepare(
  tools: Toolchain,
  loaded: Loaded,
  file: string,
  request: Pick<RunRequest, 'engine' | 'pipeline' | 'compile'>,
): Result<Prepared> {
  const engine = findEngine(tools, request.engine);
  if (engine === undefined) {
    const known = tools.engines.map(({ name }) => name).join(', ');
    return fail(badUsage(`no engine '${request.engine}'`, `there are: ${known}`));
  }
  const start = performance.now();
  const level = request.pipeline.name;
  if (engine.executes === 'source') {
    const { direct } = loaded;
    if (direct === null) return fail(wrongEngine(file, engine.name, 'its language has no interpreter of its own'));
    return ok({
      engine,
      level: 'source',
      codeSize: () => null,
      compileMs: 0,
      run: ({ args, out, invoke, limits = {} }) => {
        if (invoke !== undefined) return fail(wrongEngine(file, engine.name, 'it runs whole programs only'));
        const begin = performance.now();
        const result = direct(args, out, limits);
        if (!result.ok) return result;
        const runMs = performance.now() - begin;
        const { verdict, instructions } = result.value;
        const { name, unit } = engine;
        return ok({ verdict, engine: name, level: 'source', unit, instructions, runMs, compileMs: 0 });
      },
    });
  }
  const passes = pipelineFor(request.pipeline, engine, tools);
  const module = optimise(loaded.module, passes, { ops: tools.ops, ...request.compile });
  const real = realise(tools, engine, module, file, request.compile);
  return real.ok ? made({ ...real.value, engine, level, loaded, file, module, start }) : real;
}

/** A program that is executed as it is, made ready; null: the file holds none. `asked`: the engine that is wanted. */
export function prepareProgram(
  tools: Toolchain,
  bytes: Uint8Array,
  file: string,
  asked?: string,
): Result<Prepared> | null {
  const start = performance.now();
  const ready = tools.readProgram(bytes, file, tools.ops);
  if (ready === null || !ready.ok) return ready;
  const { engine: name, program, loaded } = ready.value;
  if (asked !== undefined && asked !== name) return fail(wrongEngine(file, asked, `it is a program for '${name}'`));
  const engine = findEngine(tools, name);
  if (engine?.executes !== 'program') throw new Error(`no engine '${name}' for programs`);
  const size = (): number => encodeProgram(program, { debug: false }).length;
  const instantiate = engine.instantiate.bind(null, program);
  return made({ engine, level: 'as it is', loaded, file, module: loaded.module, start, size, instantiate });
}

interface Made {
  readonly engine: EngineEntry;
  readonly level: string;
  readonly loaded: Loaded;
  readonly file: string;
  readonly module: Module;
  /** When making it began. */
  readonly start: number;
  readonly size: () => number;
  readonly instantiate: (options: InstanceOptions) => Instance;
}

function made({ engine, level, loaded, file, module, start, size, instantiate }: Made): Result<Prepared> {
  const compileMs = performance.now() - start;
  return ok({
    engine,
    level,
    codeSize: size,
    compileMs,
    run: (request) => {
      const { args, out, invoke, limits = {}, count = false, signal = null } = request;
      const asked = invoke === undefined ? ok(loaded) : withEntry(loaded, invoke, file);
      if (!asked.ok) return asked;
      const { entry, parseArgs, showResults, host, judge } = asked.value;
      if (entry === null) return fail(nothingToRun(file));
      const values = parseArgs(invoke === undefined && usesWasi(module) && request.wasi !== undefined ? [] : args);
      if (!values.ok) return values;
      let instance: Instance | undefined;
      const running: Running = { memory: () => instance?.memory() ?? new Uint8Array(0) };
      const { provided, close } = hostFor(module, host(out), request, running);
      const missing = missingImports(module, provided, file);
      if (missing.length > 0) return fail(...missing);
      try {
        instance = instantiate({ host: provided, limits, count, signal });
        const begin = performance.now();
        const { outcome, instructions } = callEntry(instance, module, entry, values.value, invoke !== undefined);
        const runMs = performance.now() - begin;
        if (outcome.kind === 'return') out(showResults(outcome.values));
        const verdict = judge(outcome, instance.liveAllocations());
        const { name, unit } = engine;
        return ok({ verdict, engine: name, level, unit, instructions, runMs, compileMs });
      } finally {
        close();
      }
    },
  });
}

/** Calls the entry; a function of a WASI reactor behind its `_initialize`. */
function callEntry(instance: Instance, module: Module, entry: string, args: readonly Value[], invoked: boolean) {
  const initialise = exportedFunc(module, '_initialize');
  if (!invoked || initialise === undefined || initialise === entry) return instance.call(entry, args);
  const ready = instance.call(initialise, []);
  return ready.outcome.kind === 'return' ? instance.call(entry, args) : ready;
}

function usesWasi(module: Module): boolean {
  return module.imports.some((each) => each.module === wasiModule);
}

/** All host functions of a run: the caller's come first, then those of the language, then WASI. */
function hostFor(
  module: Module,
  language: Host,
  { host = new Map(), wasi }: Pick<RunRequest, 'host' | 'wasi'>,
  running: Running,
): { readonly provided: Host; readonly close: () => void } {
  const system = wasi !== undefined && usesWasi(module) ? wasiHost(wasi, running.memory) : null;
  const given = typeof host === 'function' ? host(running) : host;
  return {
    provided: new Map([...(system?.host ?? []), ...language, ...given]),
    close: () => system?.close(),
  };
}

function missingImports(module: Module, provided: Host, file: string): readonly Diagnostic[] {
  return module.imports.flatMap((each) => {
    const name = `${each.module}.${each.field}`;
    if (!provided.has(name)) return [missingImport(file, `no host provides ${name}`)];
    const sig = each.module === wasiModule ? wasiSignatures.get(each.field) : undefined;
    if (sig === undefined || sameSignature(sig, each.sig)) return [];
    return [missingImport(file, `${name} is ${printSignature(sig)}, imported as ${printSignature(each.sig)}`)];
  });
}

function realise(
  tools: Toolchain,
  engine: Exclude<EngineEntry, { readonly executes: 'source' }>,
  module: Module,
  file: string,
  options: CompileOptions | undefined,
): Result<Pick<Made, 'size' | 'instantiate'>> {
  if (engine.executes === 'module') {
    const prepared = prepareModule(module, engine, tools);
    const why = engine.refuses?.(prepared) ?? null;
    if (why !== null) return fail(wrongEngine(file, engine.name, why));
    const { codeSize = (m) => m.funcs.reduce((sum, f) => sum + sizeOf(f), 0) } = engine;
    return ok({ size: () => codeSize(prepared), instantiate: engine.instantiate.bind(null, prepared) });
  }
  const { program } = lower(module, engine.target, tools, options);
  const size = (): number => encodeProgram(program, { debug: false }).length;
  return ok({ size, instantiate: engine.instantiate.bind(null, program) });
}

/** `prepare` and one run. */
export function run(tools: Toolchain, loaded: Loaded, file: string, request: RunRequest): Result<RunReport> {
  const prepared = prepare(tools, loaded, file, request);
  return prepared.ok ? prepared.value.run(request) : prepared;
}
