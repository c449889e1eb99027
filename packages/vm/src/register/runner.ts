/**
 * Runs calls on a loop, Wasm or JavaScript: enters it again after each safepoint, keeps the accounts of fuel and depth,
 * carries out host calls and slow ops, and says how an execution ended.
 *
 * V8 runs a Wasm loop in baseline code until it is entered again, hence safepoints also without a fuel limit. Fuel is
 * exact: a quantum is at most what is left, and the unit that overdraws it ends the execution before it has an effect.
 */

import type { Instr } from '@sluice/bytecode';
import {
  acceptArguments,
  type Execution,
  type Instance,
  type Machine,
  type Outcome,
  outcomeOf,
  type ResourceEnd,
  type Trap,
  type Value,
} from '@sluice/ir';
import { type GuestState, machineOf } from '../runtime/state.ts';
import type { CallLog } from './call-log.ts';
import { isLogged } from './handler.ts';
import { status } from './layout.ts';
import { funcAt, type Loaded, type LoadedFunc, placeText } from './loaded.ts';
import { type FrameCells, performHostCall, performOp, trapOf } from './site.ts';
import type { Tables } from './tables.ts';

/** The numbers that a loop leaves behind when it returns or throws. */
export type Register = 'pc' | 'fp' | 'fuel' | 'depth';

/** What calls back from a loop. */
export interface LoopHost {
  /** Carries out `call_host`, or a `call_indirect` of an import, at pc with frame fp. */
  readonly host: (pc: number, fp: number) => void;
  /** Carries out an op without a fast form; not zero: it trapped. */
  readonly slow: (pc: number, fp: number) => number;
}

/** A loop with its frames and globals. Places and frame pointers are the loop's own numbers. */
export interface Core {
  readonly loaded: Loaded;
  readonly tables: Tables;
  /** Calls of the host that wait; null: the loop makes them at once. */
  readonly log: CallLog | null;
  /** Where the first frame may start. */
  readonly bottom: number;
  /** The place of a slot of code, and back. */
  readonly placeOf: (slot: number) => number;
  readonly slotOf: (place: number) => number;
  /** Runs from pc with frame fp, units of fuel, free depth; gives a `status`. */
  readonly enter: (pc: number, fp: number, fuel: number, depth: number) => number;
  readonly get: (register: Register) => number;
  readonly set: (register: Register, value: number) => void;
  /** Instructions counted; 0 where the loop doesn't count. */
  readonly count: () => number;
  readonly setCount: (n: number) => void;
  /** Cells of a frame of this function. */
  readonly cells: (fp: number, func: LoadedFunc | null) => FrameCells;
  /** Where a frame of so many cells ends. */
  readonly frameEnd: (fp: number, cells: number) => number;
  /** Makes sure that a call at a frame that starts at or before `fp` has room; false: that would be too much memory. */
  readonly makeRoom: (fp: number) => boolean;
  /** Frame for a call from outside, at `base`: room for results, then head and arguments. Gives its pointer. */
  readonly openFrame: (base: number, target: LoadedFunc, args: readonly Value[]) => number;
  readonly results: (base: number, target: LoadedFunc) => readonly Value[];
  readonly global: (name: string) => Value;
  readonly setGlobal: (name: string, value: Value) => void;
}

/** Units of fuel between two looks at the world: some tens of microseconds to a millisecond of execution. */
const quantum = 20_000;
/** The counter of free depth is an i32. */
const deepest = 2 ** 30;
/** Calls from the host into the machine within calls of the host; each takes some of the host's own stack. */
const mostNesting = 200;

/** A host call in the code. `at`: the import's index; -1 where the table decides. */
interface HostSite {
  readonly instr: Instr;
  readonly indirect: boolean;
  readonly at: number;
  readonly caller: LoadedFunc;
  /** Arguments of a call that stands in the log; -1: it does not. */
  readonly logged: number;
}

/** A call from outside that is under way. */
interface Activity {
  /** Units of fuel used before the present quantum, and that quantum. */
  used: number;
  quantum: number;
  /** What a host function threw: passed on as it is. */
  thrown: unknown;
  /** The trap of a slow op. */
  trap: Trap | null;
}

const noThrow: object = Object.freeze({});
const noFuelLimit = Number.POSITIVE_INFINITY;

/** Makes an instance; `makeCore` gets what the loop calls. */
export function runInstance(guest: GuestState, counting: boolean, makeCore: (host: LoopHost) => Core): Instance {
  const runner = new Runner(guest, counting, makeCore);
  const startFailure = guest.start({
    call: (name, args) => runner.call(name, args).outcome,
    getGlobal: (name) => runner.core.global(name),
    setGlobal: (name, value) => runner.core.setGlobal(name, value),
  });
  return {
    call: (name, args) => {
      const values = acceptArguments(guest.module.signatureOf(name), args, `@${name}`);
      if (startFailure !== null) return { outcome: startFailure, instructions: counting ? 0 : null, fuelUsed: 0 };
      if (!guest.module.isImport(name)) return runner.call(name, values);
      return { outcome: guest.module.callImport(name, values), instructions: counting ? 0 : null, fuelUsed: 0 };
    },
    memory: () => guest.memory.bytes(),
    global: guest.global,
    exported: (external) => guest.module.exported(external),
    startFailure,
    liveAllocations: () => guest.heap.live(),
  };
}

