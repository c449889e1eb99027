/**
 * The reference interpreter: what a module means. Every engine is held against it, so it does the obvious thing: one
 * instruction after the other, by the op table's `eval` and `run`, on a frame of values for each call.
 *
 *   registers   | caller's values | slots | callee's values | slots |      (interp-machine.ts)
 *                 ^ base                     ^ base + frameSize
 *
 * Instructions are decoded once for a function (interp-code.ts) and run by interp-run.ts. Calls push a frame; nothing
 * recurses, so that depth is a limit (`call-depth`) and not the host's stack.
 *
 * Counting: bodies and terminators count, phis and parameters don't. A block is added when it is entered; what it did not
 * execute is subtracted when a trap or a limit ends it early. An instruction that traps counts.
 *
 * Fuel: one unit for each back-edge that is taken (order.ts) and each call of a function of the module by an
 * instruction. Calls of imports, and the call from outside, cost none.
 *
 * A table: an index outside of it traps with `out-of-bounds`, an empty element with `null-reference`, another
 * signature with `indirect-call-type`.
 *
 * Not done: speed beyond what tests need (about 50 ns an instruction); that is the engines' task.
 */

import type { Engine, Execution, Instance, InstanceOptions } from './engine.ts';
import type { Module } from './func.ts';
import { acceptArguments } from './host-values.ts';
import { Linker } from './interp-link.ts';
import { InterpMachine } from './interp-machine.ts';
import { ArrayMemory, MemoryBudget } from './interp-memory.ts';
import { Run, type Shared } from './interp-run.ts';
import { linkImports } from './linking.ts';
import { type EngineAccess, ModuleState } from './module-state.ts';
import { defaultLimits, type Limits, type Outcome, ResourceError } from './outcome.ts';
import { outcomeOf } from './references.ts';
import type { Value } from './value.ts';

/** The reference interpreter as an engine. Instructions are those of the IR. */
export const interp: Engine<Module> = { name: 'interp', instantiate };

/** What a single call left behind. */
export interface Interpretation extends Execution {
  /** IR instructions: bodies and terminators; phis and parameters are not counted. */
  readonly instructions: number;
  readonly memory: Uint8Array;
  readonly globals: ReadonlyMap<string, Value>;
  readonly liveAllocations: number;
}

/** Calls one function of a fresh instance. Throws when the function or an import is missing or arguments don't fit. */
export function interpret(
  m: Module,
  func: string,
  args: readonly Value[],
  options: InstanceOptions = {},
): Interpretation {
  const instance = instantiate(m, { ...options, count: true });
  const { outcome, instructions, fuelUsed } = instance.call(func, args);
  return {
    outcome,
    instructions: instructions ?? 0,
    fuelUsed,
    memory: instance.memory(),
    globals: new Map(m.globals.map(({ name }) => [name, instance.global(name)])),
    liveAllocations: instance.liveAllocations(),
  };
}

/**
 * Makes an instance: memory, globals, tables, segments; runs the initialiser. Throws when an import is missing or does not
 * match. Where a segment lies outside, the initialiser traps, or the memory is larger than the limit, every call ends with that.
 */
export function instantiate(m: Module, options: InstanceOptions = {}): Instance {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const linked = linkImports(m, options);
  const budget = new MemoryBudget(limits.memory);
  let startFailure: Outcome | null = null;
  const attempt = <T>(make: () => T, otherwise: () => T): T => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      startFailure = { kind: 'resource', end: error.end };
      return otherwise();
    }
  };
  const linear = attempt(
    () => linked.memory ?? new ArrayMemory(m.memory, budget),
    () => new ArrayMemory(null, budget),
  );
  const run = (name: string, args: readonly Value[], count: boolean): Execution => {
    if (!state.isImport(name)) return execute(shared, name, args, count);
    return { outcome: state.callImport(name, args), instructions: count ? 0 : null, fuelUsed: 0 };
  };
  const access: EngineAccess = {
    call: (name, args) => stillborn ?? run(name, args, false).outcome,
    getGlobal: (name) => machine.getGlobal(name),
    setGlobal: (name, value) => machine.setGlobal(name, value),
    memory: () => linear,
  };
  const state = attempt(
    () => new ModuleState(m, linked, access),
    () => new ModuleState({ ...m, tables: [], segments: [] }, linked, access),
  );
  // Without memory or tables nothing runs; where a segment did not fit, what is in shared tables can be called.
  const stillborn: Outcome | null = startFailure;
  const machine = new InterpMachine(linear, state, m.globals, budget);
  const linker = new Linker(m, state);
  const shared: Shared = { machine, linker, limits, signal: options.signal ?? null, top: 0, active: 0 };
  const bytes = (): Uint8Array => {
    const view = linear.view();
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  };
  startFailure ??= state.placeSegments(bytes) ?? state.initialise();
  return {
    call: (name, args) => {
      const values = acceptArguments(state.signatureOf(name), args, `@${name}`);
      if (startFailure !== null) return { outcome: startFailure, instructions: options.count ? 0 : null, fuelUsed: 0 };
      return run(name, values, options.count ?? false);
    },
    memory: bytes,
    global: (name) => machine.getGlobal(name),
    exported: (external) => state.exported(external),
    startFailure,
    liveAllocations: () => machine.heap.live(),
  };
}

function execute(shared: Shared, name: string, args: readonly Value[], count: boolean): Execution {
  let run: Run | null = null;
  let outcome: Outcome;
  try {
    if (shared.active + 1 > shared.limits.depth) throw new ResourceError('call-depth');
    run = new Run(shared, shared.linker.callee(name), args);
    outcome = run.finish();
  } catch (error) {
    run?.settle();
    outcome = outcomeOf(error);
  }
  return { outcome, instructions: count ? (run?.instructions ?? 0) : null, fuelUsed: run?.fuelUsed ?? 0 };
}
