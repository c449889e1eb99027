/**
 * Neighbouring stores of a block as stores of vectors, with all that is stored in lanes.
 *
 *     p[0] = a[0] + k, ..., p[3] = a[3] + k     =>     v128.store p, (i32x4.add (v128.load a), splat k)
 *
 * A trap between two of the stores would leave the first of them in memory, and rows may overlap. Where that cannot be
 * excluded, both forms stay, and the program asks (slp-write.ts).
 *
 * Legal:   between the first and the last instruction of the trees stand only they, and what is pure and can go before them;
 *          nothing else uses what the trees compute. Loads move before stores that stood before them only where the two are
 *          apart; the same for stores of two trees.
 * Profit:  fewer instructions, what is to be asked included.
 * Paper:   see pack.ts.
 */

import { type BlockId, blockOf, type Editor, type Func, instOf, isPure, type ValueId } from '@sluice/ir';
import { type Access, type Accesses, type ApartCheck, endOf, type Group, grouped } from './accesses.ts';
import { isRowAccess, laneWidth } from './lanes.ts';
import { LinearForms } from './linear.ts';
import { type Pack, Packer } from './pack.ts';
import type { Context } from './plan.ts';

/** Longer blocks are looked at in pieces. */
const longestRow = 256;

/** Trees that are written together. */
export interface Job {
  readonly block: BlockId;
  readonly trees: readonly Pack[];
  readonly members: ReadonlySet<ValueId>;
  /** What stands between them and goes before them, in order. */
  readonly others: readonly ValueId[];
  readonly first: ValueId;
  readonly last: ValueId;
  readonly accesses: Accesses;
  /** Groups that may be out of bounds, and pairs that may overlap. */
  readonly unbounded: readonly Group[];
  readonly checks: readonly ApartCheck[];
}

/** The jobs of a block, from its end to its start. */
export function jobsOf(f: Func, cx: Context, b: BlockId): readonly Job[] {
  const { body } = blockOf(f, b);
  if (!mayFill(f, body)) return [];
  const jobs: Job[] = [];
  for (const row of rowsOf(f, body)) jobs.push(...jobsOfRow(f, cx, b, row));
  return jobs.reverse();
}

/** Pieces without effects other than loads and stores of scalars. */
function rowsOf(f: Func, body: readonly ValueId[]): readonly (readonly ValueId[])[] {
  const rows: ValueId[][] = [[]];
  for (const v of body) {
    const inst = instOf(f, v);
    const { op, args, type } = inst;
    const moved = op.access?.store === true ? instOf(f, args[1] as ValueId).type : type;
    const goesOn = op.access === null ? isPure(op.effect) : isRowAccess(inst, moved);
    const row = rows.at(-1) as ValueId[];
    if (!goesOn || row.length >= longestRow) rows.push([]);
    if (goesOn) (rows.at(-1) as ValueId[]).push(v);
  }
  return rows.filter((row) => row.length >= 4);
}

function jobsOfRow(f: Func, cx: Context, block: BlockId, row: readonly ValueId[]): readonly Job[] {
  if (!mayFill(f, row)) return [];
  const forms = new LinearForms(f, null);
  const stores = row.filter((v) => instOf(f, v).op.access?.store === true);
  // Most blocks have none: all else is looked at only then.
  if (grouped(f, stores, forms).groups.every((group) => seedsOf(f, group).length === 0)) return [];
  const accesses = grouped(f, row, forms);
  const position = new Map(row.map((v, i) => [v, i]));
  const packer = new Packer(f, position, accesses);
  const trees = accesses.groups.flatMap((group) => seedsOf(f, group)).map((seed) => packer.stores(seed));
  const jobs: Job[] = [];
  for (const some of together(trees, position)) {
    const job = jobOf(f, cx, block, row, position, some);
    const at = some[0]?.lanes[0] ?? null;
    if (typeof job === 'string') cx.declined(job, at as ValueId);
    else jobs.push(job);
  }
  return jobs.sort((a, b) => (position.get(a.first) as number) - (position.get(b.first) as number));
}

