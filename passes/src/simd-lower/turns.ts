/**
 * How many turns a loop surely stays in, from the test of its only exit: a number, or code before the loop that computes one.
 * It may be less than the true number, never more: what is left over is done by the loop itself, whose test decides in the
 * end. So steps other than 1 are no difficulty, as they are to lib/trip-count.ts:
 *
 *     stay while x < y, x = x0 + s k, s > 0     x0 < y ? (y - x0 - 1) / s + 1 : 0      before x can wrap
 *     stay while x <= y                         x0 <= y ? (y - x0) / s + 1 : 0         wraps to 0 for all numbers there are
 *     stay while x != y, s = 2^i                (y - x0) / s     if that is no whole number, x is never y
 */

import type { Func, ValueId } from '@sluice/ir';
import { ClosedForms } from '../lib/closed-form.ts';
import type { PlainLoop } from '../lib/copy-loop.ts';
import type { Affine, Evolution } from '../lib/scev.ts';
import { type Exit, type Test, testOf } from '../lib/trip-count.ts';
import { comparing } from '../rules/recurrence.ts';
import { type Code, powerOfTwo } from './code.ts';

/** More turns at a time than an address space has bytes are of no use. */
const most = 2n ** 32n;

/** The turns that a loop stays in at least. */
export type Turns =
  | { readonly kind: 'constant'; readonly count: bigint }
  | { readonly kind: 'test'; readonly test: Test };

/** The turns of a loop whose only exit this is; null where they cannot be computed. */
export function turnsOf(f: Func, evolution: Evolution, exit: Exit): Turns | null {
  if (!exit.everyTurn || exit.inside === -1) return null;
  if (exit.count !== null) return exit.count < 0n ? null : { kind: 'constant', count: exit.count };
  const term = f.insts[f.blocks[exit.from]?.term as ValueId];
  if (term === undefined) return null;
  const test = testOf(evolution, term, term.blocks[0] === exit.inside);
  return test !== null && isCountable(test) ? { kind: 'test', test } : null;
}

function isCountable({ x, relation }: Test): boolean {
  const up = x.step > 0n;
  switch (relation) {
    case 'eq':
      return false;
    case 'ne':
      return powerOfTwo(up ? x.step : -x.step) !== null;
    case 'lt':
    case 'le':
      return up;
    default:
      return x.step < 0n;
  }
}

/** The turns as an i64 from 0 to 2^32. */
export function emitTurns(code: Code, turns: Turns): ValueId {
  if (turns.kind === 'constant') return code.constant('i64', turns.count < most ? turns.count : most);
  const { test } = turns;
  const { bits } = test.x;
  const count = emitCount(code, test);
  if (bits === 32) return code.emit('i64.extend_i32_u', [count]);
  const limit = code.constant('i64', most);
  return code.emit('select', [count, limit, code.emit('i64.lt_u', [count, limit])], { type: 'i64' });
}

function emitCount(code: Code, { x, y, relation, signed }: Test): ValueId {
  const type = x.bits === 32 ? 'i32' : 'i64';
  const forms = new ClosedForms(code.edit, code.ops, code.block);
  const start: Affine = { ...x, step: 0n };
  const up = x.step > 0n;
  const a = forms.value(start);
  const b = forms.value(y);
  const one = code.constant(type, 1);
  const by = up ? x.step : -x.step;
  const apart = up ? code.emit(`${type}.sub`, [b, a]) : code.emit(`${type}.sub`, [a, b]);
  if (relation === 'ne') return divided(code, type, apart, by);
  const strict = relation === 'lt' || relation === 'gt';
  let count: ValueId;
  if (strict && by === 1n) count = apart;
  else {
    const last = strict ? code.emit(`${type}.sub`, [apart, one]) : apart;
    count = code.emit(`${type}.add`, [divided(code, type, last, by), one]);
  }
  const some = code.emit(comparing(type, relation, signed).name, [a, b]);
  return code.emit('select', [count, code.constant(type, 0), some], { type });
}

function divided(code: Code, type: 'i32' | 'i64', v: ValueId, by: bigint): ValueId {
  if (by === 1n) return v;
  const shift = powerOfTwo(by);
  if (shift !== null) return code.emit(`${type}.shr_u`, [v, code.constant(type, BigInt(shift))]);
  return code.emit(`${type}.div_u`, [v, code.constant(type, by)]);
}

/** The only exit of a loop; null where there are several, or none. */
export function onlyExit(exits: readonly Exit[], loop: PlainLoop): Exit | null {
  const [exit] = exits;
  return exits.length === 1 && exit !== undefined && loop.blocks.includes(exit.from) ? exit : null;
}
