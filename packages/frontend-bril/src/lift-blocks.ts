/**
 * A Bril function as basic blocks: what the lifter must know before the first instruction. Only blocks that may be
 * reached count; what stands behind a `jmp` without a label is never run.
 */

import type { BrilFunction, BrilInstr } from '@sluice/bril-format';

/** Instructions without a label between them, up to a terminator or the next label. */
export interface BrilBlock {
  readonly label: string | null;
  readonly instrs: readonly BrilInstr[];
  /** Blocks that may follow, by index, each once; guards' targets too. */
  readonly succs: readonly number[];
  /** The next block in the text where control falls through into it; null where it does not or the function ends. */
  readonly fallsTo: number | null;
}

/** The blocks of a function; block 0 is where it begins. */
export interface BrilBlocks {
  readonly blocks: readonly BrilBlock[];
  readonly byLabel: ReadonlyMap<string, number>;
  /** Reachable blocks, a block before those that only follow it (reverse postorder). */
  readonly order: readonly number[];
}

const terminators: ReadonlySet<string> = new Set(['jmp', 'br', 'ret']);

/** Splits a checked function into blocks; linear. */
export function splitBlocks(func: BrilFunction): BrilBlocks {
  const raw: { label: string | null; instrs: BrilInstr[]; open: boolean }[] = [{ label: null, instrs: [], open: true }];
  const byLabel = new Map<string, number>();
  for (const item of func.items) {
    // The first block is always there: pushed above.
    const last = raw[raw.length - 1]!;
    if (item.kind === 'label') {
      byLabel.set(item.label, raw.length);
      raw.push({ label: item.label, instrs: [], open: true });
    } else if (last.open) {
      last.instrs.push(item);
      if (terminators.has(item.op)) last.open = false;
    }
  }
  const blocks = raw.map(({ label, instrs, open }, i): BrilBlock => {
    const succs = new Set<number>();
    for (const instr of instrs) {
      for (const target of instr.labels) {
        const index = byLabel.get(target);
        if (index !== undefined) succs.add(index);
      }
    }
    const fallsTo = open && i + 1 < raw.length ? i + 1 : null;
    if (fallsTo !== null) succs.add(fallsTo);
    return { label, instrs, succs: [...succs], fallsTo };
  });
  return { blocks, byLabel, order: reversePostorder(blocks) };
}

function reversePostorder(blocks: readonly BrilBlock[]): readonly number[] {
  const state = new Uint8Array(blocks.length);
  const post: number[] = [];
  const path: { at: number; next: number }[] = [{ at: 0, next: 0 }];
  state[0] = 1;
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const succ = blocks[top.at]?.succs[top.next++];
    if (succ === undefined) {
      post.push(top.at);
      path.pop();
    } else if (state[succ] === 0) {
      state[succ] = 1;
      path.push({ at: succ, next: 0 });
    }
  }
  return post.reverse();
}
