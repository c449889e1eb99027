/**
 * The rewrite driver: applies rules to a function until none matches. It alone decides what is looked at again.
 *
 * One sweep in reverse postorder is enough: patterns look at operands, which stand earlier, and never through phis. Only
 * what a rule itself made, and the root when it was changed in place, are looked at again, at once.
 *
 * Termination: rules must not undo each other; should a set do so all the same, the driver stops with an error that
 * names the last rule after `limit` rewrites (a multiple of the function's size).
 * Safety: the replacement must have the root's type and must not use the root; both are checked. Unreachable blocks are
 * never visited (values there may be defined in terms of themselves).
 * Cost: a look at the steps of its op for each instruction; the Editor is asked for when the first rewrite is done.
 */

import {
  type Editor,
  type Func,
  type Imm,
  type Inst,
  makeInst,
  none,
  type OpDef,
  type OpTable,
  orderOf,
  sameValue,
  type Type,
  type Value,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext } from './pass.ts';
import type { Match, Pattern, Rule, RuleBuilder } from './rule.ts';
import {
  leftConstant,
  type Plan,
  type Reader,
  type RuleIndex,
  rightConstant,
  type Simplifier,
  type Step,
  sameOperands,
} from './rule-index.ts';

/** Applies simplifiers and rules everywhere until nothing matches; the number of rewrites. */
export function rewriteAll(f: Func, cx: FuncContext, index: RuleIndex): number {
  const driver = new Driver(f, cx, index);
  const { rpo } = cx.get(orderOf);
  for (let i = 0; i < rpo.length; i++) {
    const body = f.blocks[rpo[i] as number]?.body ?? none;
    for (let k = 0; k < body.length; k++) driver.visit(body[k] as ValueId);
  }
  return driver.rewrites;
}

/** How many users `single` looks at before it gives up. */
const usersSeen = 64;

class Driver implements RuleBuilder, Match, Reader {
  rewrites = 0;
  imm: Imm = undefined;
  readonly #f: Func;
  readonly #cx: FuncContext;
  readonly #index: RuleIndex;
  readonly #limit: number;
  #edit: Editor | null = null;
  #root = 0 as ValueId;
  #made: ValueId[] = [];
  readonly #work: ValueId[] = [];
  // What the pattern at hand has bound: names and values side by side, few enough for a scan.
  #bound = 0;
  readonly #names: string[] = [];
  readonly #values: ValueId[] = [];

  constructor(f: Func, cx: FuncContext, index: RuleIndex) {
    this.#f = f;
    this.#cx = cx;
    this.#index = index;
    this.#limit = 64 * f.insts.length + 1000;
  }

  get ops(): OpTable {
    return this.#cx.ops;
  }

  inst(v: ValueId): Inst;
  inst(name: string): Inst;
  inst(what: ValueId | string): Inst {
    return this.#at(typeof what === 'string' ? this.value(what) : what);
  }

