/**
 * One call into the reference interpreter, from outside to its end: the loop, frames, edges, calls and traps. What it
 * means and what is counted is said in interp.ts.
 */

import { instOf, type ValueId } from './func.ts';
import { acceptResults } from './host-values.ts';
import { type Code, type CodeBlock, type CodeEdge, isIndirectCall, type Step } from './interp-code.ts';
import type { Callee, Linker } from './interp-link.ts';
import type { InterpMachine } from './interp-machine.ts';
import type { CallSig } from './op.ts';
import { type Limits, type Outcome, ResourceError } from './outcome.ts';
import { instPrinter } from './text/print.ts';
import { Trap, type TrapKind, trap } from './trap.ts';
import { sameSignature } from './type.ts';
import { toNumber, type Value } from './value.ts';

/** A caller that waits: where it goes on. */
interface Frame {
  readonly callee: Callee;
  readonly code: Code;
  readonly base: number;
  readonly block: CodeBlock;
  /** Steps begun; one more than the block has when an `invoke` waits. */
  readonly pc: number;
}

/** What runs of one instance share. */
export interface Shared {
  readonly machine: InterpMachine;
  readonly linker: Linker;
  readonly limits: Limits;
  readonly signal: { readonly aborted: boolean } | null;
  /** The first register that no active frame uses; more than 0 while a host function calls back. */
  top: number;
  /** Calls that wait for a host function which calls back. */
  active: number;
}

/** The signal is looked at once for so many units of fuel. */
const signalMask = (1 << 12) - 1;

const switched: unique symbol = Symbol('another frame runs now');

/** The execution of one call. */
export class Run {
  fuelUsed = 0;
  /** Instructions that were executed. */
  instructions = 0;
  readonly #shared: Shared;
  readonly #machine: InterpMachine;
  readonly #registers: Value[];
  readonly #frames: Frame[] = [];
  readonly #fuel: number;
  #callee: Callee;
  #code: Code;
  #base: number;
  #block: CodeBlock;
  #pc = 0;

  /** Arguments must have the form of the signature. */
  constructor(shared: Shared, callee: Callee, args: readonly Value[]) {
    this.#shared = shared;
    this.#machine = shared.machine;
    this.#registers = shared.machine.registers;
    this.#fuel = shared.limits.fuel ?? Number.POSITIVE_INFINITY;
    this.#callee = callee;
    this.#code = shared.linker.code(callee);
    this.#base = shared.top;
    this.#machine.needRegisters(this.#base + this.#code.frameSize);
    args.forEach((arg, i) => {
      this.#registers[this.#base + i] = arg;
    });
    this.#block = this.#code.blocks[0] as CodeBlock;
    this.#begin();
  }

