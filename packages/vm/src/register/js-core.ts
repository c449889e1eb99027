/** The JavaScript loop as a core of the machine: cells in one buffer under several views, host values beside them. */

import type { Type, Value } from '@sluice/ir';
import { bitsType, readCell, writeCell } from '../runtime/cells.ts';
import type { GuestState } from '../runtime/state.ts';
import { readHostValue } from './host-types.ts';
import type { JsState } from './js-loop.ts';
import { type JsPlan, jsLoop } from './js-plan.ts';
import { isImport } from './layout.ts';
import type { Loaded } from './loaded.ts';
import type { Core, LoopHost } from './runner.ts';
import { Tables } from './tables.ts';

/** Cells that frames may take at most; beyond, calls are too deep whatever the limit says. */
const mostCells = 2 ** 25;

/** Makes the core: cells, table, the loop's state. */
export function jsCore(plan: JsPlan, guest: GuestState, counting: boolean, host: LoopHost): Core {
  const { loaded } = plan;
  const loop = jsLoop(plan, counting);
  const bottom = loaded.program.globals.length;
  const first = new ArrayBuffer((bottom + 4 * (loaded.largestFrame + plan.results) + 256) * 8);
  const hostValues: Value[] = [];
  const state: JsState = {
    pc: 0,
    fp: 0,
    fuel: 0,
    depth: 0,
    count: 0,
    kp: 0,
    frameLimit: 0,
    i32: new Int32Array(first),
    f32: new Float32Array(first),
    f64: new Float64Array(first),
    i64: new BigInt64Array(first),
    hostValues,
    callers: new Int32Array(48),
    code: plan.code,
    tables: guest.module.tables.map(() => new Int32Array(2)),
    zero: plan.zero,
    guest: () => guest.memory.view(),
    vector: vectorAt,
    ...host,
  };
  let view = new DataView(first);
  const resize = (cells: number): void => {
    const buffer = new ArrayBuffer(cells * 8);
    new Int32Array(buffer).set(state.i32);
    view = new DataView(buffer);
    state.i32 = new Int32Array(buffer);
    state.f32 = new Float32Array(buffer);
    state.f64 = new Float64Array(buffer);
    state.i64 = new BigInt64Array(buffer);
    fill(cells);
  };
  const fill = (cells: number): void => {
    while (hostValues.length < cells) hostValues.push(state.zero);
  };
  fill(view.byteLength / 8);
  const read = (type: Type, cell: number): Value =>
    bitsType(type) ? readCell(view, cell * 8, type) : readHostValue(type, hostValues[cell]);
  const write = (type: Type, cell: number, value: Value): void => {
    if (bitsType(type)) writeCell(view, cell * 8, type, value);
    else hostValues[cell] = value;
  };
  for (const [i, global] of loaded.program.globals.entries()) write(global.type, i, guest.module.initial(global));
  const tables = new Tables(loaded, guest);
  tables.mirror((table, from, to) => writeTable(state, tables, loaded, table, from, to));
  const globalAt = (name: string): { readonly cell: number; readonly type: Type } => {
    const cell = loaded.globalIndex.get(name) ?? -1;
    const found = loaded.program.globals[cell];
    if (found === undefined) throw new Error(`no global @${name} in the module`);
    return { cell, type: found.type };
  };
  return {
    loaded,
    tables,
    log: null,
    bottom,
    placeOf: (slot) => slot * 4,
    slotOf: (place) => place >> 2,
    enter(pc, fp, fuel, depth) {
      state.pc = pc;
      state.fp = fp;
      state.fuel = fuel;
      state.depth = depth;
      return loop(state);
    },
    get: (register) => state[register],
    set: (register, value) => {
      state[register] = value;
    },
    count: () => state.count,
    setCount: (n) => {
      state.count = n;
    },
    cells: (fp) => ({
      read: (type, register) => read(type, fp + register),
      write: (type, register, value) => write(type, fp + register, value),
    }),
    frameEnd: (fp, cells) => fp + cells,
    makeRoom(fp) {
      const needed = fp + plan.results + 1 + 2 * loaded.largestFrame;
      if (needed > mostCells) return false;
      if (needed > state.i64.length) resize(Math.min(mostCells, Math.max(needed, 2 * state.i64.length)));
      state.frameLimit = state.i64.length - loaded.largestFrame;
      return true;
    },
    openFrame(base, target, args) {
      const { sig } = target.func;
      const fp = base + sig.results.length;
      const kp = base === bottom ? 0 : state.kp;
      if (kp + 3 > state.callers.length) {
        const larger = new Int32Array(state.callers.length * 2);
        larger.set(state.callers);
        state.callers = larger;
      }
      state.callers.set([0, base, sig.results.length > 1 ? plan.identity : base], kp);
      state.kp = kp + 3;
      for (const [i, type] of sig.params.entries()) write(type, fp + i, args[i]);
      return fp;
    },
    results: (base, { func }) => func.sig.results.map((type, i) => read(type, base + i)),
    global(name) {
      const { cell, type } = globalAt(name);
      return read(type, cell);
    },
    setGlobal(name, value) {
      const { cell, type } = globalAt(name);
      write(type, cell, value);
    },
  };
}

/** A v128 from four words of code, the lowest first. */
function vectorAt(code: Int32Array, at: number): bigint {
  let bits = 0n;
  for (let k = 3; k >= 0; k--) bits = (bits << 32n) | BigInt((code[at + k] as number) >>> 0);
  return bits;
}

/** Words: elements, nothing, then for each its place and signature. There is room for more than there are. */
function writeTable(state: JsState, tables: Tables, loaded: Loaded, table: number, from: number, to: number): void {
  const size = tables.shared[table]?.size ?? 0;
  let image = state.tables[table] as Int32Array;
  if (2 * size + 2 > image.length) {
    const larger = new Int32Array(Math.max(2 * size + 2, 2 * image.length));
    larger.set(image);
    image = larger;
    state.tables[table] = image;
  }
  image[0] = size;
  for (let i = from; i < to; i++) {
    const target = tables.target(table, i);
    image[2 * i + 2] = target?.func == null ? isImport : (loaded.funcs[target.func]?.slot ?? 0) * 4;
    image[2 * i + 3] = target?.sig ?? -1;
  }
}
