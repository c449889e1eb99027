/**
 * Turns of a loop in a row: each copy goes on where the one before it ends, and the loop itself is the last.
 *
 *     ^pre -> ^h1 .. -> ^h2 .. -> ^h .. -> ^exit            in full: the loop turns no more
 *     ^pre -> ^h1 .. -> ^h2 .. -> ^h .. -> ^h1, ^exit       a ring: ^h1 has the phis
 */

import { type BlockId, blockOf, type Editor, type Func, instOf, type ValueId } from '@sluice/ir';
import { inputFrom, type LoopCopier, type PlainLoop } from './copy-loop.ts';

/** Where a branch of the loop goes for certain; -1: it stays a branch. */
export type Goes = (from: BlockId) => BlockId | -1;

/** A row of turns in the making. */
export class Turns {
  readonly #f: Func;
  readonly #edit: Editor;
  readonly #copier: LoopCopier;
  readonly #loop: PlainLoop;
  readonly #phis: readonly ValueId[];
  /** What leads to the next turn, the last block of it in the layout, and what the phis of the header are there. */
  #pred: BlockId;
  #last: BlockId;
  #incoming: readonly ValueId[];
  #copies = 0;
  #ring: BlockId | -1 = -1;

  /** `pred` leads to the header of the loop, whose phis are `incoming` then. */
  constructor(f: Func, edit: Editor, copier: LoopCopier, loop: PlainLoop, pred: BlockId, incoming: readonly ValueId[]) {
    this.#f = f;
    this.#edit = edit;
    this.#copier = copier;
    this.#loop = loop;
    this.#phis = blockOf(f, loop.header).phis;
    this.#pred = pred;
    this.#last = pred;
    this.#incoming = incoming;
  }

  /** One more turn before the loop. */
  add(goes: Goes): void {
    const copy = this.#copier.copy(this.#loop, this.#last, this.#incoming, goes);
    this.#edit.redirect(this.#pred, this.#loop.header, copy.header);
    this.#pred = copy.latch;
    this.#last = copy.last;
    this.#incoming = copy.next;
    this.#copies++;
  }

  /** One more turn, to which the loop goes back. */
  addFirstOfRing(goes: Goes): void {
    const { header, latch } = this.#loop;
    const edit = this.#edit;
    const copy = this.#copier.copy(this.#loop, this.#last, null, goes);
    edit.redirect(this.#pred, header, copy.header);
    for (let i = 0; i < this.#phis.length; i++) {
      const phi = this.#phis[i] as ValueId;
      const made = this.#copier.copyOf(phi);
      edit.setPhiInput(made, this.#pred, this.#incoming[i] as ValueId);
      edit.setPhiInput(made, latch, inputFrom(instOf(this.#f, phi), latch));
    }
    this.#pred = copy.latch;
    this.#last = copy.last;
    this.#incoming = copy.next;
    this.#copies++;
    this.#ring = copy.header;
  }

  /**
   * The loop itself is the last turn. `alone`: nothing but the turn before leads to it; its phis go then, at once or, where
   * copies leave the loop, when all is repaired.
   */
  close(alone: boolean, leaves: boolean): void {
    const edit = this.#edit;
    if (this.#ring !== -1) edit.redirect(this.#loop.latch, this.#loop.header, this.#ring);
    if (this.#copies === 0) return;
    for (let i = 0; i < this.#phis.length; i++) {
      const phi = this.#phis[i] as ValueId;
      if (alone && !leaves) edit.replaceWith(phi, this.#incoming[i] as ValueId);
      else {
        edit.setPhiInput(phi, this.#pred, this.#incoming[i] as ValueId);
        if (alone) this.#copier.consider(phi);
      }
    }
  }
}
