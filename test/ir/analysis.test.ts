/** Analyses against their definitions on arbitrary graphs, and on graphs that are deep. */

import {
  type Analysis,
  type BlockId,
  blockFrequency,
  blockOfValue,
  callGraph,
  cfgOf,
  controlDependence,
  domTree,
  dropCaches,
  type Func,
  frontiersOf,
  type LoopId,
  liveness,
  loopForest,
  orderOf,
  parseModule,
  postDomTree,
  row,
  solve,
  staleAnalyses,
  unwrap,
  usesOf,
  type ValueId,
} from '@sluice/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyFunc, chain, graph, nest } from './support/graphs.ts';
import { naiveLiveness, naiveLoops, reach, reverse, successors } from './support/naive.ts';

const numRuns = process.env.SLUICE_DEEP === '1' ? 10_000 : 300;

function property(check: (f: Func) => void): void {
  fc.assert(fc.property(anyFunc, check), { numRuns });
}

const sorted = (ids: Iterable<number>): number[] => [...ids].sort((a, b) => a - b);

describe('order', () => {
  test('holds the reachable blocks; edges are sets; a back-edge does not lead forward', () => {
    property((f) => {
      const order = orderOf(f);
      const edges = successors(f);
      expect(sorted(order.rpo)).toEqual(sorted(reach(edges, [0])));
      for (const [i, b] of [...order.rpo].entries()) expect(order.index[b]).toBe(i);
      for (const b of f.order) {
        expect([...row(cfgOf(f).succs, b)]).toEqual(edges.get(b));
        expect([...row(cfgOf(f).preds, b)]).toEqual(f.order.filter((p) => edges.get(p)?.includes(b)));
        expect(sorted(row(order.preds, b))).toEqual(
          f.order.filter((p) => order.reaches(p) && edges.get(p)?.includes(b)),
        );
      }
      for (const b of order.rpo) {
        for (const to of row(order.succs, b)) {
          expect(order.isBackEdge(b, to)).toBe((order.index[to] as number) <= (order.index[b] as number));
        }
      }
    });
  });
});

describe('dominators', () => {
  test('a dominates b when b is out of reach without a', () => {
    property((f) => {
      const edges = successors(f);
      const tree = domTree(f);
      const reachable = reach(edges, [0]);
      for (const a of f.order) {
        const others = reach(edges, [0], a);
        for (const b of f.order) {
          const expected = !reachable.has(b) || (reachable.has(a) && !others.has(b));
          expect(tree.dominates(a, b), `^${a} dom ^${b}`).toBe(expected);
        }
      }
      expect(sorted(tree.preorder)).toEqual(sorted(reachable));
      for (const b of tree.preorder) {
        const parent = tree.idom[b] as number;
        expect(tree.level[b]).toBe(parent === -1 ? 0 : (tree.level[parent] as number) + 1);
        if (parent !== -1) expect(row(tree.children, parent).includes(b)).toBe(true);
      }
    });
  });

  test('the frontier of a block is where its dominance ends; iterated frontiers are the closure', () => {
    property((f) => {
      const edges = successors(f);
      const tree = domTree(f);
      const frontiers = frontiersOf(f);
      const naive = (b: BlockId): number[] =>
        f.order.filter(
          (y) =>
            tree.pre[y] !== -1 &&
            !tree.strictlyDominates(b, y) &&
            f.order.some((p) => tree.pre[p] !== -1 && edges.get(p)?.includes(y) && tree.dominates(b, p)),
        );
      for (const b of orderOf(f).rpo) {
        expect(sorted(frontiers.of(b))).toEqual(naive(b));
        const closure = new Set(naive(b));
        for (const y of closure) for (const z of naive(y as BlockId)) closure.add(z);
        expect(sorted(frontiers.iterated([b]))).toEqual(sorted(closure));
      }
      const all = orderOf(f).rpo;
      expect(sorted(frontiers.iterated(all))).toEqual(sorted(new Set([...all].flatMap((b) => naive(b)))));
    });
  });
});

describe('postdominators', () => {
  test('a postdominates b when no exit is in reach of b without a', () => {
    property((f) => {
      const { tree, exit, exits } = postDomTree(f);
      const edges = new Map(successors(f));
      const reachable = [...orderOf(f).rpo];
      for (const b of reachable) {
        if (edges.get(b)?.length === 0) expect(exits.includes(b)).toBe(true);
        if (exits.includes(b)) edges.set(b, [...(edges.get(b) ?? []), exit]);
      }
      expect(sorted(tree.preorder)).toEqual(sorted([...reachable, exit]));
      for (const a of reachable) {
        for (const b of reachable) {
          expect(tree.dominates(a, b), `^${a} pdom ^${b}`).toBe(!reach(edges, [b], a).has(exit));
        }
      }
      for (const b of reachable) {
        const controls = reachable.filter(
          (u) => !tree.strictlyDominates(b, u) && edges.get(u)?.some((v) => tree.dominates(b, v as BlockId)),
        );
        expect(sorted(controlDependence(f).of(b))).toEqual(sorted(controls));
      }
    });
  });

  test('an infinite loop hangs on its latch', () => {
    const f = graph([[1], [2], [1]]);
    expect([...postDomTree(f).exits]).toEqual([2]);
  });
});

