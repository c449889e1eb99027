/**
 * Repairs SSA form after blocks were copied: a value that had one definition has several, one for each copy of its block, and
 * each use must get the one that reaches it. Phis are made where paths meet on which it differs.
 *
 *     ^b: %v = ...           ^b: %v = ...   ^b': %w = ...         copies of %v: { ^b': %w }
 *     ^c: use %v      =>     ^c: %p = phi [^b: %v], [^b': %w]
 *                                use %p
 *
 * Paper:   Braun et al.: Simple and Efficient Construction of Static Single Assignment Form, CC 2013, section 3.1: from a
 *          use upwards to the definitions, so that the cost is that of the value's live range and not of the function.
 * Needs:   all edges and blocks are final, and every path from the entry to a use passes one of the definitions.
 */

import {
  type BlockId,
  type Editor,
  filledInts,
  type OpDef,
  PairList,
  type Rows,
  removeRedundantPhis,
  row,
  type Type,
  type ValueId,
  withArgs,
} from '@sluice/ir';

// Up to so many, going round until nothing changes costs less than finding out where to begin.
const fewPhis = 24;

/** Repairs values one after the other; `finish` then removes the phis that are no choice. */
export class SsaRepair {
  readonly #edit: Editor;
  readonly #phi: OpDef;
  readonly #preds: Rows<BlockId>;
  readonly #made: ValueId[] = [];
  /** Of the value at hand, by block: what stands for it at the block's end, -1 where that is not known yet. */
  readonly #atEnd: Int32Array;
  /** The blocks for which `#atEnd` says something. */
  readonly #known: BlockId[] = [];

  /** `phi` is the op of phis. Reads the edges of the function as they are now. */
  constructor(edit: Editor, phi: OpDef) {
    this.#edit = edit;
    this.#phi = phi;
    this.#preds = predecessors(edit);
    this.#atEnd = filledInts(this.#preds.start.length, -1);
  }

  /** Leads each use of `v` to the definition that reaches it: `v` itself, or a copy, given by its block. */
  repair(v: ValueId, copies: Iterable<readonly [BlockId, ValueId]>): void {
    const edit = this.#edit;
    const home = edit.blockOf(v);
    for (const [b, copy] of copies) this.#know(b, copy);
    this.#know(home, v);
    for (const user of edit.users(v)) {
      const inst = edit.inst(user);
      const b = edit.blockOf(user);
      const isPhi = inst.op.kind === 'phi';
      if (!isPhi && b === home) continue;
      const { args, blocks } = inst;
      let next: ValueId[] | null = null;
      for (let k = 0; k < args.length; k++) {
        if (args[k] !== v) continue;
        const value = this.#valueAt(isPhi ? (blocks[k] as BlockId) : b, v);
        if (value === v) continue;
        next ??= args.slice();
        next[k] = value;
      }
      if (next !== null) edit.setInst(user, withArgs(inst, next));
    }
    for (const b of this.#known) this.#atEnd[b] = -1;
    this.#known.length = 0;
  }

  #know(b: BlockId, value: ValueId): void {
    this.#atEnd[b] = value;
    this.#known.push(b);
  }

  /** Also looks at these phis. */
  consider(phi: ValueId): void {
    this.#made.push(phi);
  }

  /** Replaces phis that were made or considered and have only one value to choose from. */
  finish(): void {
    removeTrivialPhis(this.#edit, this.#made);
  }

  /** What stands for `v` at the end of a block (and, where it is not defined there, at its start). */
  #valueAt(block: BlockId, v: ValueId): ValueId {
    const at = this.#atEnd[block] as number;
    if (at !== -1) return at as ValueId;
    const pending: [phi: ValueId, block: BlockId][] = [];
    const value = this.#lookUp(block, v, pending);
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [phi, b] = next;
      const args = [...row(this.#preds, b)].map((p) => this.#lookUp(p, v, pending));
      this.#edit.setInst(phi, withArgs(this.#edit.inst(phi), args));
    }
    return value;
  }

  #lookUp(from: BlockId, v: ValueId, pending: [ValueId, BlockId][]): ValueId {
    const { start, items } = this.#preds;
    const atEnd = this.#atEnd;
    let b = from;
    let value = atEnd[b] as number;
    let steps = 0;
    while (value === -1) {
      const first = start[b] as number;
      const count = (start[b + 1] as number) - first;
      if (count === 1 && ++steps <= start.length) {
        b = items[first] as BlockId;
        value = atEnd[b] as number;
      } else if (count <= 1) {
        // Not reachable any more: any value will do.
        value = v;
      } else {
        const preds = [...row(this.#preds, b)];
        const args = preds.map(() => v);
        const phi = this.#edit.addPhi(b, this.#edit.inst(v).type as Type, this.#phi, preds, args);
        this.#made.push(phi);
        this.#know(b, phi);
        pending.push([phi, b]);
        value = phi;
      }
    }
    for (let passed = from; atEnd[passed] === -1; passed = items[start[passed] as number] as BlockId) {
      this.#know(passed, value as ValueId);
      if (start[passed] === start[passed + 1]) break;
    }
    return value as ValueId;
  }
}

/** Replaces those of the phis that are still there and have only one value to choose from, until none is left. */
export function removeTrivialPhis(edit: Editor, phis: readonly ValueId[]): void {
  if (phis.length > fewPhis) {
    const among = new Set(phis.filter((phi) => edit.has(phi)));
    removeRedundantPhis(
      [...among],
      (v) => (among.has(v) ? edit.inst(v).args : undefined),
      (phi, by) => {
        among.delete(phi);
        edit.replaceWith(phi, by);
      },
    );
    return;
  }
  // All of them in graphs whose loops have one entry (section 3.2).
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < phis.length; i++) {
      const phi = phis[i] as ValueId;
      if (!edit.has(phi)) continue;
      const only = onlyInput(edit.inst(phi).args, phi);
      if (only === -1) continue;
      edit.replaceWith(phi, only);
      changed = true;
    }
  }
}

/** The one value, besides the phi itself, that enters a phi; -1 when there are several. */
function onlyInput(args: readonly ValueId[], phi: ValueId): ValueId | -1 {
  let only = -1;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as ValueId;
    if (arg === phi || arg === only) continue;
    if (only !== -1) return -1;
    only = arg;
  }
  return only as ValueId | -1;
}

function predecessors(edit: Editor): Rows<BlockId> {
  const edges = new PairList();
  let count = 0;
  for (const b of edit.order) {
    count = Math.max(count, b + 1);
    const { blocks } = edit.term(b);
    // Most have two targets at most.
    if (blocks.length > 2) for (const target of new Set(blocks)) edges.push(target, b);
    else
      for (let i = 0; i < blocks.length; i++)
        if (i === 0 || blocks[i] !== blocks[0]) edges.push(blocks[i] as number, b);
  }
  return edges.rows(count);
}
