/**
 * Runs a pipeline over a module. It alone knows about time, budgets, verification and observers; passes don't.
 *
 * Consecutive passes over functions run function by function (all of them on one function, then on the next), since a
 * function then stays in the processor's caches; passes over the module are barriers. What changed is seen by identity:
 * `finish` of the Editor gives the same object when nothing did.
 */

import {
  coreTable,
  type Diagnostic,
  dropCaches,
  type Func,
  formatDiagnostic,
  freezeFunc,
  type Module,
  type OpTable,
  printFunc,
  verifyFunc,
  verifyModule,
  withFuncs,
} from '@sluice/ir';
import { Context, type Shared } from './context.ts';
import type { Observer } from './observe.ts';
import type { FuncPass, ModulePass, Pass } from './pass.ts';
import type { PassInstance, Pipeline } from './schedule.ts';

/** How to run a pipeline. */
export interface RunOptions {
  readonly ops?: OpTable;
  readonly observers?: readonly Observer[];
  /** Verify after every pass; a broken invariant throws `PassBug`. */
  readonly verifyEach?: boolean;
  /** Rewrites that passes may do in all; 0 is identity. Default: no limit. */
  readonly rewrites?: number;
  /** Answers for decisions about profit (tests); default: the pass's own answer. */
  readonly choose?: (heuristic: string, answer: boolean) => boolean;
  /** Freeze every function before a pass sees it, so that writing to it throws (tests, code from outside). */
  readonly freeze?: boolean;
  /** Keep the analyses of functions that the run leaves behind. Default: they are dropped. */
  readonly keepCaches?: boolean;
}

/** What a run gave. */
export interface RunResult {
  readonly module: Module;
  /** Rewrites done. */
  readonly rewrites: number;
}

/** A pass broke an invariant or threw: a bug of the pass, with all that is needed to look at it. */
export class PassBug extends Error {
  readonly instance: string;
  readonly func: string;
  readonly diagnostics: readonly Diagnostic[];
  /** The function before the pass, as text. */
  readonly before: string;

  constructor(instance: string, func: Func | null, diagnostics: readonly Diagnostic[], cause?: unknown) {
    const [first] = diagnostics;
    const what = first === undefined ? String(cause) : formatDiagnostic(first);
    super(`pass '${instance}' broke @${func?.name ?? '(module)'}: ${what}`, { cause });
    this.name = 'PassBug';
    this.instance = instance;
    this.func = func?.name ?? '';
    this.diagnostics = diagnostics;
    this.before = func === null ? '' : printFunc(func);
  }
}

/** Runs the instances of a pipeline in order. */
export function runPipeline(m: Module, pipeline: Pipeline, options: RunOptions = {}): RunResult {
  const run = new Run(m, options);
  const { instances } = pipeline;
  for (let i = 0; i < instances.length; ) {
    const instance = instances[i] as PassInstance;
    if (instance.pass.scope === 'module') {
      run.onModule(instance, instance.pass);
      i++;
      continue;
    }
    let end = i;
    while (end < instances.length && instances[end]?.pass.scope === 'func') end++;
    run.onFuncs(instances.slice(i, end));
    i = end;
  }
  return { module: run.module, rewrites: run.rewrites };
}

/** Runs one pass on one function, without a pipeline. */
export function runOnFunc(pass: Pass, f: Func, m: Module, options: RunOptions = {}): Func {
  const instance: PassInstance = { pass, id: pass.name, options: {} };
  const { module } = runPipeline(m, { name: pass.name, instances: [instance] }, options);
  return module.funcs.find(({ name }) => name === f.name) ?? f;
}

class Run {
  readonly #options: RunOptions;
  readonly #observers: readonly Observer[];
  readonly #shared: Shared;

  constructor(m: Module, options: RunOptions) {
    const observers = options.observers ?? [];
    const listening = observers.some(({ remark }) => remark !== undefined);
    this.#options = options;
    this.#observers = observers;
    this.#shared = {
      module: m,
      ops: options.ops ?? coreTable,
      rewrites: 0,
      limit: options.rewrites ?? Number.POSITIVE_INFINITY,
      choose: options.choose ?? null,
      remark: listening ? (remark) => observers.forEach((observer) => void observer.remark?.(remark)) : null,
    };
  }

  get module(): Module {
    return this.#shared.module;
  }

  get rewrites(): number {
    return this.#shared.rewrites;
  }

  onFuncs(instances: readonly PassInstance[]): void {
    const keeps = this.#options.keepCaches === true;
    const contexts = instances.map((instance) => new Context(instance, this.#shared));
    const again = this.#repeats(instances);
    // By instance: what it made of the function at hand.
    const made: Func[] = [];
    const changed: Func[] = [];
    for (const original of this.module.funcs) {
      let f = original;
      for (let i = 0; i < instances.length; i++) {
        const before = again[i] as number;
        const settled = before !== -1 && made[before] === f;
        const next = settled ? f : this.#onFunc(instances[i] as PassInstance, contexts[i] as Context, f);
        made[i] = next;
        if (next !== f && f !== original && !keeps) dropCaches(f, next.shape);
        f = next;
      }
      if (f !== original) {
        if (!keeps) dropCaches(original, f.shape);
        changed.push(f);
      }
    }
    this.#shared.module = withFuncs(this.module, changed);
  }

  /**
   * By instance: the last one before it of the same idempotent pass with the same options, which need not run again on what
   * the first one made; -1 for none. All run where someone counts or listens: remarks say why nothing was done.
   */
  #repeats(instances: readonly PassInstance[]): readonly number[] {
    const { choose, limit, remark } = this.#shared;
    const counted = choose !== null || limit !== Number.POSITIVE_INFINITY || remark !== null;
    return instances.map(({ pass, options }, i) => {
      if (!pass.idempotent || counted) return -1;
      return instances.findLastIndex((other, k) => k < i && other.pass === pass && sameOptions(other.options, options));
    });
  }

  #onFunc(instance: PassInstance, cx: Context, f: Func): Func {
    const observed = this.#observers.length > 0;
    if (this.#options.freeze === true) freezeFunc(f);
    const start = observed ? performance.now() : 0;
    let next = f;
    cx.enter(f);
    try {
      (instance.pass as FuncPass).run(f, cx);
      next = cx.finish(f);
    } catch (cause) {
      throw cause instanceof PassBug ? cause : new PassBug(instance.id, f, [], cause);
    }
    const end = observed ? performance.now() : 0;
    if (this.#options.verifyEach === true && next !== f) {
      const problems = verifyFunc(next, this.module);
      if (problems.length > 0) throw new PassBug(instance.id, f, problems);
    }
    if (observed) for (const observer of this.#observers) observer.ranOnFunc?.(instance, f, next, end - start);
    return next;
  }

  onModule(instance: PassInstance, pass: ModulePass): void {
    const before = this.module;
    if (this.#options.freeze === true) before.funcs.forEach(freezeFunc);
    const cx = new Context(instance, this.#shared);
    const start = performance.now();
    let after = before;
    try {
      after = pass.run(before, cx);
    } catch (cause) {
      throw cause instanceof PassBug ? cause : new PassBug(instance.id, null, [], cause);
    }
    const end = performance.now();
    if (this.#options.verifyEach === true && after !== before) {
      const problems = verifyModule(after);
      if (problems.length > 0) throw new PassBug(instance.id, null, problems);
    }
    this.#shared.module = after;
    for (const observer of this.#observers) observer.ranOnModule?.(instance, before, after, end - start);
  }
}

function sameOptions(a: PassInstance['options'], b: PassInstance['options']): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
