/**
 * Images of tables at the end of memory 0, where the Wasm loop finds callees (layout.ts). Frames grow towards them: when the
 * memory grows, for frames or for a table, images are written anew at its new end.
 */

import { ResourceError } from '@sluice/ir';
import { isImport } from './layout.ts';
import type { Tables } from './tables.ts';
import type { WasmPlan } from './wasm-plan.ts';

const elementBytes = 8;
const pageBytes = 65536;

/** The images of an instance's tables. */
export class TableImages {
  /** Bytes that they take together. */
  bytes: number;
  /** Their first byte; frames end before it. */
  start = 0;
  readonly #plan: WasmPlan;
  readonly #tables: Tables;
  /** By table: elements that there is room for. */
  readonly #room: number[];
  readonly #at: number[];
  #own: WebAssembly.Memory | null = null;
  #view: () => DataView = () => new DataView(new ArrayBuffer(0));

  constructor(plan: WasmPlan, tables: Tables) {
    this.#plan = plan;
    this.#tables = tables;
    this.#room = tables.shared.map(({ type, size }) => (type === 'funcref' ? size : 0));
    this.#at = this.#room.map(() => 0);
    this.bytes = this.#room.reduce((sum, room) => sum + room * elementBytes, 0);
  }

  /** Writes all images into a memory that has room for them, and keeps them as the tables are from now on. */
  open(own: WebAssembly.Memory, view: () => DataView): void {
    this.#own = own;
    this.#view = view;
    this.#place();
    this.#tables.mirror((table, from, to) => this.#changed(table, from, to));
  }

  /** Makes memory 0 larger by so many pages, for frames; false: there is no more. */
  growMemory(pages: number): boolean {
    try {
      this.#own?.grow(pages);
    } catch {
      return false;
    }
    this.#place();
    for (const table of this.#room.keys()) this.#write(table, 0, this.#sizeOf(table));
    return true;
  }

  #changed(table: number, from: number, to: number): void {
    const size = this.#sizeOf(table);
    if (size > (this.#room[table] ?? 0)) {
      const room = Math.max(size, 2 * (this.#room[table] ?? 0));
      this.bytes += (room - (this.#room[table] ?? 0)) * elementBytes;
      const old = this.start;
      this.#room[table] = room;
      // Frames may stand right up to the old start.
      const missing = Math.max(0, old + this.bytes - this.#end());
      if (!this.growMemory(Math.ceil(missing / pageBytes))) throw new ResourceError('memory');
      return;
    }
    this.#view().setInt32(this.#plan.tables + table * 8, size, true);
    this.#write(table, from, to);
  }

  #end(): number {
    return this.#own?.buffer.byteLength ?? 0;
  }

  #sizeOf(table: number): number {
    const shared = this.#tables.shared[table];
    return shared?.type === 'funcref' ? shared.size : 0;
  }

  #place(): void {
    this.start = this.#end() - this.bytes;
    let at = this.start;
    const view = this.#view();
    for (const [table, room] of this.#room.entries()) {
      this.#at[table] = at;
      view.setInt32(this.#plan.tables + table * 8, this.#sizeOf(table), true);
      view.setInt32(this.#plan.tables + table * 8 + 4, at, true);
      at += room * elementBytes;
    }
  }

  #write(table: number, from: number, to: number): void {
    const view = this.#view();
    const { codeBase, loaded } = this.#plan;
    const base = this.#at[table] ?? 0;
    for (let i = from; i < to; i++) {
      const target = this.#tables.target(table, i);
      const at = base + i * elementBytes;
      const place = target?.func == null ? isImport : codeBase + (loaded.funcs[target.func]?.slot ?? 0) * 16;
      view.setInt32(at, target == null ? 0 : place, true);
      view.setInt32(at + 4, target?.sig ?? -1, true);
    }
  }
}
