/** All rewrite rules, by theme; README.md beside this file has their laws. */

import { type Rule, RuleIndex, ruleSet, type Simplifier } from '@sluice/pipeline';
import { arith } from './arith.ts';
import { bits } from './bits.ts';
import { compare, negations } from './compare.ts';
import { convert } from './convert.ts';
import { laws } from './laws.ts';
import { boxes, memory, narrowStores } from './memory.ts';
import { select } from './select.ts';

/** The rules that are patterns. */
export const rules: readonly Rule[] = ruleSet(arith, bits, compare, convert, memory, select);

/** The rules that are code: laws of the op table, and what patterns cannot say. */
export const simplifiers: readonly Simplifier[] = [...laws, ...negations, ...narrowStores, ...boxes];

/** All of them, by the op of their root. */
export const allRules: RuleIndex = new RuleIndex(rules, simplifiers);
