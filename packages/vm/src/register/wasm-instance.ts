/**
 * An instance on the Wasm loop: memory 0 laid out (layout.ts), the loop entered again after each safepoint, traps told
 * apart.
 *
 * A loop that V8 runs in baseline code stays there until it is entered again, hence safepoints also without a fuel limit.
 * The counter is exact: a quantum is at most the fuel that is left, and the unit that overdraws it ends the execution.
 */

import {
  acceptArguments,
  type Execution,
  HostExit,
  type Instance,
  type InstanceOptions,
  type Outcome,
  ResourceError,
  type Trap,
  type Value,
} from '@sluice/ir';
import { type BitsType, readCell, writeCell } from '../runtime/cells.ts';
import { type GuestState, guestState, machineOf } from '../runtime/state.ts';
import type { LoopFunction } from './generate.ts';
import { globalsBase, headBytes, isImport, state, status } from './layout.ts';
import { funcAt, type Loaded, type LoadedFunc, placeText } from './loaded.ts';
import { type FrameCells, performHostCall, performOp, trapOf } from './site.ts';
import { type WasmPlan, wasmModule } from './wasm-plan.ts';

/** Units of fuel between two looks at the world; some tens of microseconds to a millisecond of execution. */
const quantum = 20_000;
/** More depth than this no frame memory could hold; the counter is an i32. */
const deepest = 2 ** 30;
/** Bytes that frames may take at most; beyond, calls are too deep whatever the limit says. */
const mostFrameBytes = 2 ** 28;
/** Calls from the host into the machine from within calls of the host; each takes some of the host's own stack. */
const mostNesting = 200;
const pageBytes = 65536;

/** A call that is under way. */
interface Activity {
  /** Units of fuel used before the present quantum, and that quantum. */
  used: number;
  quantum: number;
  /** What the host threw: passed on as it is. */
  thrown: unknown;
  /** The trap of a slow op. */
  trap: Trap | null;
}

/** Makes an instance that runs on the Wasm loop. */
export function wasmInstance(plan: WasmPlan, options: InstanceOptions): Instance {
  const guest = guestState(plan.loaded.program, options);
  const runner = new WasmRunner(plan, guest, options.count ?? false);
  return {
    call: (name, args) => runner.call(name, args),
    memory: () => guest.memory.bytes(),
    global: (name) => runner.global(name),
    liveAllocations: () => guest.heap.live(),
  };
}

class WasmRunner {
  readonly #plan: WasmPlan;
  readonly #loaded: Loaded;
  readonly #guest: GuestState;
  readonly #counting: boolean;
  readonly #own: WebAssembly.Memory;
  readonly #loop: LoopFunction;
  readonly #machine;
  #view: DataView;
  #activity: Activity | null = null;
  /** Where the next call from the host puts its frame, how many calls are active, how many from the host. */
  #top: number;
  #active = 0;
  #nesting = 0;

