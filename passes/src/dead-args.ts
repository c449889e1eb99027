/**
 * Takes out parameters that no function needs, and results that no caller needs.
 *
 *     func @f(%0: i32, %1: i32) -> (i32, i32)          func @f(%0: i32) -> i32
 *       %2 = i32.add %0, %0                              %2 = i32.add %0, %0
 *       ret %2, %1                                =>     ret %2
 *     ...                                              ...
 *       %5 = call tuple @f(%3, %4)                       %6 = call i32 @f(%3)
 *       %6 = result i32 %5 #0
 *
 * Paper:   Frank Tip, A Survey of Program Slicing Techniques, 1995, section 3.2.2: a slice over calls and returns, here from
 *          all that has an effect.
 * Phases:  `Needed` marks over all functions at once, so that an argument that is only handed from turn to turn of a recursion
 *          is not needed; then `narrow...` change functions and their calls together.
 * Safe:    functions that others than calls by name know keep their signatures (lib/known-outside.ts), and so do results of
 *          those that are invoked: an invoke is no instruction that another one can replace.
 * Breaks:  what computed the arguments is left without use: dce.
 * Cost:    about that of a dce of the module, where it has functions that nobody outside knows.
 * Not done: parameters that always are the same: ipcp puts the constant in.
 */

import { Editor, type Func, type Inst, type Module, none, type Signature, type ValueId } from '@sluice/ir';
import { definePass, type ModuleContext } from '@sluice/pipeline';
import { type Narrowing, narrowBody, narrowCall, withSignature } from './dead-args/narrow.ts';
import { Needed } from './dead-args/needed.ts';
import { knownOutside } from './lib/known-outside.ts';

export default definePass({
  name: 'dead-args',
  summary: 'take out parameters and results that nobody needs',
  paper: 'Tip, A Survey of Program Slicing Techniques, Journal of Programming Languages 1995',
  scope: 'module',
  run(m, cx) {
    const outside = knownOutside(m);
    const may = m.funcs.some(({ sig }, i) => outside[i] === 0 && sig.params.length + sig.results.length > 0);
    if (!may) return m;
    const needed = new Needed(m, outside);
    const narrowings = decide(m, outside, needed, cx);
    if (narrowings.size === 0) return m;
    return { ...m, funcs: narrowed(m, needed, narrowings) };
  },
});

/** What becomes of each function whose signature gets narrower. */
function decide(m: Module, outside: Uint8Array, needed: Needed, cx: ModuleContext): ReadonlyMap<number, Narrowing> {
  const found = new Map<number, Narrowing>();
  m.funcs.forEach((f, func) => {
    if (outside[func] === 1) return;
    const { params, results } = f.sig;
    const sites = needed.sitesOf(func);
    const invoked = sites.some(
      ({ caller, call }) => ((m.funcs[caller] as Func).insts[call] as Inst).op.kind === 'invoke',
    );
    const narrowing = narrowingOf(
      f.sig,
      (k) => needed.param(func, k),
      (k) => invoked || needed.result(func, k),
    );
    if (narrowing === null) return;
    cx.enter(f);
    const { sig } = narrowing;
    const parts = [
      [params.length - sig.params.length, 'parameter'],
      [results.length - sig.results.length, 'result'],
    ] as const;
    const what = parts.flatMap(([n, name]) => (n === 0 ? [] : [`${n} ${name}${n === 1 ? '' : 's'}`]));
    if (cx.rewrite(`took out ${what.join(' and ')}`)) found.set(func, narrowing);
  });
  return found;
}

/** Null when everything is needed. */
function narrowingOf(
  { params, results }: Signature,
  param: (k: number) => boolean,
  result: (k: number) => boolean,
): Narrowing | null {
  const left = (types: readonly unknown[], stays: (k: number) => boolean): readonly number[] => {
    let at = 0;
    return types.map((_, k) => (stays(k) ? at++ : -1));
  };
  const to = { params: left(params, param), results: left(results, result) };
  if (!to.params.includes(-1) && !to.results.includes(-1)) return null;
  const sig = {
    params: params.filter((_, k) => to.params[k] !== -1),
    results: results.filter((_, k) => to.results[k] !== -1),
  };
  return { ...to, sig };
}

function narrowed(m: Module, needed: Needed, narrowings: ReadonlyMap<number, Narrowing>): readonly Func[] {
  // By function: the calls in it that change.
  const calls = new Map<number, { readonly call: ValueId; readonly to: Narrowing }[]>();
  for (const [func, to] of narrowings) {
    for (const { caller, call } of needed.sitesOf(func)) {
      const list = calls.get(caller);
      if (list === undefined) calls.set(caller, [{ call, to }]);
      else list.push({ call, to });
    }
  }
  return m.funcs.map((f, func) => {
    const own = narrowings.get(func);
    const mine = calls.get(func) ?? none;
    if (own === undefined && mine.length === 0) return f;
    const edit = new Editor(f);
    for (const { call, to } of mine) narrowCall(edit, call, to);
    if (own !== undefined) narrowBody(edit, own);
    const next = edit.finish();
    return own === undefined ? next : withSignature(next, own);
  });
}
