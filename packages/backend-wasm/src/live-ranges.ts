/**
 * Where the locals of values are live, as ranges of positions in a code list. Item `i` reads up to `2i + 1`, or writes from there on;
 * a range goes from a write up to the last read, and over all regions in between.
 *
 * A phi is a variable that the moves on its edges write, so what is a variable's value need not be known here: only what is
 * read before it is written in a region (live at its start), as on any program.
 *
 * Method:  from each such region backwards to where the value is written, one value at a time (as analysis/liveness.ts).
 * Cost:    the size of the result.
 */

import { type BlockId, orderOf, scratchInts } from '@sluice/ir';
import { type CodeList, item } from './code-list.ts';

/** Ranges by value, in rows: `start[v]` up to `start[v + 1]` in `bounds`, a start and an end each, ascending and apart. */
export interface LiveRanges {
  readonly start: Int32Array;
  readonly bounds: Int32Array;
}

/** Arrays that are used again. */
export class RangeScratch {
  readonly recordValue = scratchInts();
  readonly recordRegion = scratchInts();
  readonly recordWrite = scratchInts();
  readonly recordRead = scratchInts();
  readonly exposed = scratchInts();
  readonly current = scratchInts();
  readonly inValue = scratchInts();
  readonly outValue = scratchInts();
  readonly atValue = scratchInts();
  readonly atRecord = scratchInts();
  readonly rowStart = scratchInts();
  readonly rowItems = scratchInts();
  readonly start = scratchInts();
  bounds = new Int32Array(256);
}

/** The live ranges of all values that lie in locals. */
export function liveRanges(list: CodeList, scratch: RangeScratch): LiveRanges {
  const { func: f, items, regions, regionStart, movePhi, moveArg } = list;
  const count = f.insts.length;
  const last = regionStart[regions] as number;
  const most = last - (regionStart[0] as number) + f.params.length;
  const recordValue = scratch.recordValue(most);
  const recordRegion = scratch.recordRegion(most);
  const recordWrite = scratch.recordWrite(most);
  const recordRead = scratch.recordRead(most);
  const exposed = scratch.exposed(most);
  // By value: its record in the region at hand.
  const current = scratch.current(count).fill(-1, 0, count);
  let records = 0;
  const record = (v: number, region: number): number => {
    const known = current[v] as number;
    if (known >= 0 && recordRegion[known] === region) return known;
    recordValue[records] = v;
    recordRegion[records] = region;
    recordWrite[records] = -1;
    recordRead[records] = -1;
    exposed[records] = 0;
    current[v] = records;
    return records++;
  };
  // Parameters are written before anything else.
  for (const p of f.params) recordWrite[record(p, 0)] = 2 * (regionStart[0] as number) - 1;
  for (let r = 0; r < regions; r++) {
    const end = regionStart[r + 1] as number;
    for (let i = regionStart[r] as number; i < end; i++) {
      const code = items[i] as number;
      const kind = code & 7;
      if (kind === item.get || kind === item.moveGet) {
        const at = record(kind === item.get ? code >> 3 : (moveArg[code >> 3] as number), r);
        if (recordWrite[at] === -1) exposed[at] = 1;
        recordRead[at] = 2 * i + 1;
      } else if (kind === item.set || kind === item.tee || kind === item.moveSet) {
        const at = record(kind === item.moveSet ? (movePhi[code >> 3] as number) : code >> 3, r);
        if (recordWrite[at] === -1) recordWrite[at] = 2 * i + 1;
      }
    }
  }
  return new RangeFinder(list, scratch, records).run();
}

class RangeFinder {
  readonly #list: CodeList;
  readonly #scratch: RangeScratch;
  readonly #records: number;
  #bounds: Int32Array;
  #length = 0;

  constructor(list: CodeList, scratch: RangeScratch, records: number) {
    this.#list = list;
    this.#scratch = scratch;
    this.#records = records;
    this.#bounds = scratch.bounds;
  }

