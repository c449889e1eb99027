/**
 * Structured control flow visits what the graph visits: events are executed by a small machine beside a walk of the graph, both
 * with the same answers at branches, on random graphs (reducible and not) and on large ones.
 */

import { type StructureEvent, type StructureOptions, structure } from '@sluice/codegen';
import { type BlockId, blockOf, type Func, FuncBuilder, termOf } from '@sluice/ir';
import { budget, shapes } from '@sluice/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** A function whose block `i` leads to `targets[i]`, numbers of blocks from 1 on: block 0 is the entry. */
function graph(targets: readonly (readonly number[])[]): Func {
  const b = new FuncBuilder('f', { params: ['i32'], results: [] });
  const blocks: BlockId[] = [b.entry];
  for (let i = 1; i < targets.length; i++) blocks.push(b.block());
  const p = b.params[0] as (typeof b.params)[number];
  targets.forEach((list, i) => {
    const at = blocks[i] as BlockId;
    b.at(at);
    if (i % 3 === 0) b.emit('i32.add', [p, p]);
    const to = list.map((t) => blocks[1 + (t % Math.max(1, targets.length - 1))] as BlockId);
    if (to.length === 0 || targets.length === 1) b.ret();
    else if (to.length === 1) b.br(to[0] as BlockId);
    else if (to.length === 2) b.brIf(p, to[0] as BlockId, to[1] as BlockId);
    else b.switch(p, [...to.keys()].slice(1), to);
  });
  return b.finish();
}

/** What the n-th decision of a run is, among so many targets. */
type Choose = (n: number, count: number) => number;

const steps = 300;

function walk(f: Func, choose: Choose, { busy, empty }: Required<Pick<StructureOptions, 'busy' | 'empty'>>): string[] {
  const trace: string[] = [];
  let b = f.order[0] as BlockId;
  let n = 0;
  for (let turn = 0; turn < turns && trace.length < steps; turn++) {
    const { op, blocks } = termOf(f, b);
    if (!(empty(b) && op.kind === 'br')) trace.push(`^${b}`);
    if (op.kind === 'ret') return [...trace, 'ret'].slice(0, steps);
    const to = blocks[blocks.length === 1 ? 0 : choose(n++, blocks.length)] as BlockId;
    if (busy(b, to)) trace.push(`${b}->${to}`);
    b = to;
  }
  return trace.slice(0, steps);
}

/** Most blocks of a run: a loop of empty ones leaves no trace. */
const turns = 2000;

function execute(f: Func, events: readonly StructureEvent[], choose: Choose, empty: (b: BlockId) => boolean): string[] {
  const ends = matching(events);
  const trace: string[] = [];
  const open: { label: number; start: number; loop: boolean }[] = [];
  let state = -1;
  let n = 0;
  let at = 0;
  const branch = (label: number): void => {
    for (let frame = open.pop(); frame !== undefined; frame = open.pop()) {
      if (frame.label !== label) continue;
      at = frame.loop ? frame.start : (ends.get(frame.start) as number) + 1;
      return;
    }
    throw new Error(`no label ${label}`);
  };
  for (let turn = 0; turn < 10 * turns && trace.length < steps; turn++) {
    const event = events[at];
    if (event === undefined) throw new Error('fell off the end');
    const here = at++;
    switch (event.kind) {
      case 'block':
      case 'loop':
        open.push({ label: event.label, start: here, loop: event.kind === 'loop' });
        break;
      case 'if':
        open.push({ label: -1, start: here, loop: false });
        if ((choose(n++, 2) === 0) === event.negate)
          at = (elseOf(events, ends, here) ?? (ends.get(here) as number)) + 1;
        if (at > (ends.get(here) as number)) open.pop();
        break;
      case 'else':
        at = (ends.get((open.pop() as { start: number }).start) as number) + 1;
        break;
      case 'end':
        open.pop();
        break;
      case 'code':
        if (!(empty(event.block) && termOf(f, event.block).op.kind === 'br')) trace.push(`^${event.block}`);
        break;
      case 'edge':
        trace.push(`${event.from}->${event.to}`);
        break;
      case 'br':
        branch(event.label);
        break;
      case 'br_if':
        if ((choose(n++, 2) === 0) !== event.negate) branch(event.label);
        break;
      case 'switch':
        branch(event.labels[choose(n++, event.labels.length)] as number);
        break;
      case 'ret':
      case 'trap':
        return [...trace, event.kind].slice(0, steps);
      case 'set_state':
        state = event.value;
        break;
      case 'dispatch':
        branch(event.labels[state] as number);
    }
  }
  return trace.slice(0, steps);
}

