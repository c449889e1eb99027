/**
 * Linear memory: loads, stores and the bulk ops of Wasm. An address is an unsigned i32; the offset of the immediate is
 * added without wrapping, and an access that does not lie wholly within the memory traps and touches nothing.
 */

import { effect } from '../effect.ts';
import type { Machine } from '../machine.ts';
import { type Access, defineOp, type MemImm, type MemLaneImm, type OpDef, type VectorPart } from '../op.ts';
import { type Trap, trap } from '../trap.ts';
import { f32Bits, f32FromBits, f64Bits, f64FromBits, type Value } from '../value.ts';

const reads = effect({ reads: ['memory'], traps: ['out-of-bounds'] });
const writes = effect({ writes: ['memory'], traps: ['out-of-bounds'] });
const readsAndWrites = effect({ reads: ['memory'], writes: ['memory'], traps: ['out-of-bounds'] });
const outOfBounds = trap('out-of-bounds');

type Load = (m: Machine, imm: MemImm, address: number) => Value | Trap;
type Store = (m: Machine, imm: MemImm, address: number, value: Value) => undefined | Trap;
type Bytes = Access['bytes'];

/** The columns of a load: reads `bytes` bytes by `get`; of a vector's part: which. */
export function loads(bytes: Bytes, signed: boolean, get: (view: DataView, at: number) => Value, part?: VectorPart) {
  const access: Access = { region: 'memory', bytes, signed, store: false, ...(part === undefined ? {} : { part }) };
  const run: Load = (m, imm, address) => {
    const view = m.memory();
    const at = (address >>> 0) + imm.offset;
    return at + bytes > view.byteLength ? outOfBounds : get(view, at);
  };
  return { imm: 'mem', effect: reads, cost: 3, access, run } as const;
}

/** The columns of a store: writes `bytes` bytes by `set`. */
export function stores(bytes: Bytes, set: (view: DataView, at: number, value: never) => void) {
  const access: Access = { region: 'memory', bytes, signed: false, store: true };
  const run: Store = (m, imm, address, value) => {
    const view = m.memory();
    const at = (address >>> 0) + imm.offset;
    if (at + bytes > view.byteLength) return outOfBounds;
    set(view, at, value as never);
    return undefined;
  };
  return { imm: 'mem', effect: writes, cost: 3, access, run } as const;
}

type LaneLoad = (m: Machine, imm: MemLaneImm, address: number, vector: bigint) => bigint | Trap;
type LaneStore = (m: Machine, imm: MemLaneImm, address: number, vector: bigint) => undefined | Trap;

/** The columns of a load of one lane: `get` gives the vector with that lane. */
export function laneLoads(bytes: Bytes, get: (view: DataView, at: number, vector: bigint, lane: number) => bigint) {
  const access: Access = { region: 'memory', bytes, signed: false, store: false, part: 'lane' };
  const run: LaneLoad = (m, imm, address, vector) => {
    const view = m.memory();
    const at = (address >>> 0) + imm.offset;
    return at + bytes > view.byteLength ? outOfBounds : get(view, at, vector, imm.lane);
  };
  return { imm: 'memlane', lanes: 16 / bytes, effect: reads, cost: 3, access, run } as const;
}

/** The columns of a store of one lane. */
export function laneStores(bytes: Bytes, set: (view: DataView, at: number, vector: bigint, lane: number) => void) {
  const access: Access = { region: 'memory', bytes, signed: false, store: true, part: 'lane' };
  const run: LaneStore = (m, imm, address, vector) => {
    const view = m.memory();
    const at = (address >>> 0) + imm.offset;
    if (at + bytes > view.byteLength) return outOfBounds;
    set(view, at, vector, imm.lane);
    return undefined;
  };
  return { imm: 'memlane', lanes: 16 / bytes, effect: writes, cost: 3, access, run } as const;
}

