/**
 * The JavaScript engine's own WebAssembly as what executes scripts: the answers that ours are compared with. It does not tell
 * all kinds of traps apart, and takes no v128 from outside.
 */

import { exportedFunc, load, presets } from '@sluice/driver';
import { type Module, ok, type Result, signatureOf, type TrapKind, toNumber, type Value } from '@sluice/ir';
import type { Answer, Maker, ScriptInstance } from '../../spec/run-script.ts';

/** A module, compiled, with ours for its types. */
interface Compiled {
  readonly compiled: WebAssembly.Module;
  readonly module: Module;
}

/** Makes instances of the JavaScript engine. */
export function v8Maker(): Maker<Compiled, WebAssembly.ExportValue> {
  const spectest = spectestImports();
  return {
    load: (bytes, file): Result<Compiled> => {
      const loaded = load(presets, bytes, file, { from: 'wasm' });
      if (!loaded.ok) return loaded;
      return ok({ compiled: new WebAssembly.Module(Uint8Array.from(bytes)), module: loaded.value.module });
    },
    instantiate: ({ compiled, module }, linked) => {
      const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
      for (const { module: from, name } of WebAssembly.Module.imports(compiled)) {
        const value = from === 'spectest' ? spectest[name] : linked(from, name);
        const fields = imports[from] ?? {};
        if (value !== undefined) fields[name] = value;
        imports[from] = fields;
      }
      try {
        return scriptInstance(new WebAssembly.Instance(compiled, imports).exports, module);
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        const failure = { kind: 'trap', trap: trapKind(error) } as const;
        return { failure, invoke: () => undefined, get: () => undefined, exported: () => undefined };
      }
    },
  };
}

function spectestImports(): Readonly<Record<string, WebAssembly.ImportValue>> {
  const print = (): void => undefined;
  const global = (value: 'i32' | 'i64' | 'f32' | 'f64', is: number | bigint) => new WebAssembly.Global({ value }, is);
  return {
    global_i32: global('i32', 666),
    global_i64: global('i64', 666n),
    global_f32: global('f32', 666.6),
    global_f64: global('f64', 666.6),
    table: new WebAssembly.Table({ element: 'anyfunc', initial: 10, maximum: 20 }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
    print,
    print_i32: print,
    print_i64: print,
    print_f32: print,
    print_f64: print,
    print_i32_f32: print,
    print_f64_f64: print,
  };
}

function scriptInstance(exports: WebAssembly.Exports, module: Module): ScriptInstance<WebAssembly.ExportValue> {
  return {
    failure: null,
    exported: (field) => exports[field],
    get: (field) => {
      const found = module.exports.find(({ external, kind }) => external === field && kind === 'global');
      const type = module.globals.find(({ name }) => name === found?.name)?.type;
      const global = exports[field];
      return type === undefined || !(global instanceof WebAssembly.Global) ? undefined : { type, value: global.value };
    },
    invoke: (field, args): Answer | undefined => {
      const name = exportedFunc(module, field);
      const call = exports[field];
      if (name === undefined || typeof call !== 'function') return undefined;
      const { params, results: types } = signatureOf(module, name) ?? { params: [], results: [] };
      try {
        const given = args.map((value, i) => (params[i]?.startsWith('f') === true ? asFloat(value) : value));
        const result: unknown = (call as (...values: readonly unknown[]) => unknown)(...given);
        const list = types.length === 0 ? [] : types.length === 1 ? [result] : [...(result as Iterable<unknown>)];
        return { kind: 'return', results: types.map((type, i) => ({ type, value: list[i] as Value })) };
      } catch (error) {
        if (error instanceof RangeError) return { kind: 'resource', end: 'call-depth' };
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        return { kind: 'trap', trap: trapKind(error) };
      }
    },
  };
}

function asFloat(value: Value): Value {
  return typeof value === 'bigint' ? toNumber(value) : value;
}

/** The first that fits; null: one of several. */
const kinds: readonly (readonly [RegExp, TrapKind | null])[] = [
  [/(divide|remainder) by zero/, 'integer-divide-by-zero'],
  [/float unrepresentable|null function/, null],
  [/unrepresentable/, 'integer-overflow'],
  [/out of bounds/, 'out-of-bounds'],
  [/unreachable/, 'unreachable'],
];

function trapKind(error: Error): TrapKind | null {
  return kinds.find(([text]) => text.test(error.message))?.[1] ?? null;
}