const elses = new WeakMap<readonly StructureEvent[], Map<number, number>>();

function elseOf(events: readonly StructureEvent[], _: unknown, start: number): number | undefined {
  return elses.get(events)?.get(start);
}

/** Where what was opened ends; remembers each `else` too. */
function matching(events: readonly StructureEvent[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const others = new Map<number, number>();
  const open: number[] = [];
  events.forEach((event, i) => {
    if (event.kind === 'block' || event.kind === 'loop' || event.kind === 'if') open.push(i);
    if (event.kind === 'else') others.set(open.at(-1) as number, i);
    if (event.kind === 'end') ends.set(open.pop() as number, i);
  });
  expect(open).toEqual([]);
  elses.set(events, others);
  return ends;
}

const hash = (seed: number, n: number): number => Math.imul(seed + n * 0x9e3779b1, 0x85ebca6b) >>> 7;

const targets = fc.array(fc.array(fc.nat({ max: 60 }), { maxLength: 4 }), { minLength: 1, maxLength: 14 });

describe('events visit the same blocks and edges as the graph', () => {
  test.each(['inside', 'outside'] as const)('random graphs, exits %s', (exits) => {
    fc.assert(
      fc.property(targets, fc.nat({ max: 1000 }), fc.nat({ max: 3 }), fc.boolean(), (lists, seed, often, skips) => {
        const f = graph(lists);
        const options = {
          busy: (from: number, to: number) => often > 0 && (from * 7 + to) % (often + 1) === 0,
          empty: (b: BlockId) => skips && blockOf(f, b).body.length === 0,
          exits,
          depth: seed % 2 === 0 ? 3 : 200,
          ...(seed % 3 === 0 ? {} : { testCost: (b: BlockId, negate: boolean) => (negate ? 1 - (b % 3) : 0) }),
        };
        const events = structure(f, options);
        for (let run = 0; run < 5; run++) {
          const choose: Choose = (n, count) => hash(seed + run, n) % count;
          const want = walk(f, choose, options);
          expect(execute(f, events, choose, options.empty)).toEqual(want);
        }
      }),
      budget(500),
    );
  });
});

const text = (f: Func, options?: StructureOptions): string =>
  structure(f, options)
    .map((e) => {
      if (e.kind === 'if' || e.kind === 'br_if') return `${e.negate ? '!' : ''}${e.kind}`;
      return e.kind === 'code' ? `^${e.block}` : e.kind;
    })
    .join(' ');

describe('shapes', () => {
  test.each([
    ['two arms', [[0, 1], [2], [2], []], '^0 if ^1 else ^2 end ^3 ret'],
    ['one arm', [[0, 1], [1], []], '^0 if ^1 end ^2 ret'],
    ['the other arm', [[1, 0], [1], []], '^0 !if ^1 end ^2 ret'],
    ['an arm that returns', [[0, 1], [], [2], []], '^0 if ^1 ret end ^2 ^3 ret'],
    ['a loop that tests at its end', [[0], [0, 1], []], '^0 loop ^1 br_if ^2 ret end'],
    ['a loop that tests at its start', [[0], [1, 2], [0], []], '^0 loop ^1 if ^2 br end ^3 ret end'],
    ['a way out of a loop', [[0], [1, 3], [2, 3], [0], []], '^0 loop ^1 if ^2 if ^3 br end end end ^4 ret'],
    [
      'a switch',
      [[0, 1, 2], [3], [3], [3], []],
      'block block block block ^0 switch end ^3 br end ^2 br end ^1 end ^4 ret',
    ],
    [
      'a small second entry: copied',
      [[0, 1], [1], [0, 2], []],
      'block ^0 !if ^2 !br_if end loop ^1 ^2 br_if end end ^3 ret',
    ],
  ] as const)('%s', (_, lists, want) => {
    expect(text(graph(lists), { busy: () => false, empty: () => false })).toContain(want);
  });

  test('a large second entry: dispatch', () => {
    const f = graph([[0, 1], [1], [0, 2], []]);
    const found = text(f, { busy: () => false, empty: () => false, size: () => 1000 });
    expect(found).toContain('dispatch');
    expect(found.split('^2')).toHaveLength(2);
  });
});

describe.each([...shapes])('$name, large', ({ make }) => {
  test('no overflow, and the time does not square', () => {
    const time = (n: number): { ms: number; events: number } => {
      const [f] = make(n).funcs;
      const start = performance.now();
      const events = structure(f as Func).length;
      return { ms: performance.now() - start, events };
    };
    time(1000);
    const large = time(10_000);
    expect(large.ms).toBeLessThan(3000);
  });
});