class Runner {
  readonly core: Core;
  readonly #guest: GuestState;
  readonly #counting: boolean;
  readonly #machine: Machine;
  readonly #fuelLimit: number;
  #activity: Activity | null = null;
  /** Where the next call from outside puts its frame; calls that are active; calls from outside that are. */
  #top: number;
  #active = 0;
  #nesting = 0;
  /** Calls from outside so far. */
  #calls = 0;
  /** By slot of code: what its host call is; filled when it is first carried out. */
  readonly #sites: (HostSite | undefined)[] = [];

  constructor(guest: GuestState, counting: boolean, makeCore: (host: LoopHost) => Core) {
    this.#guest = guest;
    this.#counting = counting;
    this.#fuelLimit = guest.limits.fuel ?? noFuelLimit;
    this.core = makeCore({ host: (pc, fp) => this.#host(pc, fp), slow: (pc, fp) => this.#slow(pc, fp) });
    this.#top = this.core.bottom;
    this.#machine = machineOf(guest, {
      getGlobal: (name) => this.core.global(name),
      setGlobal: (name, value) => this.core.setGlobal(name, value),
      // Slots are cells of the frame: no instruction reaches them through ops.
      getSlot: () => undefined,
      setSlot: () => undefined,
    });
  }

  /** Calls a function with values of its types. */
  call(name: string, values: readonly Value[]): Execution {
    const { core } = this;
    const target = core.loaded.funcByName.get(name);
    if (target === undefined) throw new Error(`no function @${name} in the module`);
    const report = (outcome: Outcome, used: number): Execution => ({
      outcome,
      instructions: this.#counting ? core.count() : null,
      fuelUsed: Math.min(used, this.#fuelLimit),
    });
    const outer = this.#activity;
    const outerCount = core.count();
    const activity: Activity = { used: 0, quantum: 0, thrown: noThrow, trap: null };
    this.#activity = activity;
    this.#nesting++;
    this.#calls++;
    core.setCount(0);
    try {
      this.#guest.syncIn();
      return report(this.#execute(target, values, activity), activity.used);
    } finally {
      this.#guest.syncOut();
      this.#nesting--;
      this.#activity = outer;
      core.setCount(outerCount);
    }
  }

  #execute(target: LoadedFunc, values: readonly Value[], activity: Activity): Outcome {
    const { core } = this;
    const { depth } = this.#guest.limits;
    if (this.#active + 1 > depth || this.#nesting > mostNesting) return resourceEnd('call-depth');
    if (this.#guest.signal?.aborted === true) return resourceEnd('aborted');
    const base = this.#top;
    if (!core.makeRoom(base)) return resourceEnd('call-depth');
    const fp = core.openFrame(base, target, values);
    const ended = this.#drive(core.placeOf(target.slot), fp, depth - this.#active - 1, activity);
    this.#carryOut();
    return ended ?? { kind: 'return', values: core.results(base, target) };
  }

  /** Enters the loop until the call is done (null) or ends otherwise. */
  #drive(startPc: number, startFp: number, startDepth: number, activity: Activity): Outcome | null {
    const { core } = this;
    let pc = startPc;
    let fp = startFp;
    let depth = Math.min(startDepth, deepest);
    for (;;) {
      activity.quantum = Math.min(quantum, this.#fuelLimit - activity.used) + 1;
      let why: number;
      try {
        why = core.enter(pc, fp, activity.quantum, depth);
      } catch (error) {
        return this.#caught(error, activity);
      }
      pc = core.get('pc');
      fp = core.get('fp');
      depth = core.get('depth');
      this.#settle(activity);
      switch (why) {
        case status.done:
          return null;
        case status.safepoint:
          this.#carryOut();
          if (activity.used > this.#fuelLimit) return resourceEnd('fuel');
          break;
        case status.frames:
          if (activity.used >= this.#fuelLimit) return resourceEnd('fuel');
          if (!core.makeRoom(core.frameEnd(fp, core.loaded.largestFrame))) return resourceEnd('call-depth');
          // The call will be carried out, and counted, again.
          if (this.#counting) core.setCount(core.count() - 1);
          break;
        case status.depth:
          return resourceEnd(activity.used >= this.#fuelLimit ? 'fuel' : 'call-depth');
        default:
          return this.#trapped(pc, fp, activity.trap);
      }
      if (this.#guest.signal?.aborted === true) return resourceEnd('aborted');
    }
  }

  /** Adds what the loop used of its quantum to the total. */
  #settle(activity: Activity): void {
    activity.used += activity.quantum - this.core.get('fuel');
    activity.quantum = 0;
  }

  #caught(error: unknown, activity: Activity): Outcome {
    this.#settle(activity);
    if (error !== activity.thrown && error instanceof WebAssembly.RuntimeError) {
      return this.#trapped(this.core.get('pc'), this.core.get('fp'), null);
    }
    return outcomeOf(error);
  }

  #trapped(pc: number, fp: number, known: Trap | null): Outcome {
    const { loaded } = this.core;
    const slot = this.core.slotOf(pc);
    const cells = this.core.cells(fp, funcAt(loaded, slot));
    const found = known ?? trapOf(this.core.tables, loaded.instrs[slot] ?? null, this.#machine, cells);
    return { kind: 'trap', trap: found.kind, at: placeText(loaded, slot) };
  }

  /** Calls a host function, which may call back: until it returns the machine's top is behind the caller's frame. */
  #host(pc: number, fp: number): void {
    const { core } = this;
    const slot = core.slotOf(pc);
    const site = this.#sites[slot] ?? this.#siteAt(slot);
    const { instr, indirect } = site;
    const cells = core.cells(fp, site.caller);
    const called = indirect ? core.tables.targetOf(instr, indexOf(instr, cells)) : null;
    const item = indirect ? called?.item : core.loaded.program.imports[site.at];
    const host = indirect ? called?.host : this.#guest.imports[site.at];
    if (item == null || host == null) throw new Error('a host call without import');
    if (core.log !== null) {
      const now = site.logged >= 0 && host.later === undefined;
      if (now) core.log.dropLast(site.logged);
      this.#carryOut();
      if (site.logged >= 0 && !now) return;
    }
    const top = this.#top;
    const active = this.#active;
    const fuel = core.get('fuel');
    const depth = core.get('depth');
    const calls = this.#calls;
    this.#top = core.frameEnd(fp, site.caller.cells);
    this.#active = this.#guest.limits.depth - depth;
    this.#guest.syncOut();
    try {
      performHostCall(instr, item, host, cells);
    } catch (error) {
      if (this.#activity !== null) this.#activity.thrown = error;
      throw error;
    } finally {
      this.#guest.syncIn();
      this.#top = top;
      this.#active = active;
      // The loop's numbers are as they were unless the host called back.
      if (calls !== this.#calls || indirect) {
        core.set('fuel', fuel);
        core.set('depth', depth);
        core.set('fp', fp);
        core.set('pc', indirect ? core.placeOf(nextSlot(core.loaded, slot)) : pc);
      }
    }
  }

  /** Makes the calls of the host that wait. */
  #carryOut(): void {
    try {
      this.core.log?.carryOut();
    } catch (error) {
      if (this.#activity !== null) this.#activity.thrown = error;
      throw error;
    }
  }

  #siteAt(slot: number): HostSite {
    const { loaded } = this.core;
    const instr = loaded.instrs[slot];
    const caller = funcAt(loaded, slot);
    if (instr === null || instr === undefined || caller === null) throw new Error('a host call without instruction');
    const indirect = instr.def.role === 'call-indirect';
    const at = indirect ? -1 : (loaded.importIndex.get(String(instr.operands[1])) ?? -1);
    const noVector = !indirect && loaded.program.imports[at]?.sig.params.includes('v128') === false;
    const logged =
      this.core.log !== null && noVector && isLogged(instr) ? (instr.operands[2] as readonly number[]).length : -1;
    const site: HostSite = { instr, indirect, at, caller, logged };
    this.#sites[slot] = site;
    return site;
  }

  /** Carries out an op by its meaning; 1: it trapped. */
  #slow(pc: number, fp: number): number {
    const { core } = this;
    const slot = core.slotOf(pc);
    const instr = core.loaded.instrs[slot];
    const activity = this.#activity;
    if (instr === null || instr === undefined || activity === null) throw new Error('a slow op without instruction');
    try {
      const found = performOp(instr, this.#machine, core.cells(fp, funcAt(core.loaded, slot)));
      activity.trap = found ?? null;
      return found === undefined ? 0 : 1;
    } catch (error) {
      activity.thrown = error;
      throw error;
    }
  }
}

/** The index of a `call_indirect`. */
function indexOf(instr: Instr, cells: FrameCells): number {
  const uses = instr.operands[2] as readonly number[];
  return cells.read('i32', uses[uses.length - 1] ?? 0) as number;
}

/** The slot of the instruction behind this one. */
function nextSlot(loaded: Loaded, slot: number): number {
  let next = slot + 1;
  while (next < loaded.positions.length && loaded.positions[next] === -1) next++;
  return next;
}

function resourceEnd(end: ResourceEnd): Outcome {
  return { kind: 'resource', end };
}