describe('loops', () => {
  test('are the strong components, and those of what is left without the header', () => {
    property((f) => {
      const forest = loopForest(f);
      const edges = successors(f);
      const order = orderOf(f);
      const loops = naiveLoops(edges, [...order.rpo]);
      expect(sorted(forest.header)).toEqual(sorted(loops.map((loop) => loop.header)));
      for (const loop of loops) {
        const l = forest.header.indexOf(loop.header) as LoopId;
        expect(sorted(forest.blocks(l))).toEqual(sorted(loop.blocks));
        expect(forest.blocks(l)[0]).toBe(loop.header);
        expect(sorted(row(forest.entries, l))).toEqual(sorted(loop.entries));
        expect(forest.irreducible(l)).toBe(loop.entries.size > 1);
        const parent = forest.parent[l] as number;
        expect(parent === -1 ? -1 : forest.header[parent]).toBe(loop.parent);
        for (const b of f.order) expect(forest.contains(l, b)).toBe(loop.blocks.has(b));
        expect(sorted(forest.latches(l))).toEqual(
          sorted([...loop.blocks].filter((b) => edges.get(b)?.includes(loop.header))),
        );
        const exits = [...loop.blocks].flatMap((from) =>
          (edges.get(from) ?? []).filter((to) => !loop.blocks.has(to)).map((to) => `${from} ${to}`),
        );
        expect(
          forest
            .exitEdges(l)
            .map(({ from, to }) => `${from} ${to}`)
            .sort(),
        ).toEqual(exits.sort());
        const outside = [...row(order.preds, loop.header)].filter((p) => !loop.blocks.has(p));
        const alone = outside.length === 1 && edges.get(outside[0] as number)?.length === 1;
        expect(forest.preheader(l)).toBe(alone ? outside[0] : -1);
      }
      for (const b of f.order) expect(forest.depthOf(b)).toBe(loops.filter((loop) => loop.blocks.has(b)).length);
    });
  });

  test('a loop with two entries is irreducible', () => {
    const f = graph([[1, 2], [2], [1, 3], []]);
    const forest = loopForest(f);
    expect(forest.count).toBe(1);
    expect(forest.irreducible(0 as LoopId)).toBe(true);
    expect(sorted(row(forest.entries, 0))).toEqual([1, 2]);
  });
});

describe('values', () => {
  test('uses list an entry for each operand', () => {
    property((f) => {
      const uses = usesOf(f);
      f.insts.forEach((_, v) => {
        const users = f.insts.flatMap((inst, u) => (inst?.args ?? []).filter((arg) => arg === v).map(() => u));
        expect([...uses.of(v as ValueId)]).toEqual(users);
        expect(uses.count(v as ValueId)).toBe(users.length);
      });
      f.order.forEach((b) => {
        const block = f.blocks[b];
        for (const v of [...(block?.phis ?? []), ...(block?.body ?? [])]) expect(blockOfValue(f)[v]).toBe(b);
      });
      for (const v of f.params) expect(blockOfValue(f)[v]).toBe(-1);
    });
  });

  test('liveness is the least fixed point of its equations', () => {
    property((f) => {
      const live = liveness(f);
      const naive = naiveLiveness(f);
      for (const b of f.order) {
        expect([...live.liveIn(b)]).toEqual(sorted(naive.in.get(b) ?? []));
        expect([...live.liveOut(b)]).toEqual(sorted(naive.out.get(b) ?? []));
        f.insts.forEach((_, v) => {
          expect(live.isLiveIn(v as ValueId, b)).toBe(naive.in.get(b)?.has(v));
          expect(live.isLiveOut(v as ValueId, b)).toBe(naive.out.get(b)?.has(v));
        });
      }
    });
  });
});