/** Whether there are stores enough of one size. */
function mayFill(f: Func, row: readonly ValueId[]): boolean {
  const stored = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (const v of row) {
    const { access } = instOf(f, v).op;
    if (access?.store === true) stored[access.bytes] = (stored[access.bytes] as number) + access.bytes;
  }
  return stored.some((bytes) => bytes >= 16);
}

/** Neighbouring stores of one size that fill a vector. */
function seedsOf(f: Func, { members }: Group): readonly (readonly Access[])[] {
  const stores = members.filter(({ store }) => store).sort((a, b) => a.start - b.start || a.order - b.order);
  const seeds: Access[][] = [];
  let run: Access[] = [];
  for (const access of stores) {
    const before = run.at(-1);
    const [first] = run;
    const follows =
      before !== undefined &&
      first !== undefined &&
      access.start === before.start + before.bytes &&
      access.bytes === before.bytes &&
      (isWhole(f, access) || isSimple(f, access, first));
    if (!follows) run = [];
    run.push(access);
    if (run.length * access.bytes === 16) {
      if (run.every((each) => isWhole(f, each) || isSimple(f, each, run[0] as Access))) seeds.push(run);
      run = [];
    }
  }
  return seeds;
}

/** Whether all of a value is stored. */
function isWhole(f: Func, { inst, bytes }: Access): boolean {
  return laneWidth(instOf(f, instOf(f, inst).args[1] as ValueId).type) === 8 * bytes;
}

/** Parts of values that are constants, or the same as the first. */
function isSimple(f: Func, { inst }: Access, first: Access): boolean {
  const value = instOf(f, inst).args[1] as ValueId;
  return instOf(f, value).op.kind === 'const' || value === instOf(f, first.inst).args[1];
}

/** Trees that share instructions, or stand among each other's. */
function together(trees: readonly Pack[], position: ReadonlyMap<ValueId, number>): readonly (readonly Pack[])[] {
  const spans = trees.map((tree) => {
    const at = [...membersOf([tree])].map((v) => position.get(v) as number);
    return { trees: [tree], from: Math.min(...at), to: Math.max(...at) };
  });
  spans.sort((a, b) => a.from - b.from);
  const merged: typeof spans = [];
  for (const span of spans) {
    const before = merged.at(-1);
    if (before === undefined || span.from > before.to) merged.push(span);
    else {
      before.trees.push(...span.trees);
      before.to = Math.max(before.to, span.to);
    }
  }
  return merged.map((span) => span.trees);
}

/** What trees compute. */
export function membersOf(trees: readonly Pack[]): ReadonlySet<ValueId> {
  const members = new Set<ValueId>();
  for (const pack of packsOf(trees)) {
    if (pack.kind === 'store' || pack.kind === 'load' || pack.kind === 'op') for (const v of pack.lanes) members.add(v);
  }
  return members;
}

/** All packs of trees, each once. */
export function packsOf(trees: readonly Pack[]): ReadonlySet<Pack> {
  const packs = new Set<Pack>();
  const open = [...trees];
  for (let pack = open.pop(); pack !== undefined; pack = open.pop()) {
    if (packs.has(pack)) continue;
    packs.add(pack);
    open.push(...pack.operands);
  }
  return packs;
}

