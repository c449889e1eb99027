/**
 * The engine `js`: runs the JavaScript that a backend makes of a prepared module, at the speed of V8's compiler.
 *
 * The source is compiled once for each module and variant: code that counts fuel and depth is another one than code that does
 * not. Traps are exceptions; so is what V8 throws where a `DataView` is left, or its stack overflows.
 */

import type { JsCode, JsEnv, JsLinked } from '@sluice/codegen';
import {
  acceptArguments,
  defaultLimits,
  type Engine,
  type Execution,
  HostExit,
  type Instance,
  type InstanceOptions,
  type Module,
  type Outcome,
  type ResourceEnd,
  ResourceError,
  TrapError,
} from '@sluice/ir';
import { Account } from './account.ts';
import { callGenerated } from './link.ts';
import { makeState } from './state.ts';

/** Makes the JavaScript of a prepared module. */
export type EmitJs = (m: Module, options: { readonly metered: boolean }) => JsCode;

interface Compiled {
  readonly code: JsCode;
  readonly make: (env: JsEnv) => JsLinked;
}

/** An engine for modules that are prepared for the backend that `emit` belongs to. */
export function jsEngine(emit: EmitJs): Engine<Module> {
  const compiled = new WeakMap<Module, (Compiled | undefined)[]>();
  const compile = (m: Module, metered: boolean): Compiled => {
    let variants = compiled.get(m);
    if (variants === undefined) {
      variants = [];
      compiled.set(m, variants);
    }
    const found = variants[metered ? 1 : 0];
    if (found !== undefined) return found;
    const code = emit(m, { metered });
    const made = { code, make: new Function('env', code.source) as Compiled['make'] };
    variants[metered ? 1 : 0] = made;
    return made;
  };
  return {
    name: 'js',
    instantiate: (m, options = {}) => instantiate(m, options, (metered) => compile(m, metered)),
  };
}

function instantiate(m: Module, options: InstanceOptions, compile: (metered: boolean) => Compiled): Instance {
  const limits = { ...defaultLimits, ...options.limits };
  const signal = options.signal ?? null;
  const metered = limits.fuel !== null || signal !== null || limits.depth < defaultLimits.depth;
  const { code, make } = compile(metered);
  const state = makeState(m, code, options);
  const { env, guest, thrown } = state;
  const account = new Account(env.S, limits, signal);
  const linked = state.link(make, account);
  const byName = new Map(code.funcs.map((f, i) => [f.name, i]));
  const execute = (index: number, values: Parameters<typeof callGenerated>[2]): Outcome => {
    if (account.active() + 1 > limits.depth) return resourceEnd('call-depth');
    if (signal?.aborted === true) return resourceEnd('aborted');
    try {
      const f = code.funcs[index] as JsCode['funcs'][number];
      const fn = linked.funcs[index] as JsLinked['funcs'][number];
      return { kind: 'return', values: callGenerated(fn, f, values, env) };
    } catch (error) {
      return outcomeOf(error, error === thrown.error);
    }
  };
  const run = (index: number, values: Parameters<typeof callGenerated>[2]): Execution => {
    const end = account.begin();
    let fuelUsed = 0;
    let outcome: Outcome;
    state.enter();
    try {
      outcome = execute(index, values);
    } finally {
      fuelUsed = end();
      guest.syncOut();
    }
    return { outcome, instructions: null, fuelUsed: metered ? fuelUsed : 0 };
  };
  const startFailure = guest.start({
    call: (name, args) => run(byName.get(name) ?? -1, args).outcome,
    getGlobal: state.getGlobal,
    setGlobal: state.setGlobal,
  });
  return {
    call: (name, args): Execution => {
      const values = acceptArguments(guest.module.signatureOf(name), args, `@${name}`);
      if (startFailure !== null) return { outcome: startFailure, instructions: null, fuelUsed: 0 };
      const index = byName.get(name);
      if (index !== undefined) return run(index, values);
      return { outcome: guest.module.callImport(name, values), instructions: null, fuelUsed: 0 };
    },
    memory: () => guest.memory.bytes(),
    global: guest.global,
    exported: (external) => guest.module.exported(external),
    startFailure,
    liveAllocations: () => guest.heap.live(),
  };
}

/** How an execution ended that threw. */
function outcomeOf(error: unknown, fromHost: boolean): Outcome {
  if (error instanceof TrapError) return { kind: 'trap', trap: error.kind, at: null };
  if (error instanceof HostExit) return { kind: 'exit', code: error.code, message: error.message };
  if (error instanceof ResourceError) return resourceEnd(error.end);
  if (isStackOverflow(error)) return resourceEnd('call-depth');
  if (!fromHost && error instanceof RangeError) return { kind: 'trap', trap: 'out-of-bounds', at: null };
  throw error;
}

/** Whether the host's own stack was full: V8 says it by a `RangeError`, others by an `InternalError`. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof Error && /call stack|recursion/.test(error.message);
}

function resourceEnd(end: ResourceEnd): Outcome {
  return { kind: 'resource', end };
}
