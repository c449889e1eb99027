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
  type OpDef,
  PairList,
  type Rows,
  removeRedundantPhis,
  row,
  rowLength,
  type Type,
  type ValueId,
  withArgs,
} from '@sluice/ir';

/** Repairs values one after the other; `finish` then removes the phis that are no choice. */
export class SsaRepair {
  readonly #edit: Editor;
  readonly #phi: OpDef;
  readonly #preds: Rows<BlockId>;
  readonly #made: ValueId[] = [];

  /** `phi` is the op of phis. Reads the edges of the function as they are now. */
  constructor(edit: Editor, phi: OpDef) {
    this.#edit = edit;
    this.#phi = phi;
    this.#preds = predecessors(edit);
  }

  /** Leads each use of `v` to the definition that reaches it: `v` itself, or a copy, given by its block. */
  repair(v: ValueId, copies: ReadonlyMap<BlockId, ValueId>): void {
    const edit = this.#edit;
    const home = edit.blockOf(v);
    const atEnd = new Map(copies);
    atEnd.set(home, v);
    for (const user of edit.users(v)) {
      const inst = edit.inst(user);
      const b = edit.blockOf(user);
      if (inst.op.kind !== 'phi' && b === home) continue;
      const args = inst.args.map((arg, k) => {
        if (arg !== v) return arg;
        return this.#valueAt(inst.op.kind === 'phi' ? (inst.blocks[k] as BlockId) : b, v, atEnd);
      });
      if (args.some((arg, k) => arg !== inst.args[k])) edit.setInst(user, withArgs(inst, args));
    }
  }

  /** Also looks at these phis. */
  consider(phi: ValueId): void {
    this.#made.push(phi);
  }

  /** Replaces phis that were made or considered and have only one value to choose from. */
  finish(): void {
    const edit = this.#edit;
    const among = new Set(this.#made.filter((phi) => edit.has(phi)));
    removeRedundantPhis(
      [...among],
      (v) => (among.has(v) ? edit.inst(v).args : undefined),
      (phi, by) => {
        among.delete(phi);
        edit.replaceWith(phi, by);
      },
    );
  }

  /** What stands for `v` at the end of a block (and, where it is not defined there, at its start). */
  #valueAt(block: BlockId, v: ValueId, atEnd: Map<BlockId, ValueId>): ValueId {
    const pending: [phi: ValueId, block: BlockId][] = [];
    const value = this.#lookUp(block, v, atEnd, pending);
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [phi, b] = next;
      const args = [...row(this.#preds, b)].map((p) => this.#lookUp(p, v, atEnd, pending));
      this.#edit.setInst(phi, withArgs(this.#edit.inst(phi), args));
    }
    return value;
  }

  #lookUp(from: BlockId, v: ValueId, atEnd: Map<BlockId, ValueId>, pending: [ValueId, BlockId][]): ValueId {
    const passed: BlockId[] = [];
    let b = from;
    let value = atEnd.get(b);
    while (value === undefined) {
      passed.push(b);
      const count = rowLength(this.#preds, b);
      if (count === 1 && passed.length <= this.#preds.start.length) {
        b = this.#preds.items[this.#preds.start[b] as number] as BlockId;
        value = atEnd.get(b);
      } else if (count <= 1) {
        // Not reachable any more: any value will do.
        value = v;
      } else {
        const preds = [...row(this.#preds, b)];
        const args = preds.map(() => v);
        value = this.#edit.addPhi(b, this.#edit.inst(v).type as Type, this.#phi, preds, args);
        this.#made.push(value);
        pending.push([value, b]);
      }
    }
    for (const block of passed) atEnd.set(block, value);
    return value;
  }
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
