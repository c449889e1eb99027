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
import { type Gathering, gatheringOf, laneForm } from './lanes.ts';

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
  const extreme = extremeOf(f, phi, next, uses, inside);
  if (extreme !== null) return extreme;
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

/**
 * The least or the greatest, by a comparison:
 *
 *     %t = select %x, %s, (i32.lt_s %x, %s)
 */
function extremeOf(
  f: Func,
  phi: ValueId,
  next: ValueId,
  uses: Uses,
  inside: (v: ValueId) => boolean,
): Reduction | null {
  const { op, args } = instOf(f, next);
  const [yes, no, test] = args;
  if (op.name !== 'select' || !inside(next) || yes === undefined || no === undefined || test === undefined) return null;
  const compared = instOf(f, test);
  const form = laneForm(compared);
  const operand = yes === phi ? no : yes;
  if (form?.kind !== 'compare' || form.width !== 32 || form.signed === null || operand === phi) return null;
  const [a, b] = compared.args;
  const straight = a === yes && b === no;
  if (!straight && !(a === no && b === yes)) return null;
  const only = (v: ValueId, users: readonly ValueId[]): boolean =>
    [...uses.of(v)].filter(inside).every((user) => users.includes(user));
  if (!inside(test) || (yes !== phi && no !== phi)) return null;
  if (!only(phi, [test, next]) || !only(test, [next]) || !only(next, [phi])) return null;
  const less = form.verb.startsWith('l') === straight;
  const family = `i32.${less ? 'min' : 'max'}_${form.signed ? 's' : 'u'}`;
  const gathering: Gathering = { family, identity: 'start', firstOnly: false, inexact: false };
  return { phi, links: [{ inst: next, operand }], gathering };
}