  run(): LiveRanges {
    const { func: f, regions, regionStart } = this.#list;
    const count = f.insts.length;
    const records = this.#records;
    const s = this.#scratch;
    const [value, region, write] = [s.recordValue(records), s.recordRegion(records), s.recordWrite(records)];
    const [read, exposed] = [s.recordRead(records), s.exposed(records)];
    // Records by value.
    const rowStart = s.rowStart(count + 1).fill(0, 0, count + 1);
    for (let r = 0; r < records; r++)
      rowStart[(value[r] as number) + 1] = (rowStart[(value[r] as number) + 1] as number) + 1;
    for (let v = 0; v < count; v++) rowStart[v + 1] = (rowStart[v + 1] as number) + (rowStart[v] as number);
    const rowItems = s.rowItems(records);
    const next = s.current(count);
    for (let v = 0; v < count; v++) next[v] = rowStart[v] as number;
    for (let r = 0; r < records; r++) {
      const v = value[r] as number;
      rowItems[next[v] as number] = r;
      next[v] = (next[v] as number) + 1;
    }
    const inValue = s.inValue(regions).fill(-1, 0, regions);
    const outValue = s.outValue(regions).fill(-1, 0, regions);
    const atValue = s.atValue(regions).fill(-1, 0, regions);
    const atRecord = s.atRecord(regions);
    const start = s.start(count + 1);
    const preds = regionPreds(this.#list);
    const work: number[] = [];
    for (let v = 0; v < count; v++) {
      start[v] = this.#length;
      const first = rowStart[v] as number;
      const end = rowStart[v + 1] as number;
      if (first === end) continue;
      let crosses = false;
      for (let k = first; k < end; k++) {
        const r = rowItems[k] as number;
        atValue[region[r] as number] = v;
        atRecord[region[r] as number] = r;
        crosses ||= exposed[r] === 1;
      }
      if (!crosses) {
        // Written and read in one region, or written and never read.
        for (let k = first; k < end; k++) {
          const r = rowItems[k] as number;
          this.#push(write[r] as number, Math.max(read[r] as number, (write[r] as number) + 1));
        }
        continue;
      }
      const from = this.#length;
      const reach = (r: number): void => {
        if (inValue[r] === v) return;
        inValue[r] = v;
        work.push(r);
      };
      for (let k = first; k < end; k++) {
        const r = rowItems[k] as number;
        const here = region[r] as number;
        if (exposed[r] === 1) {
          // Up to the last read before a write, which is the last one: a phi is written behind its reads.
          this.#push(2 * (regionStart[here] as number), read[r] as number);
          reach(here);
        }
      }
      for (let at = work.pop(); at !== undefined; at = work.pop()) {
        const list = preds(at);
        for (let k = 0; k < list.length; k++) {
          const p = list[k] as number;
          if (outValue[p] === v) continue;
          outValue[p] = v;
          const stop = 2 * (regionStart[p + 1] as number);
          if (atValue[p] === v && write[atRecord[p] as number] !== -1) {
            this.#push(write[atRecord[p] as number] as number, stop);
            continue;
          }
          this.#push(2 * (regionStart[p] as number), stop);
          reach(p);
        }
      }
      // What is written and only read there, or not at all.
      for (let k = first; k < end; k++) {
        const r = rowItems[k] as number;
        if (write[r] === -1 || outValue[region[r] as number] === v) continue;
        const begins = write[r] as number;
        this.#push(begins, exposed[r] === 1 ? begins + 1 : Math.max(read[r] as number, begins + 1));
      }
      this.#sort(from);
    }
    start[count] = this.#length;
    return { start, bounds: this.#bounds };
  }

  #push(from: number, to: number): void {
    if (from >= to) return;
    if (this.#length + 2 > this.#bounds.length) {
      const grown = new Int32Array(2 * this.#bounds.length);
      grown.set(this.#bounds);
      this.#bounds = grown;
      this.#scratch.bounds = grown;
    }
    this.#bounds[this.#length++] = from;
    this.#bounds[this.#length++] = to;
  }

  /** Sorts the ranges from here on, and joins those that touch. */
  #sort(from: number): void {
    const bounds = this.#bounds;
    const end = this.#length;
    if (end - from < 4) return;
    if (end - from <= mostInserted) insertionSort(bounds, from, end);
    else sortLong(bounds, from, end);
    let to = from;
    for (let at = from + 2; at < end; at += 2) {
      const begins = bounds[at] as number;
      const ends = bounds[at + 1] as number;
      if (begins <= (bounds[to + 1] as number)) {
        if (ends > (bounds[to + 1] as number)) bounds[to + 1] = ends;
        continue;
      }
      to += 2;
      bounds[to] = begins;
      bounds[to + 1] = ends;
    }
    this.#length = to + 2;
  }
}

/** Up to so many numbers are sorted in place, without an object for any of them. */
const mostInserted = 64;

function insertionSort(bounds: Int32Array, from: number, end: number): void {
  for (let at = from + 2; at < end; at += 2) {
    const begins = bounds[at] as number;
    const ends = bounds[at + 1] as number;
    let k = at - 2;
    for (; k >= from && (bounds[k] as number) > begins; k -= 2) {
      bounds[k + 2] = bounds[k] as number;
      bounds[k + 3] = bounds[k + 1] as number;
    }
    bounds[k + 2] = begins;
    bounds[k + 3] = ends;
  }
}

function sortLong(bounds: Int32Array, from: number, end: number): void {
  const order = Array.from({ length: (end - from) / 2 }, (_, k) => from + 2 * k);
  order.sort((a, b) => (bounds[a] as number) - (bounds[b] as number));
  const sorted = order.flatMap((at) => [bounds[at] as number, bounds[at + 1] as number]);
  bounds.set(sorted, from);
}

/** The regions before a region: of a block, its predecessors or the edges from them; of an edge, its source. */
function regionPreds(list: CodeList): (region: number) => readonly number[] {
  const { func: f, regionBlock, regionTarget, regionOf, edgeRegion } = list;
  const { preds } = orderOf(f);
  const known: (readonly number[] | undefined)[] = new Array(list.regions);
  const count = f.blocks.length;
  return (region) => {
    let found = known[region];
    if (found !== undefined) return found;
    const b = regionBlock[region] as BlockId;
    if (regionTarget[region] !== -1) found = [regionOf[b] as number];
    else {
      const from: number[] = [];
      for (let e = preds.start[b] as number; e < (preds.start[b + 1] as number); e++) {
        const p = preds.items[e] as number;
        from.push(edgeRegion.get(p * count + b) ?? (regionOf[p] as number));
      }
      found = from;
    }
    known[region] = found;
    return found;
  };
}
