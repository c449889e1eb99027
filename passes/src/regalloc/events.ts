/** What spilling puts into a function, noted down while it is decided, and put in when all is known. */

/** What is done with a node. */
export const action = {
  /** Its register goes to its slot. */
  store: 0,
  /** It comes to a register: from its slot, or made anew. */
  load: 1,
  /** The instruction reads its slot itself. */
  fold: 2,
  /** Its definition here goes: it is in its slot already, or made anew later. */
  drop: 3,
  /** The copy that defines it becomes a store of its source. */
  storeCopy: 4,
  /** The copy that defines another node becomes a load of this one. */
  loadCopy: 5,
} as const;

/** One of `action`. */
export type Action = (typeof action)[keyof typeof action];

/** Lists of actions by block. Position `i` is before instruction `i` of the body, where its length is the terminator. */
export class Events {
  readonly #blocks: (number[] | undefined)[] = [];
  readonly #ends: (number[] | undefined)[] = [];
  #list: number[] = [];
  #block = -1;
  #position = 0;

  /** Where what is added next stands; blocks come one after the other, positions ascending. */
  at(block: number, position: number): void {
    if (block !== this.#block) {
      this.#list = [];
      this.#blocks[block] = this.#list;
      this.#block = block;
    }
    this.#position = position;
  }

  add(what: Action, node: number): void {
    this.#list.push(this.#position, what, node);
  }

  /** Adds an action behind all that stands in a block, before its terminator. */
  addAtEnd(block: number, what: Action, node: number): void {
    const list = this.#ends[block];
    if (list === undefined) this.#ends[block] = [what, node];
    else list.push(what, node);
  }

  /** Triples of position, action, node. */
  of(block: number): readonly number[] {
    return this.#blocks[block] ?? [];
  }

  /** Pairs of action, node. */
  atEnd(block: number): readonly number[] {
    return this.#ends[block] ?? [];
  }
}
