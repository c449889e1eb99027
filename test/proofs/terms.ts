/**
 * Instances of rewrite rules as terms: both sides with constants put in, operands left open. Guards and replacements are
 * code, so that only they themselves can say what an instance is: they are run on a match that is made up.
 */

import {
  coreOp,
  coreTable,
  type Inst,
  makeInst,
  none,
  type OpDef,
  type OpName,
  type Type,
  type Value,
  type ValueId,
} from '@sluice/ir';
import type { Match, OpPattern, Pattern, Rule, RuleBuilder } from '@sluice/pipeline';

/** A side of a rule. */
export type Term =
  | { readonly kind: 'open'; readonly name: string; readonly type: Type }
  | { readonly kind: 'constant'; readonly value: Value; readonly type: Type }
  /** What a narrow load gives: `bits` open bits, extended. */
  | { readonly kind: 'load'; readonly name: string; readonly op: OpDef; readonly type: Type }
  | { readonly kind: 'op'; readonly op: OpDef; readonly args: readonly Term[]; readonly type: Type };

/** A rule with its constants put in. */
export interface Instance {
  readonly left: Term;
  readonly right: Term;
}

/** What operands that a guard asks about are made of: any value, a comparison, a narrow load or extension. */
export type Leaf = 'any' | 'comparison' | OpName;

/** All leaves that guards ask for. */
export const leaves: readonly Leaf[] = [
  'any',
  'comparison',
  ...(['i32', 'i64'] as const).flatMap((t) =>
    ['load8_u', 'load8_s', 'load16_u', 'load16_s', 'extend8_s', 'extend16_s'].map((name) => `${t}.${name}` as OpName),
  ),
];

/** How an instance is made. */
export interface Choice {
  /** The type that a signature leaves open. */
  readonly open: Type;
  /** The constants by name. */
  readonly constants: Readonly<Record<string, (type: Type) => Value>>;
  readonly leaf: Leaf;
}

/** The names of the constants in a pattern. */
export function constantsOf(pattern: Pattern): readonly string[] {
  if (pattern.kind === 'constant') return [pattern.name];
  return pattern.kind === 'op' ? [...new Set(pattern.args.flatMap(constantsOf))] : [];
}

/** The rule as this choice makes it; null where its guard or the types forbid it. */
export function instanceOf(rule: Rule, choice: Choice): Instance | null {
  const made = new Maker(choice);
  const { pattern } = rule;
  const { result } = pattern.op.sig;
  if (result === 'void') return null;
  const left = made.side(pattern, result === 'T' ? choice.open : result);
  if (left === null || (rule.when !== null && !rule.when(made))) return null;
  const right = made.term(rule.build(made, made));
  return right.type === left.type ? { left, right } : null;
}

class Maker implements Match, RuleBuilder {
  readonly imm = undefined;
  readonly #choice: Choice;
  readonly #terms: Term[] = [];
  readonly #bound = new Map<string, ValueId>();

  constructor(choice: Choice) {
    this.#choice = choice;
  }

  term(v: ValueId): Term {
    return this.#terms[v] as Term;
  }

  /** The pattern as a term; null where its types do not fit. */
  side(pattern: Pattern, type: Type): Term | null {
    switch (pattern.kind) {
      case 'literal': {
        if (pattern.type !== null && pattern.type !== type) return null;
        return { kind: 'constant', value: pattern.value, type };
      }
      case 'constant': {
        const known = this.#bound.get(pattern.name);
        const value = this.#choice.constants[pattern.name]?.(type);
        if (known !== undefined || value === undefined) return known === undefined ? null : this.term(known);
        return this.term(this.#bind(pattern.name, { kind: 'constant', value, type }));
      }
      case 'value': {
        const known = this.#bound.get(pattern.name);
        const term = known === undefined ? this.#leaf(pattern.name, type) : this.term(known);
        if (term.type !== type) return null;
        if (known === undefined) this.#bind(pattern.name, term);
        return term;
      }
      case 'op':
        return this.#op(pattern, type);
    }
  }

  #op({ op, args }: OpPattern, type: Type): Term | null {
    if (op.sig.result !== 'T' && op.sig.result !== type) return null;
    const sides: Term[] = [];
    for (const [i, arg] of args.entries()) {
      const wanted = op.sig.params[i] as Type | 'T';
      const side = this.side(arg, wanted === 'T' ? type : wanted);
      if (side === null) return null;
      sides.push(side);
    }
    return { kind: 'op', op, args: sides, type };
  }

