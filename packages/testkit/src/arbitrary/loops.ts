/** Loops of generated programs: with a bounded number of turns, without, and graphs of blocks that jump anywhere. */

import type { BlockId, ValueId } from '@sluice/ir';
import type { Draw, Stmt } from './program.ts';
import type { Values } from './values.ts';

/** Where a body may leave to: out of the loop and to its next turn. */
export interface Exits {
  readonly out: BlockId;
  readonly next: BlockId;
}

/** Builds a body at a block, from which execution goes on to `join`. */
export type BuildBody = (x: Values, at: BlockId, body: readonly Stmt[], exits: Exits | null, join: BlockId) => void;

/**
 * A loop in one of the forms that compilers make: tested at the top, tested at the bottom (at least one turn), counting up
 * with a step. The counter is in the pool, so that ops on it become induction variables.
 */
export function buildLoop(
  x: Values,
  kind: 'loop' | 'endless',
  body: readonly Stmt[],
  draw: Draw,
  build: BuildBody,
): void {
  const { b } = x;
  if (kind === 'endless') {
    const [header, next, out] = [b.block(), b.block(), b.block()];
    b.br(header);
    build(x, header, body, { out, next }, next);
    b.at(next);
    b.seal(next);
    b.brIf(b.read(x.variable('i32', draw)), header, out);
    done(x, header, out);
    return;
  }
  const style = draw.below(3);
  const turns = draw.below(3) === 2 ? x.bounded(3, draw) : x.literal('i32', draw.below(5));
  const counter = b.variable('i32');
  const up = style === 2;
  const step = x.literal('i32', up ? 1 + draw.below(2) : 1);
  const atLeastOne = b.emit('i32.or', [turns, x.literal('i32', 1)]);
  b.write(counter, up ? x.literal('i32', 0) : style === 1 ? atLeastOne : turns);
  const [header, first, next, out] = [b.block(), b.block(), b.block(), b.block()];
  b.br(header);
  const mark = x.mark();
  b.at(header);
  const i = b.read(counter);
  x.push('i32', i);
  if (style === 1) b.br(first);
  else b.brIf(up ? b.emit('i32.lt_s', [i, turns]) : i, first, out);
  b.seal(first);
  build(x, first, body, { out, next }, next);
  b.at(next);
  b.seal(next);
  const now = b.read(counter);
  const after = b.emit(up ? 'i32.add' : 'i32.sub', [now, step]);
  b.write(counter, after);
  if (style === 1) b.brIf(after, header, out);
  else b.br(header);
  x.release(mark);
  done(x, header, out);
}

function done(x: Values, header: BlockId, out: BlockId): void {
  x.b.seal(header);
  x.b.seal(out);
  x.b.at(out);
}

/**
 * Blocks that jump among each other, entered at any of them: irreducible loops, loops with several entries, critical edges,
 * phis with many inputs. A counter, taken down in each block, ends it.
 */
export function buildGraph(x: Values, bodies: readonly (readonly Stmt[])[], draw: Draw, build: BuildBody): void {
  const { b } = x;
  const counter = b.variable('i32');
  b.write(counter, x.literal('i32', bodies.length + draw.below(4)));
  const nodes = bodies.map(() => b.block());
  const out = b.block();
  const mark = x.mark();
  jumpAnywhere(x, nodes, draw);
  const one = (): ValueId => x.literal('i32', 1);
  for (const [i, body] of bodies.entries()) {
    const node = nodes[i] as BlockId;
    const [test, on] = [b.block(), b.block()];
    build(x, node, body, { out, next: draw.of(nodes) }, test);
    b.seal(test);
    b.at(test);
    const left = b.emit('i32.sub', [b.read(counter), one()]);
    b.write(counter, left);
    b.brIf(b.emit('i32.gt_s', [left, x.literal('i32', 0)]), on, out);
    b.seal(on);
    b.at(on);
    jumpAnywhere(x, draw.oneIn(3) ? [...nodes, out] : nodes, draw);
    x.release(mark);
  }
  for (const node of nodes) b.seal(node);
  b.seal(out);
  b.at(out);
}

/** Ends the current block with a jump to one, two or many of the targets. */
function jumpAnywhere(x: Values, targets: readonly BlockId[], draw: Draw): void {
  const { b } = x;
  switch (draw.below(4)) {
    case 0:
    case 1:
      b.brIf(x.value('i32', draw), draw.of(targets), targets[0] as BlockId);
      return;
    case 2:
      b.br(draw.of(targets));
      return;
    default: {
      const cases = [0, 1, 2].map(() => draw.of(targets));
      b.switch(x.bounded(3, draw), [0, 1, 2], [...cases, draw.of(targets)]);
    }
  }
}
