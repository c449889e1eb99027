/**
 * The stack machine as an engine: instances of programs, calls into them, and how executions end.
 *
 * Host functions may call back: such a call runs above the frames that are active, in the same cells. Each passes
 * through the host's own stack, so that their number is limited apart from the depth of calls.
 */

import type { Instr, StackFunc, StackProgram } from '@sluice/bytecode';
import {
  acceptArguments,
  type Engine,
  type Execution,
  type Extern,
  type Instance,
  type InstanceOptions,
  type Outcome,
  outcomeOf,
  ResourceError,
  type TrapKind,
  type Value,
} from '@sluice/ir';
import { type GuestState, guestState, machineOf } from '../runtime/state.ts';
import { readValue, writeValue } from './cell-values.ts';
import type { Layout } from './layout.ts';
import { type LoadedProgram, loadStack } from './load.ts';
import { bindSites } from './sites.ts';
import { LoopState } from './state.ts';
import type { TranslatedFunc } from './step.ts';

/** Calls back from the host that may be active at a time: each needs some of the host's stack. */
const mostNested = 200;

/** Stands for "no limit"; small enough that sums of units stay exact. */
const unlimited = Number.MAX_SAFE_INTEGER;

/**
 * The stack machine. Instructions are those of the bytecode. `fuelUsed` is known where fuel is limited, a signal given or
 * instructions counted, else 0. Throws `DiagnosticError` for a program that the validator refuses.
 */
export const stackVM: Engine<StackProgram> = { name: 'stack', instantiate: instantiateStack };

/** Makes an instance of a program. Throws an `Error` when the host lacks an import. */
export function instantiateStack(program: StackProgram, options: InstanceOptions = {}): Instance {
  return new StackInstance(loadStack(program), guestState(program, options), options.count ?? false);
}

class StackInstance implements Instance {
  readonly startFailure: Outcome | null;
  readonly #loaded: LoadedProgram;
  readonly #guest: GuestState;
  readonly #counts: boolean;
  readonly #paid: boolean;
  readonly #layout: Layout;
  readonly #st: LoopState;
  readonly #globals: ReadonlyMap<string, number>;
  #nested = 0;

