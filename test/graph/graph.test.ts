/** Drawing: what stands in the graphs, that each form is well-formed whatever the names are, and that nothing hangs. */
import { buildGraph, type Graph, type GraphKind, graphKinds, layoutLimits, toDot, toJson, toSvg } from '@sluice/graph';
import { type Func, type Module, makeModule, orderOf, parseModule, termOf, unwrap } from '@sluice/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sluice } from '../cli/support.ts';
import { anyFunc, chain, nest } from '../ir/support/graphs.ts';

const numRuns = process.env.SLUICE_DEEP === '1' ? 2000 : 40;

const text = `
module "demo"
import @print(i64) -> () from "bril" "print int"
table [@f, null]
func @f(%x: i32) -> i32 {
^entry:
  switch %x [0: ^a, 1: ^a, 2: ^loop], ^z
^a:
  br ^z
^loop:
  br_if %x, ^body, ^z
^body:
  br_if %x, ^body, ^loop
^z:
  ret %x
^dead:
  br ^z
}
func @main(%x: i32) -> i32 {
^entry:
  %r = call i32 @f(%x)
  %s = call i32 @f(%r)
  %t = call_indirect i32 ((i32) -> i32) (%s, %x)
  %u = call i32 @main(%t)
  ret %u
}`;

const demo = unwrap(parseModule(text));
const draw = (kind: GraphKind, func?: string, m: Module = demo): Graph =>
  unwrap(buildGraph(m, { kind, ...(func === undefined ? {} : { func }) }));

/** Edges as words: `from -> to text style`. */
function edgesOf(graph: Graph): readonly string[] {
  return graph.edges().map((edge) => {
    const { text: label, style } = graph.edge(edge);
    return `${edge.v} -> ${edge.w} ${label} ${style === 'plain' ? '' : style}`.replace(/ +/g, ' ').trim();
  });
}

const marked = (graph: Graph): readonly string[] =>
  graph.nodes().flatMap((id) => graph.node(id).marks.map((mark) => `${id} ${mark}`));

describe('what is drawn', () => {
  test('control flow, with what edges are taken for', () => {
    const graph = draw('cfg', 'f');
    expect(edgesOf(graph)).toEqual([
      '^entry -> ^a 0, 1',
      '^entry -> ^loop 2',
      '^entry -> ^z default',
      '^a -> ^z',
      '^loop -> ^body true',
      '^loop -> ^z false',
      '^body -> ^body true back',
      '^body -> ^loop false back',
      '^dead -> ^z',
    ]);
    expect(marked(graph)).toEqual(['^entry entry', '^loop loop-header', '^body loop-header', '^dead unreachable']);
    expect(graph.node('^a').lines).toEqual(['br ^z']);
    expect(graph.node('^body').note).toBe('loop 1');
  });

  test('dominators', () => {
    expect(edgesOf(draw('dom', 'f'))).toEqual(['^entry -> ^loop', '^loop -> ^body', '^entry -> ^a', '^entry -> ^z']);
  });

  test('postdominators', () => {
    expect(edgesOf(draw('postdom', 'f')).toSorted()).toEqual(
      ['exit -> ^z', '^loop -> ^body', '^z -> ^a', '^z -> ^entry', '^z -> ^loop'].sort(),
    );
  });

  test('loops', () => {
    const graph = draw('loops', 'f');
    expect(edgesOf(graph)).toEqual(['@f -> loop 0', 'loop 0 -> loop 1']);
    expect(graph.node('loop 0').lines).toEqual(['header ^loop', 'latches ^body', 'exits ^z', 'blocks ^loop']);
    expect(graph.node('@f').lines).toEqual(['blocks ^entry ^a ^z ^dead']);
  });

  test('calls', () => {
    const graph = draw('calls');
    expect(edgesOf(graph)).toEqual([
      '@main -> @f 2 calls',
      '@main -> @main',
      '@main -> table (i32) -> i32',
      'table (i32) -> i32 -> @f indirect',
    ]);
    expect(marked(graph)).toEqual(['@main recursive', '@print external', 'table (i32) -> i32 external']);
  });

  test('the function that the program starts with, unless another is named', () => {
    expect(draw('cfg').graph().title).toBe('control flow of @f');
    expect(draw('cfg', undefined, { ...demo, start: 'main' }).graph().title).toBe('control flow of @main');
    const external = { external: 'go', kind: 'func', name: 'main' } as const;
    expect(draw('cfg', undefined, { ...demo, exports: [external] }).graph().title).toBe('control flow of @main');
  });

  test('no such function is a diagnostic', () => {
    const named = buildGraph(demo, { kind: 'cfg', func: 'g' });
    expect(named).toMatchObject({ ok: false, diagnostics: [{ code: 'SL0611', fix: 'there are: @f, @main' }] });
    expect(buildGraph(makeModule({}), { kind: 'dom' })).toMatchObject({ diagnostics: [{ code: 'SL0611' }] });
    expect(toSvg(draw('calls', undefined, makeModule({}))).ok).toBe(true);
  });
});

