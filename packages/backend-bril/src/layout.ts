/**
 * The order of blocks, and which jumps are left. A branch names both its targets, so that only blocks with one successor
 * gain by what stands behind them:
 *
 *   chains    a block before the one that it jumps to, the most frequent jumps first
 *   end       the end of a function returns for nothing: a block that returns nothing stands there
 *   tails     a jump that is left is replaced by a copy of what it leads to, up to the next branch or return
 *
 *     ^l: i = add i one; jmp ^h                        ^l: i = add i one; c = lt i n; br c ^b ^x
 *     ^h: c = lt i n; br c ^b ^x             =>        ^h: c = lt i n; br c ^b ^x
 *
 * Variables are no SSA values here, so that copies of code need nothing else. Copies are bounded: `longest` instructions
 * each, in all not more than the function has, the most frequent first.
 *
 * Paper:   Karl Pettis, Robert Hansen, Profile Guided Code Positioning, PLDI 1990 (chains); Frank Mueller, David Whalley,
 *          Avoiding Unconditional Jumps by Code Replication, PLDI 1992 (tails).
 */

import { type BlockId, blockFrequency, type Func, orderOf } from '@sluice/ir';
import { type DraftBlock, type End, endTargets } from './draft.ts';

const longest = 24;
const always = 64;

/** Stands for the end of the function. */
const theEnd = -1 as BlockId;

/** Blocks in the order of emission; a block with `falls` goes on in the next one and needs no jump. */
export interface Laid {
  readonly order: readonly BlockId[];
  readonly falls: ReadonlySet<BlockId>;
  /** Blocks that something jumps or branches to. */
  readonly labelled: ReadonlySet<BlockId>;
}

/** Lays out a function; changes ends: empty blocks are jumped through, tails copied. */
export function layOut(f: Func, blocks: (DraftBlock | undefined)[]): Laid {
  return new Layout(f, blocks).run();
}

class Layout {
  readonly #f: Func;
  readonly #blocks: (DraftBlock | undefined)[];
  readonly #frequency: Float64Array;

  constructor(f: Func, blocks: (DraftBlock | undefined)[]) {
    this.#f = f;
    this.#blocks = blocks;
    this.#frequency = blockFrequency(f);
  }

  run(): Laid {
    this.#skipEmpty();
    const reached = this.#reached();
    const next = this.#chains(reached);
    const order = this.#sequence(reached, next);
    const falls = new Set<BlockId>();
    for (const [i, b] of order.entries()) {
      const to = jumpOf(this.#block(b).end);
      if (to !== null && to === (order[i + 1] ?? theEnd)) falls.add(b);
    }
    this.#copyTails(order, falls);
    const labelled = new Set<BlockId>();
    for (const b of order) {
      const { end } = this.#block(b);
      if (!falls.has(b)) for (const to of endTargets(end)) labelled.add(to);
    }
    return { order, falls, labelled };
  }

  #block(b: BlockId): DraftBlock {
    return this.#blocks[b] as DraftBlock;
  }

