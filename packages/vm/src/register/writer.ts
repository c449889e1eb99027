/**
 * Writes the code of handlers of the Wasm loop: words, cells, ways out. The loop's frame is written in generate.ts:
 *
 *   block exit
 *     loop next
 *       block h(N-1) ... block h0
 *         br_table (word 0)
 *       end  handler 0
 *       end  handler 1 ...
 */

import { CodeWriter, opcode, type WasmType } from '@sluice/wasm-format';
import type { BitsType } from '../runtime/cells.ts';
import { longest } from './fuse.ts';
import type { Links } from './handler.ts';
import { state, status } from './layout.ts';

const i64ReinterpretF64 = 0xbd;
const f64ReinterpretI64 = 0xbf;

/** Locals of the loop; the first four are its parameters. */
export const local = {
  pc: 0,
  fp: 1,
  fuel: 2,
  depth: 3,
  status: 4,
  a: 5,
  b: 6,
  c: 7,
  d: 8,
  x: 9,
  y: 10,
  count: 11,
} as const;

/** Behind these, `longest` locals of each type for results that later parts of a sequence take over (links.ts). */
export const keptTypes = ['i32', 'i64', 'f32', 'f64', 'v128'] as const;

/** Types of values in frames. */
export type CellType = BitsType | 'v128';

/** Memories of the loop. */
export const memoryIndex = { own: 0, guest: 1, cells: 2, table: 3 } as const;

/** Functions that the loop imports. */
export const imported = { host: 0, slow: 1, allocate: 2, release: 3 } as const;

/** Whole loads and stores of the types. */
export const loadOf: Readonly<Record<CellType, readonly number[]>> = {
  i32: [opcode.i32_load],
  i64: [opcode.i64_load],
  f32: [opcode.f32_load],
  f64: [opcode.f64_load],
  v128: [0xfd, 0],
};
export const storeOf: Readonly<Record<CellType, readonly number[]>> = {
  i32: [opcode.i32_store],
  i64: [opcode.i64_store],
  f32: [opcode.f32_store],
  f64: [opcode.f64_store],
  v128: [0xfd, 11],
};

/** From the type of a kept value to the type that is wanted, as cells would do it; missing: not without the cell. */
const asCells: ReadonlyMap<string, readonly number[]> = new Map([
  ['i32 i64', [opcode.i64_extend_i32_u]],
  ['i64 i32', [opcode.i32_wrap_i64]],
  ['i64 f64', [f64ReinterpretI64]],
  ['f64 i64', [i64ReinterpretF64]],
]);

/** Bytes of a slot of code. */
const slotBytes = 16;

const noBytes: readonly number[] = [];

/** What parts of a sequence give to each other. */
export interface PartLinks {
  readonly part: number;
  /** Whether a later part takes the result over. */
  readonly kept: boolean;
  readonly links: Links;
}

function keptLocal(type: CellType, part: number): number {
  return local.count + 1 + keptTypes.indexOf(type) * longest + part;
}

/** A code writer that knows where in the loop it is. */
export class HandlerWriter extends CodeWriter {
  readonly counting: boolean;
  /** Blocks of other handlers around the one that is being written. */
  #outer = 0;
  /** Blocks that the handler itself has opened. */
  #open = 0;
  /** In a sequence: slots between `pc`, which stays at the first part, and the part that is being written. */
  #ahead = 0;
  /** Whether another part follows in the sequence, and whether it is an instruction of its own. */
  #next: 'none' | 'free' | 'counted' = 'none';

  /** The part that is being written: its number, whether its result is kept, what it takes over. */
  #part: PartLinks = { part: 0, kept: false, links: new Map() };
  /** By part: the type of the result that was kept. */
  readonly #kept: (CellType | null)[] = [];

  constructor(counting: boolean) {
    super(16384);
    this.counting = counting;
  }

  /** Says that the next handler is inside of so many handlers' blocks. */
  startHandler(outer: number): void {
    this.#outer = outer;
    this.#open = 0;
    this.#ahead = 0;
    this.#next = 'none';
  }

  /** Says whether another part of a sequence follows the one that is written now, and what parts give to each other. */
  startPart(next: 'none' | 'free' | 'counted', part: PartLinks): void {
    this.#next = next;
    this.#part = part;
    this.#kept[part.part] = null;
  }

