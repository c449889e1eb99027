/**
 * One generated module on the JavaScript engine's WebAssembly and on ours: every exported function is called in turn, in one
 * instance, and results, traps and the memory behind each call must be the same.
 */

import { exportedFunc } from '@sluice/driver';
import { type Instance, type Module, type Type, toNumber, type Value } from '@sluice/ir';
import type { WasmFuncType } from '@sluice/wasm-format';
import type { Random } from './random.ts';

/** What a call showed: its results or that it trapped, and the memory. */
export interface Seen {
  readonly call: string;
  readonly result: string;
  readonly memory: string;
}

/** A call of an exported function. */
export interface Call {
  readonly name: string;
  readonly args: readonly Value[];
  readonly results: readonly Type[];
}

/** Calls of every function, twice. */
export function callsOf(funcs: readonly WasmFuncType[], random: Random): readonly Call[] {
  const numbers: readonly number[] = [0, 1, -1, 2, 100, 65_535, 0x7fffffff, -0x80000000];
  return [...funcs, ...funcs].map(({ params, results }, i) => ({
    name: `f${i % funcs.length}`,
    args: params.map((type) => {
      const number = random.pick(numbers);
      return type === 'i64' ? BigInt(number) : type === 'i32' ? number : Math.fround(number / random.pick([1, 3]));
    }),
    results,
  }));
}

/** The JavaScript engine's answers; null: it ran out of stack. */
export function seenByV8(bytes: Uint8Array<ArrayBuffer>, calls: readonly Call[]): readonly Seen[] | null {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const memory = exports.memory as WebAssembly.Memory;
  const seen: Seen[] = [];
  for (const { name, args, results } of calls) {
    let result = 'trap';
    try {
      const got: unknown = (exports[name] as (...values: readonly Value[]) => unknown)(...args);
      const list = results.length === 0 ? [] : results.length === 1 ? [got] : [...(got as Iterable<unknown>)];
      result = list.map((value, i) => show(results[i] ?? 'i32', value as Value)).join(' ');
    } catch (error) {
      if (error instanceof RangeError) return null;
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    }
    seen.push({ call: `${name}(${args})`, result, memory: digest(new Uint8Array(memory.buffer)) });
  }
  return seen;
}

/** Our answers. */
export function seenByUs(instance: Instance, module: Module, calls: readonly Call[]): readonly Seen[] {
  return calls.map(({ name, args, results }) => {
    const { outcome } = instance.call(exportedFunc(module, name) ?? name, args);
    const result =
      outcome.kind === 'return'
        ? outcome.values.map((value, i) => show(results[i] ?? 'i32', value)).join(' ')
        : outcome.kind === 'resource'
          ? `out of ${outcome.end}`
          : outcome.kind;
    return { call: `${name}(${args})`, result, memory: digest(instance.memory()) };
  });
}

function show(type: Type, value: Value): string {
  const plain = type === 'f32' || type === 'f64' ? toNumber(value) : value;
  return Object.is(plain, -0) ? '-0' : String(plain);
}

/** FNV-1a over what is written to: the first page's beginning and the size. */
function digest(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < Math.min(bytes.length, 4096); i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return `${bytes.length}:${(hash >>> 0).toString(16)}`;
}
