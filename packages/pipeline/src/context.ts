/**
 * What the manager gives to passes. One context serves a pass over a function for all functions of a run, one after the
 * other: a pass over twenty instructions costs less than a context of its own would.
 *
 * The Editor is made when a pass first asks for it, so that a pass that finds nothing costs no copy.
 */

import { type Analysis, Editor, type Func, type Module, type OpTable, type ValueId } from '@sluice/ir';
import type { Remark } from './observe.ts';
import type { FuncContext, ModuleContext, OptionSpecs, OptionValue, OptionValues } from './pass.ts';
import type { PassInstance } from './schedule.ts';

/** The state of a run that all contexts share. */
export interface Shared {
  module: Module;
  readonly ops: OpTable;
  /** Rewrites done, and how many may be. */
  rewrites: number;
  readonly limit: number;
  readonly choose: ((heuristic: string, answer: boolean) => boolean) | null;
  /** Who wants remarks; null when nobody does. */
  readonly remark: ((remark: Remark) => void) | null;
}

/** The values of an instance's options. */
function optionsOf({ pass, options }: PassInstance): OptionValues<OptionSpecs> {
  const values: Record<string, OptionValue> = {};
  for (const [key, spec] of Object.entries(pass.options)) values[key] = options[key] ?? spec.default;
  return values;
}

/** The context of one instance; see the head of this file. */
export class Context implements FuncContext, ModuleContext {
  readonly ops: OpTable;
  readonly options: OptionValues<OptionSpecs>;
  readonly #shared: Shared;
  readonly #instance: string;
  #func: Func | null = null;
  #edit: Editor | null = null;

  constructor(instance: PassInstance, shared: Shared) {
    this.ops = shared.ops;
    this.options = optionsOf(instance);
    this.#shared = shared;
    this.#instance = instance.id;
  }

  get module(): Module {
    return this.#shared.module;
  }

  /** The function at hand. */
  get func(): Func {
    if (this.#func === null) throw new Error(`pass '${this.#instance}' is at no function`);
    return this.#func;
  }

  get edit(): Editor {
    this.#edit ??= new Editor(this.func);
    return this.#edit;
  }

  get<T>(analysis: Analysis<T>): T {
    return analysis(this.#func as Func);
  }

  enter(func: Func): void {
    this.#func = func;
    this.#edit = null;
  }

  /** What the pass made of the function that was entered. */
  finish(f: Func): Func {
    const edit = this.#edit;
    if (edit === null) return f;
    this.#edit = null;
    return edit.finish();
  }

  rewrite(what: string, at?: ValueId): boolean {
    const shared = this.#shared;
    if (shared.rewrites >= shared.limit) return false;
    shared.rewrites++;
    if (shared.remark !== null) this.#remark('rewrite', what, at, shared.rewrites);
    return true;
  }

  declined(why: string, at?: ValueId): void {
    if (this.#shared.remark !== null) this.#remark('declined', why, at, 0);
  }

  choose(heuristic: string, answer: boolean): boolean {
    const { choose } = this.#shared;
    return choose === null ? answer : choose(heuristic, answer);
  }

  #remark(kind: Remark['kind'], what: string, at: ValueId | undefined, number: number): void {
    const func = this.#func?.name ?? '';
    this.#shared.remark?.({ instance: this.#instance, func, kind, what, at: at ?? null, number });
  }
}
