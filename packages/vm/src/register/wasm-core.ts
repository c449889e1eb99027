/** The Wasm loop as a core of the machine: memory 0 laid out (layout.ts), frames that grow with the memory. */

import { type BitsType, readCell, writeCell } from '../runtime/cells.ts';
import type { GuestState } from '../runtime/state.ts';
import { CallLog } from './call-log.ts';
import type { LoopFunction } from './generate.ts';
import { globalsBase, headBytes, state } from './layout.ts';
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
  const globalAt = (name: string): { readonly address: number; readonly type: BitsType } => {
    const index = loaded.globalIndex.get(name) ?? -1;
    const found = loaded.program.globals[index];
    if (found === undefined) throw new Error(`no global @${name} in the module`);
    return { address: globalsBase + index * 8, type: found.type as BitsType };
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
    cells: (fp) => ({
      read: (type, register) => readCell(view(), cellAt(fp, register), type as BitsType),
      write: (type, register, value) => writeCell(view(), cellAt(fp, register), type as BitsType, value),
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
      const fp = base + headBytes + Math.max(1, sig.results.length) * 8;
      const memory = view();
      memory.setInt32(fp, codeBase, true);
      memory.setInt32(fp + 4, base, true);
      memory.setInt32(fp + 8, sig.results.length > 1 ? plan.identity : base + headBytes, true);
      for (const [i, type] of sig.params.entries()) writeCell(memory, cellAt(fp, i), type as BitsType, args[i]);
      return fp;
    },
    results: (base, { func }) => func.sig.results.map((type, i) => readCell(view(), cellAt(base, i), type as BitsType)),
    global(name) {
      const { address, type } = globalAt(name);
      return readCell(view(), address, type);
    },
    setGlobal(name, value) {
      const { address, type } = globalAt(name);
      writeCell(view(), address, type, value);
    },
  };
}

/** Writes own globals, identity list and code. */
function layOut(plan: WasmPlan, own: WebAssembly.Memory, guest: GuestState): void {
  const view = new DataView(own.buffer);
  const { program, code } = plan.loaded;
  for (const [i, global] of program.globals.entries()) {
    writeCell(view, globalsBase + i * 8, global.type as BitsType, guest.module.initial(global));
  }
  for (let i = 0; i < plan.results; i++) view.setInt32(plan.identity + i * 4, headBytes + i * 8, true);
  new Int32Array(own.buffer, plan.codeBase, code.length).set(code);
}
