/**
 * Congruence classes: which values of an interfering phi web can share a place all the same, and which inputs of phis
 * have to be copied.
 *
 * At first every phi stands for itself, with a place of its own and a copy on each edge into it:
 *
 *     ^pred: ... a' := copy a          a', b', ... and p0 are one class; no two of them are live at one time,
 *     ^join: p0 = phi(a', b', ...)     whatever the function
 *            p := copy p0
 *
 * Then, phi by phi, hottest blocks first, `p` and the operands are tried: each brings along the class that it belongs to.
 * All members in question are swept in order of dominance with a stack of those that dominate the current one. It is
 * enough to compare with the nearest (what is live behind it and defined above it would interfere with it too); where
 * two interfere, the lighter class stays outside. A class that stays in makes copies superfluous.
 *
 * Papers:  Benoit Boissinot et al., Revisiting Out-of-SSA Translation for Correctness, Code Quality and Efficiency, CGO
 *          2009; Zoran Budimlic et al., Fast Copy Coalescing and Live-Range Identification, PLDI 2002 (the sweep);
 *          Vugranam Sreedhar et al., Translating Out of SSA Form, SAS 1999, method III (copies exist only where needed).
 * Differs: two values that are copies of one another interfere where both live, but for a phi's operand and its copies:
 *          functions come here without copies, so that other pairs of the kind hardly occur.
 * Cost:    linear in the members swept. A class that keeps growing is swept again for each phi that it meets; `budget`
 *          bounds that: when it is spent, only values without a class are tried.
 */

import { type BlockId, blockFrequency, type DominatorTree, domTree, type Func, instOf, type ValueId } from '@sluice/ir';
import type { Positions } from './positions.ts';

/** What stands for one input of a phi, or for the phi itself. */
interface Planned {
  readonly phi: ValueId;
  /** Input number; -1: the place of the phi before its copy. */
  readonly input: number;
  readonly block: BlockId;
  readonly point: number;
}

interface Class {
  /** Values (>= 0) and planned values (~index), in the order of their points. */
  readonly members: readonly number[];
  /** The class that it has become part of. */
  into: Class | null;
}

/** A class that might join the class of a phi. */
interface Candidate {
  /** The class; null for a value without one. */
  readonly of: Class | null;
  readonly members: readonly number[];
  weight: number;
  out: boolean;
  /** The candidate because of which it is out; null: another reason, which lasts. */
  by: Candidate | null;
}

/** Members of one candidate, or of the phi itself. */
interface Owned {
  readonly members: readonly number[];
  readonly owner: Candidate | undefined;
}

/** Members of several. */
interface Merged {
  readonly members: number[];
  readonly owners: (Candidate | undefined)[];
}

/** Members swept for each instruction of the function, at most. */
const budgetFactor = 64;

/** Classes up to this size are sorted together; larger ones are merged in, one after the other. */
const small = 16;

/** How often candidates get another chance that were put out by one which did not stay in itself. */
const retries = 3;

/** The classes of some interfering webs. */
export class Classes {
  readonly #f: Func;
  readonly #positions: Positions;
  readonly #frequency: Float64Array;
  readonly #isCloned: (phi: ValueId, k: number) => boolean;
  readonly #planned: Planned[] = [];
  readonly #classOf = new Map<ValueId, Class>();
  /** Of the places of isolated phis. */
  readonly #classOfPhi = new Map<ValueId, Class>();
  readonly #direct = new Map<ValueId, Uint8Array>();
  readonly #isolated = new Set<ValueId>();
  readonly #dom: DominatorTree<BlockId>;
  readonly #mayJoin: () => boolean;
  #budget: number;

  /** `isCloned` says which inputs get a constant of their own; `mayJoin` is asked for each class that could join. */
  constructor(
    f: Func,
    phis: readonly ValueId[],
    isCloned: (phi: ValueId, k: number) => boolean,
    positions: Positions,
    mayJoin: () => boolean,
  ) {
    this.#f = f;
    this.#mayJoin = mayJoin;
    this.#isCloned = isCloned;
    this.#positions = positions;
    this.#dom = domTree(f);
    this.#frequency = blockFrequency(f);
    this.#budget = f.insts.length * budgetFactor;
    const heat = (phi: ValueId): number => this.#frequency[this.#positions.blockOf(phi)] as number;
    // Stable, so that phis of one block are taken in order.
    for (const phi of [...phis].sort((a, b) => heat(b) - heat(a))) this.#place(phi);
  }

  /** Whether the phi's result needs a copy of its own behind the phis. */
  isIsolated(phi: ValueId): boolean {
    return this.#isolated.has(phi);
  }

