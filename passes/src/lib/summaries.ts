/**
 * What a call does, as far as the called function tells: regions, traps, whether it may fail to return, whether it returns
 * at all. The op of calls says the worst; passes that ask `effectOf` in place of `op.effect` see calls as the ops that they
 * amount to, and the predicates of `ir/src/effect.ts` then decide about them as about any op.
 *
 * Bottom-up over the components of the call graph: a function does what it does by itself (own-effects.ts) and what its
 * callees do. Members of a cycle do what any of them does, and may recur for ever. Imports and calls through the table do
 * what their op says.
 *
 * No return: assumed of all members of a cycle, and taken back where a path without calls that don't return leads to a
 * return. An execution that returns has a call that returns first, so that the assumption can't hold itself up.
 *
 * Remembered by module. A pass over functions sees the module as it was when the first function of the run came to it; others
 * have changed since. Their summaries hold all the same: a pass changes no behaviour, and has no right to bring in a region
 * or a trap that a function did not touch (ADR 11).
 *
 * Paper:   Keith Cooper, Ken Kennedy, Interprocedural Side-Effect Analysis in Linear Time, PLDI 1988 (whole regions here,
 *          no variables).
 * Not done: loops that are known to end; targets of `call_indirect`.
 */

import {
  type BlockId,
  blockOf,
  bytes,
  callGraph,
  type Effect,
  type Func,
  type Inst,
  ints,
  type Module,
  none,
  termOf,
  trapKinds,
  type ValueId,
} from '@sluice/ir';
import { ownEffects, trapBits } from './own-effects.ts';

/** Summaries of the functions of a module. */
interface Summaries {
  /** By function: what a call of it does. */
  readonly effects: readonly Effect[];
  /** By function: 1 where no call of it returns. */
  readonly never: Uint8Array;
  readonly indexOf: (name: string) => number;
}

const remembered = new WeakMap<Module, Summaries>();

/** The option of passes that can do without: the call graph of a module costs as much as a pass over all of it. */
export const summariesOption = {
  doc: 'take calls for what the called functions do, and not for the worst',
  default: true,
} as const;

/** What an instruction does: of a call or an invoke by name what the function does, else, or without a module, what the op says. */
export function effectOf(m: Module | null, inst: Inst): Effect {
  const { op } = inst;
  if (m === null || op.imm !== 'func' || (op.kind !== 'call' && op.kind !== 'invoke')) return op.effect;
  const { effects, indexOf } = summariesOf(m);
  const func = indexOf(inst.imm as string);
  return func === -1 ? op.effect : (effects[func] as Effect);
}

/** Whether an instruction is a call by name, or an invoke, that never comes back by a return. It may trap, throw or go on for ever. */
export function neverReturns(m: Module, { op, imm }: Inst): boolean {
  if (op.imm !== 'func' || (op.kind !== 'call' && op.kind !== 'invoke')) return false;
  const { never, indexOf } = summariesOf(m);
  return never[indexOf(imm as string)] === 1;
}

function summariesOf(m: Module): Summaries {
  let found = remembered.get(m);
  if (found === undefined) {
    found = summarise(m);
    remembered.set(m, found);
  }
  return found;
}

/** What is known of functions so far, by number. */
interface State {
  readonly m: Module;
  readonly reads: Int32Array;
  readonly writes: Int32Array;
  readonly traps: Int32Array;
  /** 1: may go on for ever; 2: may make memory grow. */
  readonly flags: Uint8Array;
  readonly never: Uint8Array;
  readonly indexOf: (name: string) => number;
}

/** Rounds over a cycle of functions until it is settled who returns. */
const mostRounds = 8;

const diverges = 1;
const grows = 2;

function summarise(m: Module): Summaries {
  const graph = callGraph(m);
  const count = m.funcs.length;
  const state: State = {
    m,
    reads: ints(count),
    writes: ints(count),
    traps: ints(count),
    flags: bytes(count),
    never: bytes(count),
    indexOf: graph.indexOf,
  };
  for (const members of graph.components) {
    const recursive = members.length > 1 || graph.recursive(members[0] as number);
    for (const func of members) add(state, func);
    if (recursive) shareAmong(state, members);
    findReturns(state, members, recursive);
  }
  const effects = m.funcs.map((_, func) => effectAt(state, func));
  return { effects, never: state.never, indexOf: graph.indexOf };
}

