/**
 * Which values stand for others: the substitutions of an Editor, as a union-find with path compression. The members of
 * a set form a ring besides, so that joining two sets and listing one cost what they must.
 */

import type { ValueId } from './func.ts';
import { ints } from './ints.ts';

const empty = new Int32Array(0);

/** Substitutions `from` -> `to`; see the head of this file. */
export class Forwarding {
  /** By value: what it was replaced by; -1 where it stands for itself. */
  #parent: Int32Array = empty;
  /** By value: the next member of its set, round and round. */
  #ring: Int32Array = empty;

  /** Whether no substitution was made. */
  get empty(): boolean {
    return this.#parent.length === 0;
  }

  /** What a value has been replaced by, or itself. */
  resolve(v: ValueId): ValueId {
    const parent = this.#parent;
    if (v >= parent.length) return v;
    let root = v as number;
    for (let next = parent[root] as number; next >= 0; next = parent[root] as number) root = next;
    for (let at = v as number; at !== root; ) {
      const next = parent[at] as number;
      parent[at] = root;
      at = next;
    }
    return root as ValueId;
  }

  /** The operands, replaced; the same list when none is. */
  resolveAll(args: readonly ValueId[]): readonly ValueId[] {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as ValueId;
      const now = this.resolve(arg);
      if (now === arg) continue;
      const resolved = args.slice();
      resolved[i] = now;
      for (let k = i + 1; k < args.length; k++) resolved[k] = this.resolve(args[k] as ValueId);
      return resolved;
    }
    return args;
  }

  /** Makes `to` stand for `from` from now on; `count` is the number of values that there are. */
  add(from: ValueId, to: ValueId, count: number): void {
    const source = this.resolve(from);
    const target = this.resolve(to);
    if (source === target) return;
    const needed = Math.max(source, target) + 1;
    if (needed > this.#parent.length) this.#grow(Math.max(count, needed));
    this.#parent[source] = target;
    const ring = this.#ring;
    const next = ring[source] as number;
    ring[source] = ring[target] as number;
    ring[target] = next;
  }

  /** The values that a representative stands for, besides itself, in no promised order. */
  *membersOf(root: ValueId): Generator<ValueId, void, void> {
    const ring = this.#ring;
    if (root >= ring.length) return;
    for (let member = ring[root] as number; member !== root; member = ring[member] as number) yield member as ValueId;
  }

  #grow(count: number): void {
    const from = this.#parent.length;
    const length = count + (count >> 2);
    const parent = ints(length).fill(-1, from);
    parent.set(this.#parent);
    const ring = ints(length);
    ring.set(this.#ring);
    for (let v = from; v < length; v++) ring[v] = v;
    this.#parent = parent;
    this.#ring = ring;
  }
}
