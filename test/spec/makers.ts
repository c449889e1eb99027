/**
 * What executes scripts: engines of the presets at levels, with modules as they were read or once more through the emitter
 * (wasm, IR, passes, wasm, IR). All configurations of one `Modules` share what is the same for them: a module is read once,
 * and optimised once for each level.
 */

import {
  type EngineEntry,
  exportedFunc,
  findEngine,
  load,
  lower,
  optimise,
  prepareModule,
  presets,
} from '@sluice/driver';
import {
  type Extern,
  type Instance,
  type InstanceOptions,
  type Limits,
  type Module,
  ok,
  type Result,
  signatureOf,
} from '@sluice/ir';
import { emitWasm } from './emit.ts';
import type { Answer, Maker, ScriptInstance } from './run-script.ts';
import { spectestExterns } from './spectest.ts';

/** What a script runs on. */
export interface Configuration {
  readonly engine: string;
  /** Level of the engine's module. */
  readonly level: string;
  /** Level of a round trip through Wasm before; null: none. */
  readonly trip: string | null;
}

/** What a table of results calls it. */
export function configurationName({ engine, level, trip }: Configuration): string {
  return trip === null ? `${engine} ${level}` : `${engine} ${level} after wasm ${trip}`;
}

/**
 * What ends what does not end: exhaustion is asked for with calls without end, some of them in tail position. Deep enough
 * for all that the tests do otherwise, and small frames or large ones fit.
 */
const limits: Limits = { fuel: 20_000_000, depth: 20_000, memory: 2 ** 30 };

/** A module that was read, in the forms that configurations want. */
export interface SpecModule {
  readonly at: (level: string, trip: string | null) => Module;
}

/** Modules of scripts, read once by their bytes' name. */
export interface Modules {
  readonly load: (bytes: Uint8Array, file: string) => Result<SpecModule>;
}

/** An empty store of modules: one for each script. */
export function makeModules(): Modules {
  const known = new Map<string, Result<SpecModule>>();
  return {
    load: (bytes, file) => {
      let found = known.get(file);
      if (found === undefined) {
        const loaded = read(bytes, file);
        found = loaded.ok ? ok(specModule(loaded.value, file)) : loaded;
        known.set(file, found);
      }
      return found;
    },
  };
}

function read(bytes: Uint8Array, file: string): Result<Module> {
  const loaded = load(presets, bytes, file, { from: 'wasm' });
  return loaded.ok ? ok(loaded.value.module) : loaded;
}

function specModule(source: Module, file: string): SpecModule {
  const known = new Map<string, Module>();
  const remembered = (key: string, make: () => Module): Module => {
    let found = known.get(key);
    if (found === undefined) {
      found = make();
      known.set(key, found);
    }
    return found;
  };
  const optimised = (key: string, from: () => Module, level: string): Module =>
    remembered(`${key} ${level}`, () => optimise(from(), presets.levelPipeline(level)));
  const tripped = (level: string): Module =>
    remembered(`trip ${level}`, () => {
      const again = read(emitWasm(source, level), file);
      if (again.ok) return again.value;
      throw new Error(`the emitted module is refused: ${again.diagnostics[0]?.message}`);
    });
  return {
    at: (level, trip) =>
      trip === null ? optimised('source', () => source, level) : optimised(`trip ${trip},`, () => tripped(trip), level),
  };
}

/** An engine at a level; throws for an engine that there is none of. */
export function engineMaker({ engine, level, trip }: Configuration, modules: Modules): Maker<SpecModule, Extern> {
  const instantiate = instantiator(engine);
  // One spectest for all modules of a script: they share its table and memory.
  const shared = spectestExterns();
  return {
    load: modules.load,
    instantiate: (found, linked) => {
      const module = found.at(level, trip);
      const externs = new Map<string, Extern>();
      for (const { module: from, field } of importsOf(module)) {
        const name = `${from}.${field}`;
        const extern = from === 'spectest' ? shared.get(field) : linked(from, field);
        if (extern !== undefined) externs.set(name, extern);
      }
      return scriptInstance(instantiate(module, { externs, limits }), module);
    },
  };
}

/** Instances of modules on an engine; throws for an engine that there is none of. */
export function instantiator(name: string): (m: Module, options: InstanceOptions) => Instance {
  const engine = findEngine(presets, name);
  if (engine === undefined || engine.executes === 'source') throw new Error(`no engine '${name}'`);
  return (m, options) => ready(engine, m)(options);
}

type Ready = (options: InstanceOptions) => Instance;
const known = new WeakMap<Module, Map<string, Ready>>();

/** A module made ready for an engine; instances of one module share it. */
function ready(engine: Exclude<EngineEntry, { readonly executes: 'source' }>, m: Module): Ready {
  const engines = known.get(m) ?? new Map<string, Ready>();
  known.set(m, engines);
  let found = engines.get(engine.name);
  if (found === undefined) {
    found =
      engine.executes === 'module'
        ? engine.instantiate.bind(null, prepareModule(m, engine, presets))
        : engine.instantiate.bind(null, lower(m, engine.target, presets).program);
    engines.set(engine.name, found);
  }
  return found;
}

function importsOf(m: Module): readonly { readonly module: string; readonly field: string }[] {
  const sources = [m.memory?.source, ...m.tables.map(({ source }) => source), ...m.globals.map(({ source }) => source)];
  return [...m.imports, ...sources.flatMap((source) => source ?? [])];
}

function scriptInstance(instance: Instance, module: Module): ScriptInstance<Extern> {
  const { startFailure } = instance;
  return {
    failure: startFailure === null || startFailure.kind === 'return' ? null : startFailure,
    invoke: (field, args): Answer | undefined => {
      const name = exportedFunc(module, field);
      if (name === undefined) return undefined;
      const { outcome } = instance.call(name, args);
      if (outcome.kind !== 'return') return outcome;
      const types = signatureOf(module, name)?.results ?? [];
      return { kind: 'return', results: outcome.values.map((value, i) => ({ type: types[i] ?? 'any', value })) };
    },
    get: (field) => {
      const found = module.exports.find(({ external, kind }) => external === field && kind === 'global');
      const global = module.globals.find(({ name }) => name === found?.name);
      return global === undefined ? undefined : { type: global.type, value: instance.global(global.name) };
    },
    exported: (field) => instance.exported(field),
  };
}
