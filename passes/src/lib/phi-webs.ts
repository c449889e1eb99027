/**
 * Phi webs: the sets of values that phis tie together. A phi, its operands, the phis that these are operands of and so
 * on are one web. After `ssa-destruct` the values of a web never live at the same time, so that one place holds them all.
 */

import { type BlockId, type Func, type Inst, instOf, liveness, orderOf, type Rows, type ValueId } from '@sluice/ir';

/** By `ValueId`: the representative of the web (one of its values), -1 for values that no phi touches. */
export type WebOf = Int32Array;

/** The webs of all phis in blocks. `linked` leaves operands out: phi and position to whether it belongs to the web. */
export function phiWebs(f: Func, linked?: (phi: ValueId, k: number) => boolean): WebOf {
  const web = new Int32Array(f.insts.length).fill(-1);
  const find = (v: number): number => {
    let at = v;
    for (let up = web[at] as number; up !== at; up = web[at] as number) {
      const above = web[up] as number;
      web[at] = above;
      at = above;
    }
    return at;
  };
  for (const b of f.order) {
    const block = f.blocks[b];
    if (block === undefined || block.phis.length === 0) continue;
    for (const phi of block.phis) {
      if (web[phi] === -1) web[phi] = phi;
      const { args } = instOf(f, phi);
      for (let k = 0; k < args.length; k++) {
        if (linked !== undefined && !linked(phi, k)) continue;
        const arg = args[k] as number;
        if (web[arg] === -1) web[arg] = arg;
        web[find(arg)] = find(phi);
      }
    }
  }
  for (let v = 0; v < web.length; v++) if (web[v] !== -1) web[v] = find(v);
  return web;
}

/** Stands for a value that is not there yet. */
const planned = -2;

/** Values that are still to be put in, by the web that they will belong to. */
export interface PlannedCopies {
  /** By block: webs with a value between the end of the block's body and the edge out of it. */
  readonly atEnd: Rows;
  /** By block: webs with a phi whose result will be copied to somewhere else. */
  readonly atStart: Rows | null;
  /** One more than the largest name of a web. */
  readonly webs: number;
}

/**
 * The webs of which two values are live at one point. One scan of each block from its end, with the one live value of
 * each web: linear in the function and its liveness. A value outside of webs (-1) may be live as it likes.
 */
export function interferingWebs(f: Func, web: WebOf, copies: PlannedCopies | null = null): ReadonlySet<number> {
  const bad = new Set<number>();
  const live = liveness(f);
  const holder = new Int32Array(copies?.webs ?? f.insts.length).fill(-1);
  const touched: number[] = [];
  const enter = (v: number, w: number): void => {
    if (w < 0) return;
    const held = holder[w] as number;
    if (held === v && v !== planned) return;
    if (held !== -1) bad.add(w);
    holder[w] = v;
    touched.push(w);
  };
  const define = (v: number): void => {
    const w = web[v] as number;
    if (w < 0) return;
    if (holder[w] === v) holder[w] = -1;
    else if (holder[w] !== -1) bad.add(w);
  };
  const use = (inst: Inst): void => {
    const { args } = inst;
    for (let k = 0; k < args.length; k++) enter(args[k] as number, web[args[k] as number] as number);
  };
  for (const b of orderOf(f).rpo) {
    const block = f.blocks[b];
    if (block === undefined) continue;
    for (let i = live.out.start[b] as number; i < (live.out.start[b + 1] as number); i++) {
      const v = live.out.items[i] as number;
      enter(v, web[v] as number);
    }
    if (copies !== null) forRow(copies.atEnd, b, (w) => enter(planned, w));
    define(block.term);
    use(instOf(f, block.term));
    if (copies !== null) {
      forRow(copies.atEnd, b, (w) => {
        if (holder[w] === planned) holder[w] = -1;
      });
    }
    for (let i = block.body.length - 1; i >= 0; i--) {
      const v = block.body[i] as ValueId;
      define(v);
      use(instOf(f, v));
    }
    if (copies?.atStart != null) forRow(copies.atStart, b, (w) => enter(planned, w));
    for (const w of touched) holder[w] = -1;
    touched.length = 0;
  }
  return bad;
}

function forRow(rows: Rows, b: BlockId, visit: (item: number) => void): void {
  for (let i = rows.start[b] as number; i < (rows.start[b + 1] as number); i++) visit(rows.items[i] as number);
}