  /** Brings `pc` to the part that is being written. */
  arrive(): this {
    if (this.#ahead === 0) return this;
    this.here().localSet(local.pc);
    this.#ahead = 0;
    return this;
  }

  /** Pushes the place of the instruction. */
  here(): this {
    this.localGet(local.pc);
    return this.#ahead === 0 ? this : this.i32Const(this.#ahead * slotBytes).op(opcode.i32_add);
  }

  override if(result: WasmType | null = null): this {
    this.#open++;
    return super.if(result);
  }

  override loop(result: WasmType | null = null): this {
    this.#open++;
    return super.loop(result);
  }

  override block(result: WasmType | null = null): this {
    this.#open++;
    return super.block(result);
  }

  override end(): this {
    this.#open--;
    return super.end();
  }

  /** Word `k` of the instruction. */
  word(k: number): this {
    return this.localGet(local.pc).access([opcode.i32_load], k * 4 + this.#ahead * slotBytes);
  }

  /** Words `k` and `k + 1` as an i64. */
  wideWord(k: number): this {
    return this.localGet(local.pc).access([opcode.i64_load], k * 4 + this.#ahead * slotBytes);
  }

  /** Words `k` to `k + 3` as a v128. */
  vectorWord(k: number): this {
    return this.localGet(local.pc).access(loadOf.v128, k * 4 + this.#ahead * slotBytes);
  }

  /** Address of the cell that word `k` names. */
  cell(k: number): this {
    return this.localGet(local.fp).word(k).op(opcode.i32_add);
  }

  /** Value of the cell that word `k` names. */
  value(k: number, type: CellType): this {
    const from = this.#part.links.get(k);
    const kept = from === undefined ? null : (this.#kept[from] ?? null);
    if (from !== undefined && kept !== null) {
      const change = kept === type ? noBytes : asCells.get(`${kept} ${type}`);
      if (change !== undefined) return this.localGet(keptLocal(kept, from)).op(...change);
    }
    return this.cell(k).access(loadOf[type], 0);
  }

  /**
   * Stores the value on the stack to the cell whose address lies below it. An i32 fills the whole cell: a copy of 64 bits
   * soon after would have to wait for the store otherwise, since processors forward no store to a wider load.
   */
  put(type: CellType): this {
    if (this.#part.kept) {
      this.#kept[this.#part.part] = type;
      this.localTee(keptLocal(type, this.#part.part));
    }
    if (type === 'i32') return this.op(opcode.i64_extend_i32_u).access([opcode.i64_store], 0);
    return this.access(storeOf[type], 0);
  }

  /** A word of the state. */
  stateWord(address: number): this {
    return this.i32Const(0).access([opcode.i32_load], address);
  }

  /** Goes on with what is at `pc`. */
  resume(): this {
    return this.br(this.#outer + this.#open);
  }

  /** Goes on `slots` slots further: to the next part of the sequence, or to the next handler. */
  advance(slots: number): this {
    this.#ahead += slots;
    if (this.#next !== 'none') return this.#next === 'free' ? this : this.addCount(1n);
    return this.arrive().resume();
  }

  /** Leaves the loop at this instruction; the state is saved on the way. */
  exit(why: number): this {
    if (this.#ahead > 0) this.here().localSet(local.pc);
    return this.#leave(why);
  }

  #leave(why: number): this {
    return this.i32Const(why)
      .localSet(local.status)
      .br(this.#outer + 1 + this.#open);
  }

  /** Leaves the loop if the i32 on the stack is not zero. */
  exitIf(why: number): this {
    this.if().exit(why);
    return this.end();
  }

  /** Pays a unit of fuel; `pc` and `fp` are already where execution goes on. */
  tick(): this {
    this.localGet(local.fuel).i32Const(1).op(opcode.i32_sub).localTee(local.fuel).op(opcode.i32_eqz);
    this.if().#leave(status.safepoint);
    return this.end();
  }

  /** Stores what an exception would lose: before an op that may trap and before calls of the host. */
  save(): this {
    this.i32Const(0).here().access([opcode.i32_store], state.pc);
    this.i32Const(0).localGet(local.fp).access([opcode.i32_store], state.fp);
    this.i32Const(0).localGet(local.fuel).access([opcode.i32_store], state.fuel);
    if (this.counting) this.i32Const(0).localGet(local.count).access([opcode.i64_store], state.count);
    return this;
  }

  /** As `save`, for calls that may come back into the machine. */
  saveAll(): this {
    return this.save().i32Const(0).localGet(local.depth).access([opcode.i32_store], state.depth);
  }

  /** Adds to the count of instructions. */
  addCount(n: bigint): this {
    if (!this.counting) return this;
    return this.localGet(local.count).i64Const(n).op(opcode.i64_add).localSet(local.count);
  }
}