describe('data flow', () => {
  test('forward: which blocks may have run before; backward: which may run after', () => {
    property((f) => {
      const edges = successors(f);
      const union = { boundary: 0, start: 0, meet: (a: number, b: number) => a | b, equal: Object.is };
      const add = (b: BlockId, state: number): number => state | (1 << b);
      const earlier = solve(f, { direction: 'forward', ...union, transfer: add });
      const later = solve(f, { direction: 'backward', ...union, transfer: add });
      const reachable = orderOf(f).rpo;
      const bits = (blocks: Iterable<number>): number => [...blocks].reduce((set, b) => set | (1 << b), 0);
      for (const b of reachable) {
        const after = reach(edges, edges.get(b) ?? []);
        expect(later.after[b]).toBe(bits(after));
        expect(later.before[b]).toBe(bits([b, ...after]));
        const before = reach(reverse(edges), [b]);
        expect(earlier.after[b]).toBe(bits([...before].filter((p) => orderOf(f).reaches(p as BlockId))));
      }
    });
  });
});

test('frequencies are finite, positive where reachable, and higher in loops', () => {
  property((f) => {
    const frequency = blockFrequency(f);
    for (const b of f.order) {
      expect(Number.isFinite(frequency[b])).toBe(true);
      expect((frequency[b] as number) > 0).toBe(orderOf(f).reaches(b));
    }
  });
  const loop = graph([[1], [2], [1, 3], []]);
  expect([...blockFrequency(loop)]).toEqual([1, 8, 8, 1]);
});

describe('memoisation', () => {
  const all: readonly Analysis<object>[] = [
    cfgOf,
    orderOf,
    domTree,
    frontiersOf,
    postDomTree,
    controlDependence,
    loopForest,
    usesOf,
    blockOfValue,
    liveness,
    blockFrequency,
  ];

  test('results are remembered, in the shape or in the function, and can be checked and dropped', () => {
    property((f) => {
      for (const analysis of all) {
        const result = analysis(f);
        expect(analysis(f)).toBe(result);
        expect((analysis.of === 'shape' ? f.shape.cache : f.cache).get(analysis)).toBe(result);
      }
      expect(staleAnalyses(f)).toEqual([]);
      dropCaches(f, f.shape);
      expect([f.cache.size, f.shape.cache.size > 0]).toEqual([0, true]);
      dropCaches(f);
      expect(f.shape.cache.size).toBe(0);
    });
  });

  test('a result that was written to is found', () => {
    const f = graph([[1], []]);
    (domTree(f).idom as unknown as Int32Array)[1] = 1;
    expect(staleAnalyses(f)).toEqual(['dom']);
  });

  test.each([
    ['20,000 blocks in a chain', chain(20_000)],
    ['10,000 nested loops', nest(10_000)],
  ])('nothing overflows or becomes quadratic: %s', (_, f) => {
    const start = performance.now();
    for (const analysis of all) analysis(f);
    frontiersOf(f).iterated(f.order);
    controlDependence(f).iterated(f.order);
    const forest = loopForest(f);
    for (let l = 0; l < forest.count; l++) expect(forest.depth[l]).toBe(l + 1);
    const bits = { boundary: 0, start: 0, meet: (a: number, b: number) => a | b, equal: Object.is };
    solve(f, { direction: 'forward', ...bits, transfer: (b, state) => state | (1 << (b & 31)) });
    // A second would be generous; the bound only tells linear from quadratic on a busy machine.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

test('the call graph: components bottom up, recursion through the table, addresses', () => {
  const m = unwrap(
    parseModule(`
module "calls"
table [@odd, null]
func @main(%n: i32) -> i32 {
^entry:
  %r = call i32 @even(%n)
  %s = call i32 @even(%r)
  ret %s
}
func @even(%n: i32) -> i32 {
^entry:
  %zero = i32.const 0
  %r = call_indirect i32 ((i32) -> i32) (%n, %zero)
  ret %r
}
func @odd(%n: i32) -> i32 {
^entry:
  %r = call i32 @even(%n)
  ret %r
}
func @self() {
^entry:
  call @self()
  ret
}
func @leaf() {
^entry:
  ret
}
`),
  );
  const calls = callGraph(m);
  expect(callGraph(m)).toBe(calls);
  const named = (list: Iterable<number>): string[] => [...list].map((i) => m.funcs[i]?.name ?? '?');
  const at = (name: string): number => calls.indexOf(name);
  expect(named(row(calls.callees, at('main')))).toEqual(['even']);
  expect(named(row(calls.callers, at('even')))).toEqual(['main', 'odd']);
  expect(calls.callCount[at('even')]).toBe(3);
  expect(calls.components.map(named)).toEqual([['even', 'odd'], ['main'], ['self'], ['leaf']]);
  expect(['main', 'even', 'odd', 'self', 'leaf'].map((name) => calls.recursive(at(name)))).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
  expect(['odd', 'even'].map((name) => calls.addressTaken(at(name)))).toEqual([true, false]);
  expect(calls.indexOf('nobody')).toBe(-1);
});