describe('forms', () => {
  const moduleOf = (f: Func): Module => makeModule({ name: 'm', funcs: [f] });

  test('any graph can be written in every form', () => {
    fc.assert(
      fc.property(anyFunc, fc.constantFrom(...graphKinds), (f, kind) => {
        const graph = draw(kind, 'f', moduleOf(f));
        const svg = unwrap(toSvg(graph));
        checkXml(svg);
        checkFrame(svg);
        checkDot(toDot(graph), graph);
        const { nodes, edges, value } = JSON.parse(toJson(graph));
        expect(value).toEqual(graph.graph());
        expect(nodes).toEqual(graph.nodes().map((v) => ({ v, value: graph.node(v) })));
        expect(edges).toEqual(graph.edges().map(({ v, w }) => ({ v, w, value: graph.edge(v, w) })));
      }),
      { numRuns },
    );
  });

  test('edges of control flow are those of the function; those that go back cost fuel', () => {
    fc.assert(
      fc.property(anyFunc, (f) => {
        const graph = draw('cfg', 'f', moduleOf(f));
        const order = orderOf(f);
        const expected = f.order.flatMap((from, i) =>
          [...new Set(termOf(f, from).blocks)].map((to) => {
            const back = order.reaches(from) && order.isBackEdge(from, to);
            return `^${i} -> ^${f.order.indexOf(to)} ${back}`;
          }),
        );
        const drawn = graph.edges().map((edge) => `${edge.v} -> ${edge.w} ${graph.edge(edge).style === 'back'}`);
        expect(drawn).toEqual(expected);
      }),
      { numRuns: 10 * numRuns },
    );
  });

  test('names of any characters are escaped', () => {
    const nasty = ['<b>&"\'', '\\N\\l\\', 'a\nb\r\nc\td', '\u0000\u001b\uffff', '\ud800', '漢字'.repeat(60), ']]>--'];
    for (const name of nasty) {
      const f = { ...(demo.funcs[0] as Func), name };
      const m = { ...demo, name, funcs: [f] };
      for (const kind of graphKinds) {
        const graph = draw(kind, name, m);
        checkXml(unwrap(toSvg(graph)));
        checkDot(toDot(graph), graph);
        expect(JSON.parse(toJson(graph)).value.kind).toBe(kind);
      }
    }
  });

  test('long blocks and lines are cut in pictures only', () => {
    const lines = Array.from({ length: 500 }, (_, i) => `  %x${i} = i32.add %x, %x`);
    const long = `func @f(%x: i32) -> i32 {\n^entry:\n${lines.join('\n')}\n  ret %x\n}`;
    const graph = draw('cfg', 'f', unwrap(parseModule(long)));
    expect(unwrap(toSvg(graph))).toContain('454 more');
    expect(toDot(graph)).toContain('%x499 = ');
    const wide = { ...demo, imports: [{ ...demo.imports[0], name: 'n'.repeat(1000) }] } as Module;
    expect(unwrap(toSvg(draw('calls', undefined, wide)))).toContain(`${'n'.repeat(70)}…`);
  });

  test('the picture marks what is special', () => {
    const svg = unwrap(toSvg(draw('cfg', 'f')));
    for (const part of ['sg-node sg-entry', 'sg-loop-header', 'sg-unreachable', 'sg-edge-back', '>true<', '>0, 1<'])
      expect(svg).toContain(part);
    expect(svg).toContain('prefers-color-scheme: dark');
  });
});

