/**
 * Tables of references: the ops of Wasm 2.0. Indices and lengths are unsigned i32. An op that copies or fills checks all of
 * its ranges before it writes, also where the length is 0.
 *
 * `call_indirect` is in core.ts, since it is a call; `ref.null`, `ref.is_null`, `ref.func` are in any.ts.
 */

import { type Effect, effect } from '../effect.ts';
import type { Machine } from '../machine.ts';
import { defineOp, type OpDef, type TableInit, type TablePair } from '../op.ts';
import { type Trap, trap } from '../trap.ts';
import type { Value } from '../value.ts';

const outOfBounds: Trap = trap('out-of-bounds');
const reads: Effect = effect({ reads: ['table'], traps: ['out-of-bounds'] });
const writes: Effect = effect({ writes: ['table'], traps: ['out-of-bounds'] });
const readsAndWrites: Effect = effect({ reads: ['table'], writes: ['table'], traps: ['out-of-bounds'] });

/** Whether `length` elements from `start` on lie within `size`; all are u32. */
function fits(start: number, length: number, size: number): boolean {
  return (start >>> 0) + (length >>> 0) <= size;
}

/** All ops on tables. */
export const tableOps = [
  defineOp('table.get', {
    doc: 'The element of a table at an index.',
    sig: '(i32) -> T',
    imm: 'table',
    effect: reads,
    cost: 3,
    run: (m: Machine, name: string, index: number) => {
      const table = m.table(name);
      return fits(index, 1, table.size) ? table.get(index >>> 0) : outOfBounds;
    },
    wasm: [0x25],
  }),
  defineOp('table.set', {
    doc: 'Sets the element of a table at an index.',
    sig: '(i32, T) -> void',
    imm: 'table',
    effect: writes,
    cost: 3,
    run: (m: Machine, name: string, index: number, value: Value) => {
      const table = m.table(name);
      if (!fits(index, 1, table.size)) return outOfBounds;
      table.set(index >>> 0, [value]);
      return undefined;
    },
    wasm: [0x26],
  }),
  defineOp('table.size', {
    doc: 'The number of elements of a table.',
    sig: '() -> i32',
    imm: 'table',
    effect: effect({ reads: ['table'] }),
    run: (m: Machine, name: string) => m.table(name).size | 0,
    wasm: [0xfc, 16],
  }),
  defineOp('table.grow', {
    doc: 'Grows a table by so many elements (u32), all the first operand; gives the old size, or -1 when it cannot grow.',
    sig: '(T, i32) -> i32',
    imm: 'table',
    effect: effect({ reads: ['table'], writes: ['table'] }),
    cost: 20,
    run: (m: Machine, name: string, value: Value, count: number) => m.table(name).grow(count >>> 0, value) | 0,
    wasm: [0xfc, 15],
  }),
  defineOp('table.fill', {
    doc: 'Sets elements of a table: index of the first, value, length.',
    sig: '(i32, T, i32) -> void',
    imm: 'table',
    effect: writes,
    cost: 10,
    run: (m: Machine, name: string, to: number, value: Value, length: number) => {
      const table = m.table(name);
      if (!fits(to, length, table.size)) return outOfBounds;
      table.set(to >>> 0, new Array<Value>(length >>> 0).fill(value));
      return undefined;
    },
    wasm: [0xfc, 17],
  }),
  defineOp('table.copy', {
    doc: 'Copies elements between tables, or within one: destination, source, length. The ranges may overlap.',
    sig: '(i32, i32, i32) -> void',
    imm: 'tables',
    effect: readsAndWrites,
    cost: 10,
    run: (m: Machine, names: TablePair, to: number, from: number, length: number) => {
      const target = m.table(names.to);
      const source = m.table(names.from);
      if (!fits(to, length, target.size) || !fits(from, length, source.size)) return outOfBounds;
      const start = from >>> 0;
      target.set(
        to >>> 0,
        Array.from({ length: length >>> 0 }, (_, i) => source.get(start + i)),
      );
      return undefined;
    },
    wasm: [0xfc, 14],
  }),
  defineOp('table.init', {
    doc: 'Copies items of an element segment to a table: destination, offset in the segment, length. A dropped segment is empty.',
    sig: '(i32, i32, i32) -> void',
    imm: 'tableseg',
    effect: readsAndWrites,
    cost: 10,
    run: (m: Machine, { table: name, segment }: TableInit, to: number, from: number, length: number) => {
      const table = m.table(name);
      const items = m.elements(segment);
      if (!fits(to, length, table.size) || !fits(from, length, items.length)) return outOfBounds;
      const start = from >>> 0;
      table.set(to >>> 0, items.slice(start, start + (length >>> 0)));
      return undefined;
    },
    wasm: [0xfc, 12],
  }),
  defineOp('elem.drop', {
    doc: 'Empties an element segment. Counts as a write of tables, so that it stays in order with table.init.',
    sig: '() -> void',
    imm: 'index',
    effect: effect({ writes: ['table'] }),
    run: (m: Machine, segment: number) => void m.dropElements(segment),
    wasm: [0xfc, 13],
  }),
] as const satisfies readonly OpDef[];
