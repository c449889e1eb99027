/**
 * Rules and simplifiers by the op of their root, with what must hold of the operands before one is worth a look: so that
 * an instruction to which nothing applies costs a look at the ops of its operands.
 */

import type { Inst, OpDef, OpTable, ValueId } from '@sluice/ir';
import type { Rule, RuleBuilder } from './rule.ts';

/** What a simplifier may look at. */
export interface Reader {
  readonly ops: OpTable;
  /** The instruction as it is now. */
  inst(v: ValueId): Inst;
}

/**
 * What a simplifier wants: an existing value in place of the root; the root itself to become this instruction (of the
 * same type); or instructions made before the root, then one of the two.
 */
export type Replacement = ValueId | Inst | ((b: RuleBuilder) => ValueId | Inst);

/**
 * What must hold of the operands before a step is worth a look; what is not said need not hold. Only a way
 * to be fast: a step looks at its operands itself.
 */
export interface Needs {
  /** The first operand is a constant, or is of this op. */
  readonly left?: 'constant' | OpDef;
  /** As `left`, of the second one. */
  readonly right?: 'constant' | OpDef;
  /** The third operand is of this op. */
  readonly third?: OpDef;
  /** The first two are one value. */
  readonly same?: boolean;
}

/** A step that is code and not a pattern (folding, laws of the op table). */
export interface Simplifier {
  readonly name: string;
  /** Whether, and on what terms, it has something to say about instructions of this op. Asked once for an op. */
  readonly accepts: (op: OpDef) => Needs | null;
  /** The replacement, or null. */
  readonly apply: (inst: Inst, read: Reader) => Replacement | null;
}

/** @internal A simplifier or a rule with its needs; `flags` are bits of `leftConstant`, `rightConstant`, `sameOperands`. */
export interface Step {
  readonly simplifier: Simplifier | null;
  readonly rule: Rule | null;
  readonly flags: number;
  readonly left: OpDef | null;
  readonly right: OpDef | null;
  readonly third: OpDef | null;
}

/** @internal The steps that instructions of one op with certain flags may need. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Some step needs no more than the flags. */
  readonly always: boolean;
  /** Else: the ops of which an operand must be. */
  readonly lefts: ReadonlySet<OpDef>;
  readonly rights: ReadonlySet<OpDef>;
}

/** @internal Flags of the operands of an instruction. */
export const leftConstant = 1;
/** @internal */
export const rightConstant = 2;
/** @internal */
export const sameOperands = 4;

function stepOf(simplifier: Simplifier | null, rule: Rule | null, { left, right, third, same }: Needs): Step {
  const flags =
    (left === 'constant' ? leftConstant : 0) | (right === 'constant' ? rightConstant : 0) | (same ? sameOperands : 0);
  const opOf = (need: Needs['left']): OpDef | null => (need === undefined || need === 'constant' ? null : need);
  return { simplifier, rule, flags, left: opOf(left), right: opOf(right), third: third ?? null };
}

/** What a rule's pattern needs. */
function needsOf({ pattern: { args } }: Rule): Needs {
  const of = (at: number): Needs => {
    const pattern = args[at];
    const key = at === 0 ? 'left' : 'right';
    if (pattern === undefined || pattern.kind === 'value') return {};
    return { [key]: pattern.kind === 'op' ? pattern.op : 'constant' };
  };
  const [a, b, c] = args;
  const same = a?.kind === 'value' && b?.kind === 'value' && a.name === b.name;
  return { ...of(0), ...of(1), ...(c?.kind === 'op' ? { third: c.op } : {}), ...(same ? { same } : {}) };
}

/** Simplifiers and rules by the op of their root, simplifiers first. Make it once for a set of rules. */
export class RuleIndex {
  readonly #rules: readonly Rule[];
  readonly #simplifiers: readonly Simplifier[];
  readonly #plans = new Map<OpDef, readonly Plan[] | null>();

  constructor(rules: readonly Rule[], simplifiers: readonly Simplifier[] = []) {
    this.#rules = rules;
    this.#simplifiers = simplifiers;
  }

  /** @internal What to try on an instruction of this op, by the flags of its operands; null: nothing. */
  plansOf(op: OpDef): readonly Plan[] | null {
    let plans = this.#plans.get(op);
    if (plans === undefined) {
      const steps = this.#stepsOf(op);
      plans = steps.length === 0 ? null : Array.from({ length: 8 }, (_, flags) => planFor(steps, flags));
      this.#plans.set(op, plans);
    }
    return plans;
  }

  #stepsOf(op: OpDef): readonly Step[] {
    const steps: Step[] = [];
    for (const simplifier of this.#simplifiers) {
      const needs = simplifier.accepts(op);
      if (needs !== null) steps.push(stepOf(simplifier, null, needs));
    }
    for (const rule of this.#rules) if (rule.pattern.op === op) steps.push(stepOf(null, rule, needsOf(rule)));
    return steps;
  }
}

function planFor(all: readonly Step[], flags: number): Plan {
  const steps = all.filter((step) => (step.flags & ~flags) === 0);
  const among = (side: 'left' | 'right'): ReadonlySet<OpDef> =>
    new Set(steps.map((step) => step[side]).filter((need) => need !== null));
  return {
    steps,
    always: steps.some(({ left, right }) => left === null && right === null),
    lefts: among('left'),
    rights: among('right'),
  };
}
