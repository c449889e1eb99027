/**
 * Constants cross calls: a parameter that is the same constant in every call is that constant, and so is the result of a
 * function that returns the same constant everywhere. Where a function returns one of its parameters as it came, the
 * call gives what was handed over.
 *
 *     func @pow(%0, %1): ...  %1 ...             func @pow(%0, %1): ...  3 ...
 *     func @f:                             =>
 *       %a = call @pow(%x, 3)
 *       %b = call @pow(%y, 3)
 *
 * Paper:   David Callahan, Keith Cooper, Ken Kennedy, Linda Torczon, Interprocedural Constant Propagation, CC 1986: jump
 *          functions that are constants or pass a parameter through, and the same for results.
 * Phases:  `Lattice` raises what is known of parameters and results from nothing (no call seen) over one constant to
 *          anything, from the functions that are known outside on; then constants are put in, function by function.
 * Safe:    what others than calls by name know (lib/known-outside.ts) may be handed anything. Calls in functions that nothing
 *          reaches, and in blocks that nothing reaches, are not made.
 * Breaks:  parameters and results are left without use: dead-args.
 * Cost:    a function is looked at again when something was raised that it uses: what is known of a parameter or a
 *          result is raised twice at most.
 * Not done: constants that only sccp would find in a function whose parameters are constants: a second run sees them.
 */

import { callGraph, callSites, Editor, type Func, type Inst, usesOf, type Value, type ValueId } from '@sluice/ir';
import { definePass, type ModuleContext } from '@sluice/pipeline';
import { Lattice } from './ipcp/lattice.ts';
import { knownOutside } from './lib/known-outside.ts';

export default definePass({
  name: 'ipcp',
  summary: 'carry constants over calls: arguments and results that are always the same',
  paper: 'Callahan, Cooper, Kennedy, Torczon, Interprocedural Constant Propagation, CC 1986',
  scope: 'module',
  before: [{ pass: 'dead-args', why: 'what is always the same is not handed over any more' }],
  run(m, cx) {
    if (callGraph(m).callees.items.length === 0) return m;
    const lattice = new Lattice(m, knownOutside(m));
    let changed = false;
    const funcs = m.funcs.map((f, func) => {
      const next = lattice.reached(func) ? substitute(f, func, lattice, cx) : f;
      changed ||= next !== f;
      return next;
    });
    return changed ? { ...m, funcs } : m;
  },
});

/** The function with constants in place of parameters and results of calls. */
function substitute(f: Func, func: number, lattice: Lattice, cx: ModuleContext): Func {
  const found: (readonly [v: ValueId, by: Inst | ValueId, what: string])[] = [];
  for (let k = 0; k < f.params.length; k++) {
    const known = lattice.param(func, k);
    if (typeof known === 'object') found.push([f.params[k] as ValueId, known, 'a parameter that is always the same']);
  }
  const { direct } = callSites(f);
  for (let i = 0; i < direct.length; i++) {
    const call = direct[i] as ValueId;
    const { type } = f.insts[call] as Inst;
    if (type === 'void') continue;
    const values = type === 'tuple' ? usesOf(f).of(call) : [call];
    for (const v of values) {
      const by = given(v, f, func, lattice);
      if (by !== undefined && by !== v) found.push([v, by, 'a result that is always the same']);
    }
  }
  return found.length === 0 ? f : replaced(f, found, cx);
}

/** What stands for a value; undefined where no call returns. */
function given(v: ValueId, f: Func, func: number, lattice: Lattice): Inst | ValueId | undefined {
  const source = lattice.source(f, v);
  if (typeof source !== 'number') return source;
  const { op, imm } = f.insts[source] as Inst;
  const constant = op.kind === 'param' ? lattice.param(func, imm as number) : undefined;
  return typeof constant === 'object' ? constant : source;
}

function replaced(
  f: Func,
  found: readonly (readonly [v: ValueId, by: Inst | ValueId, what: string])[],
  cx: ModuleContext,
): Func {
  const uses = usesOf(f);
  const edit = new Editor(f);
  cx.enter(f);
  for (const [v, by, what] of found) {
    if (uses.count(v) === 0) continue;
    if (!cx.rewrite(what, v)) break;
    edit.replaceAllUses(v, typeof by === 'object' ? edit.constant(by.op, by.imm as Value) : by);
  }
  return edit.finish();
}
