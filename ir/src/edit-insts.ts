/**
 * The instructions of a function that is being edited: the Editor's copy of them, its substitutions, and who uses what.
 *
 * The array of the base is copied when an instruction is first written. Substitutions are applied when an instruction
 * is read and, for the rest, in one sweep at the end. Users are those of the base, and those noted since; both may be
 * out of date, so that each is asked again.
 */

import { type Uses, usesOf } from './analysis/uses.ts';
import { Forwarding } from './edit-forward.ts';
import type { Func, Inst, ValueId } from './func.ts';
import { none, sameInst, withArgs } from './inst.ts';

/** The instructions of one Editor; see the head of this file. */
export class InstEdits {
  readonly #base: Func;
  #insts: (Inst | undefined)[];
  #owned = false;
  /** What was written, repeats included. */
  readonly #touched: ValueId[] = [];
  readonly #forward = new Forwarding();
  /** By operand: instructions written since; of the first `#noted` of `#touched`. Few passes ask for users at all. */
  #newUsers: Map<ValueId, ValueId[]> | null = null;
  #noted = 0;

  constructor(base: Func) {
    this.#base = base;
    this.#insts = base.insts as (Inst | undefined)[];
  }

  /** One more than the largest value id. */
  get count(): number {
    return this.#insts.length;
  }

  has(v: ValueId): boolean {
    return this.#insts[v] !== undefined;
  }

  /** The instruction with its operands substituted; throws when there is none. */
  get(v: ValueId): Inst {
    const inst = this.#insts[v];
    if (inst === undefined) throw new Error(`@${this.#base.name}: no instruction %${v}`);
    if (this.#forward.empty || inst.args.length === 0) return inst;
    const args = this.#forward.resolveAll(inst.args);
    if (args === inst.args) return inst;
    const next = withArgs(inst, args);
    this.#write(v, next);
    return next;
  }

  /** Writes an instruction; a new one when `v` is `count`. */
  set(v: ValueId, inst: Inst): void {
    this.#write(v, inst);
  }

  delete(v: ValueId): void {
    this.#write(v, undefined);
  }

  resolve(v: ValueId): ValueId {
    return this.#forward.resolve(v);
  }

  replaceAllUses(from: ValueId, to: ValueId): void {
    this.#forward.add(from, to, this.#insts.length);
  }

  /** The instructions that use a value now, each once. */
  users(v: ValueId): readonly ValueId[] {
    const root = this.resolve(v);
    const uses = usesOf(this.#base);
    const newUsers = this.#noteUsers();
    if (this.#forward.empty) {
      const before = this.#usersIn(uses, root);
      const since = newUsers.get(root) ?? none;
      if (since.length === 0) return before;
      // So few that looking through them costs less than a set.
      if (before.length + since.length <= 32) return this.#withUsers(before, since, root);
    }
    const found = new Set<ValueId>();
    const visit = (member: ValueId): void => {
      if (member < uses.start.length - 1) for (const user of uses.of(member)) found.add(user);
      for (const user of newUsers.get(member) ?? none) found.add(user);
    };
    visit(root);
    for (const member of this.#forward.membersOf(root)) visit(member);
    return [...found].filter((user) => this.has(user) && this.get(user).args.includes(root));
  }

  /** Users of the base that still are. */
  #usersIn({ start, items }: Uses, v: ValueId): ValueId[] {
    const found: ValueId[] = [];
    if (v >= start.length - 1) return found;
    let last = -1;
    for (let i = start[v] as number; i < (start[v + 1] as number); i++) {
      const user = items[i] as ValueId;
      if (user === last || !this.#insts[user]?.args.includes(v)) continue;
      last = user;
      found.push(user);
    }
    return found;
  }

  #withUsers(users: ValueId[], since: readonly ValueId[], v: ValueId): readonly ValueId[] {
    for (let i = 0; i < since.length; i++) {
      const user = since[i] as ValueId;
      if (this.#insts[user]?.args.includes(v) && !users.includes(user)) users.push(user);
    }
    return users;
  }

  /** Whether exactly one instruction uses a value; false also when that isn't seen among its first `limit` users. */
  usedOnce(v: ValueId, limit: number): boolean {
    const root = this.resolve(v);
    const uses = usesOf(this.#base);
    const newUsers = this.#noteUsers();
    let only = -1;
    let seen = 0;
    const several = (users: Iterable<ValueId>): boolean => {
      for (const user of users) {
        if (++seen > limit) return true;
        if (user === only || !this.has(user) || !this.get(user).args.includes(root)) continue;
        if (only >= 0) return true;
        only = user;
      }
      return false;
    };
    const severalOf = (member: ValueId): boolean =>
      (member < uses.start.length - 1 && several(uses.of(member))) || several(newUsers.get(member) ?? none);
    return !severalOf(root) && !this.#forward.membersOf(root).some(severalOf) && only >= 0;
  }

  /** Applies the substitutions everywhere; the instructions, and whether one says something else than in the base. */
  finish(): { readonly insts: readonly (Inst | undefined)[]; readonly changed: boolean } {
    if (!this.#forward.empty) this.#resolveAll();
    let changed = false;
    for (let i = 0; i < this.#touched.length && !changed; i++) changed = this.#differs(this.#touched[i] as ValueId);
    return { insts: this.#insts, changed };
  }

  #resolveAll(): void {
    const forward = this.#forward;
    for (let v = 0; v < this.#insts.length; v++) {
      const inst = this.#insts[v];
      if (inst === undefined || inst.args.length === 0) continue;
      const args = forward.resolveAll(inst.args);
      if (args !== inst.args) this.#write(v as ValueId, withArgs(inst, args));
    }
  }

  /** Operands as they are now are enough: substitutions since then are in the sets of `#forward`. */
  #noteUsers(): ReadonlyMap<ValueId, readonly ValueId[]> {
    this.#newUsers ??= new Map();
    for (; this.#noted < this.#touched.length; this.#noted++) {
      const v = this.#touched[this.#noted] as ValueId;
      for (const arg of this.#insts[v]?.args ?? none) {
        const list = this.#newUsers.get(arg);
        if (list === undefined) this.#newUsers.set(arg, [v]);
        else list.push(v);
      }
    }
    return this.#newUsers;
  }

  #differs(v: ValueId): boolean {
    const before = this.#base.insts[v];
    const after = this.#insts[v];
    if (before === undefined || after === undefined) return before !== after;
    return !sameInst(before, after);
  }

  #write(v: ValueId, inst: Inst | undefined): void {
    if (!this.#owned) {
      this.#insts = this.#insts.slice();
      this.#owned = true;
    }
    this.#insts[v] = inst;
    this.#touched.push(v);
  }
}
