/**
 * What is known of parameters and results over all calls of a module, for `ipcp`.
 *
 *     nothing     no call, or no return, was seen
 *     a constant  the instruction that makes it
 *     a number    of results: the parameter that is returned as it came
 *     'varies'
 *
 * Only ever raised: nothing -> constant or number -> 'varies'.
 */

import {
  bytes,
  type CallGraph,
  callGraph,
  type Func,
  type Inst,
  type Module,
  orderOf,
  row,
  sameValue,
  termOf,
  type Value,
  type ValueId,
} from '@sluice/ir';
import { ownEffects } from '../lib/own-effects.ts';

/** What is known of a parameter or a result; see the head of this file. */
export type Known = Inst | number | 'varies' | undefined;

/** Calls that hand a value through that are looked through, one inside the other. */
const deepest = 8;

/** What is known of each function of a module. */
export class Lattice {
  readonly #m: Module;
  readonly #graph: CallGraph;
  readonly #outside: Uint8Array;
  readonly #params: Known[][];
  readonly #results: Known[][];
  /** By function: terminators that return, once it was reached. */
  readonly #returns: (readonly Inst[] | undefined)[];
  readonly #queue: number[] = [];
  readonly #waits: Uint8Array;

  /** `outside`: by function, whether others than calls by name know it. */
  constructor(m: Module, outside: Uint8Array) {
    this.#m = m;
    this.#graph = callGraph(m);
    this.#outside = outside;
    this.#params = m.funcs.map(({ sig }, i) => sig.params.map(() => (outside[i] === 1 ? 'varies' : undefined)));
    this.#results = m.funcs.map(({ sig }) => sig.results.map(() => undefined));
    this.#returns = new Array(m.funcs.length);
    this.#waits = bytes(m.funcs.length);
    outside.forEach((known, func) => {
      if (known === 1) this.#look(func);
    });
    // First come first served: a caller of many is looked at again when all of them were.
    for (let at = 0; at < this.#queue.length; at++) {
      const func = this.#queue[at] as number;
      this.#waits[func] = 0;
      this.#visit(func);
    }
  }

  /** Whether a call may reach the function. */
  reached(func: number): boolean {
    return this.#returns[func] !== undefined;
  }

  /** What is known of a parameter. */
  param(func: number, k: number): Known {
    return this.#params[func]?.[k];
  }

  /** What a value of a function is known to be, as seen from inside: a number is a parameter of that function. */
  valueOf(f: Func, v: ValueId): Known {
    const source = this.source(f, v);
    if (typeof source !== 'number') return source;
    const { op, imm } = f.insts[source] as Inst;
    return op.kind === 'param' ? (imm as number) : 'varies';
  }

  /**
   * Where a value comes from: a constant, or the value of the same function that calls handed through, itself without any;
   * undefined where no call returns.
   */
  source(f: Func, v: ValueId): Inst | ValueId | undefined {
    let at = v;
    for (let depth = 0; depth < deepest; depth++) {
      const inst = f.insts[at] as Inst;
      if (inst.op.kind === 'const') return inst;
      const call = inst.op.kind === 'result' ? (f.insts[inst.args[0] as ValueId] as Inst) : inst;
      if (call.op.imm !== 'func' || (call.op.kind !== 'call' && call.op.kind !== 'invoke')) return at;
      const callee = this.#graph.indexOf(call.imm as string);
      const given = callee === -1 ? 'varies' : this.#results[callee]?.[call === inst ? 0 : (inst.imm as number)];
      if (given === 'varies') return at;
      if (typeof given !== 'number') return given;
      at = call.args[given] as ValueId;
    }
    return at;
  }

  #look(func: number): void {
    if (this.#waits[func] === 1) return;
    this.#waits[func] = 1;
    this.#queue.push(func);
  }

  #visit(func: number): void {
    const f = this.#m.funcs[func] as Func;
    let returns = this.#returns[func];
    if (returns === undefined) {
      returns = returnsOf(f);
      this.#returns[func] = returns;
    }
    for (const call of ownEffects(f).calls) this.#handOver(func, f, f.insts[call] as Inst);
    const results = this.#results[func] as Known[];
    let raised = false;
    for (const { args } of returns) {
      for (let k = 0; k < results.length; k++) {
        if (results[k] === 'varies') continue;
        const next = joined(results[k], this.valueOf(f, args[k] as ValueId));
        if (next === results[k]) continue;
        results[k] = next;
        raised = true;
      }
    }
    if (raised) for (const caller of row(this.#graph.callers, func)) if (this.reached(caller)) this.#look(caller);
  }

  #handOver(func: number, f: Func, { imm, args }: Inst): void {
    const callee = this.#graph.indexOf(imm as string);
    if (callee === -1) return;
    let raised = !this.reached(callee);
    if (this.#outside[callee] === 0) {
      const params = this.#params[callee] as Known[];
      for (let k = 0; k < params.length; k++) {
        if (params[k] === 'varies') continue;
        const value = this.valueOf(f, args[k] as ValueId);
        const next = joined(params[k], typeof value === 'number' ? this.param(func, value) : value);
        if (next === params[k]) continue;
        params[k] = next;
        raised = true;
      }
    }
    if (raised) this.#look(callee);
  }
}

function returnsOf(f: Func): readonly Inst[] {
  const returns: Inst[] = [];
  for (const b of orderOf(f).rpo) {
    const term = termOf(f, b);
    if (term.op.kind === 'ret') returns.push(term);
  }
  return returns;
}

/** The least that covers both; the first one where that is the same. */
function joined(a: Known, b: Known): Known {
  if (a === undefined) return b;
  if (b === undefined || a === b) return a;
  if (typeof a !== 'object' || typeof b !== 'object') return 'varies';
  return a.op === b.op && sameValue(a.imm as Value, b.imm as Value) ? a : 'varies';
}