  /** The instruction as it is now; the Editor is not asked before it has changed something. */
  #at(v: ValueId): Inst {
    return this.#edit === null ? (this.#f.insts[v] as Inst) : this.#edit.inst(v);
  }

  visit(v: ValueId): void {
    if (!this.#step(v)) return;
    // Most instructions don't come here.
    const work = this.#work;
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      if (this.#editor().has(next)) this.#step(next);
    }
  }

  /** Tries one rewrite of an instruction; what is to be looked at afterwards goes to `work`, first one on top. */
  #step(v: ValueId): boolean {
    const inst = this.#at(v);
    const plans = this.#index.plansOf(inst.op);
    const { args } = inst;
    if (plans === null || args.length === 0) return false;
    const a = args[0] as ValueId;
    const b = args.length > 1 ? (args[1] as ValueId) : -1;
    const left = this.#at(a).op;
    const right = b === -1 ? left : this.#at(b).op;
    const flags =
      (left.kind === 'const' ? leftConstant : 0) |
      (right.kind === 'const' ? rightConstant : 0) |
      (a === b ? sameOperands : 0);
    const { steps, always, lefts, rights } = plans[flags] as Plan;
    if (!always && !lefts.has(left) && !rights.has(right)) return false;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i] as Step;
      if ((step.left !== null && step.left !== left) || (step.right !== null && step.right !== right)) continue;
      if (step.third !== null && step.third !== this.#at(args[2] as ValueId).op) continue;
      const done =
        step.rule === null ? this.#simplify(step.simplifier as Simplifier, v, inst) : this.#apply(step.rule, v, inst);
      if (done !== null) return done;
    }
    return false;
  }

  /** Whether the step was done; null: it does not apply. False means that the budget is spent. */
  #simplify({ name, apply }: Simplifier, v: ValueId, inst: Inst): boolean | null {
    const wanted = apply(inst, this);
    if (wanted === null) return null;
    // Asked before anything is built, so that a spent budget leaves no trace.
    if (!this.#cx.rewrite(name, v)) return false;
    this.#root = v;
    this.#made = [];
    this.#settle(name, v, inst, typeof wanted === 'function' ? wanted(this) : wanted);
    return true;
  }

  /** As `#simplify`. */
  #apply(rule: Rule, v: ValueId, inst: Inst): boolean | null {
    if (!this.#matches(rule, inst)) return null;
    if (!this.#cx.rewrite(rule.name, v)) return false;
    this.#root = v;
    this.#made = [];
    this.#settle(rule.name, v, inst, rule.build(this, this));
    return true;
  }

  #settle(name: string, v: ValueId, before: Inst, wanted: ValueId | Inst): void {
    const edit = this.#editor();
    this.rewrites++;
    if (this.rewrites > this.#limit) throw new Error(`rules do not end; the last one was '${name}'`);
    let after = typeof wanted === 'number' ? edit.inst(wanted) : wanted;
    if (after.type !== before.type) throw new Error(`rule '${name}' changes the type of %${v}`);
    if (wanted === v) throw new Error(`rule '${name}' replaces %${v} by itself`);
    // A phi may: it then stays what it was on the turn before.
    if (after.op.kind !== 'phi' && after.args.includes(v)) throw new Error(`rule '${name}' makes %${v} use itself`);
    if (typeof wanted === 'number' && wanted !== this.#made.at(-1)) {
      edit.replaceWith(v, wanted);
    } else {
      // What was made for the root takes its place, so that its name and its users stay.
      if (typeof wanted === 'number') {
        edit.remove(wanted);
        this.#made.pop();
      }
      if (after.loc === null && before.loc !== null) after = { ...after, loc: before.loc };
      edit.setInst(v, after);
      this.#work.push(v);
    }
    for (let i = this.#made.length - 1; i >= 0; i--) this.#work.push(this.#made[i] as ValueId);
  }

  #editor(): Editor {
    this.#edit ??= this.#cx.edit;
    return this.#edit;
  }

  #matches(rule: Rule, root: Inst): boolean {
    this.#bound = 0;
    this.imm = root.imm;
    return this.#matchOperands(rule.pattern.args, root) && (rule.when === null || rule.when(this));
  }

  #matchOperands(patterns: readonly Pattern[], inst: Inst): boolean {
    for (let i = 0; i < patterns.length; i++) {
      if (!this.#matchOperand(patterns[i] as Pattern, inst.args[i] as ValueId)) return false;
    }
    return true;
  }

  // Recursion is as deep as the pattern.
  #matchOperand(pattern: Pattern, v: ValueId): boolean {
    switch (pattern.kind) {
      case 'value': {
        const at = this.#find(pattern.name);
        if (at < 0) this.#bind(pattern.name, v);
        return at < 0 || this.#values[at] === v;
      }
      case 'constant': {
        if (this.inst(v).op.kind !== 'const') return false;
        this.#bind(pattern.name, v);
        return true;
      }
      case 'literal': {
        const inst = this.inst(v);
        if (inst.op.kind !== 'const' || !sameValue(inst.imm as Value, pattern.value)) return false;
        return pattern.type === null || pattern.type === inst.type;
      }
      case 'op': {
        const inst = this.inst(v);
        if (inst.op !== pattern.op || !this.#matchOperands(pattern.args, inst)) return false;
        return !pattern.single || this.#editor().usedOnce(v, usersSeen);
      }
    }
  }

  #bind(name: string, v: ValueId): void {
    this.#names[this.#bound] = name;
    this.#values[this.#bound++] = v;
  }

  #find(name: string): number {
    for (let i = 0; i < this.#bound; i++) if (this.#names[i] === name) return i;
    return -1;
  }

  // RuleBuilder

  op = (op: string | OpDef, ...args: readonly ValueId[]): ValueId => {
    const def = typeof op === 'string' ? this.#opNamed(op) : op;
    const open = def.sig.result === 'T' ? def.sig.params.indexOf('T') : -1;
    return this.#emit(
      open < 0 ? makeInst(def, args) : makeInst(def, args, { type: this.inst(args[open] as ValueId).type }),
    );
  };

  constant = (type: Type, value: Value): ValueId =>
    this.#emit(makeInst(this.#opNamed(`${type}.const`), none, { imm: value }));

  #emit(inst: Inst): ValueId {
    const { loc } = this.inst(this.#root);
    const v = this.#editor().insertBefore(this.#root, loc === null ? inst : { ...inst, loc });
    this.#made.push(v);
    return v;
  }

  #opNamed(name: string): OpDef {
    const op = this.#cx.ops.get(name);
    if (op === undefined) throw new Error(`no op '${name}'`);
    return op;
  }

  // Match

  value(name: string): ValueId {
    const at = this.#find(name);
    if (at < 0) throw new Error(`a rule reads '${name}', which its pattern does not bind`);
    return this.#values[at] as ValueId;
  }

  literal(name: string): Value {
    return this.inst(this.value(name)).imm as Value;
  }
}
