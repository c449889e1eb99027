/**
 * What an op does besides computing its result. Whether it may vanish, be one with its equal, or run early is decided by
 * the predicates below; what may pass what, by passes that look at regions and traps. None of them looks at names.
 *
 * An effect is a set of regions read, a set of regions written, and a few facts. Traps and divergence are
 * observable: an op that may trap must not vanish, nor run where it did not run before.
 */

import type { TrapKind } from './trap.ts';

/**
 * State that ops read and write. Regions do not overlap. `objects` is which heap allocations are alive and how large,
 * `heap` is what is in them: a store changes the one and not the other, so that checks of bounds survive stores.
 */
export const regions = ['memory', 'table', 'globals', 'heap', 'objects', 'slots', 'host'] as const;

/** A part of the state of an execution. */
export type Region = (typeof regions)[number];

/** A set of regions, one bit each. */
export type RegionSet = number;

/** What an op does besides computing its result. */
export interface Effect {
  readonly reads: RegionSet;
  readonly writes: RegionSet;
  /** The traps that it may raise; empty: never traps. */
  readonly traps: readonly TrapKind[];
  /** May fail to return (calls). */
  readonly diverges: boolean;
  /** May make a memory larger, so that engines reload their views. */
  readonly grows: boolean;
  /** Ends a block. */
  readonly control: boolean;
}

/** The set of the given regions. */
export function regionSet(...names: readonly Region[]): RegionSet {
  let set = 0;
  for (const name of names) set |= 1 << regions.indexOf(name);
  return set;
}

/** The regions in a set, in the order of `regions`. */
export function regionNames(set: RegionSet): readonly Region[] {
  return regions.filter((_, i) => (set & (1 << i)) !== 0);
}

/** Every region. */
export const allRegions: RegionSet = (1 << regions.length) - 1;

/** Builds an effect from what differs from `pure`. */
export function effect(facts: {
  reads?: readonly Region[];
  writes?: readonly Region[];
  traps?: readonly TrapKind[];
  diverges?: boolean;
  grows?: boolean;
  control?: boolean;
}): Effect {
  return {
    reads: regionSet(...(facts.reads ?? [])),
    writes: regionSet(...(facts.writes ?? [])),
    traps: facts.traps ?? [],
    diverges: facts.diverges ?? false,
    grows: facts.grows ?? false,
    control: facts.control ?? false,
  };
}

/** No effect at all. */
export const pure: Effect = effect({});

/** Ends a block and does nothing else. */
export const controlOnly: Effect = effect({ control: true });

/** Depends on its operands alone and does nothing else: two of them with equal operands are one. */
export function isPure(e: Effect): boolean {
  return e.reads === 0 && e.writes === 0 && e.traps.length === 0 && !e.diverges && !e.control;
}

/** Depends on its operands alone; it may trap, and does so always or never for given operands. */
export function isFunctional(e: Effect): boolean {
  return e.reads === 0 && e.writes === 0 && !e.diverges && !e.control;
}

/** May vanish when nothing uses its result. */
export function isRemovable(e: Effect): boolean {
  return e.writes === 0 && e.traps.length === 0 && !e.diverges && !e.control;
}

/** May run where it did not run before, provided that what it reads is the same there. */
export function isSpeculatable(e: Effect): boolean {
  return isRemovable(e);
}

/** May end the execution of the function other than by returning. */
export function mayTrap(e: Effect): boolean {
  return e.traps.length > 0 || e.diverges;
}

/**
 * The regions whose contents can still be seen when an execution has ended in one of these traps (SPEC.md §11): neither
 * slots nor heap objects, unless the trap is one that a caller may catch.
 */
export function seenAfter(traps: readonly TrapKind[]): RegionSet {
  return traps.includes('throw') ? allRegions : allRegions & ~regionSet('slots', 'heap', 'objects');
}