const loadOps = [
  defineOp('i32.load', {
    doc: 'Loads 4 bytes.',
    sig: '(i32) -> i32',
    ...loads(4, false, (view, at) => view.getInt32(at, true)),
    wasm: [0x28],
  }),
  defineOp('i64.load', {
    doc: 'Loads 8 bytes.',
    sig: '(i32) -> i64',
    ...loads(8, false, (view, at) => view.getBigInt64(at, true)),
    wasm: [0x29],
  }),
  defineOp('f32.load', {
    doc: 'Loads 4 bytes as the bits of an f32.',
    sig: '(i32) -> f32',
    ...loads(4, false, (view, at) => f32FromBits(view.getInt32(at, true))),
    wasm: [0x2a],
  }),
  defineOp('f64.load', {
    doc: 'Loads 8 bytes as the bits of an f64.',
    sig: '(i32) -> f64',
    ...loads(8, false, (view, at) => f64FromBits(view.getBigInt64(at, true))),
    wasm: [0x2b],
  }),
  defineOp('i32.load8_s', {
    doc: 'Loads a byte, sign extended.',
    sig: '(i32) -> i32',
    ...loads(1, true, (view, at) => view.getInt8(at)),
    wasm: [0x2c],
  }),
  defineOp('i32.load8_u', {
    doc: 'Loads a byte.',
    sig: '(i32) -> i32',
    ...loads(1, false, (view, at) => view.getUint8(at)),
    wasm: [0x2d],
  }),
  defineOp('i32.load16_s', {
    doc: 'Loads 2 bytes, sign extended.',
    sig: '(i32) -> i32',
    ...loads(2, true, (view, at) => view.getInt16(at, true)),
    wasm: [0x2e],
  }),
  defineOp('i32.load16_u', {
    doc: 'Loads 2 bytes.',
    sig: '(i32) -> i32',
    ...loads(2, false, (view, at) => view.getUint16(at, true)),
    wasm: [0x2f],
  }),
  defineOp('i64.load8_s', {
    doc: 'Loads a byte, sign extended.',
    sig: '(i32) -> i64',
    ...loads(1, true, (view, at) => BigInt(view.getInt8(at))),
    wasm: [0x30],
  }),
  defineOp('i64.load8_u', {
    doc: 'Loads a byte.',
    sig: '(i32) -> i64',
    ...loads(1, false, (view, at) => BigInt(view.getUint8(at))),
    wasm: [0x31],
  }),
  defineOp('i64.load16_s', {
    doc: 'Loads 2 bytes, sign extended.',
    sig: '(i32) -> i64',
    ...loads(2, true, (view, at) => BigInt(view.getInt16(at, true))),
    wasm: [0x32],
  }),
  defineOp('i64.load16_u', {
    doc: 'Loads 2 bytes.',
    sig: '(i32) -> i64',
    ...loads(2, false, (view, at) => BigInt(view.getUint16(at, true))),
    wasm: [0x33],
  }),
  defineOp('i64.load32_s', {
    doc: 'Loads 4 bytes, sign extended.',
    sig: '(i32) -> i64',
    ...loads(4, true, (view, at) => BigInt(view.getInt32(at, true))),
    wasm: [0x34],
  }),
  defineOp('i64.load32_u', {
    doc: 'Loads 4 bytes.',
    sig: '(i32) -> i64',
    ...loads(4, false, (view, at) => BigInt(view.getUint32(at, true))),
    wasm: [0x35],
  }),
] as const satisfies readonly OpDef[];

const storeOps = [
  defineOp('i32.store', {
    doc: 'Stores 4 bytes.',
    sig: '(i32, i32) -> void',
    ...stores(4, (view, at, value: number) => view.setInt32(at, value, true)),
    wasm: [0x36],
  }),
  defineOp('i64.store', {
    doc: 'Stores 8 bytes.',
    sig: '(i32, i64) -> void',
    ...stores(8, (view, at, value: bigint) => view.setBigInt64(at, value, true)),
    wasm: [0x37],
  }),
  defineOp('f32.store', {
    doc: 'Stores the 4 bytes of an f32.',
    sig: '(i32, f32) -> void',
    ...stores(4, (view, at, value: Value) => view.setInt32(at, f32Bits(value), true)),
    wasm: [0x38],
  }),
  defineOp('f64.store', {
    doc: 'Stores the 8 bytes of an f64.',
    sig: '(i32, f64) -> void',
    ...stores(8, (view, at, value: Value) => view.setBigInt64(at, f64Bits(value), true)),
    wasm: [0x39],
  }),
  defineOp('i32.store8', {
    doc: 'Stores the lowest byte.',
    sig: '(i32, i32) -> void',
    ...stores(1, (view, at, value: number) => view.setInt8(at, value)),
    wasm: [0x3a],
  }),
  defineOp('i32.store16', {
    doc: 'Stores the lowest 2 bytes.',
    sig: '(i32, i32) -> void',
    ...stores(2, (view, at, value: number) => view.setInt16(at, value, true)),
    wasm: [0x3b],
  }),
  defineOp('i64.store8', {
    doc: 'Stores the lowest byte.',
    sig: '(i32, i64) -> void',
    ...stores(1, (view, at, value: bigint) => view.setInt8(at, Number(value & 0xffn))),
    wasm: [0x3c],
  }),
  defineOp('i64.store16', {
    doc: 'Stores the lowest 2 bytes.',
    sig: '(i32, i64) -> void',
    ...stores(2, (view, at, value: bigint) => view.setInt16(at, Number(value & 0xffffn), true)),
    wasm: [0x3d],
  }),
  defineOp('i64.store32', {
    doc: 'Stores the lowest 4 bytes.',
    sig: '(i32, i64) -> void',
    ...stores(4, (view, at, value: bigint) => view.setInt32(at, Number(value & 0xffffffffn), true)),
    wasm: [0x3e],
  }),
] as const satisfies readonly OpDef[];