  /** Runs to the end. Throws what host functions and limits throw (`HostExit`, `ResourceError`). */
  finish(): Outcome {
    if (this.#shared.signal?.aborted === true) throw new ResourceError('aborted');
    for (;;) {
      const stopped = this.#runBody();
      if (stopped === switched) continue;
      const outcome = stopped === undefined ? this.#runTerm() : this.#raise(stopped, this.#stepAt(this.#pc).id);
      if (outcome !== undefined) return outcome;
    }
  }

  /** Takes what was begun but not executed off the count, of all frames; for ends by an exception. */
  settle(): void {
    this.#dropRest(this.#block, this.#pc);
    for (const frame of this.#frames) this.#dropRest(frame.block, frame.pc);
  }

  /** Runs steps until the block's body ends, a trap, or a call. */
  #runBody(): Trap | undefined | typeof switched {
    const { steps } = this.#block;
    const registers = this.#registers;
    const machine = this.#machine;
    const base = this.#base;
    let pc = this.#pc;
    while (pc < steps.length) {
      const step = steps[pc++] as Step;
      let value: Value | Trap;
      switch (step.how) {
        case 0: // eval0
          value = step.fn();
          break;
        case 1: // eval1
          value = step.fn(registers[base + step.a]);
          break;
        case 2: // eval2
          value = step.fn(registers[base + step.a], registers[base + step.b]);
          break;
        case 3: // eval3
          value = step.fn(registers[base + step.a], registers[base + step.b], registers[base + step.c]);
          break;
        case 4: // float1
          value = step.fn(toNumber(registers[base + step.a]));
          break;
        case 5: // float2
          value = step.fn(toNumber(registers[base + step.a]), toNumber(registers[base + step.b]));
          break;
        case 6: // list
          value = step.fn(this.#valuesAt(step.args));
          break;
        case 7: // run0
          this.#pc = pc;
          value = step.fn(machine, step.imm, step.type);
          break;
        case 8: // run1
          this.#pc = pc;
          value = step.fn(machine, step.imm, registers[base + step.a], step.type);
          break;
        case 9: // run2
          this.#pc = pc;
          value = step.fn(machine, step.imm, registers[base + step.a], registers[base + step.b], step.type);
          break;
        case 10: // run3
          this.#pc = pc;
          value = step.fn(
            machine,
            step.imm,
            registers[base + step.a],
            registers[base + step.b],
            registers[base + step.c],
            step.type,
          );
          break;
        case 11: // runList
          this.#pc = pc;
          value = step.fn(machine, step.imm, this.#valuesAt(step.args), step.type);
          break;
        case 12: // constant
          registers[base + step.dest] = step.imm;
          continue;
        case 13: // result
          registers[base + step.dest] = (registers[base + step.a] as readonly Value[])[step.imm as number];
          continue;
        default: {
          // call, callIndirect
          this.#pc = pc;
          const called = this.#callStep(step);
          if (called === switched) return switched;
          value = called;
        }
      }
      if (typeof value === 'object' && value instanceof Trap) {
        this.#pc = pc;
        return value;
      }
      if (step.dest >= 0) registers[base + step.dest] = value;
    }
    this.#pc = pc;
    return undefined;
  }

  #runTerm(): Outcome | undefined {
    const { term } = this.#block;
    const { edges } = term;
    this.#pc++;
    switch (term.kind) {
      case 'br':
        this.#take(edges[0] as CodeEdge);
        return undefined;
      case 'br_if':
        this.#take(edges[this.#registers[this.#base + (term.args[0] as number)] !== 0 ? 0 : 1] as CodeEdge);
        return undefined;
      case 'switch': {
        const value = this.#registers[this.#base + (term.args[0] as number)] as number;
        this.#take(term.cases.get(value) ?? (edges.at(-1) as CodeEdge));
        return undefined;
      }
      case 'ret':
        return this.#return(this.#valuesAt(term.args));
      case 'trap':
        return this.#raise(trap(term.imm as TrapKind), term.id);
      case 'invoke': {
        const callee = this.#callee.sites[term.site] as Callee;
        const called = this.#call(callee, term.args, term.args.length);
        if (called === switched) return undefined;
        if (term.dest >= 0) this.#registers[this.#base + term.dest] = called;
        this.#take(edges[0] as CodeEdge);
        return undefined;
      }
    }
  }

  /** Moves for phis, then the block. */
  #take(edge: CodeEdge): void {
    if (edge.back) this.#spend();
    const { from, to } = edge;
    const registers = this.#registers;
    const base = this.#base;
    if (edge.overlap) {
      const values = this.#valuesAt(from);
      for (let i = 0; i < to.length; i++) registers[base + (to[i] as number)] = values[i];
    } else {
      for (let i = 0; i < to.length; i++) {
        registers[base + (to[i] as number)] = registers[base + (from[i] as number)];
      }
    }
    this.#block = this.#code.blocks[edge.block] as CodeBlock;
    this.#pc = 0;
    this.instructions += this.#block.steps.length + 1;
  }

  #callStep(step: Step): Value | Trap | typeof switched {
    const direct = this.#callee.sites[step.site];
    if (direct !== null && direct !== undefined) return this.#call(direct, step.args, step.args.length);
    const count = step.args.length - 1;
    const index = this.#registers[this.#base + (step.args[count] as number)] as number;
    const { table, ...sig } = step.imm as CallSig;
    const callee = this.#shared.linker.element(table, index >>> 0);
    if (callee === undefined) return trap('out-of-bounds');
    if (callee === null) return trap('null-reference');
    if (!sameSignature(callee.sig, sig)) return trap('indirect-call-type');
    return this.#call(callee, step.args, count);
  }

  /** Enters a function, or calls an import and gives what it gave: a value, nothing, or a tuple. */
  #call(callee: Callee, args: readonly number[], count: number): Value | typeof switched {
    if (callee.host !== null) return this.#callHost(callee, args, count);
    const shared = this.#shared;
    this.#spend();
    if (shared.active + this.#frames.length + 2 > shared.limits.depth) throw new ResourceError('call-depth');
    const code = callee.code ?? shared.linker.code(callee);
    const base = this.#base + this.#code.frameSize;
    this.#machine.needRegisters(base + code.frameSize);
    for (let i = 0; i < count; i++) {
      this.#registers[base + i] = this.#registers[this.#base + (args[i] as number)];
    }
    this.#frames.push({ callee: this.#callee, code: this.#code, base: this.#base, block: this.#block, pc: this.#pc });
    this.#callee = callee;
    this.#code = code;
    this.#base = base;
    this.#block = code.blocks[0] as CodeBlock;
    this.#pc = 0;
    this.#begin();
    return switched;
  }

