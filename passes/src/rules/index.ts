/** All rewrite rules, by theme; README.md beside this file has their laws. */

import { type Rule, RuleIndex, ruleSet, type Simplifier } from '@sluice/pipeline';
import { arith, arithOf } from './arith.ts';
import { bits, bitsOf } from './bits.ts';
import { compare, compareOf, negations } from './compare.ts';
import { complement, complementOf } from './complement.ts';
import { convert } from './convert.ts';
import { floats } from './floats.ts';
import { laws } from './laws.ts';
import { logic, logicOf } from './logic.ts';
import { masks, masksOf } from './masks.ts';
import { boxes, convertedStores, memory, narrowStores } from './memory.ts';
import { pairs } from './pairs.ts';
import { select } from './select.ts';
import type { Width } from './shape.ts';
import { expansionsOf, strengthOf } from './strength.ts';

/** The rules that are patterns. */
export const rules: readonly Rule[] = ruleSet(
  arith,
  bits,
  complement,
  logic,
  masks,
  compare,
  pairs,
  convert,
  floats,
  memory,
  select,
);

/** The rules that are code: laws of the op table, and what patterns cannot say. */
export const simplifiers: readonly Simplifier[] = [
  ...laws,
  ...negations,
  ...narrowStores,
  ...convertedStores,
  ...boxes,
];

/** All of them, by the op of their root. */
export const allRules: RuleIndex = new RuleIndex(rules, simplifiers);

/** The rules that are the same at every width, at this one: to prove them at a width that can be tried out. */
export function rulesAt(w: Width): readonly Rule[] {
  return [arithOf, bitsOf, complementOf, logicOf, masksOf, compareOf, strengthOf, expansionsOf].flatMap((of) => of(w));
}
