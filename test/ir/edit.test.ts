/** The Editor: what its documentation promises, one by one. */
import {
  type BlockId,
  coreOp,
  domTree,
  Editor,
  type Func,
  type Inst,
  makeInst,
  parseModule,
  printModule,
  staleAnalyses,
  unwrap,
  type ValueId,
  verifyModule,
} from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { br } from './support/edit-model.ts';
import { chain } from './support/graphs.ts';

const add = (a: number, b: number): Inst => makeInst(coreOp('i32.add'), [a, b] as ValueId[]);
const value = (n: number): ValueId => n as ValueId;
const block = (n: number): BlockId => n as BlockId;

function parse(text: string): Func {
  return unwrap(parseModule(text)).funcs[0] as Func;
}

/** The ids of the values and blocks with these names. */
function named(f: Func): { v: (name: string) => ValueId; b: (name: string) => BlockId } {
  const find = (names: ReadonlyMap<number, string>, name: string): number => {
    const found = [...names].find(([, n]) => n === name)?.[0];
    if (found === undefined) throw new Error(`no '${name}'`);
    return found;
  };
  return { v: (name) => value(find(f.valueNames, name)), b: (name) => block(find(f.blockNames, name)) };
}

function verified(f: Func): Func {
  const m = { ...unwrap(parseModule('')), funcs: [f] };
  expect(verifyModule(m, { analyses: true })).toEqual([]);
  return f;
}

const diamond = `
func @f(%x: i32) -> i32 {
^entry:
  %a = i32.add %x, %x
  %b = i32.mul %a, %x
  br_if %b, ^left, ^right
^left:
  %l = i32.sub %a, %b
  br ^join
^right:
  br ^join
^join:
  %p = phi i32 [^left: %l], [^right: %a]
  %r = i32.xor %p, %b
  ret %r
}`;

describe('finish gives the base', () => {
  const base = parse(diamond);
  const { v, b } = named(base);
  const undone: Record<string, (e: Editor) => void> = {
    'when nothing was done': () => undefined,
    'after an instruction was replaced and put back': (e) => {
      const old = e.inst(v('a'));
      e.setInst(v('a'), add(0, v('b')));
      e.setInst(v('a'), { ...old });
    },
    'after a new instruction was removed': (e) => e.remove(e.insertBefore(v('r'), add(0, 0))),
    'after a value was replaced by itself': (e) => e.replaceAllUses(v('a'), v('a')),
    'after an instruction went and came back': (e) => {
      e.moveToEnd(v('l'), b('right'));
      e.moveToEnd(v('l'), b('left'));
    },
    'after the last instruction was moved to the end': (e) => e.moveToEnd(v('b'), b('entry')),
    'after an edge went and came back': (e) => {
      const term = e.term(b('entry'));
      const [phi] = e.phis(b('join')) as [ValueId];
      const inputs = e.inst(phi);
      e.setTerm(b('right'), br(b('left')));
      e.setTerm(b('entry'), br(b('left')));
      e.setTerm(b('entry'), term);
      e.setTerm(b('right'), br(b('join')));
      e.setInst(phi, inputs);
    },
    'after a new block was removed': (e) => e.removeBlock(e.addBlock(br(b('join')))),
    'after an edge was split and joined': (e) => {
      const middle = e.splitEdge(b('left'), b('join'), coreOp('br'));
      e.renamePred(b('join'), middle, b('left'));
      e.redirect(b('left'), middle, b('join'));
      e.removeBlock(middle);
    },
    'after another order and the old one': (e) => {
      e.setOrder([...e.order.slice(0, 1), ...e.order.slice(1).reverse()]);
      e.setOrder(base.order);
    },
    'when only a location changed': (e) =>
      e.setInst(v('a'), { ...e.inst(v('a')), loc: { file: 'x', line: 1, col: 1 } }),
  };
  for (const [when, edits] of Object.entries(undone)) {
    test(when, () => {
      const e = new Editor(base);
      edits(e);
      expect(e.finish()).toBe(base);
    });
  }
});