  /** Whether the phi reads a copy of the input; else it reads the input itself, or a constant of its own. */
  isCopied(phi: ValueId, k: number): boolean {
    if (this.#isCloned(phi, k) || this.#direct.get(phi)?.[k] === 1) return false;
    // Else classes may have met later, for the sake of another phi.
    return this.placeOfPhi(phi) !== this.placeOf(instOf(this.#f, phi).args[k] as ValueId);
  }

  /** The place of a value: that of its class, if it has one. */
  placeOf(v: ValueId): object | undefined {
    return current(this.#classOf.get(v));
  }

  /** The place that the inputs of a phi share. */
  placeOfPhi(phi: ValueId): object | undefined {
    return current((this.#isolated.has(phi) ? this.#classOfPhi : this.#classOf).get(phi));
  }

  #place(phi: ValueId): void {
    const { args, blocks } = instOf(this.#f, phi);
    const home = this.#positions.blockOf(phi);
    const base: number[] = [this.#plan(phi, -1, home, this.#positions.phiPoint(home))];
    const candidates = new Map<unknown, Candidate>();
    const candidateOf = new Map<ValueId, Candidate>();
    const add = (v: ValueId, weight: number): void => {
      const found = current(this.#classOf.get(v));
      const key = found ?? v;
      let candidate = candidates.get(key);
      if (candidate === undefined) {
        candidate = { of: found ?? null, members: found?.members ?? [v], weight: 0, out: false, by: null };
        candidate.out = (found !== undefined && this.#budget <= 0) || !this.#mayJoin();
        candidates.set(key, candidate);
      }
      candidate.weight += weight;
      candidateOf.set(v, candidate);
    };
    add(phi, this.#frequency[home] as number);
    for (let k = 0; k < args.length; k++) {
      const pred = blocks[k] as BlockId;
      base.push(this.#plan(phi, k, pred, this.#positions.edgePoint(pred)));
      if (this.#isCloned(phi, k)) continue;
      add(args[k] as ValueId, this.#frequency[pred] as number);
      this.#positions.addDirect(pred, args[k] as ValueId, 1);
    }
    let joined = this.#sweep(phi, base, candidates, candidateOf);
    for (let n = 0; n < retries && readmit(candidates.values()); n++) {
      joined = this.#sweep(phi, base, candidates, candidateOf);
    }
    const direct = new Uint8Array(args.length);
    for (let k = 0; k < args.length; k++) {
      const v = args[k] as ValueId;
      const candidate = this.#isCloned(phi, k) ? undefined : candidateOf.get(v);
      if (candidate?.out === false) direct[k] = 1;
      else if (candidate !== undefined) this.#positions.addDirect(blocks[k] as BlockId, v, -1);
    }
    this.#direct.set(phi, direct);
    if (candidateOf.get(phi)?.out !== false) this.#isolated.add(phi);
    this.#join(phi, joined, direct, candidates.values());
  }

  #plan(phi: ValueId, input: number, block: BlockId, point: number): number {
    this.#planned.push({ phi, input, block, point });
    return ~(this.#planned.length - 1);
  }

  /** Puts the candidates out that interfere; gives all members that stay, in order. */
  #sweep(
    phi: ValueId,
    base: readonly number[],
    candidates: ReadonlyMap<unknown, Candidate>,
    candidateOf: ReadonlyMap<ValueId, Candidate>,
  ): readonly number[] {
    const lists: Owned[] = [];
    const few: Owned[] = base.map((member) => ({ members: [member], owner: undefined }));
    for (const candidate of candidates.values()) {
      if (candidate.out) continue;
      const { members } = candidate;
      if (members.length > small) lists.push({ members, owner: candidate });
      else for (const member of members) few.push({ members: [member], owner: candidate });
    }
    const { members: all, owners } = this.#inOrder(few, lists);
    this.#budget -= all.length;
    /** Positions in `all`. */
    const stack: number[] = [];
    for (let at = 0; at < all.length; at++) {
      const member = all[at] as number;
      const mine = owners[at];
      let under = -1;
      while (mine?.out !== true) {
        const top = stack.at(-1);
        if (top === undefined) break;
        const above = all[top] as number;
        const other = owners[top];
        if (other?.out === true || !this.#dominates(above, member)) {
          stack.pop();
          continue;
        }
        if (this.#stands(phi, member, above, candidateOf)) {
          // The value hides what is planned in its place for as long as it stays in, so it goes on top.
          if (member < 0) under = top;
          break;
        }
        if (!this.#interfere(above, member)) break;
        if (mine === undefined || (other !== undefined && other.weight < mine.weight)) putOut(other, mine);
        else putOut(mine, other);
      }
      if (under >= 0) stack.splice(-1, 1, at, under);
      else if (mine?.out !== true) stack.push(at);
    }
    return all.filter((_, at) => owners[at]?.out !== true);
  }

  /** All members in the order of their points, and whose they are. Long lists are in order already. */
  #inOrder(few: Owned[], lists: readonly Owned[]): Merged {
    few.sort((a, b) => this.#point(a.members[0] as number) - this.#point(b.members[0] as number));
    let merged: Merged = {
      members: few.map(({ members }) => members[0] as number),
      owners: few.map(({ owner }) => owner),
    };
    for (const { members, owner } of lists) {
      const before = merged;
      const next: Merged = { members: [], owners: [] };
      let i = 0;
      const takeUpTo = (point: number): void => {
        for (; i < before.members.length && this.#point(before.members[i] as number) <= point; i++) {
          next.members.push(before.members[i] as number);
          next.owners.push(before.owners[i]);
        }
      };
      for (const member of members) {
        takeUpTo(this.#point(member));
        next.members.push(member);
        next.owners.push(owner);
      }
      takeUpTo(Number.POSITIVE_INFINITY);
      merged = next;
    }
    return merged;
  }

  /** Whether one of the two is what the phi plans to put in place of the other. */
  #stands(phi: ValueId, a: number, b: number, candidateOf: ReadonlyMap<ValueId, Candidate>): boolean {
    const [value, plan] = a >= 0 ? [a, b] : [b, a];
    if (value < 0 || plan >= 0 || !candidateOf.has(value as ValueId)) return false;
    const planned = this.#planned[~plan] as Planned;
    if (planned.phi !== phi) return false;
    return value === (planned.input < 0 ? phi : instOf(this.#f, phi).args[planned.input]);
  }

  #join(phi: ValueId, members: readonly number[], direct: Uint8Array, candidates: Iterable<Candidate>): void {
    const joined: Class = {
      members: members.filter((member) => {
        if (member >= 0) return true;
        const planned = this.#planned[~member] as Planned;
        if (planned.phi !== phi) return true;
        return planned.input < 0 ? this.#isolated.has(phi) : direct[planned.input] === 0;
      }),
      into: null,
    };
    for (const { of, out, members: own } of candidates) {
      if (out) continue;
      if (of !== null) of.into = joined;
      else this.#classOf.set(own[0] as ValueId, joined);
    }
    if (this.#isolated.has(phi)) this.#classOfPhi.set(phi, joined);
  }

  #point(member: number): number {
    if (member >= 0) return this.#positions.defined(member as ValueId);
    return (this.#planned[~member] as Planned).point;
  }

  #blockOf(member: number): BlockId {
    return member >= 0 ? this.#positions.blockOf(member as ValueId) : (this.#planned[~member] as Planned).block;
  }

  #dominates(a: number, b: number): boolean {
    return this.#dom.dominates(this.#blockOf(a), this.#blockOf(b));
  }

  /** Whether `above`, which is defined first, is live where `below` is defined. */
  #interfere(above: number, below: number): boolean {
    const block = this.#blockOf(below);
    const point = this.#point(below);
    if (above >= 0) return this.#positions.isLiveAfter(above as ValueId, block, point);
    // A planned value lives at the point of the phis alone, or from the end of its block to the edge.
    const planned = this.#planned[~above] as Planned;
    return planned.input < 0 ? this.#point(above) === point : planned.block === block;
  }
}

/** What a class has become. */
function current(found: Class | undefined): Class | undefined {
  let last = found;
  while (last?.into != null) last = last.into;
  for (let at = found; at !== undefined && at !== last; ) {
    const next: Class | null = at.into;
    at.into = last ?? null;
    at = next ?? undefined;
  }
  return last;
}

/** Of two members planned for one phi none is put out: they never meet. */
function putOut(candidate: Candidate | undefined, by: Candidate | undefined): void {
  if (candidate === undefined) throw new Error('what is planned for one phi interferes');
  candidate.out = true;
  candidate.by = by ?? null;
}

/** Lets those in again that had to yield to one that is out; whether there are any. */
function readmit(candidates: Iterable<Candidate>): boolean {
  const again: Candidate[] = [];
  for (const candidate of candidates) if (candidate.out && candidate.by?.out === true) again.push(candidate);
  for (const candidate of again) {
    candidate.out = false;
    candidate.by = null;
  }
  return again.length > 0;
}
