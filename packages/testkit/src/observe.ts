/**
 * What an execution shows: how it ended, its host calls with their arguments in order and the state that the host could
 * see at each of them, memory and globals at the end, living heap objects (SPEC §11). The same for every engine.
 *
 * The host here records, and answers with values that depend on nothing but import, arguments and the number of calls
 * before, so that two engines that behave the same are answered the same. A NaN's bits never reach an answer.
 */

import {
  type Execution,
  type Extern,
  findFunc,
  type Host,
  type HostFunction,
  hostGlobal,
  type ImportSource,
  type Instance,
  type InstanceOptions,
  isFuncRef,
  type Limits,
  type Module,
  type Outcome,
  SharedTable,
  type Signature,
  type Table,
  type Type,
  type Value,
  WasmMemory,
  zeroOf,
} from '@sluice/ir';

/** A call into a module. */
export interface Call {
  readonly func: string;
  readonly args: readonly Value[];
}

/** A typed value. */
export interface Typed {
  readonly type: Type;
  readonly value: Value;
}

/** A call of an import, with digests of the state that the host could read then. */
export interface HostCall {
  readonly name: string;
  readonly args: readonly Typed[];
  readonly memory: string;
}

/** What can be seen of one call. */
export interface Observation {
  readonly outcome: Outcome;
  /** Types of the results. */
  readonly types: readonly Type[];
  readonly hostCalls: readonly HostCall[];
  /** Digest of the memory at the end. */
  readonly memory: string;
  readonly globals: readonly (Typed & { readonly name: string })[];
  /** Tables that others hold, at the end: their elements by name. */
  readonly tables: readonly string[];
  readonly liveAllocations: number;
  /** Not part of the meaning: units of fuel, and instructions where they were counted. */
  readonly fuelUsed: number;
  readonly instructions: number | null;
}

/** Makes an instance of a module that an engine took before; what a backend and its machine are together. */
export type Instantiate = (options: InstanceOptions) => Instance;

/** How to observe. */
export interface ObserveOptions {
  readonly limits?: Partial<Limits>;
  /** Digest the memory at each host call. Default: true. */
  readonly stateAtHostCalls?: boolean;
  readonly count?: boolean;
}

/** Limits for programs that nobody wrote: they end soon. */
export const smallLimits: Limits = { fuel: 2000, depth: 200, memory: 1 << 24 };

/** Calls a function of a fresh instance and says what was seen. `m` tells signatures, imports and globals. */
export function observe(instantiate: Instantiate, m: Module, call: Call, options: ObserveOptions = {}): Observation {
  const [only] = observeAll(instantiate, m, [call], options);
  if (only === undefined) throw new Error('one call gives one observation');
  return only;
}

/** The same of several calls, one after the other on one instance: each sees the state that the ones before left. */
export function observeAll(
  instantiate: Instantiate,
  m: Module,
  calls: readonly Call[],
  options: ObserveOptions = {},
): readonly Observation[] {
  let hostCalls: HostCall[] = [];
  let made: Instance | null = null;
  const look = (): string => {
    if (options.stateAtHostCalls === false || m.memory === null || made === null) return '';
    return digest(made.memory());
  };
  const host = recordingHost(m, (name, args) => hostCalls.push({ name, args, memory: look() }));
  const limits = { ...smallLimits, ...options.limits };
  const exported = (kind: string): ReadonlySet<string> =>
    new Set(m.exports.filter((each) => each.kind === kind).map(({ name }) => name));
  const [shownGlobals, shownTables] = [exported('global'), exported('table')];
  const shown = m.globals.filter(({ name, source }) => source !== null || shownGlobals.has(name));
  const externs = sharedWith(m);
  const instance = instantiate({ host, limits, count: options.count ?? false, externs });
  const tables = m.tables.filter(({ name, source }) => source !== null || shownTables.has(name));
  const externOf = ({ name, source }: Table): Extern | undefined => {
    if (source !== null) return externs.get(`${source.module}.${source.field}`);
    return instance.exported(m.exports.find((each) => each.kind === 'table' && each.name === name)?.external ?? '');
  };
  made = instance;
  return calls.map(({ func, args }) => {
    hostCalls = [];
    const { outcome, fuelUsed, instructions }: Execution = instance.call(func, args);
    return {
      outcome,
      types: findFunc(m, func)?.sig.results ?? [],
      hostCalls,
      memory: m.memory === null ? '' : digest(instance.memory()),
      globals: shown.map(({ name, type }) => ({ name, type, value: instance.global(name) })),
      tables: tables.map((table) => tableText(externOf(table))),
      liveAllocations: instance.liveAllocations(),
      fuelUsed,
      instructions,
    };
  });
}

