/**
 * The operand stack as the loader sees it. Heights are static, so position h of the stack is cell `locals + h` of the
 * frame. A value that merely names a local or a constant is not copied there: it is deferred, and whoever pops it
 * reads the local or the constant itself.
 *
 * Safe because a deferred local is put into its own cell before the local is written (`refsTo`), and everything deferred
 * is put into its own cell where paths meet (`takeAll`). Each value is put there at most once: linear in the code.
 */

import type { StackShape } from '@sluice/bytecode';
import type { Type, Value } from '@sluice/ir';
import { emptyStack, popped, pushed } from './shape.ts';

/** A value on the stack: in a cell of the frame, or a constant. */
export type Source =
  | { readonly kind: 'cell'; readonly type: Type; readonly cell: number }
  | { readonly kind: 'const'; readonly type: Type; readonly value: Value };

/** A value that is not (or no longer) deferred has no source of its own. */
interface Deferred {
  readonly position: number;
  source: Source | null;
  /** The next deferred value below that names the same local. */
  readonly older: Deferred | null;
}

/** A value to be copied to its own cell. */
export interface Placement {
  readonly position: number;
  readonly source: Source;
}

/** The operand stack of one function. */
export class VirtualStack {
  readonly #locals: number;
  #types: StackShape = emptyStack;
  #deferred: Deferred[] = [];
  readonly #byLocal = new Map<number, Deferred>();
  #highest = 0;

  constructor(locals: number) {
    this.#locals = locals;
  }

  get height(): number {
    return this.#types.height;
  }

  /** Cells that locals and operand stack need. */
  get cells(): number {
    return this.#locals + this.#highest;
  }

  /** The cell of a position. */
  cellAt(position: number): number {
    return this.#locals + position;
  }

  /** Begins anew with values in their own cells. */
  reset(types: StackShape): void {
    this.#types = types;
    this.#deferred = [];
    this.#byLocal.clear();
    this.#highest = Math.max(this.#highest, this.height);
  }

  /** Pushes a value that is in its own cell; gives the cell. */
  push(type: Type): number {
    const cell = this.cellAt(this.height);
    this.#types = pushed(this.#types, type);
    this.#highest = Math.max(this.#highest, this.height);
    return cell;
  }

  /** Pushes a value that stands elsewhere. */
  defer(source: Source): void {
    const position = this.height;
    this.push(source.type);
    if (source.kind === 'cell' && source.cell === this.cellAt(position)) return;
    const local = this.#localOf(source);
    const entry: Deferred = { position, source, older: local < 0 ? null : (this.#byLocal.get(local) ?? null) };
    if (local >= 0) this.#byLocal.set(local, entry);
    this.#deferred.push(entry);
  }

  /** The top. */
  top(): Source {
    const { type } = this.#types;
    if (type === null) throw new Error('the operand stack is empty: the program was not validated');
    const position = this.height - 1;
    const entry = this.#deferred.at(-1);
    if (entry?.position === position && entry.source !== null) return entry.source;
    return { kind: 'cell', type, cell: this.cellAt(position) };
  }

  pop(): Source {
    const source = this.top();
    this.#types = popped(this.#types);
    const entry = this.#deferred.at(-1);
    if (entry?.position === this.height) {
      this.#deferred.pop();
      const local = this.#localOf(source);
      // Still the newest of its local, unless `refsTo` has taken the whole list.
      if (local >= 0 && this.#byLocal.get(local) === entry) this.#forget(local, entry);
    }
    return source;
  }

  /** The deferred values that name a local: they are in their own cells from now on. */
  refsTo(local: number): readonly Placement[] {
    const found: Placement[] = [];
    for (let entry = this.#byLocal.get(local) ?? null; entry !== null; entry = entry.older) {
      if (entry.source === null) continue;
      found.push({ position: entry.position, source: entry.source });
      entry.source = null;
    }
    this.#byLocal.delete(local);
    return found;
  }

  /** The deferred values from a position upwards: they are in their own cells from now on. */
  takeFrom(position: number): readonly Placement[] {
    const found: Placement[] = [];
    while ((this.#deferred.at(-1)?.position ?? -1) >= position) {
      const entry = this.#deferred.pop() as Deferred;
      const { source } = entry;
      if (source === null) continue;
      found.push({ position: entry.position, source });
      const local = this.#localOf(source);
      if (local >= 0) this.#forget(local, entry);
    }
    // From the bottom, since a value may name the cell of one below it.
    return found.reverse();
  }

  #forget(local: number, entry: Deferred): void {
    if (entry.older === null) this.#byLocal.delete(local);
    else this.#byLocal.set(local, entry.older);
  }

  #localOf(source: Source): number {
    return source.kind === 'cell' && source.cell < this.#locals ? source.cell : -1;
  }
}
