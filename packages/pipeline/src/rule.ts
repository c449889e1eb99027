/**
 * Rewrite rules as data: a name, a pattern, a replacement, a guard. The name is the remark and the title of the rule's
 * fixture. Sets of rules are lists that concatenate (`ruleSet`); the driver is rewrite.ts.
 *
 *   rule('sub-self', op('i32.sub', value('x'), value('x')), (b) => b.constant('i32', 0))
 *   rule('mul-pow2', op('i32.mul', value('x'), constant('c')),
 *     (b, m) => b.op('i32.shl', m.value('x'), b.constant('i32', log2(m.literal('c')))), (m) => isPow2(m.literal('c')))
 */

import type { Imm, OpName, Type, Value, ValueId } from '@sluice/ir';

/** What an operand must look like. */
export type Pattern =
  | { readonly kind: 'op'; readonly op: string; readonly args: readonly Pattern[]; readonly single: boolean }
  /** Any value; the same name twice means the same value. */
  | { readonly kind: 'value'; readonly name: string }
  /** Any constant; bound by name to its value. */
  | { readonly kind: 'constant'; readonly name: string }
  /** This constant. */
  | { readonly kind: 'literal'; readonly value: Value };

/** What a match bound. */
export interface Match {
  /** The value bound to a pattern's `value` name. */
  value(name: string): ValueId;
  /** The constant bound to a pattern's `constant` name, in the form of its type. */
  literal(name: string): Value;
  /** The immediate of the root. */
  readonly imm: Imm;
}

/** Makes the instructions of a replacement, before the root. */
export interface RuleBuilder {
  op(name: OpName, ...args: readonly ValueId[]): ValueId;
  constant(type: Type, value: Value): ValueId;
}

/** A rule. */
export interface Rule {
  readonly name: string;
  readonly pattern: Pattern & { readonly kind: 'op' };
  /** Gives the value that replaces the root; it must have the root's type and not contain the root. */
  readonly build: (b: RuleBuilder, m: Match) => ValueId;
  readonly when: ((m: Match) => boolean) | null;
}

/** The pattern of an op. */
export function op(name: OpName, ...args: readonly Pattern[]): Pattern & { readonly kind: 'op' } {
  return { kind: 'op', op: name, args, single: false };
}

/** The pattern of an op whose result nothing else uses, so that it goes away with the root. */
export function single(name: OpName, ...args: readonly Pattern[]): Pattern & { readonly kind: 'op' } {
  return { kind: 'op', op: name, args, single: true };
}

/** Any value. */
export function value(name: string): Pattern {
  return { kind: 'value', name };
}

/** Any constant. */
export function constant(name: string): Pattern {
  return { kind: 'constant', name };
}

/** This constant. */
export function literal(value: Value): Pattern {
  return { kind: 'literal', value };
}

/** Defines a rule. */
export function rule(
  name: string,
  pattern: Pattern & { readonly kind: 'op' },
  build: (b: RuleBuilder, m: Match) => ValueId,
  when: ((m: Match) => boolean) | null = null,
): Rule {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) throw new Error(`rule '${name}': a name is kebab-case`);
  return { name, pattern, build, when };
}

/** Joins lists of rules; throws on a name that occurs twice for one op. */
export function ruleSet(...lists: readonly (readonly Rule[])[]): readonly Rule[] {
  const rules = lists.flat();
  const seen = new Set<string>();
  for (const { name, pattern } of rules) {
    const key = `${name} ${pattern.op}`;
    if (seen.has(key)) throw new Error(`rule '${name}' is defined twice for ${pattern.op}`);
    seen.add(key);
  }
  return rules;
}
