/**
 * Cells that hold sets of symbols: the state of the checker of allocations. Kept apart from it for length; it shares
 * nothing with the allocator.
 */

import { none } from '@sluice/ir';

/**
 * Which cells hold which symbols, in both directions. Nothing is ever deleted from the maps: a map that is deleted from and
 * inserted into in turn rebuilds itself again and again.
 */
export class SymbolCells {
  readonly #symbols = new Map<number, readonly number[]>();
  readonly #cells = new Map<number, number[]>();

  holds(cell: number, symbol: number): boolean {
    return this.#symbols.get(cell)?.includes(symbol) === true;
  }

  symbolsIn(cell: number): readonly number[] {
    return this.#symbols.get(cell) ?? none;
  }

  cellsWith(symbol: number): readonly number[] {
    return this.#cells.get(symbol) ?? none;
  }

  /** The cell holds these symbols and nothing else. */
  set(cell: number, symbols: readonly number[]): void {
    for (const symbol of this.symbolsIn(cell)) {
      this.#cells.set(
        symbol,
        this.cellsWith(symbol).filter((other) => other !== cell),
      );
    }
    this.#symbols.set(cell, none);
    for (const symbol of symbols) this.add(cell, symbol);
  }

  add(cell: number, symbol: number): void {
    if (this.holds(cell, symbol)) return;
    this.#symbols.set(cell, [...this.symbolsIn(cell), symbol]);
    const cells = this.#cells.get(symbol);
    if (cells === undefined) this.#cells.set(symbol, [cell]);
    else cells.push(cell);
  }

  /** No cell holds the symbol any more. */
  forget(symbol: number): void {
    for (const cell of this.cellsWith(symbol)) {
      this.#symbols.set(
        cell,
        this.symbolsIn(cell).filter((other) => other !== symbol),
      );
    }
    if (this.#cells.has(symbol)) this.#cells.set(symbol, []);
  }
}