/** What a module imports besides functions, made anew: memory and tables as small as it takes, globals that are zero. */
export function sharedWith(m: Module): ReadonlyMap<string, Extern> {
  const externs = new Map<string, Extern>();
  const add = (source: ImportSource | null, make: () => Extern): void => {
    if (source !== null) externs.set(`${source.module}.${source.field}`, make());
  };
  const { memory } = m;
  if (memory !== null) {
    add(memory.source, () => ({ kind: 'memory', memory: new WasmMemory(memory.min, memory.max) }));
  }
  for (const { type, min, max, source } of m.tables) {
    add(source, () => ({ kind: 'table', table: new SharedTable(type, min, max) }));
  }
  for (const { type, mutable, source } of m.globals) {
    add(source, () => ({ kind: 'global', global: hostGlobal(type, mutable, zeroOf(type)) }));
  }
  return externs;
}

/** A table's elements by name. */
function tableText(found: Extern | undefined): string {
  if (found?.kind !== 'table') return 'no table';
  const { table } = found;
  return Array.from({ length: table.size }, (_, i) => {
    const element = table.get(i);
    return isFuncRef(element) ? element.name : String(element);
  }).join(' ');
}

/**
 * A host that gives all imports of a module. It tells `record` of each call; its answer is the number of calls before plus
 * the sum of the arguments (their integer parts), half of that for floats, one more for each further result.
 */
export function recordingHost(m: Module, record: (name: string, args: readonly Typed[]) => void): Host {
  let calls = 0;
  return new Map(
    m.imports.map(({ name, module, field, sig }): [string, HostFunction] => [
      `${module}.${field}`,
      (...args) => {
        const typed = sig.params.map((type, i) => ({ type, value: args[i] }));
        record(name, typed);
        return answer(sig, typed, calls++);
      },
    ]),
  );
}

function answer(sig: Signature, args: readonly Typed[], calls: number): Value | readonly Value[] | undefined {
  const sum = args.reduce((total, { type, value }) => total + integerOf(type, value), BigInt(calls));
  const results = sig.results.map((type, i) => answerOf(type, sum + BigInt(i)));
  return results.length === 1 ? results[0] : results;
}

function answerOf(type: Type, sum: bigint): Value {
  switch (type) {
    case 'i32':
      return Number(BigInt.asIntN(32, sum));
    case 'i64':
      return BigInt.asIntN(64, sum);
    case 'f32':
    case 'f64':
      return Number(BigInt.asIntN(20, sum)) / 2;
    case 'v128':
      return BigInt.asUintN(128, sum);
    default:
      return zeroOf(type);
  }
}

// The same for all NaNs, whose bits are not to show.
function integerOf(type: Type, value: Value): bigint {
  if (type === 'i32') return BigInt(value as number);
  if (type === 'i64' || type === 'v128') return value as bigint;
  if (type !== 'f32' && type !== 'f64') return 0n;
  return typeof value === 'number' && Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

/** A digest of bytes: the length, and two 32-bit hashes. For equality in tests, not for security. */
export function digest(bytes: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  const whole = bytes.length - (bytes.length % 4);
  const words =
    bytes.byteOffset % 4 === 0
      ? new Int32Array(bytes.buffer, bytes.byteOffset, whole / 4)
      : new Int32Array(bytes.slice(0, whole).buffer);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    a = Math.imul(a ^ word, 0x01000193);
    b = (Math.imul(b, 31) + word) | 0;
  }
  for (let i = whole; i < bytes.length; i++) a = Math.imul(a ^ (bytes[i] as number), 0x01000193);
  return `${bytes.length}:${(a >>> 0).toString(16)}${(b >>> 0).toString(16)}`;
}