  #callHost(callee: Callee, args: readonly number[], count: number): Value {
    const shared = this.#shared;
    const { top, active } = shared;
    const values = this.#valuesAt(args.slice(0, count));
    shared.top = this.#base + this.#code.frameSize;
    shared.active = active + this.#frames.length + 1;
    try {
      const results = acceptResults(callee.sig, callee.host?.(...values), `host function @${callee.name}`);
      return results.length > 1 ? results : results[0];
    } finally {
      shared.top = top;
      shared.active = active;
      this.#machine.slotBase = this.#base + this.#code.slotBase;
    }
  }

  /** The start of the current frame's function. */
  #begin(): void {
    const { slots, slotBase } = this.#code;
    const first = this.#base + slotBase;
    for (let i = 0; i < slots.length; i++) this.#registers[first + i] = slots[i];
    this.#machine.slotBase = first;
    this.instructions += this.#block.steps.length + 1;
  }

  #return(values: readonly Value[]): Outcome | undefined {
    const frame = this.#frames.pop();
    if (frame === undefined) return { kind: 'return', values };
    this.#resume(frame);
    const { steps, term } = this.#block;
    const invoked = this.#pc > steps.length;
    const { dest } = invoked ? term : this.#stepAt(this.#pc);
    if (dest >= 0) this.#registers[this.#base + dest] = values.length > 1 ? values : values[0];
    if (invoked) this.#take(term.edges[0] as CodeEdge);
    return undefined;
  }

  #resume(frame: Frame): void {
    this.#callee = frame.callee;
    this.#code = frame.code;
    this.#base = frame.base;
    this.#block = frame.block;
    this.#pc = frame.pc;
    this.#machine.slotBase = frame.base + frame.code.slotBase;
  }

  /** A trap: `throw` goes on at the nearest waiting `invoke`; without one, and for all others, the execution ends. */
  #raise(raised: Trap, at: ValueId): Outcome | undefined {
    const thrower = this.#callee;
    this.#dropRest(this.#block, this.#pc);
    for (let frame = this.#frames.pop(); frame !== undefined; frame = this.#frames.pop()) {
      const { steps, term } = frame.block;
      if (raised.kind === 'throw' && frame.pc > steps.length) {
        this.#resume(frame);
        this.#take(term.edges[1] as CodeEdge);
        return undefined;
      }
      this.#dropRest(frame.block, frame.pc);
      if (raised.kind === 'throw' && isIndirect(frame) && this.#shared.linker.stopsThrows) break;
    }
    // Where exceptions stop, nobody goes on.
    for (const frame of this.#frames.splice(0)) this.#dropRest(frame.block, frame.pc);
    return { kind: 'trap', trap: raised.kind, at: describe(thrower, at) };
  }

  #dropRest(block: CodeBlock, pc: number): void {
    this.instructions -= block.steps.length + 1 - pc;
  }

  #spend(): void {
    if (this.fuelUsed >= this.#fuel) throw new ResourceError('fuel');
    this.fuelUsed++;
    if ((this.fuelUsed & signalMask) === 0 && this.#shared.signal?.aborted === true) throw new ResourceError('aborted');
  }

  /** The step that was begun last. */
  #stepAt(pc: number): Step {
    return this.#block.steps[pc - 1] as Step;
  }

  #valuesAt(positions: readonly number[]): Value[] {
    const registers = this.#registers;
    const base = this.#base;
    const values = new Array<Value>(positions.length);
    for (let i = 0; i < positions.length; i++) values[i] = registers[base + (positions[i] as number)];
    return values;
  }
}

function isIndirect({ block, pc }: Frame): boolean {
  const step = block.steps[pc - 1];
  return step !== undefined && isIndirectCall(step);
}

/** Where a trap came from, for people: the source's position if it is known, and the instruction. */
function describe(callee: Callee, v: ValueId): string {
  const f = callee.func;
  if (f === null) return `@${callee.name}`;
  const { loc } = instOf(f, v);
  const where = loc === null ? '' : `${loc.file}:${loc.line}:${loc.col}: `;
  return `${where}@${f.name}: ${instPrinter(f)(v)}`;
}
