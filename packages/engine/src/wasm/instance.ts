/**
 * An instance of compiled Wasm: makes calls, keeps the accounts of fuel and depth, and says how an execution ended. The host may
 * call back; each call from outside has fuel of its own.
 */

import {
  acceptArguments,
  type Execution,
  type Instance,
  type InstanceOptions,
  type Module,
  type Outcome,
  ResourceError,
  type Signature,
  type Value,
} from '@sluice/ir';
import { type GuestState, guestState } from '@sluice/vm';
import type { Compiled } from './compile.ts';
import { type Linked, link } from './link.ts';
import { outcomeOf, resourceEnd } from './outcome.ts';
import type { extraGlobals } from './plan.ts';

/** Units of fuel between two looks at the signal. */
const quantum = 20_000;
/** The counters are i32. */
const mostUnits = 2 ** 30;
/** Calls from the host into the instance within calls of the host. */
const mostNesting = 200;

const noThrow: object = Object.freeze({});

/** A call from outside that is under way. */
interface Activity {
  /** Units used before the present quantum. */
  used: number;
  quantum: number;
  /** What a host function threw. */
  thrown: unknown;
}

/** Makes an instance of a module that was compiled. Throws an `Error` when an import is missing or does not match. */
export function makeInstance(m: Module, compiled: Compiled, options: InstanceOptions): Instance {
  return new WasmInstance(m, compiled, options).instance;
}

class WasmInstance {
  readonly instance: Instance;
  readonly #m: Module;
  readonly #compiled: Compiled;
  readonly #guest: GuestState;
  readonly #linked: Linked;
  readonly #fuelLimit: number;
  #activity: Activity | null = null;
  #nesting = 0;

  constructor(m: Module, compiled: Compiled, options: InstanceOptions) {
    this.#m = m;
    this.#compiled = compiled;
    const guest = guestState(m, options);
    this.#guest = guest;
    this.#fuelLimit = guest.limits.fuel ?? Number.POSITIVE_INFINITY;
    this.#linked = link(m, compiled, guest, {
      refill: () => this.#refill(),
      outside: (call) => this.#outside(call),
    });
    const startFailure = guest.start({
      call: (name, args) => this.#run(name, args).outcome,
      getGlobal: (name) => this.#linked.global(name).get(),
      setGlobal: (name, value) => this.#linked.global(name).set(value),
    });
    this.instance = {
      call: (name, args) => {
        const values = acceptArguments(guest.module.signatureOf(name), args, `@${name}`);
        return startFailure === null ? this.#run(name, values) : finished(startFailure);
      },
      memory: () => guest.memory.bytes(),
      global: (name) => guest.global(name),
      exported: (external) => guest.module.exported(external),
      startFailure,
      liveAllocations: () => (compiled.plan.usesHeap ? guest.heap.live() : 0),
    };
  }

  /** A call of the host's: what it changes outside of code is brought over before and behind. */
  #outside<T>(call: () => T): T {
    const activity = this.#activity;
    this.#guest.syncOut();
    try {
      return call();
    } catch (error) {
      if (activity !== null) activity.thrown = error;
      throw error;
    } finally {
      this.#guest.syncIn();
    }
  }

  #extra(which: keyof typeof extraGlobals): { value: number } {
    return this.#linked.extra(which);
  }

  /** Adds what was used of the quantum. */
  #settle(activity: Activity): void {
    activity.used += activity.quantum - this.#extra('fuel').value;
    activity.quantum = this.#extra('fuel').value;
  }

  /** A quantum is used up: ends the execution or gives the next one. */
  #refill(): void {
    const activity = this.#activity;
    if (activity === null) throw new Error('code runs without a call');
    this.#settle(activity);
    if (activity.used > this.#fuelLimit) throw new ResourceError('fuel');
    if (this.#guest.signal?.aborted === true) throw new ResourceError('aborted');
    this.#openQuantum(activity);
  }

  #openQuantum(activity: Activity): void {
    const most = this.#guest.signal === null ? mostUnits : quantum;
    activity.quantum = Math.min(most, this.#fuelLimit - activity.used);
    this.#extra('fuel').value = activity.quantum;
  }

  #run(name: string, values: readonly Value[]): Execution {
    const { module, limits } = this.#guest;
    if (module.isImport(name)) return finished(module.callImport(name, values));
    const { ticks, depth } = this.#compiled.plan.variant;
    const outer = this.#activity;
    const activity: Activity = { used: 0, quantum: 0, thrown: noThrow };
    // A call within a call leaves the outer one's counters as they were.
    const fuelBefore = ticks ? this.#extra('fuel').value : 0;
    const depthBefore = depth ? this.#extra('depth').value : 0;
    this.#activity = activity;
    this.#nesting++;
    if (depth && outer === null) this.#extra('depth').value = Math.min(limits.depth, mostUnits);
    try {
      const outcome = this.#execute(name, module.signatureOf(name), values, activity);
      return { outcome, instructions: null, fuelUsed: Math.min(activity.used, this.#fuelLimit) };
    } finally {
      this.#nesting--;
      this.#activity = outer;
      if (ticks) this.#extra('fuel').value = fuelBefore;
      if (depth) this.#extra('depth').value = depthBefore;
    }
  }

  #execute(name: string, sig: Signature, values: readonly Value[], activity: Activity): Outcome {
    if (this.#nesting > mostNesting) return resourceEnd('call-depth');
    if (this.#guest.signal?.aborted === true) return resourceEnd('aborted');
    const { ticks } = this.#compiled.plan.variant;
    if (ticks) {
      this.#openQuantum(activity);
      // The call from outside costs nothing: the function's own unit is given back.
      this.#extra('fuel').value += 1;
    }
    this.#guest.syncIn();
    try {
      return { kind: 'return', values: this.#linked.callable(name, sig)(values) };
    } catch (error) {
      const outcome = this.#outcomeOf(error, error === activity.thrown);
      if (outcome === null) throw error;
      return outcome;
    } finally {
      this.#guest.syncOut();
      if (ticks) this.#settle(activity);
    }
  }

  #outcomeOf(error: unknown, fromHost: boolean): Outcome | null {
    const first = this.#compiled.plan.extra.length + this.#m.imports.length;
    return outcomeOf(error, {
      fromHost,
      nullCallee: () => this.#linked.lastCalleeIsNull(),
      nameOf: (index) => this.#m.funcs[index - first]?.name ?? null,
    });
  }
}

function finished(outcome: Outcome): Execution {
  return { outcome, instructions: null, fuelUsed: 0 };
}