  /** Ends lead past empty blocks. A loop of empty blocks stays what it is. */
  #skipEmpty(): void {
    const target = new Map<BlockId, BlockId>();
    /** The one block that returns nothing, and does nothing else. */
    let returns: BlockId | null = null;
    const last = (b: BlockId): BlockId => {
      const path: BlockId[] = [];
      const seen = new Set<BlockId>();
      let at = b;
      for (;;) {
        const known = target.get(at);
        if (known !== undefined) {
          at = known;
          break;
        }
        const { code, end } = this.#block(at);
        if (code.length > 0 || end.kind !== 'jmp' || seen.has(at)) break;
        seen.add(at);
        path.push(at);
        at = end.to;
      }
      const { code, end } = this.#block(at);
      if (code.length === 0 && end.kind === 'ret' && end.value === null) {
        returns ??= at;
        at = returns;
      }
      for (const each of path) target.set(each, at);
      return at;
    };
    for (const block of this.#blocks) {
      if (block === undefined) continue;
      const { end } = block;
      if (end.kind === 'jmp') block.end = { kind: 'jmp', to: last(end.to) };
      else if (end.kind === 'br') {
        const yes = last(end.yes);
        const no = last(end.no);
        block.end = yes === no ? { kind: 'jmp', to: yes } : { ...end, yes, no };
      }
    }
  }

  #reached(): readonly BlockId[] {
    const seen = new Set<BlockId>();
    const entry = this.#f.order[0] as BlockId;
    const work = [entry];
    seen.add(entry);
    for (let b = work.pop(); b !== undefined; b = work.pop()) {
      for (const to of endTargets(this.#block(b).end)) {
        if (seen.has(to)) continue;
        seen.add(to);
        work.push(to);
      }
    }
    return Array.from(orderOf(this.#f).rpo).filter((b) => seen.has(b));
  }

  /** By block: what comes behind it. */
  #chains(reached: readonly BlockId[]): ReadonlyMap<BlockId, BlockId> {
    const entry = this.#f.order[0] as BlockId;
    const next = new Map<BlockId, BlockId>();
    const taken = new Set<BlockId>([entry]);
    const head = new Map<BlockId, BlockId>();
    const headOf = (b: BlockId): BlockId => {
      let at = b;
      for (let up = head.get(at); up !== undefined; up = head.get(at)) at = up;
      return at;
    };
    const jumps = reached.filter((b) => jumpOf(this.#block(b).end) !== null);
    jumps.sort((a, b) => this.#weight(b) - this.#weight(a));
    for (const b of jumps) {
      const to = jumpOf(this.#block(b).end) as BlockId;
      if (taken.has(to) || headOf(b) === to) continue;
      taken.add(to);
      next.set(b, to);
      head.set(to, headOf(b));
    }
    return next;
  }

  /** An empty block that returns nothing must stand at the end, or each branch to it would pay a return. */
  #weight(b: BlockId): number {
    const { code, end } = this.#block(b);
    return end.kind === 'ret' && code.length === 0 ? Number.POSITIVE_INFINITY : (this.#frequency[b] as number);
  }

  #sequence(reached: readonly BlockId[], next: ReadonlyMap<BlockId, BlockId>): readonly BlockId[] {
    const inner = new Set(next.values());
    const order: BlockId[] = [];
    let final: BlockId | null = null;
    const entry = this.#f.order[0] as BlockId;
    const append = (from: BlockId): void => {
      for (let b: BlockId | undefined = from; b !== undefined && b !== theEnd; b = next.get(b)) order.push(b);
    };
    const endsFunction = (from: BlockId): boolean => {
      let at: BlockId | undefined = from;
      while (at !== undefined && at !== theEnd) at = next.get(at);
      return at === theEnd;
    };
    for (const b of reached) {
      if (inner.has(b)) continue;
      if (b !== entry && endsFunction(b)) final = b;
      else append(b);
    }
    if (final !== null) append(final);
    return order;
  }

  #copyTails(order: readonly BlockId[], falls: Set<BlockId>): void {
    let size = 0;
    for (const b of order) size += this.#block(b).code.length + 1;
    let budget = size + always;
    const jumps = order.filter((b) => this.#block(b).end.kind === 'jmp' && !falls.has(b));
    jumps.sort((a, b) => (this.#frequency[b] as number) - (this.#frequency[a] as number));
    for (const b of jumps) {
      const { end } = this.#block(b);
      if (end.kind !== 'jmp') continue;
      const tail = this.#tail(end.to);
      if (tail === null || tail.code.length > budget) continue;
      budget -= tail.code.length;
      const block = this.#block(b);
      block.code = [...block.code, ...tail.code];
      block.end = tail.end;
    }
  }

  /** What runs from a block up to a branch or a return; null where that is long. */
  #tail(from: BlockId): { readonly code: DraftBlock['code']; readonly end: End } | null {
    const code: DraftBlock['code'] = [];
    let at = from;
    for (let steps = 0; steps < longest; steps++) {
      const block = this.#block(at);
      if (code.length + block.code.length > longest) return null;
      for (const draft of block.code) code.push(draft);
      if (block.end.kind !== 'jmp') return { code, end: block.end };
      at = block.end.to;
    }
    return null;
  }
}

/** Where a block goes on without a choice; null where it has one. */
function jumpOf(end: End): BlockId | null {
  if (end.kind === 'jmp') return end.to;
  return end.kind === 'ret' && end.value === null ? theEnd : null;
}