/** The job of some trees; text: why there is none. */
function jobOf(
  f: Func,
  cx: Context,
  block: BlockId,
  row: readonly ValueId[],
  position: ReadonlyMap<ValueId, number>,
  trees: readonly Pack[],
): Job | string {
  const members = membersOf(trees);
  const at = [...members].map((v) => position.get(v) as number);
  const [from, to] = [Math.min(...at), Math.max(...at)];
  const span = row.slice(from, to + 1);
  const others = span.filter((v) => !members.has(v));
  if (others.some((v) => !isPure(instOf(f, v).op.effect))) return 'other accesses stand between neighbours';
  if (seenElsewhere(cx.edit, members)) return 'something else uses what would be a lane';
  for (const pack of packsOf(trees)) {
    const scalars = pack.kind === 'gather' || pack.kind === 'splat';
    if (scalars && pack.lanes.some((v) => members.has(v))) return 'a lane is needed for itself';
  }
  const accesses = grouped(f, span, new LinearForms(f, null));
  const checks = orderChecks(accesses, trees);
  if (typeof checks === 'string') return checks;
  const memory = cx.module.memory?.min ?? 0;
  const isUnbounded = ({ pointer, ...group }: Group): boolean =>
    pointer.terms.length > 0 ||
    Number(BigInt.asUintN(32, pointer.offset)) + endOf({ pointer, ...group }) > memory * 65536;
  const loadsFirst = checks.length === 0 && loadsProve(accesses);
  const unbounded = loadsFirst ? [] : accesses.groups.filter(isUnbounded);
  const asked = unbounded.length === 0 && checks.length === 0 ? 0 : 3 + 3 * unbounded.length + 5 * checks.length;
  const cost = [...packsOf(trees)].reduce((sum, pack) => sum + costOf(pack), asked);
  if (!cx.choose('simd-lower.slp', cost < members.size)) return 'lanes would not be fewer instructions';
  const [first, last] = [row[from] as ValueId, row[to] as ValueId];
  return { block, trees, members, others, first, last, accesses, unbounded, checks };
}

function seenElsewhere(edit: Editor, members: ReadonlySet<ValueId>): boolean {
  for (const v of members) {
    if (edit.inst(v).type !== 'void' && edit.users(v).some((user) => !members.has(user))) return true;
  }
  return false;
}

/**
 * Whether loads alone tell, before anything is stored, that all is in bounds: of each group that is stored to, one reaches as
 * far. Addresses must differ by offsets only, which do not wrap.
 */
function loadsProve({ groups }: Accesses): boolean {
  const all = groups.flatMap(({ members }) => members);
  const firstStore = Math.min(...all.filter(({ store }) => store).map(({ order }) => order));
  if (all.some(({ store, order }) => !store && order > firstStore)) return false;
  return groups.every(({ members, wraps }) => {
    const end = Math.max(...members.map(({ start, bytes }) => start + bytes));
    return !wraps && members.some(({ store, start, bytes }) => !store && start + bytes === end);
  });
}

/** Loads come before all stores, and the stores of a tree at its place: what must not overlap then; text: what does. */
function orderChecks({ of, groups }: Accesses, trees: readonly Pack[]): readonly ApartCheck[] | string {
  const treeOf = new Map(trees.flatMap((tree, i) => tree.lanes.map((v) => [v, i] as const)));
  const pairs = new Map<string, ApartCheck>();
  const all = [...of.values()];
  for (const [i, x] of all.entries()) {
    if (!x.store) continue;
    for (const y of all.slice(i + 1)) {
      if (y.store && treeOf.get(x.inst) === treeOf.get(y.inst)) continue;
      if (x.group === y.group) {
        if (x.start < y.start + y.bytes && y.start < x.start + x.bytes)
          return 'neighbours are stored to and loaded from';
        continue;
      }
      const key = [groups.indexOf(x.group), groups.indexOf(y.group)].sort((a, b) => a - b).join(' ');
      pairs.set(key, { kind: 'apart', a: x.group, b: y.group });
    }
  }
  return pairs.size > 2 ? 'too many rows may overlap' : [...pairs.values()];
}

function costOf({ kind, lanes, operands }: Pack): number {
  if (kind === 'gather') return lanes.length;
  if (kind === 'constant') return 0;
  // A mask that is no condition becomes a number.
  return kind === 'op' && operands.length === 0 ? 2 : 1;
}