  #leaf(name: string, type: Type): Term {
    const { leaf } = this.#choice;
    const open = (suffix: string, of: Type): Term => ({ kind: 'open', name: `${name}${suffix}`, type: of });
    if (leaf === 'comparison' && type === 'i32') {
      return { kind: 'op', op: coreOp('i32.lt_s'), args: [open('1', 'i32'), open('2', 'i32')], type };
    }
    const op = coreTable.get(leaf);
    if (op === undefined || op.sig.result !== type) return open('', type);
    if (op.access !== null) return { kind: 'load', name, op, type };
    return { kind: 'op', op, args: [open('1', type)], type };
  }

  #bind(name: string, term: Term): ValueId {
    const v = this.#add(term);
    this.#bound.set(name, v);
    return v;
  }

  #add(term: Term): ValueId {
    this.#terms.push(term);
    return (this.#terms.length - 1) as ValueId;
  }

  // Match

  value(name: string): ValueId {
    return this.#bound.get(name) as ValueId;
  }

  inst(name: string): Inst {
    const term = this.term(this.value(name));
    const op = term.kind === 'op' || term.kind === 'load' ? term.op : coreOp('param');
    return makeInst(op, none, { type: term.type });
  }

  literal(name: string): Value {
    const term = this.term(this.value(name));
    return term.kind === 'constant' ? term.value : undefined;
  }

  // RuleBuilder

  op = (name: string | OpDef, ...ids: readonly ValueId[]): ValueId => {
    const op = typeof name === 'string' ? coreOp(name as OpName) : name;
    const args = ids.map((v) => this.term(v));
    const { result } = op.sig;
    const open = args[op.sig.params.indexOf('T')]?.type ?? 'i32';
    return this.#add({ kind: 'op', op, args, type: result === 'T' || result === 'void' ? open : result });
  };

  constant = (type: Type, value: Value): ValueId => this.#add({ kind: 'constant', value, type });
}

/** A term as text, for hashes and messages. */
export function printTerm(term: Term): string {
  switch (term.kind) {
    case 'open':
      return `${term.name}:${term.type}`;
    case 'constant':
      return Object.is(term.value, -0) ? '-0' : `${String(term.value)}:${term.type}`;
    case 'load':
      return `${term.op.name}(${term.name})`;
    case 'op':
      return `${term.op.name}(${term.args.map(printTerm).join(', ')})`;
  }
}

const small = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 24, 28, 31, 32, 33, 40, 48, 56, 60, 61, 63, 64].map(BigInt);
const large = [-1n, -2n, -4n, -8n, 127n, 128n, 255n, 256n, -256n, 65535n, 65536n, 2n ** 31n - 1n, -(2n ** 31n)];
const widest = [0xffffffffn, 2n ** 32n, -(2n ** 32n), 2n ** 63n - 1n, -(2n ** 63n), 0x00ff00ff00ff00ffn];
const reals = [0, -0, 1, -1, 2, 0.5, -8, 3, 1e30, 0.1, 1 / 0, 2 ** 31, 4294967295, -2147483648];

/** Constants of any type: the k-th one. */
export const constants: readonly ((type: Type) => Value)[] = [...small, ...large, ...widest].map((k, i) => (type) => {
  if (type === 'i32') return Number(BigInt.asIntN(32, k));
  if (type === 'i64') return k;
  const real = reals[i % reals.length] as number;
  return type === 'f32' ? Math.fround(real) : real;
});

/** Instances of a rule, at most `limit` for each way to choose types and operands: constants in a fixed, mixed order. */
export function* instancesOf(rule: Rule, limit: number): Generator<Instance> {
  const names = constantsOf(rule.pattern);
  const total = constants.length ** Math.min(2, names.length);
  const asks = rule.when !== null && /inst\(|loaded\(/.test(`${rule.when}`);
  for (const open of hasOpen(rule.pattern) ? (['i32', 'i64', 'f64'] as const) : (['i32'] as const)) {
    for (const leaf of asks ? leaves : (['any'] as const)) {
      let found = 0;
      for (let i = 0; i < total && found < limit; i++) {
        // A step without a common factor with the number of choices visits each of them once.
        const at = (i * 7919) % total;
        const pick = (k: number) => constants[k] ?? (() => 0);
        const chosen = {
          [names[0] ?? '']: pick(at % constants.length),
          [names[1] ?? '']: pick(Math.floor(at / constants.length)),
        };
        const instance = instanceOf(rule, { open, leaf, constants: chosen });
        if (instance === null) continue;
        found++;
        yield instance;
      }
    }
  }
}

const hasOpen = (pattern: Pattern): boolean =>
  pattern.kind === 'op' && (pattern.op.sig.result === 'T' || pattern.args.some(hasOpen));
