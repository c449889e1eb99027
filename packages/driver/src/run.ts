/** Runs a loaded file on an engine at a level, and says all that can be said of the run. */

import { encodeProgram } from '@sluice/bytecode';
import {
  fail,
  type Host,
  type Instance,
  type InstanceOptions,
  type Limits,
  type Loaded,
  type Module,
  ok,
  type Result,
  sizeOf,
  type Verdict,
} from '@sluice/ir';
import type { Pipeline } from '@sluice/pipeline';
import { type CompileOptions, lower, optimise } from './compile.ts';
import { badUsage, missingImport, nothingToRun, wrongEngine } from './diag-codes.ts';
import { type EngineEntry, findEngine, type Toolchain } from './toolchain.ts';

/** How to run. */
export interface RunRequest {
  readonly args: readonly string[];
  readonly engine: string;
  readonly pipeline: Pipeline;
  /** Gets what the program prints. */
  readonly out: (text: string) => void;
  /** Functions for imports, by `module.field`, beside those of the language; they come first. */
  readonly host?: Host;
  readonly limits?: Partial<Limits>;
  /** Count executed instructions (engines run a counting variant, somewhat slower). */
  readonly count?: boolean;
  readonly signal?: { readonly aborted: boolean } | null;
  readonly compile?: CompileOptions;
}

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
      run: ({ args, out, limits = {} }) => {
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
  const module = optimise(loaded.module, request.pipeline, { ops: tools.ops, ...request.compile });
  return made({ ...realise(tools, engine, module, request.compile), engine, level, loaded, file, module, start });
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
  const { entry } = loaded;
  if (entry === null) return fail(nothingToRun(file));
  const compileMs = performance.now() - start;
  return ok({
    engine,
    level,
    codeSize: size,
    compileMs,
    run: ({ args, out, host, limits = {}, count = false, signal = null }) => {
      const values = loaded.parseArgs(args);
      if (!values.ok) return values;
      const provided = new Map([...loaded.host(out), ...(host ?? [])]);
      const missing = module.imports.find((each) => !provided.has(`${each.module}.${each.field}`));
      if (missing !== undefined)
        return fail(missingImport(file, `no host provides ${missing.module}.${missing.field}`));
      const instance = instantiate({ host: provided, limits, count, signal });
      const begin = performance.now();
      const { outcome, instructions } = instance.call(entry, values.value);
      const runMs = performance.now() - begin;
      if (outcome.kind === 'return') out(loaded.showResults(outcome.values));
      const verdict = loaded.judge(outcome, instance.liveAllocations());
      const { name, unit } = engine;
      return ok({ verdict, engine: name, level, unit, instructions, runMs, compileMs });
    },
  });
}

function realise(
  tools: Toolchain,
  engine: Exclude<EngineEntry, { readonly executes: 'source' }>,
  module: Module,
  options: CompileOptions | undefined,
) {
  if (engine.executes === 'module') {
    const size = (): number => module.funcs.reduce((sum, f) => sum + sizeOf(f), 0);
    return { size, instantiate: engine.instantiate.bind(null, module) };
  }
  const { program } = lower(module, engine.target, tools, options);
  return {
    size: (): number => encodeProgram(program, { debug: false }).length,
    instantiate: engine.instantiate.bind(null, program),
  };
}

/** `prepare` and one run. */
export function run(tools: Toolchain, loaded: Loaded, file: string, request: RunRequest): Result<RunReport> {
  const prepared = prepare(tools, loaded, file, request);
  return prepared.ok ? prepared.value.run(request) : prepared;
}
