/**
 * Replaces calls by the body of the function that they call.
 *
 *     func @f(%0: i32) -> i32 {              func @f(%0: i32) -> i32 {
 *     ^0:                                    ^0:
 *       %1 = call i32 @twice(%0)       =>      br ^1
 *       %2 = i32.add %1, %0                  ^1:
 *       ret %2                                 %3 = i32.add %0, %0
 *     }                                        br ^2
 *                                            ^2:
 *                                              %2 = i32.add %3, %0
 *                                              ret %2
 *                                            }
 *
 * Paper:   Andrew Appel, Compiling with Continuations, 1992, ch. 7 (when to inline); the order is that of Robert
 *          Scheifler, An Analysis of Inline Substitution for a Structured Programming Language, CACM 1977.
 * Phases:  functions bottom-up over the components of the call graph, so that a callee is finished before its callers
 *          look at it; for each `plan` its calls in order, then `spliceCall` them from the last to the first, since a
 *          split costs what follows it; at the end `withoutUnused` removes what nobody calls any more.
 * Profit:  `worth`, in instructions. A body that is no larger than the call with its arguments (`callOverhead`) always pays.
 *          The only call of a function that then goes away always pays, up to `moves`: nothing grows in sum. Other bodies pay up to `size`,
 *          and more where constants are handed over: what they fold is guessed for each parameter (inline/folds.ts). What
 *          leads nowhere but to a trap never pays. A caller may grow by the factor `growth` and `freeGrowth`, and none
 *          grows beyond `largestCaller`.
 * Legal:   any call of a function of the module by name that cannot reach itself. `invoke` stays: a throw inside would
 *          need an edge. With `recursion`, a function takes its own body, as it was, in place of its calls of itself.
 * Breaks:  blocks that only lead on appear (simplify-cfg). Fuel and depth that an execution uses become less, which is
 *          no part of the meaning.
 * Cost:    O(instructions before and after).
 * Not done: partial inlining, call_indirect of a constant reference, recursion through several functions.
 */

import {
  type BlockId,
  blockOf,
  type CallGraph,
  callGraph,
  Editor,
  type Func,
  instOf,
  type Module,
  orderOf,
  rowLength,
  sizeOf,
  termOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type ModuleContext } from '@sluice/pipeline';
import { paramFolds } from './inline/folds.ts';
import { spliceCall } from './inline/splice.ts';
import { withoutUnused } from './inline/unused.ts';
import { knownOutside } from './lib/known-outside.ts';

/** Instructions beyond which no caller grows, whatever the options say: passes are to stay fast. */
const largestCaller = 20_000;

/** What a caller may always gain, so that the factor `growth` means something for small ones. */
const freeGrowth = 40;

/** Instructions that a call costs on top of its own: about what a body may have that is never worth a call. */
const callOverhead = 6;

/** Instructions of only calls' bodies that move in all, for one of the module: chains of functions would move again and again. */
const moves = 4;

/** Instructions that a constant argument is guessed to save besides: it need not be made ready for the call. */
const constantBonus = 4;

const options = {
  size: { doc: 'the largest callee, in instructions, that is copied to several callers', default: 30 },
  growth: { doc: 'the factor by which a function may grow', default: 3 },
  recursion: { doc: 'the largest function, in instructions, that takes one level of its own recursion in', default: 0 },
  remove: { doc: 'remove functions that lost their last call; never exported ones', default: true },
} as const;

type Context = ModuleContext<typeof options>;

/** The functions as they are now, by number. */
interface State {
  readonly cx: Context;
  readonly graph: CallGraph;
  readonly funcs: Func[];
  /** By function: instructions, -1 when not counted since it changed. */
  readonly sizes: Int32Array;
  /** By function: its component in the call graph. */
  readonly component: Int32Array;
  /** By function: whether it may vanish once its only call is inlined. */
  readonly private: Uint8Array;
  /** Instructions that may still move from functions to their only call. */
  left: number;
}

export default definePass({
  name: 'inline',
  summary: 'replace calls by the bodies of small functions',
  paper: 'Scheifler, An Analysis of Inline Substitution, CACM 1977',
  scope: 'module',
  options,
  run(m, cx) {
    if (m.funcs.length < 2 && cx.options.recursion === 0) return m;
    const state = newState(m, cx);
    let changed = false;
    for (const component of state.graph.components) {
      for (const caller of component) changed = inlineInto(state, caller) || changed;
    }
    if (!changed) return m;
    const next = { ...m, funcs: state.funcs };
    return cx.options.remove ? withoutUnused(m, next, cx) : next;
  },
});

