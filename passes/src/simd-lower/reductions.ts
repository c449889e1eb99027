/**
 * Reductions: what a loop gathers over its turns by one op that may take its operands in any order.
 *
 *     %s = phi [start], [%t]          lanes gather apart, and are joined behind the loop:
 *     %t = i32.add %s, %x             start + (l0 + l1 + l2 + l3)
 *
 * Several steps in one turn are one reduction if all are of one family (`s + x - y`). What was gathered must be seen by
 * nothing else in the loop, since no lane ever has it.
 */

import { type Func, type Inst, instOf, type Uses, type ValueId } from '@sluice/ir';
import { type Gathering, gatheringOf } from './lanes.ts';

/** What is gathered. */
export interface Reduction {
  readonly phi: ValueId;
  /** Its steps, in the order of a turn; the last one is what the phi is on the next turn. */
  readonly links: readonly Link[];
  readonly gathering: Gathering;
}

/** A step: the value, and the operand that is gathered. */
export interface Link {
  readonly inst: ValueId;
  readonly operand: ValueId;
}

/** Why a phi is no reduction. */
export const carried = 'a value is carried from turn to turn';
export const needsFastMath = 'reduction of floats needs --fast-math';

/** The reduction of a phi; text: why it is none. `inside` says whether an instruction stands in the loop. */
export function reductionOf(
  f: Func,
  phi: ValueId,
  next: ValueId,
  uses: Uses,
  inside: (v: ValueId) => boolean,
  fastMath: boolean,
): Reduction | string {
  const links: Link[] = [];
  let gathering: Gathering | null = null;
  let at = phi;
  // Forwards: each value has one user in the loop, up to the phi itself.
  for (;;) {
    const users = [...uses.of(at)].filter(inside);
    const [user] = users;
    if (users.length !== 1 || user === undefined) return carried;
    if (user === phi) return at === next && gathering !== null ? { phi, links, gathering } : carried;
    const link = instOf(f, user);
    const found = gatheringOf(link.op);
    const operand = found === null ? null : gathered(link, at, found);
    if (found === null || operand === null) return carried;
    if (gathering !== null && gathering.family !== found.family) return carried;
    if (found.inexact && !fastMath) return needsFastMath;
    gathering ??= found;
    links.push({ inst: user, operand });
    at = user;
  }
}

function gathered({ args }: Inst, sum: ValueId, { firstOnly }: Gathering): ValueId | null {
  const [a, b] = args;
  if (a === undefined || b === undefined || a === b) return null;
  if (a === sum) return b;
  return b === sum && !firstOnly ? a : null;
}
