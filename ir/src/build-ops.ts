/**
 * The builder's ops as methods, `ops.i32.add(x, y)`: derived from the op table, names checked by the compiler.
 */

import type { FuncBuilder } from './build.ts';
import type { ValueId } from './func.ts';
import type { Imm } from './op.ts';
import type { OpName } from './ops/index.ts';

type DialectOf<N extends string> = N extends `${infer D}.${string}` ? D : never;
type VerbOf<N extends string, D extends string> = N extends `${D}.${infer V}` ? V : never;

/** Appends an instruction to the builder's current block: operands, then the immediate where the op has one. */
export type OpMethod = (...args: readonly (ValueId | Imm)[]) => ValueId;

/** One method for each op with a dialect. Ops whose result type is open (`T`) are for `FuncBuilder.emit`. */
export type OpMethods = {
  readonly [D in DialectOf<OpName>]: { readonly [V in VerbOf<OpName, D>]: OpMethod };
};

/** The methods of a builder. Throws when called with the wrong number of operands. */
export function opMethods(b: FuncBuilder): OpMethods {
  const dialects: Record<string, Record<string, OpMethod>> = {};
  for (const op of b.ops.values()) {
    if (!op.name.includes('.')) continue;
    const verbs = dialects[op.dialect] ?? {};
    dialects[op.dialect] = verbs;
    const arity = op.sig.params.length;
    const expected = arity + (op.imm === 'none' ? 0 : 1);
    verbs[op.name.slice(op.dialect.length + 1)] = (...args) => {
      if (args.length !== expected) throw new Error(`${op.name} takes ${expected} arguments, got ${args.length}`);
      return b.emit(op, args.slice(0, arity) as readonly ValueId[], args[arity] as Imm);
    };
  }
  return dialects as unknown as OpMethods;
}