function newState(m: Module, cx: Context): State {
  const graph = callGraph(m);
  const component = new Int32Array(m.funcs.length);
  graph.components.forEach((members, number) => {
    for (const func of members) component[func] = number;
  });
  const outside = knownOutside(m);
  return {
    cx,
    graph,
    funcs: [...m.funcs],
    sizes: new Int32Array(m.funcs.length).fill(-1),
    component,
    private: outside.map((known) => 1 - known),
    left: moves * m.funcs.reduce((sum, f) => sum + sizeOf(f), 0),
  };
}

/** Whether something was inlined into the function. */
function inlineInto(state: State, caller: number): boolean {
  const { cx, funcs } = state;
  const f = funcs[caller] as Func;
  const sites = plan(state, caller, f);
  if (sites.length === 0) return false;
  const edit = new Editor(f);
  for (const { call, callee } of sites.reverse()) {
    spliceCall(edit, call, funcs[callee] as Func, cx.ops);
  }
  funcs[caller] = edit.finish();
  state.sizes[caller] = -1;
  return true;
}

interface Site {
  readonly call: ValueId;
  readonly callee: number;
}

/** The calls to inline, in order. */
function plan(state: State, caller: number, f: Func): Site[] {
  const { cx, graph, funcs } = state;
  // Calls of the module's functions that it had at first; more come only with what is inlined here.
  if (rowLength(graph.callees, caller) === 0) return [];
  cx.enter(f);
  const sites: Site[] = [];
  const before = sizeOfFunc(state, caller);
  const limit = Math.min(largestCaller, before * cx.options.growth + freeGrowth);
  let size = before;
  const { rpo } = orderOf(f);
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    for (const call of blockOf(f, b).body) {
      const { op, imm } = instOf(f, call);
      const callee = op.kind === 'call' && op.imm === 'func' ? graph.indexOf(String(imm)) : -1;
      if (callee === -1) continue;
      if (!mayInline(state, caller, callee) && (caller !== callee || before > cx.options.recursion)) {
        cx.declined(`@${imm} is recursive`, call);
        continue;
      }
      const added = sizeOfFunc(state, callee);
      if (size + added > largestCaller || !cx.choose('inline.profit', worth(state, f, call, callee, size, limit))) {
        cx.declined(`@${imm} is too large`, call);
        continue;
      }
      if (!cx.rewrite(`inlined @${(funcs[callee] as Func).name}`, call)) return sites;
      size += added;
      sites.push({ call, callee });
    }
  }
  return sites;
}

// Legality. A function that reaches itself would be copied without end, or only one level of it.
function mayInline({ graph, component }: State, caller: number, callee: number): boolean {
  return component[caller] !== component[callee] && !graph.recursive(callee);
}

// Profit; see the head.
function worth(state: State, f: Func, call: ValueId, callee: number, size: number, limit: number): boolean {
  const { args } = instOf(f, call);
  const body = sizeOfFunc(state, callee);
  if (body <= callOverhead + args.length) return true;
  const g = state.funcs[callee] as Func;
  if (state.private[callee] === 1 && state.graph.callCount[callee] === 1 && g !== f && body <= state.left) {
    state.left -= body;
    return true;
  }
  if (size + body > limit || endsInTrap(g)) return false;
  let allowed: number = g === f ? state.cx.options.recursion : state.cx.options.size;
  for (let k = 0; k < args.length && body > allowed; k++) {
    const { kind } = instOf(f, args[k] as ValueId).op;
    if (kind === 'const') allowed += constantBonus + (paramFolds(g)[k] as number);
  }
  return body <= allowed;
}

function endsInTrap(f: Func): boolean {
  const entry = f.order[0];
  return entry !== undefined && termOf(f, entry).op.kind === 'trap';
}

function sizeOfFunc(state: State, func: number): number {
  let size = state.sizes[func] as number;
  if (size === -1) {
    size = sizeOf(state.funcs[func] as Func);
    state.sizes[func] = size;
  }
  return size;
}
