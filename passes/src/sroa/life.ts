/**
 * Where candidates live: a forward problem of data flow over three kinds of bits, all of them for certain: the object is
 * alive; it is gone (or not there yet); the element is initialised. What an instruction does with an object that may not be
 * alive, or with an element that may not be initialised, would trap or do nothing: such objects are refused.
 */

import { type BlockId, blockOf, type Func, instOf, ints, type Module, orderOf, solve, type ValueId } from '@sluice/ir';
import { hasBit, setBit } from '../lib/followed.ts';
import { effectOf } from '../lib/summaries.ts';
import type { Candidate, Found, Use } from './candidates.ts';

type Facts = Int32Array;

interface Bits {
  readonly alive: number;
  readonly gone: number;
  readonly initialised: number;
  readonly width: number;
}

/** Refuses the candidates that may not be alive, or not be initialised, where they must be; says which must stay. */
export function judge(m: Module, f: Func, found: Found): void {
  const objects = (found.list.length + 31) >> 5;
  const elements = (found.types.length + 31) >> 5;
  const bits = { alive: 0, gone: 32 * objects, initialised: 64 * objects, width: 2 * objects + elements };
  const boundary = ints(bits.width);
  for (const { number } of found.list) setBit(boundary, 0, bits.gone + number);
  const uses = usesByBlock(f, found);
  const { before } = solve<Facts>(f, {
    direction: 'forward',
    boundary,
    start: ints(bits.width).fill(-1),
    meet: (a, b) => (same(a, b) ? a : a.map((word, i) => word & (b[i] as number))),
    equal: same,
    transfer: (b, facts) => through(found, uses[b], bits, facts),
  });
  for (const b of orderOf(f).rpo) check(m, f, found, b, bits, (before[b] as Facts).slice());
}

function same(a: Facts, b: Facts): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function usesByBlock(f: Func, found: Found): readonly (readonly ValueId[] | undefined)[] {
  const uses: (ValueId[] | undefined)[] = new Array(f.blocks.length);
  for (const b of f.order) {
    for (const v of blockOf(f, b).body) {
      if (!found.of.has(v)) continue;
      const list = uses[b];
      if (list === undefined) uses[b] = [v];
      else list.push(v);
    }
  }
  return uses;
}

function through(found: Found, uses: readonly ValueId[] | undefined, bits: Bits, facts: Facts): Facts {
  if (uses === undefined) return facts;
  const next = facts.slice();
  for (const v of uses) step(next, bits, found.of.get(v) as Use);
  return next;
}

function clearBit(words: Int32Array, bit: number): void {
  words[bit >> 5] = (words[bit >> 5] as number) & ~(1 << (bit & 31));
}

function step(facts: Facts, { alive, gone, initialised }: Bits, { candidate, variable, what }: Use): void {
  const { number, variables } = candidate;
  if (what === 'store') setBit(facts, 0, initialised + variable);
  if (what !== 'alloc' && what !== 'free') return;
  clearBit(facts, (what === 'alloc' ? gone : alive) + number);
  setBit(facts, 0, (what === 'alloc' ? alive : gone) + number);
  for (const element of variables.values()) clearBit(facts, initialised + element);
}

/** Looks at what a block does with candidates, and at how it may leave the function. */
function check(m: Module, f: Func, found: Found, b: BlockId, bits: Bits, facts: Facts): void {
  const { body, term } = blockOf(f, b);
  for (let k = 0; k < body.length; k++) {
    const v = body[k] as ValueId;
    const use = found.of.get(v);
    if (use !== undefined) {
      refuse(use, bits, facts);
      step(facts, bits, use);
    } else {
      const { traps } = effectOf(m, instOf(f, v));
      if (traps.length > 0 && traps.includes('throw')) keepAlive(found.list, bits, facts);
    }
  }
  const { op, imm } = instOf(f, term);
  if (op.kind === 'ret' || (op.kind === 'trap' && imm === 'throw')) keepAlive(found.list, bits, facts);
}

function refuse({ candidate, variable, what }: Use, bits: Bits, facts: Facts): void {
  const { number } = candidate;
  // The object of the last turn is not freed before the next one is made.
  if (what === 'alloc') {
    if (!hasBit(facts, 0, bits.gone + number)) candidate.stays = true;
    return;
  }
  if (!hasBit(facts, 0, bits.alive + number)) candidate.reason ??= 'may not be alive where it is used';
  if (what === 'init' && !hasBit(facts, 0, bits.initialised + variable)) {
    candidate.reason ??= 'an element may not be initialised';
  }
}

/** The function may be left here: objects that may be alive are to be counted. */
function keepAlive(list: readonly Candidate[], bits: Bits, facts: Facts): void {
  for (const candidate of list) if (!hasBit(facts, 0, bits.gone + candidate.number)) candidate.stays = true;
}
