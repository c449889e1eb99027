/**
 * The rewrite driver: applies rules to a function until none matches. It alone decides what is looked at again.
 *
 * Termination: rules must not undo each other; should a set do so all the same, the driver stops with an error that
 * names the last rule after `limit` rewrites (a multiple of the function's size).
 * Safety: the replacement must have the root's type and must not use the root; both are checked. Unreachable blocks are
 * never visited (values there may be defined in terms of themselves).
 */

import {
  type Editor,
  type Func,
  type Imm,
  type Inst,
  makeInst,
  none,
  type OpDef,
  orderOf,
  sameValue,
  type Type,
  type Value,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext } from './pass.ts';
import type { Match, Pattern, Rule, RuleBuilder } from './rule.ts';

/** A step that is code and not a pattern (folding, laws of the op table): gives the replacement, or null. */
export interface Simplifier {
  readonly name: string;
  /** `emit` makes an instruction before the root. Must not change anything when it gives null. */
  readonly apply: (inst: Inst, edit: Editor, emit: (inst: Inst) => ValueId) => ValueId | null;
}

/** Rules by the op of their root. Make it once for a set of rules. */
export function indexRules(rules: readonly Rule[]): ReadonlyMap<string, readonly Rule[]> {
  const index = new Map<string, Rule[]>();
  for (const rule of rules) {
    const list = index.get(rule.pattern.op);
    if (list === undefined) index.set(rule.pattern.op, [rule]);
    else list.push(rule);
  }
  return index;
}

/** Applies simplifiers and rules everywhere until nothing matches; the number of rewrites. */
export function rewriteAll(
  f: Func,
  cx: FuncContext,
  index: ReadonlyMap<string, readonly Rule[]>,
  simplifiers: readonly Simplifier[] = [],
): number {
  const driver = new Driver(cx, index, simplifiers);
  const { rpo } = orderOf(f);
  const limit = 64 * f.insts.length + 1000;
  for (const b of rpo) for (const v of f.blocks[b]?.body ?? none) driver.visit(v);
  for (let v = driver.work.pop(); v !== undefined; v = driver.work.pop()) {
    driver.queued.delete(v);
    if (cx.edit.has(v)) driver.visit(v);
    if (driver.rewrites > limit) throw new Error(`rules do not end; the last one was '${driver.last}'`);
  }
  return driver.rewrites;
}

class Driver implements RuleBuilder, Match {
  readonly work: ValueId[] = [];
  readonly queued = new Set<ValueId>();
  rewrites = 0;
  last = '';
  imm: Imm = undefined;
  readonly #cx: FuncContext;
  readonly #index: ReadonlyMap<string, readonly Rule[]>;
  readonly #simplifiers: readonly Simplifier[];
  #root = 0 as ValueId;
  #made: ValueId[] = [];
  readonly #values = new Map<string, ValueId>();
  readonly #constants = new Map<string, Value>();

  constructor(cx: FuncContext, index: ReadonlyMap<string, readonly Rule[]>, simplifiers: readonly Simplifier[]) {
    this.#cx = cx;
    this.#index = index;
    this.#simplifiers = simplifiers;
  }

  visit(v: ValueId): void {
    const { edit } = this.#cx;
    const inst = edit.inst(v);
    if (inst.type === 'void' || inst.op.kind !== 'value') return;
    this.#root = v;
    for (const { name, apply } of this.#simplifiers) {
      this.#made = [];
      const by = apply(inst, edit, this.#emit);
      if (by !== null && this.#replace(name, v, inst, by)) return;
    }
    for (const rule of this.#index.get(inst.op.name) ?? none) {
      if (!this.#matches(rule, inst)) continue;
      // Asked before anything is built, so that a spent budget leaves no trace.
      if (!this.#cx.rewrite(rule.name, v)) return;
      this.#made = [];
      this.#settle(rule.name, v, inst, rule.build(this, this));
      return;
    }
  }

  #replace(name: string, v: ValueId, inst: Inst, by: ValueId): boolean {
    if (!this.#cx.rewrite(name, v)) {
      for (const made of this.#made) this.#cx.edit.remove(made);
      return true;
    }
    this.#settle(name, v, inst, by);
    return true;
  }

  #settle(name: string, v: ValueId, inst: Inst, by: ValueId): void {
    const { edit } = this.#cx;
    if (by === v) throw new Error(`rule '${name}' replaces %${v} by itself`);
    if (edit.inst(by).type !== inst.type) throw new Error(`rule '${name}' changes the type of %${v}`);
    const users = edit.users(v);
    edit.replaceWith(v, by);
    if (edit.inst(by).args.includes(by)) throw new Error(`rule '${name}' makes %${by} use itself`);
    this.rewrites++;
    this.last = name;
    for (const made of this.#made) this.#push(made);
    for (const user of users) this.#push(user);
  }

  #push(v: ValueId): void {
    if (this.queued.has(v)) return;
    this.queued.add(v);
    this.work.push(v);
  }

  #matches(rule: Rule, root: Inst): boolean {
    this.#values.clear();
    this.#constants.clear();
    this.imm = root.imm;
    const { args } = rule.pattern;
    for (let i = 0; i < args.length; i++) {
      if (!this.#matchOperand(args[i] as Pattern, root.args[i] as ValueId)) return false;
    }
    return rule.when === null || rule.when(this);
  }

  // Recursion is as deep as the pattern.
  #matchOperand(pattern: Pattern, v: ValueId): boolean {
    const { edit } = this.#cx;
    switch (pattern.kind) {
      case 'value': {
        const bound = this.#values.get(pattern.name);
        if (bound !== undefined) return bound === v;
        this.#values.set(pattern.name, v);
        return true;
      }
      case 'constant': {
        const inst = edit.inst(v);
        if (inst.op.kind !== 'const') return false;
        this.#constants.set(pattern.name, inst.imm as Value);
        return true;
      }
      case 'literal': {
        const inst = edit.inst(v);
        return inst.op.kind === 'const' && sameValue(inst.imm as Value, pattern.value);
      }
      case 'op': {
        const inst = edit.inst(v);
        if (inst.op.name !== pattern.op) return false;
        for (let i = 0; i < pattern.args.length; i++) {
          if (!this.#matchOperand(pattern.args[i] as Pattern, inst.args[i] as ValueId)) return false;
        }
        return !pattern.single || edit.users(v).length === 1;
      }
    }
  }

  // RuleBuilder

  op = (name: string, ...args: readonly ValueId[]): ValueId => this.#emit(makeInst(this.#opNamed(name), args));

  #emit = (inst: Inst): ValueId => {
    const v = this.#cx.edit.insertBefore(this.#root, inst.loc === null ? { ...inst, loc: this.#location() } : inst);
    this.#made.push(v);
    return v;
  };

  #location(): Inst['loc'] {
    return this.#cx.edit.inst(this.#root).loc;
  }

  #opNamed(name: string): OpDef {
    const op = this.#cx.ops.get(name);
    if (op === undefined) throw new Error(`no op '${name}'`);
    return op;
  }

  constant = (type: Type, value: Value): ValueId =>
    this.#emit(makeInst(this.#opNamed(`${type}.const`), none, { imm: value }));

  // Match

  value(name: string): ValueId {
    const found = this.#values.get(name);
    if (found === undefined) throw new Error(`a rule reads '${name}', which its pattern does not bind`);
    return found;
  }

  literal(name: string): Value {
    if (!this.#constants.has(name)) throw new Error(`a rule reads '${name}', which its pattern does not bind`);
    return this.#constants.get(name);
  }
}
