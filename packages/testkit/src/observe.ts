/**
 * What an execution shows: how it ended, its host calls with their arguments in order and the state that the host could
 * see at each of them, memory and globals at the end, living heap objects (SPEC §11). The same for every engine.
 *
 * The host here records, and answers with values that depend on nothing but import, arguments and the number of calls
 * before, so that two engines that behave the same are answered the same. A NaN's bits never reach an answer.
 */

import {
  type Execution,
  findFunc,
  fromBits,
  type Host,
  type HostFunction,
  type Instance,
  type InstanceOptions,
  type Limits,
  type Module,
  type Outcome,
  type Signature,
  type Type,
  toBits,
  type Value,
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
  const hostCalls: HostCall[] = [];
  let instance: Instance | null = null;
  const look = (): string => {
    if (options.stateAtHostCalls === false || m.memory === null || instance === null) return '';
    return digest(instance.memory());
  };
  const host = recordingHost(m, (name, args) => hostCalls.push({ name, args, memory: look() }));
  const limits = { ...smallLimits, ...options.limits };
  instance = instantiate({ host, limits, count: options.count ?? false });
  const { outcome, fuelUsed, instructions }: Execution = instance.call(call.func, call.args);
  const live = instance;
  return {
    outcome,
    types: findFunc(m, call.func)?.sig.results ?? [],
    hostCalls,
    memory: m.memory === null ? '' : digest(live.memory()),
    globals: m.globals.map(({ name, type }) => ({ name, type, value: live.global(name) })),
    liveAllocations: live.liveAllocations(),
    fuelUsed,
    instructions,
  };
}

/** A host that gives all imports of a module: tells `record` of each call and answers from its arguments alone. */
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
  if (sig.results.length === 0) return undefined;
  let seed = BigInt(calls % 7);
  for (const { type, value } of args) seed = BigInt.asUintN(64, seed * 6364136223846793005n + bitsOf(type, value) + 1n);
  const results = sig.results.map((type, i) => answerOf(type, seed + BigInt(i)));
  return results.length === 1 ? results[0] : results;
}

// Small numbers reach more of a program than large ones do.
function answerOf(type: Type, seed: bigint): Value {
  const small = BigInt.asIntN(64, (seed >> 3n) % 16n) - 3n;
  switch (type) {
    case 'i32':
      return seed % 4n === 0n ? Number(BigInt.asIntN(32, seed)) : Number(small);
    case 'i64':
      return seed % 4n === 0n ? BigInt.asIntN(64, seed) : small;
    case 'f32':
    case 'f64':
      return Number(small) / 2;
    case 'v128':
      return fromBits('v128', seed * 0x1_0000_0001n);
    default:
      return zeroOf(type);
  }
}

function bitsOf(type: Type, value: Value): bigint {
  if (type === 'funcref' || type === 'externref' || type === 'any')
    return value === null || value === undefined ? 0n : 1n;
  if ((type === 'f32' || type === 'f64') && (typeof value === 'bigint' || Number.isNaN(value))) return 0x7ff8n;
  return toBits(type, value);
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
