/**
 * Computations in the shape of a rewrite rule's pattern: random ops hardly ever stand together as a rule wants them, so that
 * rules would go untried among the other passes. The rules are given with the features, as values.
 */

import type { OpDef, Type, ValueId } from '@sluice/ir';
import type { OpPattern, Pattern } from '@sluice/pipeline';
import type { Draw } from './program.ts';
import type { Values } from './values.ts';

/** Makes the computation of a pattern; its result goes to the pool. */
export function buildIdiom(x: Values, pattern: OpPattern, draw: Draw): void {
  const named = new Map<string, ValueId>();
  const open = literalType(pattern) ?? draw.of(x.plan.features.types);
  const type = typeOf(pattern.op, open);
  x.push(type, build(x, pattern, type, draw, named));
}

function typeOf(op: OpDef, open: Type): Type {
  const { result } = op.sig;
  return result === 'T' || result === 'void' ? open : result;
}

// Patterns are written by people: a few levels deep.
function build(x: Values, pattern: Pattern, type: Type, draw: Draw, named: Map<string, ValueId>): ValueId {
  switch (pattern.kind) {
    case 'literal':
      return x.literal(type, pattern.value);
    case 'constant':
    case 'value': {
      // The same name is the same value; of one name at two types, the first.
      const key = `${pattern.name} ${type}`;
      const known = named.get(key) ?? (pattern.kind === 'value' ? x.value(type, draw) : x.constant(type, draw));
      named.set(key, known);
      return known;
    }
    case 'op': {
      const { op, args } = pattern;
      const own = typeOf(op, type);
      const operands = op.sig.params.map((param, i) => {
        const want = param === 'T' ? openOf(op, own, args[i], draw, x) : param;
        const made = build(x, args[i] as Pattern, want, draw, named);
        return x.visible(op, want, made);
      });
      return x.b.emit(op, operands, undefined, own);
    }
  }
}

/** The type of an operand written `T`: the op's own, or, where its result does not tell, what the operand gives. */
function openOf(op: OpDef, own: Type, arg: Pattern | undefined, draw: Draw, x: Values): Type {
  if (op.sig.result === 'T' || op.sig.result === 'void') return own;
  if (arg?.kind !== 'op') return draw.of(x.plan.features.types);
  return typeOf(arg.op, literalType(arg) ?? own);
}

/** The type that an operand among a pattern's operands of open type fixes: a literal, or an op; undefined without any. */
function literalType({ op, args }: OpPattern): Type | undefined {
  for (const [i, arg] of args.entries()) {
    if (op.sig.params[i] !== 'T') continue;
    if (arg.kind === 'op') {
      const { result } = arg.op.sig;
      const type = result === 'T' || result === 'void' ? literalType(arg) : result;
      if (type !== undefined) return type;
    }
    if (arg.kind !== 'literal') continue;
    if (arg.type !== null) return arg.type;
    if (typeof arg.value === 'bigint') return 'i64';
    return Number.isInteger(arg.value) && !Object.is(arg.value, -0) ? 'i32' : 'f64';
  }
  return undefined;
}
