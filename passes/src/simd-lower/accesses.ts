/**
 * The accesses of a loop to linear memory, as rows: an address that moves by the size of the access on each turn. Those whose
 * addresses differ by constants are one group, with one pointer.
 *
 *     b[i] = a[i - 1] + a[i] + a[i + 1]       groups: a, with accesses at 0, 4, 8 from its pointer; b
 *
 * What the scalar loop does turn by turn, the vector loop does `lanes` turns at a time, access by access. That is the same
 *
 *   in bounds   if each access of all these turns is within the memory, and no address wraps: then nothing traps. Asked
 *               before the loop, for each group, of its last byte on the last turn.
 *   in order    if no access Y of an earlier turn touches what an access X that stands before it touches on a later turn
 *               less than `lanes` away (one of the two being a store): all others keep their order. Known where X and Y are
 *               in one group; else it depends on how far apart the pointers are, and is asked before the loop.
 *
 * Paper: Allen, Kennedy, Optimizing Compilers for Modern Architectures, 2001, 2.3: dependences carried by a loop.
 */

import { type Func, instOf, type ValueId } from '@sluice/ir';
import { keyOf, type Linear, type LinearForms } from './linear.ts';

/** Offsets in a group are not further apart, so that they fit behind one pointer. */
const widestGroup = 2 ** 20;
/** Two groups whose accesses are further apart than that are not told apart by their distance. */
const widestHull = 2 ** 30;
const lastOffset = 2 ** 32 - 1;

/** An access. */
export interface Access {
  readonly inst: ValueId;
  readonly store: boolean;
  readonly bytes: number;
  /** Where it stands among the accesses of a turn. */
  readonly order: number;
  readonly group: Group;
  /** Its first byte on a turn, from the group's pointer. */
  start: number;
}

/** Accesses with one pointer. */
export interface Group {
  /** The pointer: the least address of its accesses. */
  pointer: Linear;
  /** Bytes that it moves on each turn, which is what each access touches; 0: it stays, and is only loaded from. */
  readonly step: number;
  readonly members: Access[];
  /** Whether addresses differ by sums that wrap, and not by offsets of accesses alone. */
  wraps: boolean;
}

/** The accesses of a turn in order, and their groups. */
export interface Accesses {
  readonly of: ReadonlyMap<ValueId, Access>;
  readonly groups: readonly Group[];
}

/** Two groups, and how far apart their pointers must not be: not more than `above`, and less than `below` at the same time. */
export interface DistanceCheck {
  readonly kind: 'distance';
  readonly from: Group;
  readonly to: Group;
  readonly above: number;
  readonly below: number;
}

/** Two groups that must have nothing in common on all turns. */
export interface ApartCheck {
  readonly kind: 'apart';
  readonly a: Group;
  readonly b: Group;
}

export type AliasCheck = DistanceCheck | ApartCheck;

/** The rows of a loop; text: why there are none. */
export function accessesOf(f: Func, body: readonly ValueId[], forms: LinearForms): Accesses | string {
  for (const v of body) {
    const { op, args } = instOf(f, v);
    if (op.access === null) continue;
    if (op.access.bytes > 8) return 'the loop accesses vectors already';
    const address = forms.of(args[0] as ValueId);
    if (address === null) return 'an address is not a sum of what stays and what grows by a constant';
    const stays = address.step === 0n && !op.access.store;
    if (!stays && address.step !== BigInt(op.access.bytes)) {
      return 'an address does not move by the size of the access on each turn';
    }
  }
  return grouped(f, body, forms);
}

/** The accesses of instructions, all of whose addresses have linear forms, in groups. */
export function grouped(f: Func, body: readonly ValueId[], forms: LinearForms): Accesses {
  const of = new Map<ValueId, Access>();
  const groups: Group[] = [];
  const byKey = new Map<string, Group[]>();
  for (const v of body) {
    const { op, args, imm } = instOf(f, v);
    if (op.access === null) continue;
    const { bytes, store } = op.access;
    const address = forms.of(args[0] as ValueId) as Linear;
    const { offset } = imm as { readonly offset: number };
    const key = keyOf(address);
    const like = byKey.get(key) ?? [];
    byKey.set(key, like);
    let group = like.find(({ pointer }) => Math.abs(apart(address, pointer)) < widestGroup);
    if (group === undefined) {
      group = { pointer: address, step: Number(address.step), members: [], wraps: false };
      like.push(group);
      groups.push(group);
    }
    const access: Access = {
      inst: v,
      store,
      bytes,
      order: of.size,
      group,
      start: apart(address, group.pointer) + offset,
    };
    of.set(v, access);
    group.members.push(access);
    if (apart(address, group.pointer) !== 0) group.wraps = true;
    lower(group, address);
  }
  return { of, groups };
}

/** Makes an address the pointer of a group if it is less than what is. */
function lower(group: Group, address: Linear): void {
  const by = apart(group.pointer, address);
  if (by <= 0) return;
  group.pointer = address;
  for (const access of group.members) access.start += by;
}

function apart(a: Linear, b: Linear): number {
  return Number(BigInt.asIntN(32, a.offset - b.offset));
}

/** The byte behind the last one that a group touches on a turn, from its pointer. */
export function endOf({ members }: Group): number {
  return Math.max(...members.map(({ start, bytes }) => start + bytes));
}

/** The first byte that it touches. */
export function startOf({ members }: Group): number {
  return Math.min(...members.map(({ start }) => start));
}

/** Whether offsets stay offsets when `turns` turns are done behind one pointer. */
export function fitsOffsets({ groups }: Accesses, turns: number): boolean {
  return groups.every((group) => endOf(group) + turns * group.step <= lastOffset);
}

/** What is to be asked so that the order does not matter for vectors of so many lanes; text: it does matter. */
export function aliasChecks({ groups }: Accesses, lanes: number): readonly AliasCheck[] | string {
  const checks: AliasCheck[] = [];
  for (const [i, a] of groups.entries()) {
    if (!keepsOrder(a, lanes)) return 'what a turn stores is touched on one of the next turns';
    for (const b of groups.slice(i + 1)) {
      const check = checkOf(a, b, lanes);
      if (check !== null) checks.push(check);
    }
  }
  return checks;
}

/** Within a group all distances are known. */
function keepsOrder({ members, step }: Group, lanes: number): boolean {
  for (const x of members) {
    for (const y of members) {
      if (x.order >= y.order || !(x.store || y.store)) continue;
      // Y on turn k touches what X does on turn k + d.
      const between = y.start - x.start;
      if (between > 0 && between < lanes * step) return false;
    }
  }
  return true;
}

function checkOf(a: Group, b: Group, lanes: number): AliasCheck | null {
  let above = Number.POSITIVE_INFINITY;
  let below = Number.NEGATIVE_INFINITY;
  const { step } = a;
  for (const x of a.members) {
    for (const y of b.members) {
      if (!(x.store || y.store)) continue;
      if (step !== b.step) return { kind: 'apart', a, b };
      // Distances of the pointers at which the earlier of the two, on a later turn, meets the other.
      const base = x.start - y.start;
      const last = step * (lanes - 1);
      if (x.order < y.order) {
        above = Math.min(above, step - y.bytes + base);
        below = Math.max(below, last + x.bytes + base);
      } else {
        above = Math.min(above, -last - y.bytes + base);
        below = Math.max(below, x.bytes - step + base);
      }
    }
  }
  if (below - above <= 1) return null;
  return below - above < widestHull ? { kind: 'distance', from: a, to: b, above, below } : { kind: 'apart', a, b };
}
