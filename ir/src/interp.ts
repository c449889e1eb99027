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
 * The table: an index outside of it traps with `out-of-bounds`, an empty element with `null-reference`, another
 * signature with `indirect-call-type`.
 *
 * Not done: speed beyond what tests need (about 50 ns an instruction); that is the engines' task.
 */

import type { Engine, Execution, Instance, InstanceOptions } from './engine.ts';
import { findFunc, type Module } from './func.ts';
import { acceptArguments } from './host-values.ts';
import { Linker } from './interp-link.ts';
import { InterpMachine } from './interp-machine.ts';
import { Run, type Shared } from './interp-run.ts';
import { defaultLimits, HostExit, type Limits, type Outcome, ResourceError } from './outcome.ts';
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
 * Makes an instance: memory, globals, data segments. Throws when the host lacks an import. Where a segment lies outside
 * of the memory, or the memory is larger than the limit, every call ends with that.
 */
export function instantiate(m: Module, options: InstanceOptions = {}): Instance {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const linker = new Linker(m, options.host ?? new Map());
  let stillborn: Outcome | null = null;
  let machine: InterpMachine;
  try {
    machine = new InterpMachine(m, limits.memory);
    stillborn = placeData(m, machine);
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error;
    machine = new InterpMachine({ ...m, memory: null }, limits.memory);
    stillborn = { kind: 'resource', end: error.end };
  }
  const shared: Shared = { machine, linker, limits, signal: options.signal ?? null, top: 0, active: 0 };
  return {
    call: (name, args) => {
      const f = findFunc(m, name);
      if (f === undefined) throw new Error(`no function @${name} in the module`);
      const values = acceptArguments(f.sig, args, `@${name}`);
      if (stillborn !== null) return { outcome: stillborn, instructions: options.count ? 0 : null, fuelUsed: 0 };
      return execute(shared, name, values, options.count ?? false);
    },
    memory: () => {
      const view = machine.memory();
      return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    },
    global: (name) => machine.getGlobal(name),
    liveAllocations: () => machine.heap.live(),
  };
}

/** Active segments, in order; those before one that doesn't fit are placed. */
function placeData(m: Module, machine: InterpMachine): Outcome | null {
  const view = machine.memory();
  const memory = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (const [i, { offset, bytes }] of m.data.entries()) {
    if (typeof offset !== 'number') continue;
    if (offset + bytes.length > memory.length) return { kind: 'trap', trap: 'out-of-bounds', at: `data segment ${i}` };
    memory.set(bytes, offset);
  }
  return null;
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
    if (error instanceof HostExit) outcome = { kind: 'exit', code: error.code, message: error.message };
    else if (error instanceof ResourceError) outcome = { kind: 'resource', end: error.end };
    else throw error;
  }
  return { outcome, instructions: count ? (run?.instructions ?? 0) : null, fuelUsed: run?.fuelUsed ?? 0 };
}