describe('the shape', () => {
  const base = parse(diamond);
  const { v, b } = named(base);

  function shapeKept(edits: (e: Editor) => void): boolean {
    domTree(base);
    const e = new Editor(base);
    edits(e);
    const f = e.finish();
    expect(f).not.toBe(base);
    expect(staleAnalyses(f)).toEqual([]);
    return f.shape === base.shape;
  }

  test('is kept while edges, blocks and their order are', () => {
    expect(shapeKept((e) => e.replaceWith(v('l'), v('a')))).toBe(true);
    expect(shapeKept((e) => void e.addSlot('i32'))).toBe(true);
    expect(
      shapeKept((e) => {
        e.removeBlock(e.addBlock(br(b('join'))));
        e.prepend(b('right'), add(0, 0));
      }),
    ).toBe(true);
    expect(shapeKept((e) => e.setTerm(b('entry'), { ...e.term(b('entry')), args: [v('a')] }))).toBe(true);
  });

  test('is dropped when one of them changes', () => {
    expect(shapeKept((e) => e.setOrder([b('entry'), b('right'), b('left'), b('join')]))).toBe(false);
    expect(shapeKept((e) => e.setTerm(b('entry'), br(b('left'))))).toBe(false);
    expect(shapeKept((e) => e.setInst(e.termId(b('entry')), br(b('left'))))).toBe(false);
    expect(shapeKept((e) => e.redirect(b('left'), b('join'), b('right')))).toBe(false);
    expect(shapeKept((e) => void e.splitBlock(b('join'), v('r'), coreOp('br')))).toBe(false);
    // The same edges, but the targets stand in another order.
    expect(
      shapeKept((e) => {
        const term = e.term(b('entry'));
        e.setTerm(b('entry'), { ...term, blocks: term.blocks.toReversed() });
      }),
    ).toBe(false);
  });
});

describe('what edits give', () => {
  test('chains of insertions before each other stand in the order of the calls', () => {
    const base = parse(diamond);
    const { v, b } = named(base);
    const e = new Editor(base);
    const last = e.insertBefore(v('l'), add(0, 0));
    const first = e.insertBefore(last, add(0, 0));
    const second = e.insertBefore(last, add(0, 0));
    e.remove(v('l'));
    e.remove(last);
    expect(e.body(b('left'))).toEqual([first, second]);
  });

  test('what was put at the start of a block stands in the order of the calls, read in between or not', () => {
    const base = parse(diamond);
    const { v, b } = named(base);
    const e = new Editor(base);
    const one = e.prepend(b('left'), add(0, 0));
    expect(e.body(b('left'))).toEqual([one, v('l')]);
    const two = e.prepend(b('left'), add(0, 0));
    const before = e.insertBefore(v('l'), add(0, 0));
    const three = e.prepend(b('left'), add(0, 0));
    expect(e.body(b('left'))).toEqual([one, two, three, before, v('l')]);
    const a = e.prepend(b('right'), add(0, 0));
    const z = e.append(b('right'), add(0, 0));
    const c = e.prepend(b('right'), add(0, 0));
    expect(e.body(b('right'))).toEqual([a, c, z]);
  });

  test('lists that were given do not change, so that they can be walked while editing', () => {
    const base = parse(diamond);
    const { b } = named(base);
    const e = new Editor(base);
    e.append(b('entry'), add(0, 0));
    let steps = 0;
    for (const v of e.body(b('entry'))) {
      steps++;
      e.append(b('entry'), add(v, v));
    }
    expect([steps, e.body(b('entry')).length]).toEqual([3, 6]);
  });

  test('blocks stand right after their anchor, else at the end', () => {
    const base = parse(diamond);
    const { b } = named(base);
    const e = new Editor(base);
    const one = e.addBlock(br(b('join')), b('entry'));
    const two = e.addBlock(br(b('join')), b('entry'));
    e.setOrder([b('entry'), two, b('join'), b('right'), b('left'), one]);
    const last = e.addBlock(br(b('join')));
    expect(e.order).toEqual([b('entry'), two, b('join'), b('right'), b('left'), one, last]);
  });

  test('splitting keeps phis right', () => {
    const base = parse(diamond);
    const { v, b } = named(base);
    const e = new Editor(base);
    const middle = e.splitEdge(b('right'), b('join'), coreOp('br'));
    const rest = e.splitBlock(b('left'), v('l'), coreOp('br'));
    expect(e.inst(v('p')).blocks).toEqual([rest, middle]);
    expect([e.body(b('left')), e.body(rest)]).toEqual([[], [v('l')]]);
    expect([e.blockOf(v('l')), e.blockOf(e.termId(b('left')))]).toEqual([rest, b('left')]);
    verified(e.finish());
  });

  test('a terminator or a block that goes leaves the phis of its targets', () => {
    const base = parse(diamond);
    const { v, b } = named(base);
    const e = new Editor(base);
    e.setTerm(b('entry'), br(b('left')));
    e.removeBlock(b('right'));
    expect([e.inst(v('p')).blocks, e.inst(v('p')).args]).toEqual([[b('left')], [v('l')]]);
    const f = verified(e.finish());
    expect(printModule({ ...unwrap(parseModule(diamond)), funcs: [f] })).not.toContain('^right');
  });

  test('uses are replaced in instructions that come later too, and through several values', () => {
    const base = parse(diamond);
    const { v, b } = named(base);
    const e = new Editor(base);
    e.replaceAllUses(v('b'), v('a'));
    const made = e.insertBefore(v('r'), add(v('b'), v('b')));
    e.replaceWith(v('a'), value(0));
    expect(e.inst(made).args).toEqual([0, 0]);
    expect([...e.users(value(0))].sort((x, y) => x - y)).toEqual(
      [v('b'), v('l'), v('p'), v('r'), made, e.termId(b('entry'))].sort((x, y) => x - y),
    );
    expect(e.users(v('a'))).toEqual(e.users(value(0)));
    verified(e.finish());
  });

  test('constants are made once, as long as they are what they were', () => {
    const base = parse(diamond);
    const { b } = named(base);
    const e = new Editor(base);
    const op = coreOp('i32.const');
    const one = e.constant(op, 1);
    expect([e.constant(op, 1), e.constant(op, 2) === one]).toEqual([one, false]);
    e.replaceAllUses(one, value(0));
    const again = e.constant(op, 1);
    expect(again).not.toBe(one);
    e.moveToEnd(again, b('left'));
    const third = e.constant(op, 1);
    expect(e.blockOf(third)).toBe(e.entry);
    expect(third).not.toBe(again);
    const double = coreOp('f64.const');
    expect(e.constant(double, 0)).not.toBe(e.constant(double, -0));
  });

  test('mistakes are refused', () => {
    const base = parse(diamond);
    const { v, b } = named(base);
    const e = new Editor(base);
    expect(() => e.remove(e.termId(b('left')))).toThrow('in no body');
    expect(() => e.insertBefore(v('p'), add(0, 0))).toThrow('nothing can stand before');
    expect(() => e.setInst(v('p'), add(0, 0))).toThrow("turns into 'i32.add'");
    expect(() => e.reorder(b('entry'), [v('a')])).toThrow('2 instructions, not 1');
    expect(() => e.splitBlock(b('entry'), v('l'), coreOp('br'))).toThrow('not in the body');
    expect(() => e.append(block(99), add(0, 0))).toThrow('no block ^99');
  });
});

