/**
 * Makes conditional branches of `if`s that are followed by the end of a block: what lies in the `if` is jumped over.
 *
 *     block 7; ..; if !c; A; end; end     =>     block 7; ..; br_if 7 c; A; end
 *
 * Where the block is there anyway this saves its `end`, and maybe a negation; several such `if`s together may pay for a block
 * that nobody needed before. Linear.
 */

import type { BlockId } from '@sluice/ir';
import type { StructureEvent } from './events.ts';

// Bytes in Wasm: `if` with its type and `end`, `br_if` with its label, `block` with its type and `end`.
const ifBytes = 3;
const branchBytes = 2;
const blockBytes = 3;
/** Blocks that end at one place and are looked at for a label that is used. */
const mostEnds = 8;

/** What a test costs, or its opposite. */
export type TestCost = (from: BlockId, negate: boolean) => number;

/** The events with jumps where these are shorter; blocks that are not needed are still there. */
export function shortJumps(
  events: readonly StructureEvent[],
  used: ReadonlySet<number>,
  cost: TestCost,
): readonly StructureEvent[] {
  const { end, hasElse } = matching(events);
  const next = endsFrom(events, end);
  const labelAt = (i: number): number => (events[i] as StructureEvent & { kind: 'block' }).label;
  /** By `if`: the block whose end it is followed by. */
  const target = new Map<number, number>();
  const gained = new Map<number, number>();
  const openOf = new Map<number, number>();
  for (let i = 0; i < events.length; i++) if (events[i]?.kind === 'block') openOf.set(end[i] as number, i);
  events.forEach((event, i) => {
    if (event.kind !== 'if' || hasElse[i] === 1) return;
    const gain = ifBytes + cost(event.from, event.negate) - branchBytes - cost(event.from, !event.negate);
    if (gain <= 0) return;
    let first = -1;
    let at = next[(end[i] as number) + 1] as number;
    for (let k = 0; k < mostEnds && at !== -1; k++, at = next[at + 1] as number) {
      const label = labelAt(openOf.get(at) as number);
      if (used.has(label)) {
        target.set(i, label);
        return;
      }
      if (first === -1) first = label;
    }
    if (first === -1) return;
    target.set(i, first);
    gained.set(first, (gained.get(first) ?? 0) + gain);
  });
  const gone = new Set<number>();
  return events.flatMap((event, i): readonly StructureEvent[] => {
    if (event.kind === 'end') return gone.has(i) ? [] : [event];
    const label = target.get(i);
    if (event.kind !== 'if' || label === undefined) return [event];
    if (!used.has(label) && (gained.get(label) as number) <= blockBytes) return [event];
    gone.add(end[i] as number);
    return [{ kind: 'br_if', label, from: event.from, negate: !event.negate }];
  });
}

/** By opening event: its `end`, and whether there is an `else`. */
function matching(events: readonly StructureEvent[]): { end: Int32Array; hasElse: Uint8Array } {
  const end = new Int32Array(events.length);
  const hasElse = new Uint8Array(events.length);
  const open: number[] = [];
  events.forEach(({ kind }, i) => {
    if (kind === 'block' || kind === 'loop' || kind === 'if') open.push(i);
    else if (kind === 'else') hasElse[open.at(-1) as number] = 1;
    else if (kind === 'end') end[open.pop() as number] = i;
  });
  return { end, hasElse };
}

/** By event: the next end of a block that one gets to from before it without anything happening; -1: none. */
function endsFrom(events: readonly StructureEvent[], end: Int32Array): Int32Array {
  const next = new Int32Array(events.length + 1).fill(-1);
  const opened = new Int32Array(events.length).fill(-1);
  const open: number[] = [];
  const elseOf = new Int32Array(events.length).fill(-1);
  events.forEach(({ kind }, i) => {
    if (kind === 'block' || kind === 'loop' || kind === 'if') {
      opened[end[i] as number] = i;
      open.push(i);
    } else if (kind === 'else') elseOf[i] = open.at(-1) as number;
    else if (kind === 'end') open.pop();
  });
  for (let i = events.length - 1; i >= 0; i--) {
    const { kind } = events[i] as StructureEvent;
    if (kind === 'else') next[i] = next[(end[elseOf[i] as number] as number) + 1] as number;
    else if (kind === 'end') next[i] = events[opened[i] as number]?.kind === 'block' ? i : (next[i + 1] as number);
  }
  return next;
}
