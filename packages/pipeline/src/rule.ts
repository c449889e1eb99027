/**
 * Rewrite rules as data: a name, a pattern, a replacement, a guard. The name is the remark and the title of the rule's
 * fixture. Sets of rules are lists that concatenate (`ruleSet`); the driver is rewrite.ts.
 *
 *   rule('sub-self', op('i32.sub', value('x'), value('x')), (b) => b.constant('i32', 0))
 *   rule('mul-pow2', op('i32.mul', value('x'), constant('c')),
 *     (b, m) => b.op('i32.shl', m.value('x'), b.constant('i32', log2(m.literal('c')))), (m) => isPow2(m.literal('c')))
 */

import { coreOp, type Imm, type Inst, type OpDef, type OpName, type Type, type Value, type ValueId } from '@sluice/ir';

/** What an operand must look like. */
export type Pattern =
  | { readonly kind: 'op'; readonly op: OpDef; readonly args: readonly Pattern[]; readonly single: boolean }
  /** Any value; the same name twice means the same value. */
  | { readonly kind: 'value'; readonly name: string }
  /** Any constant; bound by name to its value. */
  | { readonly kind: 'constant'; readonly name: string }
  /** This constant; of this type where one is given, for 1 is a value of several types. */
  | { readonly kind: 'literal'; readonly value: Value; readonly type: Type | null };

/** The pattern of an op. */
export type OpPattern = Pattern & { readonly kind: 'op' };

/** What a match bound. */
export interface Match {
  /** The value bound to a pattern's `value` name. */
  value(name: string): ValueId;
  /** The instruction that defines the value bound to a pattern's `value` name: for guards, not for more matching. */
  inst(name: string): Inst;
  /** The constant bound to a pattern's `constant` name, in the form of its type. */
  literal(name: string): Value;
  /** The immediate of the root. */
  readonly imm: Imm;
}

/** Makes the instructions of a replacement, before the root. */
export interface RuleBuilder {
  /** Where the signature leaves the result open (`T`), it has the type of the first operand that is written `T`. */
  op(op: OpName | OpDef, ...args: readonly ValueId[]): ValueId;
  /** A constant of a type, in the type's form (value.ts of `@sluice/ir`). */
  constant(type: Type, value: Value): ValueId;
}

/** A rule. */
export interface Rule {
  readonly name: string;
  readonly pattern: OpPattern;
  /** Gives the value that replaces the root; it must have the root's type and not contain the root. */
  readonly build: (b: RuleBuilder, m: Match) => ValueId;
  /** A guard that the match must pass; null: none. */
  readonly when: ((m: Match) => boolean) | null;
}

/** The pattern of an op: one of the framework's by name, any other one as itself. */
export function op(op: OpName | OpDef, ...args: readonly Pattern[]): OpPattern {
  return { kind: 'op', op: typeof op === 'string' ? coreOp(op) : op, args, single: false };
}

/** The pattern of an op whose result nothing else uses, so that it goes away with the root. */
export function single(name: OpName | OpDef, ...args: readonly Pattern[]): OpPattern {
  return { ...op(name, ...args), single: true };
}

/** Any value. */
export function value(name: string): Pattern {
  return { kind: 'value', name };
}

/** Any constant. */
export function constant(name: string): Pattern {
  return { kind: 'constant', name };
}

/** This constant; give the type where the op does not fix it. */
export function literal(value: Value, type: Type | null = null): Pattern {
  return { kind: 'literal', value, type };
}

/** Defines a rule. */
export function rule(
  name: string,
  pattern: OpPattern,
  build: (b: RuleBuilder, m: Match) => ValueId,
  when: ((m: Match) => boolean) | null = null,
): Rule {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) throw new Error(`rule '${name}': a name is kebab-case`);
  return { name, pattern, build, when };
}

/** Joins lists of rules; throws on a name that occurs twice with the same pattern. */
export function ruleSet(...lists: readonly (readonly Rule[])[]): readonly Rule[] {
  const rules = lists.flat();
  const known = new Map<string, OpPattern[]>();
  for (const { name, pattern } of rules) {
    const others = known.get(name);
    if (others === undefined) known.set(name, [pattern]);
    else if (others.some((other) => samePattern(other, pattern)))
      throw new Error(`rule '${name}' is defined twice for ${printPattern(pattern)}`);
    else others.push(pattern);
  }
  return rules;
}

// Recursion is as deep as the patterns; most differ in their first op.
function samePattern(a: Pattern, b: Pattern): boolean {
  if (a.kind === 'op' && b.kind === 'op') {
    return a.op === b.op && a.args.every((arg, i) => samePattern(arg, b.args[i] as Pattern));
  }
  return a.kind === b.kind && printPattern(a) === printPattern(b);
}

/** A pattern as text: `i32.add(x, #c)`. */
export function printPattern(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'value':
      return pattern.name;
    case 'constant':
      return `#${pattern.name}`;
    case 'literal':
      return String(pattern.value);
    case 'op':
      return `${pattern.op.name}(${pattern.args.map(printPattern).join(', ')})`;
  }
}
