/**
 * The state of an instance of the reference interpreter, and the view of it that ops get (`Machine`): memory, globals,
 * data segments, heap, and the registers of all active frames in one array.
 */

import type { LinearMemory } from './extern.ts';
import type { Global } from './func.ts';
import { Heap } from './heap.ts';
import { growMemory, type MemoryBudget } from './interp-memory.ts';
import type { HeapState, Machine, TableState } from './machine.ts';
import type { ModuleState } from './module-state.ts';
import { ResourceError } from './outcome.ts';
import type { Value } from './value.ts';

/** Registers of all frames together; more than this many ends with `call-depth`, before the host runs out. */
const maxRegisters = 1 << 25;

/** Memory, globals, segments, heap and frames of one instance. */
export class InterpMachine implements Machine {
  readonly heap: HeapState;
  /** Values of the active frames: a frame's values are at its base, its slots after them. */
  readonly registers: Value[] = [];
  /** Where the current frame's slots begin in `registers`. */
  slotBase = 0;
  readonly linear: LinearMemory;
  /** Own globals. */
  readonly #globals: Map<string, Value>;
  readonly #state: ModuleState;
  readonly #budget: MemoryBudget;

  constructor(linear: LinearMemory, state: ModuleState, globals: readonly Global[], budget: MemoryBudget) {
    this.linear = linear;
    this.#state = state;
    this.#budget = budget;
    this.heap = new Heap((bytes) => budget.claim(bytes));
    const own = globals.filter(({ name }) => !state.importedGlobals.has(name));
    this.#globals = new Map(own.map((global) => [global.name, state.initial(global)]));
  }

  memory(): DataView {
    return this.linear.view();
  }

  /** -1 where the memory's own maximum forbids it; the instance's limit is no part of the meaning and throws. */
  growMemory(pages: number): number {
    return growMemory(this.linear, pages, this.#budget);
  }

  data(index: number): Uint8Array {
    return this.#state.data[index] ?? new Uint8Array(0);
  }

  dropData(index: number): void {
    this.#state.dropData(index);
  }

  table(name: string): TableState {
    return this.#state.table(name);
  }

  elements(index: number): readonly Value[] {
    return this.#state.elements(index);
  }

  dropElements(index: number): void {
    this.#state.dropElements(index);
  }

  getGlobal(name: string): Value {
    const imported = this.#state.importedGlobals.get(name);
    if (imported === undefined) return this.#globals.get(name);
    return this.#state.references.inner(imported.type, imported.value);
  }

  setGlobal(name: string, value: Value): void {
    const imported = this.#state.importedGlobals.get(name);
    if (imported === undefined) this.#globals.set(name, value);
    else imported.value = this.#state.references.outer(imported.type, value);
  }

  getSlot(index: number): Value {
    return this.registers[this.slotBase + index];
  }

  setSlot(index: number, value: Value): void {
    this.registers[this.slotBase + index] = value;
  }

  /** Makes sure that there are so many registers; throws `ResourceError` when that is too many. */
  needRegisters(count: number): void {
    if (count > maxRegisters) throw new ResourceError('call-depth');
    while (this.registers.length < count) this.registers.push(undefined);
  }
}