/** What a function does by itself, and what callees do that are known. */
function add({ m, reads, writes, traps, flags, indexOf }: State, func: number): void {
  const f = m.funcs[func] as Func;
  const own = ownEffects(f);
  let r = own.reads;
  let w = own.writes;
  let t = own.traps;
  let flag = (own.diverges ? diverges : 0) | (own.grows ? grows : 0);
  for (const call of own.calls) {
    const { op, imm } = f.insts[call] as Inst;
    const callee = indexOf(imm as string);
    if (callee === -1) {
      r |= op.effect.reads;
      w |= op.effect.writes;
      flag |= (op.effect.diverges ? diverges : 0) | (op.effect.grows ? grows : 0);
    } else {
      r |= reads[callee] as number;
      w |= writes[callee] as number;
      flag |= flags[callee] as number;
    }
    const raised = callee === -1 ? trapBits(op.effect.traps) : (traps[callee] as number);
    t |= op.kind === 'invoke' ? raised & ~thrown : raised;
  }
  reads[func] = r;
  writes[func] = w;
  traps[func] = t;
  flags[func] = flag;
}

const thrown = trapBits(['throw']);

/** Each member of a cycle may do what any of them does. */
function shareAmong({ reads, writes, traps, flags }: State, members: readonly number[]): void {
  let r = 0;
  let w = 0;
  let t = 0;
  let flag = diverges;
  for (const func of members) {
    r |= reads[func] as number;
    w |= writes[func] as number;
    t |= traps[func] as number;
    flag |= flags[func] as number;
  }
  for (const func of members) {
    reads[func] = r;
    writes[func] = w;
    traps[func] = t;
    flags[func] = flag;
  }
}

function findReturns(state: State, members: readonly number[], recursive: boolean): void {
  const { m, never } = state;
  const own = (func: number): number => (returns(state, m.funcs[func] as Func) ? 0 : 1);
  if (!recursive) {
    for (const func of members) never[func] = own(func);
    return;
  }
  for (const func of members) never[func] = 1;
  // Whoever is taken back may let others return. Cycles are settled in two rounds mostly; nothing is known of others.
  for (let round = 0, changed = true; changed; round++) {
    changed = false;
    for (const func of members) {
      if (never[func] === 0 || (round < mostRounds && own(func) === 1)) continue;
      never[func] = 0;
      changed = true;
    }
  }
}

/** Whether a path without calls that never return leads to a return. */
function returns({ never, indexOf }: State, f: Func): boolean {
  const own = ownEffects(f);
  if (!own.returns) return false;
  const stops = (call: ValueId): boolean => never[indexOf((f.insts[call] as Inst).imm as string)] === 1;
  if (!own.calls.some(stops)) return true;
  const seen = bytes(f.blocks.length);
  const work: BlockId[] = [f.order[0] as BlockId];
  for (let b = work.pop(); b !== undefined; b = work.pop()) {
    if (seen[b] === 1) continue;
    seen[b] = 1;
    const { body, term } = blockOf(f, b);
    if (body.some((v) => isNamedCall(f.insts[v] as Inst) && stops(v))) continue;
    const last = termOf(f, b);
    if (last.op.kind === 'ret') return true;
    const cut = last.op.kind === 'invoke' && stops(term) ? 1 : 0;
    for (const target of last.blocks.slice(cut)) work.push(target);
  }
  return false;
}

function isNamedCall({ op }: Inst): boolean {
  return op.kind === 'call' && op.imm === 'func';
}

function effectAt({ reads, writes, traps, flags }: State, func: number): Effect {
  const bits = traps[func] as number;
  const flag = flags[func] as number;
  return {
    reads: reads[func] as number,
    writes: writes[func] as number,
    traps: bits === 0 ? none : trapKinds.filter((_, i) => (bits & (1 << i)) !== 0),
    diverges: (flag & diverges) !== 0,
    grows: (flag & grows) !== 0,
    control: false,
  };
}
