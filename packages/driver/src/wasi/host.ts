/**
 * A minimal host of WASI preview 1: arguments, environment, standard streams, clocks, random numbers, exit, and reading below
 * folders that are given. A function that is not done answers `nosys`; an address outside of memory answers `fault`.
 *
 * Safe: all that a program reaches is in its `WasiEnvironment`; sizes that it names are looked at before anything is
 * allocated (guest.ts); paths do not leave their folder (descriptors.ts).
 *
 * Not done: writing files, sockets, signals, `wasi_unstable`.
 */

import { type Host, HostExit, type HostFunction, type Value } from '@sluice/ir';
import { errno, WasiError, wasiModule, wasiSignatures } from './abi.ts';
import { Descriptors } from './descriptors.ts';
import type { WasiEnvironment } from './environment.ts';
import { fileCalls, type WasiCalls, type WasiState } from './files.ts';
import { Guest } from './guest.ts';

/** The functions of WASI for one run, and what to do behind it. */
export interface WasiHost {
  readonly host: Host;
  /** Closes files that the program left open. */
  readonly close: () => void;
}

/** The functions of WASI. `memory` gives the instance's memory as it is; it is asked for in each call that needs it. */
export function wasiHost(environment: WasiEnvironment, memory: () => Uint8Array): WasiHost {
  const descriptors = new Descriptors(environment);
  const state: WasiState = { guest: new Guest(memory), descriptors, environment };
  const calls: WasiCalls = { ...processCalls(state), ...fileCalls(state) };
  const host = new Map<string, HostFunction>();
  for (const name of wasiSignatures.keys()) host.set(`${wasiModule}.${name}`, hostFunction(calls, name));
  return { host, close: () => descriptors.closeAll() };
}

function hostFunction(calls: WasiCalls, name: string): HostFunction {
  const call = Object.hasOwn(calls, name)
    ? (calls as Readonly<Record<string, (...args: unknown[]) => void>>)[name]
    : null;
  if (call === null || call === undefined) return () => errno.nosys;
  return (...args: readonly Value[]) => {
    try {
      call(...args.map(unsigned));
      return errno.success;
    } catch (error) {
      if (error instanceof WasiError) return errno[error.errno];
      throw error;
    }
  };
}

function unsigned(value: Value): number | bigint {
  return typeof value === 'bigint' ? BigInt.asUintN(64, value) : Number(value) >>> 0;
}

/** Nobody waits longer at a time: 1 day. */
const longestWait = 86_400_000_000_000n;
const mostSubscriptions = 4096;

function processCalls({ guest, descriptors, environment }: WasiState): WasiCalls {
  const encoder = new TextEncoder();
  const args = environment.args.map((word) => encoder.encode(word));
  const variables = environment.variables.map(([name, value]) => encoder.encode(`${name}=${value}`));
  const sizes = (count: number, size: number, strings: readonly Uint8Array[]): void => {
    guest.setU32(count, strings.length);
    guest.setU32(
      size,
      strings.reduce((sum, each) => sum + each.length + 1, 0),
    );
  };
  const clock = (id: number): 'realtime' | 'monotonic' => {
    if (id > 3) throw new WasiError('inval');
    return id === 0 ? 'realtime' : 'monotonic';
  };

  return {
    args_get: (pointers: number, at: number) => guest.setStrings(pointers, at, args),
    args_sizes_get: (count: number, size: number) => sizes(count, size, args),
    environ_get: (pointers: number, at: number) => guest.setStrings(pointers, at, variables),
    environ_sizes_get: (count: number, size: number) => sizes(count, size, variables),

    clock_res_get: (id: number, at: number) => guest.setU64(at, clock(id) === 'realtime' ? 1_000_000n : 1_000n),
    clock_time_get: (id: number, _precision: bigint, at: number) =>
      guest.setU64(at, BigInt.asUintN(64, environment.now(clock(id)))),

    random_get: (at: number, length: number) => environment.random(guest.bytes(at, length)),
    sched_yield: () => undefined,

    proc_exit: (code: number) => {
      throw new HostExit(code, '');
    },

    // A stream is always ready, so that only a program that waits for nothing but clocks waits.
    poll_oneoff: (input: number, output: number, count: number, result: number) => {
      if (count === 0 || count > mostSubscriptions) throw new WasiError('inval');
      const events = subscriptions(guest, input, count).map((each) => ({ ...each, error: problemOf(each) }));
      const ready = events.filter(({ tag, error }) => tag !== 0 || error !== errno.success);
      if (ready.length === 0) {
        const waits = events.map((each) => {
          const left = each.absolute ? each.timeout - environment.now(clock(each.id)) : each.timeout;
          return left < 0n ? 0n : left;
        });
        const least = waits.reduce((a, b) => (b < a ? b : a));
        environment.sleep(least < longestWait ? least : longestWait);
        ready.push(...events.filter((_, i) => waits[i] === least));
      }
      guest.bytes(output, 32 * ready.length);
      for (const [i, { user, error, tag }] of ready.entries())
        guest.setRecord(output + 32 * i, 32, [
          [0, 8, user],
          [8, 2, error],
          [10, 1, tag],
        ]);
      guest.setU32(result, ready.length);
    },
  };

  function problemOf({ tag, id }: Subscription): number {
    try {
      if (tag === 0) clock(id);
      else descriptors.get(id);
      return errno.success;
    } catch (error) {
      if (error instanceof WasiError) return errno[error.errno];
      throw error;
    }
  }
}

/** What `poll_oneoff` waits for. */
interface Subscription {
  readonly user: bigint;
  /** 0: a clock, 1: reading, 2: writing. */
  readonly tag: number;
  /** The clock or the descriptor. */
  readonly id: number;
  readonly timeout: bigint;
  readonly absolute: boolean;
}

function subscriptions(guest: Guest, at: number, count: number): readonly Subscription[] {
  return Array.from({ length: count }, (_, i) => {
    const start = at + 48 * i;
    const [tag = 0] = guest.bytes(start + 8, 1);
    if (tag > 2) throw new WasiError('inval');
    return {
      user: guest.u64(start),
      tag,
      id: guest.u32(start + 16),
      timeout: tag === 0 ? guest.u64(start + 24) : 0n,
      absolute: tag === 0 && ((guest.bytes(start + 40, 1)[0] ?? 0) & 1) !== 0,
    };
  });
}