describe('many edits are near linear', () => {
  const count = 100_000;
  const limit = 5000;

  /** Edits a block of `count` instructions. */
  function timed(edits: (e: Editor, body: readonly ValueId[], b: BlockId) => void): Func {
    const start = chain(1);
    const filler = new Editor(start);
    const b = filler.entry;
    for (let i = 0; i < count; i++) filler.append(b, add(i === 0 ? 0 : i, 0));
    const base = filler.finish();
    const began = performance.now();
    const e = new Editor(base);
    edits(e, e.body(b), b);
    const f = e.finish();
    expect(performance.now() - began).toBeLessThan(limit);
    return f;
  }

  test('insertions, removals and moves in one block', () => {
    const f = timed((e, body, b) => {
      for (const v of body) e.insertBefore(v, add(0, 0));
      for (const [i, v] of body.entries()) if (i % 2 === 0) e.moveToEnd(v, b);
      for (const [i, v] of body.entries()) if (i % 2 === 1) e.remove(v);
      for (const v of body.slice(0, count / 2)) if (e.has(v)) e.moveToEnd(v, b);
    });
    expect(f.blocks[f.order[0] as BlockId]?.body.length).toBe(count + count / 2);
  });

  test('replacing values along a chain, from either end', () => {
    for (const backwards of [false, true]) {
      const f = timed((e, body) => {
        const list = backwards ? body.toReversed() : body;
        for (const v of list) e.replaceWith(v, e.inst(v).args[0] as ValueId);
        expect(e.users(value(0)).length).toBe(1);
      });
      expect(f.blocks[f.order[0] as BlockId]?.body).toEqual([]);
    }
  });

  test('splitting and removing blocks', () => {
    const f = timed((e, body, b) => {
      const split = body.filter((_, i) => i % 10 === 0).reverse();
      const made = split.map((at) => e.splitBlock(b, at, coreOp('br')));
      for (const [i, rest] of made.entries()) {
        if (i === 0) continue;
        e.redirect(rest, made[i - 1] as BlockId, made[0] as BlockId);
        if (i > 1) e.removeBlock(made[i - 1] as BlockId);
      }
    });
    expect(f.order.length).toBe(3);
  });
});
