/**
 * Lists of ids that change in constant time: what the Editor keeps the instructions of a block, and the blocks of a
 * function, in.
 *
 * A chain is doubly linked through arrays by id, which chains of ids of one kind share: an id stands in one of them at
 * most. It is linked when it first changes; until then, and after it was read, it is a plain list. A list that was
 * given away never changes: who walks it may edit the chain meanwhile.
 *
 * Cost: changes are O(1), but for the first one and for reading after a change, which are linear in the length.
 */

import { none } from './inst.ts';
import { ints } from './ints.ts';

const empty = new Int32Array(0);

/** What `items` is reading; it never gets shorter. */
const listed: number[] = [];

/** The links of all chains of ids of one kind. */
export class Links {
  next: Int32Array = empty;
  prev: Int32Array = empty;

  /** The length that the arrays get first. */
  readonly #least: number;

  constructor(least: number) {
    this.#least = least;
  }

  /** Makes room for an id. */
  reserve(id: number): void {
    if (id < this.next.length) return;
    const length = this.next.length === 0 && id < this.#least ? this.#least : id + (id >> 1) + 16;
    this.next = grown(this.next, length);
    this.prev = grown(this.prev, length);
  }
}

function grown(array: Int32Array, length: number): Int32Array {
  const larger = ints(length);
  larger.set(array);
  return larger;
}

/** A list of ids; see the head of this file. `-1` stands for no id. */
export class Chain<Id extends number> {
  readonly #links: Links;
  /** The list; null when it must be read from the links. */
  #items: readonly Id[] | null;
  #linked = false;
  #first = -1;
  #last = -1;

  constructor(links: Links, items: readonly Id[]) {
    this.#links = links;
    this.#items = items;
  }

  /** The ids in order: the list that the chain was made with until it changes. */
  get items(): readonly Id[] {
    if (this.#items !== null) return this.#items;
    const { next } = this.#links;
    let n = 0;
    for (let id = this.#first; id >= 0; id = next[id] as number) listed[n++] = id;
    // A copy: a list that grows keeps room for more than it ever gets.
    this.#items = n === 0 ? none : (listed.slice(0, n) as Id[]);
    return this.#items;
  }

  get first(): Id | -1 {
    return (this.#linked ? this.#first : (this.#items?.[0] ?? -1)) as Id | -1;
  }

  get last(): Id | -1 {
    return (this.#linked ? this.#last : (this.#items?.at(-1) ?? -1)) as Id | -1;
  }

  /** The id before one of the chain. */
  before(id: Id): Id | -1 {
    this.#link();
    return this.#links.prev[id] as Id | -1;
  }

  append(id: Id): void {
    this.insertAfter(this.last, id);
  }

  /** Puts an id that stands nowhere after one of the chain; at the start for -1. */
  insertAfter(at: Id | -1, id: Id): void {
    this.#change();
    const links = this.#links;
    links.reserve(id);
    const after = at < 0 ? this.#first : (links.next[at] as number);
    links.prev[id] = at;
    links.next[id] = after;
    if (at < 0) this.#first = id;
    else links.next[at] = id;
    if (after < 0) this.#last = id;
    else links.prev[after] = id;
  }

  /** Takes an id of the chain out. */
  remove(id: Id): void {
    this.#change();
    const { next, prev } = this.#links;
    const before = prev[id] as number;
    const after = next[id] as number;
    if (before < 0) this.#first = after;
    else next[before] = after;
    if (after < 0) this.#last = before;
    else prev[after] = before;
  }

  /** Cuts the chain before one of its ids; what followed. */
  cut(at: Id): readonly Id[] {
    this.#change();
    const { next, prev } = this.#links;
    const rest: Id[] = [];
    for (let id = at as number; id >= 0; id = next[id] as number) rest.push(id as Id);
    const before = prev[at] as number;
    this.#last = before;
    if (before < 0) this.#first = -1;
    else next[before] = -1;
    return rest;
  }

  /** Makes this the list. */
  reset(items: readonly Id[]): void {
    this.#items = items;
    this.#linked = false;
  }

  #change(): void {
    this.#link();
    this.#items = null;
  }

  #link(): void {
    if (this.#linked) return;
    const links = this.#links;
    const items = this.#items ?? none;
    let last = -1;
    for (let i = 0; i < items.length; i++) {
      const id = items[i] as Id;
      links.reserve(id);
      links.prev[id] = last;
      if (last >= 0) links.next[last] = id;
      last = id;
    }
    if (last >= 0) links.next[last] = -1;
    this.#first = items[0] ?? -1;
    this.#last = last;
    this.#linked = true;
  }
}
