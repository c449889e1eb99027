/** Objects that could live in values: what is done with them is all to be seen, and each element is known by its number. */

import { type Func, type Inst, type Type, type Uses, usesOf, type ValueId } from '@sluice/ir';
import type { FuncContext, Reader } from '@sluice/pipeline';
import { objectsOf } from '../lib/objects.ts';
import { elementOf, hasElement, isAllocating, pointerUse, roleOf } from '../rules/locations.ts';

/** An object, with its elements as variables. */
export interface Candidate {
  readonly alloc: ValueId;
  /** Its number among the candidates. */
  readonly number: number;
  /** What `heap.offset` made of its pointer. */
  readonly moved: ValueId[];
  /** By element: its variable. */
  readonly variables: Map<number, number>;
  /** Why it must stay as it is; null: it need not. */
  reason: string | null;
  /** Its pointer is compared, or it may be alive where the function is left: the object stays, though empty. */
  stays: boolean;
}

/** What instructions do with candidates. */
export interface Found {
  readonly list: readonly Candidate[];
  /** By value: of each instruction that does something with a candidate. */
  readonly of: Map<ValueId, Use>;
  /** By variable; null where nothing loads or stores it. */
  readonly types: (Type | null)[];
}

/** An instruction that does something with a candidate; `variable`: the element's, -1 for those about the whole object. */
export interface Use {
  readonly candidate: Candidate;
  readonly variable: number;
  readonly what: 'alloc' | 'free' | 'check' | 'init' | 'load' | 'store';
}

/** So many objects are looked at: what is known of each is kept for each block. */
const mostObjects = 128;

/** More elements are left in memory. */
const mostElements = 64;

const kinds = {
  'heap-free': 'free',
  'heap-check': 'check',
  'heap-check-init': 'init',
  'heap-load': 'load',
  'heap-store': 'store',
} as const;

/** The candidates of a function. */
export function findCandidates(f: Func, cx: Pick<FuncContext, 'get' | 'declined'>, read: Reader): Found {
  const { confined } = cx.get(objectsOf);
  const found: Found = { list: [], of: new Map(), types: [] };
  const list = found.list as Candidate[];
  if (confined === null) return found;
  const uses = cx.get(usesOf);
  for (let v = 0; v < f.insts.length && list.length < mostObjects; v++) {
    const inst = f.insts[v];
    if (inst === undefined || !isAllocating(inst.op)) continue;
    const alloc = v as ValueId;
    if (confined[v] !== 1) {
      cx.declined('the object escapes', alloc);
      continue;
    }
    const one: Candidate = { alloc, number: list.length, moved: [], variables: new Map(), reason: null, stays: false };
    const mine = new Map<ValueId, Use>([[alloc, { candidate: one, variable: -1, what: 'alloc' }]]);
    follow(f, read, uses, one, mine, found.types);
    if (one.reason !== null) {
      cx.declined(one.reason, alloc);
      continue;
    }
    // A count that is not known to be positive may trap.
    if (!isConstant(f, inst)) one.stays = true;
    list.push(one);
    for (const [user, use] of mine) found.of.set(user, use);
  }
  return found;
}

function isConstant(f: Func, { args }: Inst): boolean {
  const { op, imm } = f.insts[args[0] as ValueId] as Inst;
  return op.kind === 'const' && (imm as bigint) > 0n;
}

/** Goes through all pointers to an object and what is done with them. */
function follow(
  f: Func,
  read: Reader,
  uses: Uses,
  one: Candidate,
  mine: Map<ValueId, Use>,
  types: (Type | null)[],
): void {
  const pointers: ValueId[] = [one.alloc];
  for (let i = 0; i < pointers.length && one.reason === null; i++) {
    const pointer = pointers[i] as ValueId;
    for (const user of uses.of(pointer)) {
      const inst = f.insts[user] as Inst;
      const use = pointerUse(inst.op, inst.args.indexOf(pointer));
      if (use === 'compare') one.stays = true;
      else if (use === 'access') access(read, one, user, inst, mine, types);
      else if (use !== 'derive' || inst.op.kind === 'phi' || !isElement(read, one, user)) {
        one.reason = 'an element is not known by its number';
      } else {
        one.moved.push(user);
        pointers.push(user);
      }
    }
  }
}

function isElement(read: Reader, { alloc }: Candidate, pointer: ValueId): boolean {
  const { base, index, offset } = elementOf(pointer, read);
  return base === alloc && index === -1 && hasElement(alloc, offset, read);
}

function access(
  read: Reader,
  one: Candidate,
  user: ValueId,
  inst: Inst,
  mine: Map<ValueId, Use>,
  types: (Type | null)[],
): void {
  const role = roleOf(inst.op);
  const what = kinds[role as keyof typeof kinds] as Use['what'] | undefined;
  const { offset } = elementOf(inst.args[0] as ValueId, read);
  if (what === undefined || (what === 'free' && offset !== 0)) {
    one.reason = 'something else is done with the object';
    return;
  }
  if (what === 'free' || what === 'check') {
    mine.set(user, { candidate: one, variable: -1, what });
    return;
  }
  let variable = one.variables.get(offset);
  if (variable === undefined) {
    if (one.variables.size >= mostElements) one.reason = 'too many elements';
    variable = types.length;
    one.variables.set(offset, variable);
    types.push(null);
  }
  if (what !== 'init') {
    const type = what === 'load' ? inst.type : read.inst(inst.args[1] as ValueId).type;
    types[variable] ??= type as Type;
    if (types[variable] !== type) one.reason = 'an element is accessed at several types';
  }
  mine.set(user, { candidate: one, variable, what });
}
