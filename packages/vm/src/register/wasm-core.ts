/** The Wasm loop as a core of the machine: memory 0 laid out (layout.ts), frames that grow with the memory. */

import { putVector, type Type, takeVector, type Value } from '@sluice/ir';
import { type BitsType, readCell, writeCell } from '../runtime/cells.ts';
import type { GuestState } from '../runtime/state.ts';
import { CallLog } from './call-log.ts';
import type { LoopFunction } from './generate.ts';
import { globalBytes, globalsBase, headBytes, passedBase, state } from './layout.ts';
import type { LoadedFunc } from './loaded.ts';
import type { Core, LoopHost } from './runner.ts';
import { TableImages } from './table-images.ts';
import { Tables } from './tables.ts';
import { type WasmPlan, wasmModule } from './wasm-plan.ts';

/** Bytes that frames may take at most; beyond, calls are too deep whatever the limit says. */
const mostFrameBytes = 2 ** 28;
const pageBytes = 65536;

/** Makes the core: memory 0 with globals, tables and code; the loop bound to its memories. */
export function wasmCore(plan: WasmPlan, guest: GuestState, counting: boolean, host: LoopHost): Core {
  const tables = new Tables(plan.loaded, guest);
  const images = new TableImages(plan, tables);
  const { loaded, codeBase, framesBase, frameBytes } = plan;
  const own = new WebAssembly.Memory({
    initial: Math.ceil((framesBase + 2 * frameBytes + images.bytes) / pageBytes),
  });
  let current = new DataView(own.buffer);
  // Growing detaches what was there: a view of length 0. Asking the memory for its buffer each time is slow.
  let probe = new Uint8Array(own.buffer);
  const view = (): DataView => {
    if (probe.length === 0) {
      probe = new Uint8Array(own.buffer);
      current = new DataView(own.buffer);
    }
    return current;
  };
  layOut(plan, own, guest);
  images.open(own, view);
  const { memory, heap } = guest;
  let words = new Int32Array(own.buffer);
  const log = new CallLog(loaded.program.imports, guest.imports, guest.settle, plan.log, () => {
    if (words.length === 0) words = new Int32Array(own.buffer);
    return words;
  });
  if (loaded.program.imports.length > 0) log.open(plan.limits);
  const { exports } = new WebAssembly.Instance(wasmModule(plan, counting), {
    vm: {
      own,
      guest: memory.wasm,
      cells: heap.cells,
      table: heap.table,
      ...host,
      allocate: (elements: number) => heap.allocate(elements),
      release: (id: number, offset: number) => (heap.release(id, offset) === undefined ? 0 : 1),
    },
  });
  const globalAt = (name: string): { readonly address: number; readonly type: Type } => {
    const index = loaded.globalIndex.get(name) ?? -1;
    const found = loaded.program.globals[index];
    if (found === undefined) throw new Error(`no global @${name} in the module`);
    return { address: globalsBase + index * globalBytes, type: found.type };
  };
  const cellAt = (fp: number, register: number): number => fp + headBytes + register * 8;
  return {
    loaded,
    tables,
    log: loaded.program.imports.length > 0 ? log : null,
    bottom: framesBase,
    placeOf: (slot) => codeBase + slot * 16,
    slotOf: (place) => (place - codeBase) >> 4,
    enter: exports.run as unknown as LoopFunction,
    get: (register) => view().getInt32(state[register], true),
    set: (register, value) => view().setInt32(state[register], value, true),
    count: () => Number(view().getBigInt64(state.count, true)),
    setCount: (n) => view().setBigInt64(state.count, BigInt(n), true),
    cells: (fp, func) => ({
      read: (type, register) => {
        const vector = type === 'v128' ? vectorCell(func, register) : register;
        return vector < 0 ? 0n : read(view(), cellAt(fp, vector), type);
      },
      write: (type, register, value) => {
        const vector = type === 'v128' ? vectorCell(func, register) : register;
        if (vector >= 0) write(view(), cellAt(fp, vector), type, value);
      },
    }),
    frameEnd: (fp, cells) => fp + headBytes + cells * 8,
    makeRoom(fp) {
      // A call from outside puts its results and a frame there; a call from the loop one frame.
      const needed = fp + headBytes + (plan.results + 1) * 8 + 2 * frameBytes;
      const present = images.start;
      if (needed - framesBase > mostFrameBytes) return false;
      if (needed > present) {
        const wanted = Math.max(needed - present, Math.min(present, mostFrameBytes / 4));
        if (!images.growMemory(Math.ceil(wanted / pageBytes))) return false;
      }
      const end = Math.min(images.start, framesBase + mostFrameBytes);
      view().setInt32(state.frameLimit, end - frameBytes, true);
      return true;
    },
    openFrame(base, target, args) {
      const { sig } = target.func;
      const fp = base + headBytes + Math.ceil(Math.max(1, sig.results.length) / 2) * 16;
      const memory = view();
      memory.setInt32(fp, codeBase, true);
      memory.setInt32(fp + 4, base, true);
      memory.setInt32(fp + 8, sig.results.length > 1 ? plan.identity : base + headBytes, true);
      let passed = 0;
      for (const [i, type] of sig.params.entries()) {
        write(memory, type === 'v128' ? passedBase + 16 * passed++ : cellAt(fp, i), type, args[i]);
      }
      return fp;
    },
    results(base, { func }) {
      let passed = 0;
      return func.sig.results.map((type, i) =>
        read(view(), type === 'v128' ? passedBase + 16 * passed++ : cellAt(base, i), type),
      );
    },
    global(name) {
      const { address, type } = globalAt(name);
      return read(view(), address, type);
    },
    setGlobal(name, value) {
      const { address, type } = globalAt(name);
      write(view(), address, type, value);
    },
  };
}

/** The cell where the vector of a register starts; -1: it has none. */
function vectorCell(func: LoadedFunc | null, register: number): number {
  const number = func?.vectors?.numberOf[register] ?? -1;
  return func === null || number < 0 ? -1 : func.firstVector + 2 * number;
}

function read(view: DataView, address: number, type: Type): Value {
  return type === 'v128' ? takeVector(view, address) : readCell(view, address, type as BitsType);
}

function write(view: DataView, address: number, type: Type, value: Value): void {
  if (type === 'v128') putVector(view, address, value as bigint);
  else writeCell(view, address, type as BitsType, value);
}

/** Writes own globals, identity list and code. */
function layOut(plan: WasmPlan, own: WebAssembly.Memory, guest: GuestState): void {
  const view = new DataView(own.buffer);
  const { program, code } = plan.loaded;
  for (const [i, global] of program.globals.entries()) {
    write(view, globalsBase + i * globalBytes, global.type, guest.module.initial(global));
  }
  for (let i = 0; i < plan.results; i++) view.setInt32(plan.identity + i * 4, headBytes + i * 8, true);
  new Int32Array(own.buffer, plan.codeBase, code.length).set(code);
}
