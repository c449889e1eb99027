/**
 * The verifier: whether a module is well-formed. Passes, engines and backends rely on what is listed here and check
 * none of it again. It reports everything that it finds (up to 100 for each function), but looks at the types and the
 * flow of a function only when its structure is sound.
 *
 * The module (verify/module.ts)
 *  - functions and imports have distinct names, so have globals, so have exports; all text is well-formed Unicode
 *  - exports, the start function and table elements name what exists; start is a function of the module
 *  - memory sizes are in order, at most 65536 pages; active data lie within the initial memory
 *  - initial values of globals are constants of their types
 *
 * The structure of a function (verify/structure.ts)
 *  - there is an entry block, and no terminator goes to it
 *  - each block stands in the order exactly once, and the order names nothing else
 *  - each instruction stands in exactly one place: the parameters, or one block
 *  - a block is phis, then a body without phis, params and terminators, then a terminator
 *  - the parameters are what the signature says: number, types, positions
 *  - operands are instructions, targets are blocks of the function; each op has its number of targets
 *  - types of the signature and of slots are types of values
 *
 * Instructions (verify/types.ts, verify/immediate.ts)
 *  - number and types of operands and the type of the result fit the op's signature, with one type for all `T`
 *  - no operand is void; a tuple is an operand of `result` alone, whose index and type fit the callee's signature
 *  - immediates have the form that the op says: constants that of value.ts, cases are distinct i32 values
 *  - functions, globals, slots, data segments, memory and table that are used exist; a global that is set is mutable,
 *    and the type of a global or slot is that of the access; alignments are at most the size of the access
 *  - calls fit the callee's signature; `call` and `invoke` name a function, `call_host` an import
 *  - `ret` returns what the signature says
 *
 * The flow (verify/flow.ts)
 *  - a phi has exactly one input for each predecessor block (as a set, unreachable ones included), of its own type
 *  - definitions dominate uses; a phi uses at the end of the predecessor
 *  - the result of an invoke is used only where its normal edge leads
 *
 * With `analyses`: what the function remembers of analyses is what they give now.
 *
 * Lenient: in unreachable blocks everything holds except that definitions dominate uses. Names may be kept for
 * instructions and blocks that are gone. Instructions without effect and use are fine.
 *
 * Cost: linear in the module, but for the near-linear dominator tree, which is taken from the cache where it is.
 */

import { staleAnalyses } from './analysis/analysis.ts';
import type { Diagnostic } from './diag.ts';
import { staleAnalysis } from './diag-codes.ts';
import type { Func, Module } from './func.ts';
import { FuncCheck } from './verify/check.ts';
import { checkDominance, checkPhis } from './verify/flow.ts';
import { checkItems } from './verify/module.ts';
import { checkStructure } from './verify/structure.ts';
import { checkInstructions } from './verify/types.ts';

/** What to verify besides the invariants. */
export interface VerifyOptions {
  /** Recompute every remembered analysis and compare; costs as much as the analyses do. */
  readonly analyses?: boolean;
}

/** What is wrong with a module; empty when it is well-formed. */
export function verifyModule(m: Module, options: VerifyOptions = {}): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const d of checkItems(m)) found.push(d);
  for (const f of m.funcs) for (const d of verifyFunc(f, m, options)) found.push(d);
  return found;
}

/** What is wrong with a function of the module; empty when it is well-formed. */
export function verifyFunc(f: Func, m: Module, options: VerifyOptions = {}): readonly Diagnostic[] {
  const c = new FuncCheck(f, m);
  if (!checkStructure(c)) return c.found;
  if (options.analyses === true) {
    for (const name of staleAnalyses(f)) c.report((on) => staleAnalysis(on, name));
    if (c.found.length > 0) return c.found;
  }
  checkInstructions(c);
  checkPhis(c);
  checkDominance(c);
  return c.found;
}