  constructor(loaded: LoadedProgram, guest: GuestState, counts: boolean) {
    const { program } = loaded;
    this.#loaded = loaded;
    this.#guest = guest;
    this.#counts = counts;
    this.#paid = counts || guest.limits.fuel !== null || guest.signal !== null;
    this.#layout = loaded.layout({ fuel: this.#paid, count: counts });
    const { code, weights } = this.#layout;
    const { constants, tables, hosted } = loaded;
    this.#st = new LoopState(
      { code, weights, constants: constants.bits, hosts: constants.hosts, tables },
      guest,
      hosted,
    );
    this.#globals = new Map(program.globals.map(({ name }, i) => [name, i]));
    const st = this.#st;
    if (program.globals.length > st.cells) st.growCells(program.globals.length);
    program.globals.forEach((global, i) => {
      writeValue(st, i, global.type, guest.module.initial(global));
    });
    st.topCell = program.globals.length;
    const globals = {
      getGlobal: (name: string) => readValue(st, this.#globalCell(name), this.#globalType(name)),
      setGlobal: (name: string, value: Value) => writeValue(st, this.#globalCell(name), this.#globalType(name), value),
    };
    const machine = machineOf(guest, { ...globals, getSlot: noSlots, setSlot: noSlots });
    st.sites = bindSites(loaded, st, guest, machine, this.#layout.entries);
    this.startFailure = guest.start({ ...globals, call: (name, args) => this.#call(name, args).outcome });
  }

  call(name: string, args: readonly Value[]): Execution {
    const { module } = this.#guest;
    const values = acceptArguments(module.signatureOf(name), args, `@${name}`);
    if (this.startFailure !== null) return this.#execution(this.startFailure, 0, 0);
    return module.isImport(name) ? this.#execution(module.callImport(name, values), 0, 0) : this.#call(name, values);
  }

  /** Calls a function with values of its types. */
  #call(name: string, values: readonly Value[]): Execution {
    const k = this.#loaded.funcNumbers.get(name);
    if (k === undefined) throw new Error(`the program has no function @${name}`);
    const func = this.#loaded.funcs[k] as TranslatedFunc;
    const st = this.#st;
    const fuel = this.#guest.limits.fuel ?? unlimited;
    const saved = { n: st.n, pool: st.pool };
    st.n = 0;
    st.pool = fuel;
    const outcome = this.#run(func, this.#layout.entries[k] as number, values);
    const execution = this.#execution(outcome, st.n, fuel - st.pool);
    st.n = saved.n;
    st.pool = saved.pool;
    return execution;
  }

  memory(): Uint8Array {
    return this.#guest.memory.bytes();
  }

  global(name: string): Value {
    return this.#guest.global(name);
  }

  exported(external: string): Extern | undefined {
    return this.#guest.module.exported(external);
  }

  liveAllocations(): number {
    return this.#guest.heap.live();
  }

  #execution(outcome: Outcome, instructions: number, fuelUsed: number): Execution {
    return { outcome, instructions: this.#counts ? instructions : null, fuelUsed: this.#paid ? fuelUsed : 0 };
  }

  /** Runs above the frames that are active, and leaves the state as it was for them. */
  #run(func: TranslatedFunc, entry: number, args: readonly Value[]): Outcome {
    const st = this.#st;
    const { topCell, topFrame } = st;
    const base = topFrame;
    this.#nested++;
    this.#guest.syncIn();
    try {
      if (this.#guest.signal?.aborted === true) throw new ResourceError('aborted');
      if (base / 2 + 1 > this.#guest.limits.depth || this.#nested > mostNested) throw new ResourceError('call-depth');
      if (topCell + func.cells > st.cells) st.growCells(topCell + func.cells);
      func.sig.params.forEach((type, i) => {
        writeValue(st, topCell + i, type, args[i]);
      });
      st.guest.refresh();
      const how = this.#layout.loop.run(st, entry, topCell, base);
      this.#guest.settle();
      if (how === 0)
        return { kind: 'return', values: func.sig.results.map((type, i) => readValue(st, topCell + i, type)) };
      return how === 1 ? this.#trapped() : { kind: 'resource', end: st.end };
    } catch (error) {
      this.#guest.settle();
      return outcomeOf(error);
    } finally {
      this.#guest.syncOut();
      this.#nested--;
      st.topCell = topCell;
      st.topFrame = topFrame;
      st.clearHosts(topCell);
    }
  }

  #trapped(): Outcome {
    const st = this.#st;
    const { func, instr, late } = this.#layout.placeOf(st.pc);
    st.n -= late;
    return { kind: 'trap', trap: st.trap as TrapKind, at: describe(this.#loaded, func, instr) };
  }

  #globalCell(name: string): number {
    const cell = this.#globals.get(name);
    if (cell === undefined) throw new Error(`the program has no global @${name}`);
    return cell;
  }

  #globalType(name: string) {
    return (this.#loaded.program.globals[this.#globalCell(name)] as { type: Parameters<typeof readValue>[2] }).type;
  }
}

/** The machine has locals in place of slots. */
function noSlots(): never {
  throw new Error('the stack machine has no slots');
}

/** Where a trap came from, for people: the source's position if it is known, function, instruction. */
function describe(loaded: LoadedProgram, name: string, index: number): string {
  const k = loaded.funcNumbers.get(name) as number;
  const { def, loc } = (loaded.program.funcs[k] as StackFunc).code[index] as Instr;
  const where = loc === null ? '' : `${loc.file}:${loc.line}:${loc.col}: `;
  return `${where}@${name}: ${index}: ${def.name}`;
}
