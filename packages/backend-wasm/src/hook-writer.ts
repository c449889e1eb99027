/** The writer of a function's code: hooks write with it too, and may ask for locals beside the function's own. */

import { CodeWriter, type HookWriter, type WasmLocals, type WasmType } from '@sluice/wasm-format';

/** A `HookWriter`, for one function after the other. */
export class FuncWriter extends CodeWriter implements HookWriter {
  #locals = 0;
  readonly #scratch = new Map<WasmType, number[]>();
  readonly #added: { count: number; type: WasmType }[] = [];

  /** Begins a function that has so many locals, parameters included. */
  begin(locals: number): void {
    this.#locals = locals;
    this.#scratch.clear();
    this.#added.length = 0;
  }

  /** See `HookWriter.scratch`. */
  readonly scratch = (type: WasmType, k = 0): number => {
    let list = this.#scratch.get(type);
    if (list === undefined) {
      list = [];
      this.#scratch.set(type, list);
    }
    while (list.length <= k) {
      list.push(this.#locals++);
      const last = this.#added.at(-1);
      if (last?.type === type) last.count++;
      else this.#added.push({ count: 1, type });
    }
    return list[k] as number;
  };

  /** The locals that were asked for, behind those of the function. */
  get added(): readonly WasmLocals[] {
    return this.#added.map((group) => ({ ...group }));
  }
}