describe('size', () => {
  const large: Record<string, Func> = { 'a chain': chain(20_000), 'a nest of loops': nest(5000) };
  for (const [what, f] of Object.entries(large)) {
    test(`${what} of thousands of blocks: a diagnostic for the picture, the other forms in linear time`, () => {
      const m = makeModule({ funcs: [f] });
      for (const kind of graphKinds) {
        const began = performance.now();
        const graph = draw(kind, 'f', m);
        expect(toDot(graph).length + toJson(graph).length).toBeGreaterThan(100);
        const drawn = toSvg(graph);
        if (graph.nodeCount() > layoutLimits.nodes) {
          const [found] = drawn.ok ? [] : drawn.diagnostics;
          expect([found?.code, found?.fix]).toEqual(['SL0610', expect.stringContaining('--format dot')]);
        }
        expect(performance.now() - began).toBeLessThan(10_000);
      }
    }, 60_000);
  }

  test('edges across many layers are refused before they are laid out', () => {
    const blocks = 900;
    const edges = Array.from({ length: blocks }, (_, b) => (b + 1 < blocks ? [b + 1, blocks - 1] : []));
    const targets = edges.map((to) => to.map((b) => `^${b}`).join(', '));
    const lines = targets.map((to, b) => `^${b}:\n  ${to === '' ? 'ret %x' : `br_if %x, ${to}`}`);
    const m = unwrap(parseModule(`func @f(%x: i32) -> i32 {\n${lines.join('\n')}\n}`));
    const began = performance.now();
    expect(toSvg(draw('cfg', 'f', m))).toMatchObject({ diagnostics: [{ code: 'SL0610' }] });
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('hundreds of blocks are drawn', () => {
    expect(unwrap(toSvg(draw('cfg', 'f', makeModule({ funcs: [chain(300)] }))))).toContain('>^299<');
  }, 30_000);
});

describe('the command', () => {
  const fib = 'examples/bril/fib.bril';

  test('writes the form that is asked for, after the passes that are asked for', () => {
    const lifted = sluice(['graph', fib, '--format', 'json']);
    expect([lifted.code, lifted.stderr]).toEqual([0, '']);
    expect(JSON.parse(lifted.stdout).value).toEqual({ kind: 'cfg', title: 'control flow of @main' });
    const dot = sluice(['graph', fib, '-O2', '--kind', 'dom', '--func', '@main', '--format=dot']).stdout;
    expect(dot).toMatch(/^digraph "dominators of @main"/);
    expect(sluice(['graph', fib]).stdout).toMatch(/^<svg /);
  });

  test('tells what it does not know in one line', () => {
    expect(sluice(['graph', fib, '--kind', 'tree'])).toMatchObject({ code: 2, stdout: '' });
    const { code, stderr } = sluice(['graph', fib, '--func', 'nope']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^examples.*error\[SL0611\]: .*@nope.*\n$/)]);
  });
});

/** Tags nest, attributes are quoted, references are known, coordinates are numbers. */
function checkXml(svg: string): void {
  const open: string[] = [];
  const rest = svg.replace(
    /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<]*")*)(\/?)>/g,
    (_, close: string, name, attributes, empty) => {
      expect(attributes).not.toMatch(/NaN|undefined|Infinity/);
      if (close === '/') expect(open.pop()).toBe(name);
      else if (empty === '') open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<]|&(?!#\d+;)/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids.
  expect(rest).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  expect(rest.isWellFormed()).toBe(true);
}

/** Edges and the corners of boxes are within the picture. */
function checkFrame(svg: string): void {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  const [, dx, dy] = /<g transform="translate\((\S+) (\S+)\)">/.exec(svg) ?? [];
  const inside = (x: number, y: number): void => {
    expect([x + Number(dx) >= 0, x + Number(dx) <= Number(width)], `${x} of ${width}`).toEqual([true, true]);
    expect([y + Number(dy) >= 0, y + Number(dy) <= Number(height)], `${y} of ${height}`).toEqual([true, true]);
  };
  for (const [, d = ''] of svg.matchAll(/class="sg-edge [^>]* d="([^"]*)"/g)) {
    for (const [, x, y] of d.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)) inside(Number(x), Number(y));
  }
  for (const [, x, y, w, h] of svg.matchAll(
    /translate\((\S+) (\S+)\)"><rect class="sg-box" width="(\S+)" height="(\S+)"/g,
  )) {
    inside(Number(x), Number(y));
    inside(Number(x) + Number(w), Number(y) + Number(h));
  }
}

/** Strings end where they should, and there is a line for each node and edge. */
function checkDot(dot: string, graph: Graph): void {
  const plain = dot.replace(/"(?:[^"\\]|\\.)*"/gs, 'S');
  expect(plain).not.toContain('"');
  const lines = plain.trimEnd().split('\n');
  expect(lines.filter((line) => line.startsWith('  S [')).length).toBe(graph.nodeCount());
  expect(lines.filter((line) => line.startsWith('  S -> S')).length).toBe(graph.edgeCount());
  expect(lines.at(-1)).toBe('}');
}
