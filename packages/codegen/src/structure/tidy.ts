/**
 * Takes out of structured events what turned out not to be needed: blocks whose label nobody uses, and the `else` of an `if`
 * whose first arm never reaches its end (what follows then stands behind the `if`, one level further out).
 */

import type { StructureEvent } from './events.ts';
import { shortJumps, type TestCost } from './short-jumps.ts';

/** What is open. `gone`: its end came early. */
interface Frame {
  readonly reachable: boolean;
  gone: boolean;
  /** Whether its end can be reached: by a branch, or from the first arm. */
  ends: boolean;
}

/** The same events without what is not needed; with costs of tests, shorter ones where there are. */
export function tidy(given: readonly StructureEvent[], cost: TestCost | null): readonly StructureEvent[] {
  const plain = withoutElse(given);
  if (cost === null) return withoutBlocks(plain, usedLabels(plain));
  const short = shortJumps(plain, usedLabels(plain), cost);
  return withoutBlocks(short, usedLabels(short));
}

/** Without blocks whose label nobody uses. */
function withoutBlocks(events: readonly StructureEvent[], used: ReadonlySet<number>): readonly StructureEvent[] {
  const gone: boolean[] = [];
  return events.filter((event) => {
    if (event.kind === 'end') return gone.pop() === false;
    if (event.kind !== 'block' && event.kind !== 'loop' && event.kind !== 'if') return true;
    const unused = event.kind === 'block' && !used.has(event.label);
    gone.push(unused);
    return !unused;
  });
}

/** Without `else` behind arms that never reach their end. */
function withoutElse(events: readonly StructureEvent[]): readonly StructureEvent[] {
  const used = usedLabels(events);
  const kept: StructureEvent[] = [];
  const frames: Frame[] = [];
  /** Whether this place in the text can be reached. */
  let reachable = true;
  for (const event of events) {
    switch (event.kind) {
      case 'block':
      case 'loop': {
        frames.push({ reachable, gone: false, ends: event.kind === 'block' && used.has(event.label) });
        kept.push(event);
        break;
      }
      case 'if':
        frames.push({ reachable, gone: false, ends: true });
        kept.push(event);
        break;
      case 'else': {
        const frame = frames.at(-1) as Frame;
        frame.gone = !reachable;
        frame.ends = reachable;
        kept.push(reachable ? event : { kind: 'end' });
        reachable = frame.reachable;
        break;
      }
      case 'end': {
        const frame = frames.pop() as Frame;
        if (!frame.gone) kept.push(event);
        reachable ||= frame.ends && frame.reachable;
        break;
      }
      default:
        kept.push(event);
        if (ends.has(event.kind)) reachable = false;
    }
  }
  return kept;
}

const ends: ReadonlySet<StructureEvent['kind']> = new Set(['br', 'switch', 'dispatch', 'ret', 'trap']);

function usedLabels(events: readonly StructureEvent[]): ReadonlySet<number> {
  const used = new Set<number>();
  for (const event of events) {
    if (event.kind === 'br' || event.kind === 'br_if') used.add(event.label);
    else if (event.kind === 'switch' || event.kind === 'dispatch') for (const label of event.labels) used.add(label);
  }
  return used;
}
