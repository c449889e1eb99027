/**
 * The quick way out for webs that interfere: most are large and wrong in few places, as where a parameter that is used
 * everywhere also starts a loop. Those few values leave the web, which is then sound; what leaves is copied.
 *
 * All values of the webs are swept once in order of dominance, with a stack for each web; of two that interfere, the one
 * leaves that costs less to copy: its links to phis, weighted by how often their edges run. A phi that leaves gets a copy
 * behind the phis. Whether the rest is sound now, with what is planned for the copies, one more scan of the function
 * says (`interferingWebs`). Webs that are still wrong (phis that swap their values, say) are not taken (`tangled`), nor
 * are those that would lose much: there classes.ts finds better.
 *
 * Paper:   Zoran Budimlic et al., Fast Copy Coalescing and Live-Range Identification, PLDI 2002 (dominance forests).
 * Cost:    linear in the function and its liveness, but for the sort of the webs' values.
 */

import { type BlockId, blockFrequency, domTree, type Func, instOf, PairList, type ValueId } from '@sluice/ir';
import { interferingWebs, type WebOf } from '../lib/phi-webs.ts';
import type { Positions } from './positions.ts';

/** A web loses at most one value for so many phis. */
const phisForOne = 16;

/** Which values leave their webs. */
export interface Peeled {
  readonly left: ReadonlySet<ValueId>;
  /** By value: its web, named by any number; -1 for what left and what is tangled. */
  readonly web: Int32Array;
  /** By phi: the web of its inputs, which is that of the phi unless the phi left. */
  readonly webOfInputs: ReadonlyMap<ValueId, number>;
  /** The phis of webs that interfere all the same. */
  readonly tangled: readonly ValueId[];
}

/** Peels the webs of some phis, which are all phis of these webs. */
export function peel(
  f: Func,
  phis: readonly ValueId[],
  web: WebOf,
  isCloned: (phi: ValueId, k: number) => boolean,
  positions: Positions,
): Peeled {
  const weights = weigh(f, phis, isCloned, positions);
  const left = sweep(f, [...weights.keys()], web, weights, positions);
  const { of, webOfInputs } = websWithout(f, phis, left, isCloned);
  const bad = checkAgain(f, phis, of, webOfInputs, left, isCloned, positions);
  // By the webs as they were: a web is taken as a whole or not at all.
  const lost = new Map<number, number>();
  for (const v of left) lost.set(web[v] as number, (lost.get(web[v] as number) ?? 0) + 1);
  const size = new Map<number, number>();
  for (const phi of phis) size.set(web[phi] as number, (size.get(web[phi] as number) ?? 0) + 1);
  const refused = new Set<number>();
  for (const [w, count] of lost) if (count * phisForOne > (size.get(w) as number)) refused.add(w);
  for (const phi of phis) if (bad.has(webOfInputs.get(phi) as number)) refused.add(web[phi] as number);
  for (let v = 0; v < of.length; v++) if (refused.has(web[v] as number)) of[v] = -1;
  return { left, web: of, webOfInputs, tangled: phis.filter((phi) => refused.has(web[phi] as number)) };
}

/** What it costs to copy each value of the webs. */
function weigh(
  f: Func,
  phis: readonly ValueId[],
  isCloned: (phi: ValueId, k: number) => boolean,
  positions: Positions,
): Map<ValueId, number> {
  const frequency = blockFrequency(f);
  const weights = new Map<ValueId, number>();
  const add = (v: ValueId, b: BlockId): void => {
    weights.set(v, (weights.get(v) ?? 0) + (frequency[b] as number));
  };
  for (const phi of phis) {
    const { args, blocks } = instOf(f, phi);
    add(phi, positions.blockOf(phi));
    for (let k = 0; k < args.length; k++) {
      if (!isCloned(phi, k)) add(args[k] as ValueId, blocks[k] as BlockId);
    }
  }
  return weights;
}

/** The values that leave. */
function sweep(
  f: Func,
  values: ValueId[],
  web: WebOf,
  weights: ReadonlyMap<ValueId, number>,
  positions: Positions,
): ReadonlySet<ValueId> {
  const dom = domTree(f);
  const left = new Set<ValueId>();
  const stacks = new Map<number, ValueId[]>();
  values.sort((a, b) => positions.defined(a) - positions.defined(b) || a - b);
  for (const v of values) {
    const w = web[v] as number;
    let stack = stacks.get(w);
    if (stack === undefined) {
      stack = [];
      stacks.set(w, stack);
    }
    const block = positions.blockOf(v);
    const point = positions.defined(v);
    for (let above = stack.at(-1); above !== undefined; above = stack.at(-1)) {
      if (left.has(above) || !dom.dominates(positions.blockOf(above), block)) {
        stack.pop();
        continue;
      }
      if (!positions.isLiveAfter(above, block, point)) break;
      if ((weights.get(above) as number) < (weights.get(v) as number)) {
        left.add(above);
        continue;
      }
      left.add(v);
      break;
    }
    if (!left.has(v)) stack.push(v);
  }
  return left;
}

/** The webs without what left. Inputs of a phi that left hang together all the same. */
function websWithout(
  f: Func,
  phis: readonly ValueId[],
  left: ReadonlySet<ValueId>,
  isCloned: (phi: ValueId, k: number) => boolean,
): { readonly of: Int32Array; readonly webOfInputs: ReadonlyMap<ValueId, number> } {
  const count = f.insts.length;
  // The place of a phi that left has a number behind those of values.
  const parent = new Int32Array(count * 2).fill(-1);
  const find = (v: number): number => {
    let at = v;
    for (let up = parent[at] as number; up !== at; up = parent[at] as number) {
      const above = parent[up] as number;
      parent[at] = above;
      at = above;
    }
    return at;
  };
  const placeOf = (phi: ValueId): number => (left.has(phi) ? count + phi : phi);
  for (const phi of phis) {
    const place = placeOf(phi);
    if (parent[place] === -1) parent[place] = place;
    const { args } = instOf(f, phi);
    for (let k = 0; k < args.length; k++) {
      const arg = args[k] as ValueId;
      if (left.has(arg) || isCloned(phi, k)) continue;
      if (parent[arg] === -1) parent[arg] = arg;
      parent[find(arg)] = find(place);
    }
  }
  const webOfInputs = new Map(phis.map((phi) => [phi, find(placeOf(phi))]));
  for (let v = 0; v < count; v++) if (parent[v] !== -1) parent[v] = find(v);
  return { of: parent.subarray(0, count), webOfInputs };
}

/** The webs that interfere still, when what is planned for copies is looked at too. */
function checkAgain(
  f: Func,
  phis: readonly ValueId[],
  web: Int32Array,
  webOfInputs: ReadonlyMap<ValueId, number>,
  left: ReadonlySet<ValueId>,
  isCloned: (phi: ValueId, k: number) => boolean,
  positions: Positions,
): ReadonlySet<number> {
  const edges = new PairList();
  const starts = new PairList();
  for (const phi of phis) {
    const inputs = webOfInputs.get(phi) as number;
    const { args, blocks } = instOf(f, phi);
    if (left.has(phi)) starts.push(positions.blockOf(phi), inputs);
    for (let k = 0; k < args.length; k++) {
      if (left.has(args[k] as ValueId) || isCloned(phi, k)) edges.push(blocks[k] as BlockId, inputs);
    }
  }
  const count = f.blocks.length;
  return interferingWebs(f, web, { atEnd: edges.rows(count), atStart: starts.rows(count), webs: f.insts.length * 2 });
}