/** The `length` bytes at an unsigned address, or undefined where they do not lie within the memory. */
function range(view: DataView, address: number, length: number): Uint8Array | undefined {
  const start = address >>> 0;
  const size = length >>> 0;
  return start + size > view.byteLength ? undefined : new Uint8Array(view.buffer, view.byteOffset + start, size);
}

const bulkOps = [
  defineOp('memory.size', {
    doc: 'The size of the memory in pages of 64 KiB.',
    sig: '() -> i32',
    effect: effect({ reads: ['memory'] }),
    run: (m: Machine) => m.memory().byteLength / 65536,
    wasm: [0x3f],
  }),
  defineOp('memory.grow', {
    doc: 'Grows the memory by so many pages (u32); gives the old size, or -1 when it cannot grow.',
    sig: '(i32) -> i32',
    effect: effect({ reads: ['memory'], writes: ['memory'], grows: true }),
    cost: 50,
    run: (m: Machine, _imm: undefined, pages: number) => m.growMemory(pages >>> 0),
    wasm: [0x40],
  }),
  defineOp('memory.copy', {
    doc: 'Copies bytes: destination, source, length (all u32). The ranges may overlap.',
    sig: '(i32, i32, i32) -> void',
    effect: readsAndWrites,
    cost: 10,
    run: (m: Machine, _imm: undefined, to: number, from: number, length: number) => {
      const view = m.memory();
      const target = range(view, to, length);
      const source = range(view, from, length);
      if (target === undefined || source === undefined) return outOfBounds;
      target.set(source);
      return undefined;
    },
    wasm: [0xfc, 10],
  }),
  defineOp('memory.fill', {
    doc: 'Fills bytes: destination, value (its lowest byte), length.',
    sig: '(i32, i32, i32) -> void',
    effect: writes,
    cost: 10,
    run: (m: Machine, _imm: undefined, to: number, value: number, length: number) => {
      const target = range(m.memory(), to, length);
      if (target === undefined) return outOfBounds;
      target.fill(value & 0xff);
      return undefined;
    },
    wasm: [0xfc, 11],
  }),
  defineOp('memory.init', {
    doc: 'Copies bytes of a data segment to memory: destination, offset in the segment, length. A dropped segment is empty.',
    sig: '(i32, i32, i32) -> void',
    imm: 'index',
    effect: readsAndWrites,
    cost: 10,
    run: (m: Machine, segment: number, to: number, from: number, length: number) => {
      const bytes = m.data(segment);
      const target = range(m.memory(), to, length);
      const start = from >>> 0;
      if (target === undefined || start + target.length > bytes.length) return outOfBounds;
      target.set(bytes.subarray(start, start + target.length));
      return undefined;
    },
    wasm: [0xfc, 8],
  }),
  defineOp('data.drop', {
    doc: 'Empties a data segment. Counts as a write of memory, so that it stays in order with memory.init.',
    sig: '() -> void',
    imm: 'index',
    effect: effect({ writes: ['memory'] }),
    run: (m: Machine, segment: number) => void m.dropData(segment),
    wasm: [0xfc, 9],
  }),
] as const satisfies readonly OpDef[];

/** All ops on linear memory. */
export const memoryOps = [...loadOps, ...storeOps, ...bulkOps] as const;