  constructor(plan: WasmPlan, guest: GuestState, counting: boolean) {
    this.#plan = plan;
    this.#loaded = plan.loaded;
    this.#guest = guest;
    this.#counting = counting;
    this.#own = new WebAssembly.Memory({ initial: Math.ceil((plan.framesBase + 2 * plan.frameBytes) / pageBytes) + 1 });
    this.#view = new DataView(this.#own.buffer);
    this.#top = plan.framesBase;
    this.#lay();
    const { exports } = new WebAssembly.Instance(wasmModule(plan, counting), {
      vm: {
        own: this.#own,
        guest: guest.memory.wasm,
        cells: guest.heap.cells,
        table: guest.heap.table,
        host: (pc: number, fp: number) => this.#host(pc, fp),
        slow: (pc: number, fp: number) => this.#slow(pc, fp),
      },
    });
    this.#loop = exports.run as unknown as LoopFunction;
    this.#machine = machineOf(guest, {
      getGlobal: (name) => this.global(name),
      setGlobal: (name, value) => this.#setGlobal(name, value),
      getSlot: () => undefined,
      setSlot: () => undefined,
    });
  }

  global(name: string): Value {
    const { address, type } = this.#globalAt(name);
    return readCell(this.#fresh(), address, type);
  }

  call(name: string, args: readonly Value[]): Execution {
    const target = this.#loaded.funcByName.get(name);
    if (target === undefined) throw new Error(`no function @${name} in the module`);
    const values = acceptArguments(target.func.sig, args, `@${name}`);
    const counted = (n: number): number | null => (this.#counting ? n : null);
    if (this.#guest.stillborn !== null) {
      return { outcome: this.#guest.stillborn, instructions: counted(0), fuelUsed: 0 };
    }
    const outer = this.#activity;
    const activity: Activity = { used: 0, quantum: 0, thrown: noThrow, trap: null };
    const outerCount = this.#counting ? this.#fresh().getBigInt64(state.count, true) : 0n;
    this.#activity = activity;
    this.#nesting++;
    try {
      this.#fresh().setBigInt64(state.count, 0n, true);
      const outcome = this.#execute(target, values, activity);
      const limit = this.#guest.limits.fuel ?? Number.POSITIVE_INFINITY;
      const instructions = counted(Number(this.#fresh().getBigInt64(state.count, true)));
      return { outcome, instructions, fuelUsed: Math.min(activity.used, limit) };
    } finally {
      this.#nesting--;
      this.#activity = outer;
      this.#fresh().setBigInt64(state.count, outerCount, true);
    }
  }

  /** Sets up the frame, runs the loop to its end, reads the results. */
  #execute(target: LoadedFunc, values: readonly Value[], activity: Activity): Outcome {
    const { limits } = this.#guest;
    if (this.#active + 1 > limits.depth || this.#nesting > mostNesting) return resourceEnd('call-depth');
    if (this.#guest.signal?.aborted === true) return resourceEnd('aborted');
    const { sig } = target.func;
    const entry = this.#top;
    const fp = entry + headBytes + Math.max(1, sig.results.length) * 8;
    if (!this.#makeRoom(fp)) return resourceEnd('call-depth');
    const view = this.#fresh();
    view.setInt32(fp, this.#plan.codeBase, true);
    view.setInt32(fp + 4, entry, true);
    view.setInt32(fp + 8, sig.results.length > 1 ? this.#plan.identity : entry + headBytes, true);
    for (const [i, type] of sig.params.entries()) {
      writeCell(view, fp + headBytes + i * 8, type as BitsType, values[i]);
    }
    const ended = this.#drive(this.#plan.codeBase + target.slot * 16, fp, limits.depth - this.#active - 1, activity);
    if (ended !== null) return ended;
    const after = this.#fresh();
    return {
      kind: 'return',
      values: sig.results.map((type, i) => readCell(after, entry + headBytes + i * 8, type as BitsType)),
    };
  }

  /** Enters the loop until the call is done (null) or ends otherwise. */
  #drive(startPc: number, startFp: number, startDepth: number, activity: Activity): Outcome | null {
    const fuelLimit = this.#guest.limits.fuel ?? Number.POSITIVE_INFINITY;
    let pc = startPc;
    let fp = startFp;
    let depth = Math.min(startDepth, deepest);
    for (;;) {
      activity.quantum = Math.min(quantum, fuelLimit - activity.used) + 1;
      let why: number;
      try {
        why = this.#loop(pc, fp, activity.quantum, depth);
      } catch (error) {
        return this.#caught(error, activity);
      }
      const view = this.#fresh();
      pc = view.getInt32(state.pc, true);
      fp = view.getInt32(state.fp, true);
      depth = view.getInt32(state.depth, true);
      this.#settle(activity);
      switch (why) {
        case status.done:
          return null;
        case status.safepoint:
          if (activity.used > fuelLimit) return resourceEnd('fuel');
          break;
        case status.frames:
          if (activity.used >= fuelLimit) return resourceEnd('fuel');
          if (!this.#makeRoom(fp + 2 * this.#plan.frameBytes)) return resourceEnd('call-depth');
          this.#uncount();
          break;
        case status.depth:
          return resourceEnd(activity.used >= fuelLimit ? 'fuel' : 'call-depth');
        default:
          return this.#trapped(pc, fp, activity.trap);
      }
      if (this.#guest.signal?.aborted === true) return resourceEnd('aborted');
    }
  }

  /** Adds what the loop used of its quantum to the total. */
  #settle(activity: Activity): void {
    activity.used += activity.quantum - this.#fresh().getInt32(state.fuel, true);
    activity.quantum = 0;
  }

  #caught(error: unknown, activity: Activity): Outcome {
    this.#settle(activity);
    if (error !== activity.thrown && error instanceof WebAssembly.RuntimeError) {
      const view = this.#fresh();
      return this.#trapped(view.getInt32(state.pc, true), view.getInt32(state.fp, true), null);
    }
    if (error instanceof HostExit) return { kind: 'exit', code: error.code, message: error.message };
    if (error instanceof ResourceError) return resourceEnd(error.end);
    throw error;
  }

  #trapped(pc: number, fp: number, known: Trap | null): Outcome {
    const slot = (pc - this.#plan.codeBase) >> 4;
    const instr = this.#loaded.instrs[slot] ?? null;
    const found = known ?? trapOf(this.#loaded, instr, this.#machine, this.#cells(fp));
    return { kind: 'trap', trap: found.kind, at: placeText(this.#loaded, slot) };
  }

  /** A host function is called from the loop: it may call back, so that the machine's top is set behind the caller. */
  #host(pc: number, fp: number): void {
    const activity = this.#activity as Activity;
    const slot = (pc - this.#plan.codeBase) >> 4;
    const instr = this.#loaded.instrs[slot];
    const caller = funcAt(this.#loaded, slot);
    if (instr === null || instr === undefined || caller === null) throw new Error('a host call without instruction');
    const cells = this.#cells(fp);
    const indirect = instr.def.role === 'call-indirect';
    const uses = instr.operands[2] as readonly number[];
    const index = indirect
      ? (this.#loaded.elements[cells.read('i32', uses[uses.length - 1] ?? 0) as number]?.importIndex ?? -1)
      : (this.#loaded.importIndex.get(instr.operands[1] as string) ?? -1);
    const item = this.#loaded.program.imports[index];
    const host = this.#guest.imports[index];
    if (item === undefined || host === undefined) throw new Error('a host call without import');
    const [top, active] = [this.#top, this.#active];
    const view = this.#fresh();
    const [fuel, depth] = [view.getInt32(state.fuel, true), view.getInt32(state.depth, true)];
    this.#top = fp + headBytes + caller.cells * 8;
    this.#active = this.#guest.limits.depth - depth;
    try {
      performHostCall(instr, item, host, cells);
    } catch (error) {
      activity.thrown = error;
      throw error;
    } finally {
      this.#top = top;
      this.#active = active;
      const after = this.#fresh();
      after.setInt32(state.fuel, fuel, true);
      after.setInt32(state.depth, depth, true);
      after.setInt32(state.pc, pc, true);
      after.setInt32(state.fp, fp, true);
    }
    if (indirect) this.#fresh().setInt32(state.pc, this.#plan.codeBase + this.#plan.nextSlot(slot) * 16, true);
  }

  /** Carries out an op by its meaning; 1: it trapped. */
  #slow(pc: number, fp: number): number {
    const instr = this.#loaded.instrs[(pc - this.#plan.codeBase) >> 4];
    if (instr === null || instr === undefined) throw new Error('a slow op without instruction');
    const activity = this.#activity as Activity;
    try {
      const found = performOp(instr, this.#machine, this.#cells(fp));
      activity.trap = found ?? null;
      return found === undefined ? 0 : 1;
    } catch (error) {
      activity.thrown = error;
      throw error;
    }
  }

  #cells(fp: number): FrameCells {
    return {
      read: (type, register) => readCell(this.#fresh(), fp + headBytes + register * 8, type as BitsType),
      write: (type, register, value) =>
        writeCell(this.#fresh(), fp + headBytes + register * 8, type as BitsType, value),
    };
  }

  /** The call at `pc` will be carried out, and counted, again. */
  #uncount(): void {
    if (!this.#counting) return;
    const view = this.#fresh();
    view.setBigInt64(state.count, view.getBigInt64(state.count, true) - 1n, true);
  }

  /** Makes sure that a frame may start at `fp`, of any size in the program; false: that would be too much memory. */
  #makeRoom(fp: number): boolean {
    const needed = fp + this.#plan.frameBytes;
    const present = this.#own.buffer.byteLength;
    if (needed - this.#plan.framesBase > mostFrameBytes) return false;
    if (needed > present) {
      const pages = Math.ceil(Math.max(needed - present, Math.min(present, mostFrameBytes / 4)) / pageBytes);
      try {
        this.#own.grow(pages);
      } catch {
        return false;
      }
    }
    const limit = Math.min(this.#own.buffer.byteLength, this.#plan.framesBase + mostFrameBytes);
    this.#fresh().setInt32(state.frameLimit, limit - this.#plan.frameBytes, true);
    return true;
  }

  /** Writes globals, table, identity list and code. */
  #lay(): void {
    const view = this.#view;
    const { program, code, elements, funcs } = this.#loaded;
    for (const [i, { type, init }] of program.globals.entries()) {
      writeCell(view, globalsBase + i * 8, type as BitsType, init);
    }
    view.setInt32(state.table, this.#plan.table, true);
    view.setInt32(state.tableSize, elements.length, true);
    for (const [i, { func, sig }] of elements.entries()) {
      const target = func === null ? isImport : this.#plan.codeBase + (funcs[func]?.slot ?? 0) * 16;
      view.setInt32(this.#plan.table + i * 8, sig < 0 ? 0 : target, true);
      view.setInt32(this.#plan.table + i * 8 + 4, sig, true);
    }
    for (let i = 0; i < this.#plan.results; i++) view.setInt32(this.#plan.identity + i * 4, headBytes + i * 8, true);
    new Int32Array(this.#own.buffer, this.#plan.codeBase, code.length).set(code);
  }

  #setGlobal(name: string, value: Value): void {
    const { address, type } = this.#globalAt(name);
    writeCell(this.#fresh(), address, type, value);
  }

  #globalAt(name: string): { readonly address: number; readonly type: BitsType } {
    const index = this.#loaded.globalIndex.get(name);
    const found = index === undefined ? undefined : this.#loaded.program.globals[index];
    if (index === undefined || found === undefined) throw new Error(`no global @${name} in the module`);
    return { address: globalsBase + index * 8, type: found.type as BitsType };
  }

  /** Memory 0 as it is now. */
  #fresh(): DataView {
    if (this.#view.buffer !== this.#own.buffer) this.#view = new DataView(this.#own.buffer);
    return this.#view;
  }
}

/** Stands for "the host threw nothing": no error is this object. */
const noThrow: object = Object.freeze({});

function resourceEnd(end: ResourceError['end']): Outcome {
  return { kind: 'resource', end };
}
