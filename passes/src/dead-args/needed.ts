/**
 * Which parameters and results are needed, for `dead-args`: what dce does within a function, over all functions at once. An
 * argument is needed where the parameter is, what is returned where some call's result is.
 *
 *     an effect, a branch  =>  its operands            a parameter  =>  the argument in each call that is needed
 *     a needed value       =>  its operands            a call's result  =>  what the function returns there
 *
 * Linear in instructions and operands: each value of the module is marked once.
 */

import {
  bytes,
  callGraph,
  callSites,
  type Func,
  type Inst,
  isRemovable,
  type Module,
  none,
  PairList,
  type Rows,
  row,
  type ValueId,
} from '@sluice/ir';
import { effectOf } from '../lib/summaries.ts';

/** A call by name: the function in which it stands, and the instruction. */
export interface Site {
  readonly caller: number;
  readonly call: ValueId;
}

const kept = 1;
const used = 2;

/** What is needed in a module. */
export class Needed {
  readonly #m: Module;
  readonly #outside: Uint8Array;
  readonly #indexOf: (name: string) => number;
  /** By function, by value: 1 stays, 2 its value is used. */
  readonly #marks: readonly Uint8Array[];
  /** By function, by result: 1 is needed. */
  readonly #results: readonly Uint8Array[];
  /** By function: terminators that return. */
  readonly #returns: readonly (readonly ValueId[])[];
  readonly #sites: readonly Site[];
  readonly #sitesOf: Rows;
  /** Function and value, one after the other. */
  readonly #work: number[] = [];
  /** The same, of parameters and results of calls that are used. */
  readonly #uses: number[] = [];

  /** `outside`: by function, whether others than calls by name know it. */
  constructor(m: Module, outside: Uint8Array) {
    this.#m = m;
    this.#outside = outside;
    this.#indexOf = callGraph(m).indexOf;
    this.#marks = m.funcs.map((f) => bytes(f.insts.length));
    this.#results = m.funcs.map(({ sig }, i) => {
      const results = bytes(sig.results.length);
      return outside[i] === 1 ? results.fill(1) : results;
    });
    const sites: Site[] = [];
    const rows = new PairList();
    m.funcs.forEach((f, caller) => {
      for (const call of callSites(f).direct) {
        const callee = this.#indexOf((f.insts[call] as Inst).imm as string);
        if (callee === -1) continue;
        rows.push(callee, sites.length);
        sites.push({ caller, call });
      }
    });
    this.#sites = sites;
    this.#sitesOf = rows.rows(m.funcs.length);
    this.#returns = m.funcs.map((_, func) => this.#root(func));
    this.#mark();
  }

  /** Whether a parameter is needed. */
  param(func: number, k: number): boolean {
    const v = this.#m.funcs[func]?.params[k] as ValueId;
    return this.#outside[func] === 1 || ((this.#marks[func]?.[v] as number) & used) !== 0;
  }

  /** Whether a result is needed. */
  result(func: number, k: number): boolean {
    return this.#results[func]?.[k] === 1;
  }

  /** The calls of a function by name. */
  sitesOf(func: number): readonly Site[] {
    return Array.from(row(this.#sitesOf, func), (site) => this.#sites[site] as Site);
  }

  /** Keeps what has an effect; the function's returns. */
  #root(func: number): readonly ValueId[] {
    const f = this.#m.funcs[func] as Func;
    let returns: ValueId[] | null = null;
    for (const b of f.order) {
      const block = f.blocks[b];
      if (block === undefined) continue;
      const { body, term } = block;
      for (let i = 0; i < body.length; i++) {
        const v = body[i] as ValueId;
        if (!isRemovable(effectOf(this.#m, f.insts[v] as Inst))) this.#keep(func, v);
      }
      this.#keep(func, term);
      if ((f.insts[term] as Inst).op.kind !== 'ret') continue;
      if (returns === null) returns = [term];
      else returns.push(term);
    }
    return returns ?? none;
  }

  #keep(func: number, v: ValueId): void {
    const marks = this.#marks[func] as Uint8Array;
    if (((marks[v] as number) & kept) !== 0) return;
    marks[v] = (marks[v] as number) | kept;
    this.#work.push(func, v);
  }

  #use(func: number, v: ValueId): void {
    const marks = this.#marks[func] as Uint8Array;
    if (((marks[v] as number) & used) !== 0) return;
    marks[v] = (marks[v] as number) | used;
    this.#keep(func, v);
    // What follows from it waits: chains of calls are as long as they like.
    const inst = (this.#m.funcs[func] as Func).insts[v] as Inst;
    if (inst.op.kind === 'param' || (isNamed(inst) && inst.type !== 'tuple')) this.#uses.push(func, v);
  }

  /** What the use of a parameter or of a call's result needs elsewhere. */
  #follow(func: number, v: ValueId): void {
    const inst = (this.#m.funcs[func] as Func).insts[v] as Inst;
    if (inst.op.kind === 'param') this.#useArguments(func, inst.imm as number);
    else this.#useResult(inst, 0);
  }

  /** What calls that stay hand over. */
  #useArguments(func: number, k: number): void {
    const { start, items } = this.#sitesOf;
    for (let at = start[func] as number; at < (start[func + 1] as number); at++) {
      const { caller, call } = this.#sites[items[at] as number] as Site;
      if (((this.#marks[caller]?.[call] as number) & kept) === 0) continue;
      this.#use(caller, ((this.#m.funcs[caller] as Func).insts[call] as Inst).args[k] as ValueId);
    }
  }

  #useResult(call: Inst, k: number): void {
    const callee = this.#indexOf(call.imm as string);
    const results = this.#results[callee];
    if (results === undefined || results[k] === 1) return;
    results[k] = 1;
    const f = this.#m.funcs[callee] as Func;
    for (const term of this.#returns[callee] as readonly ValueId[]) {
      this.#use(callee, (f.insts[term] as Inst).args[k] as ValueId);
    }
  }

  #mark(): void {
    while (this.#work.length + this.#uses.length > 0) {
      const work = this.#uses.length > 0 ? this.#uses : this.#work;
      const v = work.pop() as ValueId;
      const func = work.pop() as number;
      if (work === this.#uses) this.#follow(func, v);
      else this.#operands(func, (this.#m.funcs[func] as Func).insts[v] as Inst);
    }
  }

  /** The operands of what stays. */
  #operands(func: number, inst: Inst): void {
    const { args, op } = inst;
    if (op.kind === 'result') {
      const call = (this.#m.funcs[func] as Func).insts[args[0] as ValueId] as Inst;
      if (isNamed(call)) this.#useResult(call, inst.imm as number);
    }
    const callee = isNamed(inst) ? this.#indexOf(inst.imm as string) : -1;
    for (let k = 0; k < args.length; k++) {
      if (op.kind === 'ret' ? this.result(func, k) : callee === -1 || this.param(callee, k)) {
        this.#use(func, args[k] as ValueId);
      }
    }
  }
}

function isNamed({ op }: Inst): boolean {
  return op.imm === 'func' && (op.kind === 'call' || op.kind === 'invoke');
}
