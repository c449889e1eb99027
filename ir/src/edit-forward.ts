/**
 * Which values stand for others: the substitutions of an Editor, as a union-find with path compression, and for each
 * representative the list of those that it stands for.
 */

import type { ValueId } from './func.ts';
import { none } from './inst.ts';

/** Substitutions `from` -> `to`; see the head of this file. */
export class Forwarding {
  #parent: Int32Array = new Int32Array(0);
  #members = new Map<ValueId, ValueId[]>();

  /** Whether no substitution was made. */
  get empty(): boolean {
    return this.#parent.length === 0;
  }

  /** What a value has been replaced by, or itself. */
  resolve(v: ValueId): ValueId {
    const parent = this.#parent;
    if (v >= parent.length) return v;
    let root = v as number;
    for (let next = parent[root] as number; next >= 0; next = parent[root] ?? -1) root = next;
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
      if (this.resolve(arg) !== arg) return args.map((a) => this.resolve(a));
    }
    return args;
  }

  /** Makes `to` stand for `from` from now on; `count` is the number of values that there are. */
  add(from: ValueId, to: ValueId, count: number): void {
    const source = this.resolve(from);
    const target = this.resolve(to);
    if (source === target) return;
    if (source >= this.#parent.length) {
      const grown = new Int32Array(Math.max(count, source + 1) + (count >> 2)).fill(-1);
      grown.set(this.#parent);
      this.#parent = grown;
    }
    this.#parent[source] = target;
    const members = this.#members.get(target) ?? [];
    members.push(source);
    for (const member of this.#members.get(source) ?? none) members.push(member);
    this.#members.set(target, members);
    this.#members.delete(source);
  }

  /** The values that a representative stands for, besides itself. */
  membersOf(root: ValueId): readonly ValueId[] {
    return this.#members.get(root) ?? none;
  }
}
