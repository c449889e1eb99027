/**
 * What an analysis is: a pure function of a `Func`, computed when first asked for and remembered in the `Func` itself
 * or in its `shape`.
 *
 * Why this is safe without invalidation: a `Func` never changes, and an edited function is another object with an
 * empty cache. The `Editor` carries the `shape` object over while no block and no edge changed (the order of layout
 * counts as shape), so results that depend on the graph alone survive edits of instructions. There is no list of what
 * a pass preserves, hence nothing that could be wrong about it.
 *
 * Results are immutable: nobody may write to the arrays that an analysis gives. `staleAnalyses` recomputes what is
 * remembered and names what differs; the verifier uses it to find passes that broke this rule.
 */

import type { Func, Shape } from '../func.ts';

/** What an analysis says of itself. */
export interface AnalysisSpec<T> {
  /** Unique, in kebab-case. */
  readonly name: string;
  /** `shape`: depends on blocks and edges alone; `func`: may look at everything in the function. */
  readonly of: 'shape' | 'func';
  /** The analysis itself. It must neither change `f` nor give `undefined`. */
  readonly run: (f: Func) => T;
  /** Whether two results are the same; by default their public fields are compared. */
  equal?(a: T, b: T): boolean;
}

/** A memoised analysis: call it with a function to get the result. */
export interface Analysis<T> {
  (f: Func): T;
  readonly name: string;
  readonly of: 'shape' | 'func';
  /** The analysis itself, not remembered. */
  readonly run: (f: Func) => T;
  /** Whether two results are the same. */
  equal(a: T, b: T): boolean;
}

/** Makes an analysis. The result remembers for each function (or shape) what `run` gave. */
export function defineAnalysis<T>(spec: AnalysisSpec<T>): Analysis<T> {
  const { name, run } = spec;
  const ofShape = spec.of === 'shape';
  const analysis = (f: Func): T => {
    const cache = ofShape ? f.shape.cache : f.cache;
    let result = cache.get(analysis);
    if (result === undefined) {
      result = run(f);
      cache.set(analysis, result);
    }
    return result as T;
  };
  Object.defineProperty(analysis, 'name', { value: name });
  return Object.assign(analysis, { of: spec.of, run, equal: spec.equal ?? sameResult }) as Analysis<T>;
}

/**
 * Forgets what is remembered about a function that is kept only for history. The shape's results stay when they
 * belong to `living`, the shape of a function that is still in use.
 */
export function dropCaches(f: Func, living: Shape | null = null): void {
  // Clearing makes new tables, empty or not.
  if (f.cache.size > 0) f.cache.clear();
  if (f.shape !== living && f.shape.cache.size > 0) f.shape.cache.clear();
}

/** The names of remembered analyses whose result is not what the analysis gives now; empty unless there is a bug. */
export function staleAnalyses(f: Func): readonly string[] {
  const stale: string[] = [];
  for (const cache of [f.shape.cache, f.cache]) {
    for (const [key, result] of [...cache]) {
      const analysis = key as Analysis<unknown>;
      if (typeof analysis === 'function' && !analysis.equal(result, analysis.run(f))) stale.push(analysis.name);
    }
  }
  return stale;
}

/**
 * Compares numbers, strings, arrays of any kind, maps, sets and objects by content. Functions and private fields
 * (`#lazy` tables) are skipped. Recursion is as deep as the type of the result, not as its data: results keep trees in arrays.
 */
function sameResult(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || typeof a === 'function') return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) || Array.isArray(a)) {
    return (ArrayBuffer.isView(b) || Array.isArray(b)) && sameItems(a as ArrayLike<unknown>, b as ArrayLike<unknown>);
  }
  if (a instanceof Map) return b instanceof Map && sameItems([...a].flat(), [...b].flat());
  if (a instanceof Set) return b instanceof Set && sameItems([...a], [...b]);
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => sameResult((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

function sameItems(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (!sameResult(a[i], b[i])) return false;
  }
  return true;
}
