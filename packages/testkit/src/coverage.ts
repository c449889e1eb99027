/**
 * What generated programs consist of and what they do: a generator that never makes a loop tests no loop. Counts buckets
 * over many programs; `missing` names those of a list that stayed empty.
 */

import {
  blockOf,
  type Func,
  instOf,
  interp,
  isTerminator,
  type LoopId,
  liveness,
  loopForest,
  orderOf,
  rowLength,
  trapKinds,
} from '@sluice/ir';
import type { Generated } from './arbitrary/module.ts';
import { opForms } from './arbitrary/op-forms.ts';
import type { Features } from './features.ts';
import { observe } from './observe.ts';

/** Counts of buckets by name: `op i32.add`, `phi arity 2`, `loop depth 3`, `trap unreachable`, ... */
export class Coverage {
  readonly counts: Map<string, number> = new Map();

  /** Counts a program's structure, and how its calls end. */
  add(g: Generated): void {
    const { module } = g;
    for (const f of module.funcs) {
      this.#structure(f);
      this.#instructions(f);
    }
    for (const call of g.calls) {
      const { outcome } = observe((options) => interp.instantiate(module, options), module, call, {
        limits: { fuel: 300 },
      });
      if (outcome.kind === 'trap') this.#count(`trap ${outcome.trap}`);
      else this.#count(outcome.kind === 'resource' ? `resource ${outcome.end}` : outcome.kind);
    }
  }

  /** The buckets of a list that nothing fell into. */
  missing(wanted: readonly string[]): readonly string[] {
    return wanted.filter((bucket) => !this.counts.has(bucket));
  }

  #count(bucket: string): void {
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + 1);
  }

  #instructions(f: Func): void {
    for (const b of f.order) {
      const { phis, body, term } = blockOf(f, b);
      for (const v of [...phis, ...body, term]) {
        const { op, type, args, imm } = instOf(f, v);
        this.#count(`op ${op.name}`);
        if (op.kind === 'phi') this.#count(`phi arity ${args.length > 4 ? 'more' : args.length}`);
        if (op.kind === 'call' && type === 'tuple') this.#count('call with several results');
        if (op.kind === 'call' && imm === f.name) this.#count('recursive call');
      }
    }
  }

  #structure(f: Func): void {
    const order = orderOf(f);
    const loops = loopForest(f);
    const live = liveness(f);
    this.#count('function');
    for (let l = 0; l < loops.count; l++) if (loops.irreducible(l as LoopId)) this.#count('irreducible loop');
    for (const b of f.order) {
      if (!order.reaches(b)) {
        this.#count('unreachable block');
        continue;
      }
      this.#count(`loop depth ${Math.min(3, loops.depthOf(b))}`);
      const { blocks, op } = instOf(f, blockOf(f, b).term);
      const distinct = new Set(blocks);
      if (isTerminator(op) && distinct.size < blocks.length) this.#count('parallel edges');
      if (distinct.size > 1 && [...distinct].some((to) => rowLength(order.preds, to) > 1)) this.#count('critical edge');
      if (live.liveOut(b).length > 16) this.#count('more than 16 values alive');
    }
  }
}

/** The buckets that programs of these features must reach, over a few hundred of them. */
export function expectedBuckets(features: Features): readonly string[] {
  const when = (on: boolean, ...list: readonly string[]): readonly string[] => (on ? list : []);
  const forms = opForms(features, 'i32').flatMap((group) => group.forms);
  return [
    ...new Set(forms.map(({ op }) => `op ${op.name}`)),
    ...['br', 'br_if', 'switch', 'ret', 'phi'].map((name) => `op ${name}`),
    ...[1, 2, 3, 4].map((n) => `phi arity ${n}`),
    ...['return', 'critical edge', 'parallel edges', 'loop depth 0'],
    ...when(features.calls, 'op call', 'op result', 'call with several results', 'recursive call'),
    ...when(features.indirect, 'op call_indirect', 'trap indirect-call-type', 'trap null-reference'),
    ...when(features.host, 'op call_host'),
    ...when(features.exceptions, 'op invoke', 'trap throw'),
    ...when(features.loops, 'loop depth 1', 'loop depth 2', 'loop depth 3'),
    ...when(features.endless, 'resource fuel'),
    ...when(features.graphs, 'irreducible loop', 'phi arity more'),
    ...when(features.pressure, 'more than 16 values alive'),
    ...when(features.unreachable, 'unreachable block'),
    ...when(features.heap, ...trapKinds.filter((kind) => kind.startsWith('heap')).map((kind) => `trap ${kind}`)),
    ...when(features.memory, 'trap out-of-bounds'),
    ...when(features.traps, 'op trap', 'trap integer-divide-by-zero', 'trap unreachable'),
    ...when(features.traps && features.types.includes('f64'), 'trap integer-overflow', 'trap invalid-conversion'),
  ];
}
