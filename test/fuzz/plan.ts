/** What a program of the campaign goes through: drawn with the program, so that a failure's seed and path replay it whole. */

import type { Toolchain } from '@sluice/driver';
import type { Pass } from '@sluice/pipeline';
import fc from 'fast-check';

/** One way through passes and an engine. 0 and the first of each list are what failures shrink to. */
export interface Plan {
  /** A level, or passes as `-p` takes them, options included. */
  readonly passes: string | readonly string[];
  readonly engine: 'interp' | 'stack' | 'register';
  readonly registers: 4 | 8 | 16;
  readonly allocator: string;
  /** Decisions about profit are turned round. */
  readonly contrary: boolean;
  /** Chooses changes of blocks that the first call never enters; null: none are made. */
  readonly unreached: readonly number[] | null;
  /** Allocates in every way with 4, 8 and 16 registers, and has the checker look. */
  readonly allocates: boolean;
}

/** Passes that must come right before another one. */
const needs: Readonly<Record<string, string>> = { 'ssa-destruct': 'split-critical-edges' };

/** Plans over levels and over passes in any order, with any options. */
export function arbitraryPlan({ passes, levels, allocators }: Toolchain): fc.Arbitrary<Plan> {
  const instance = fc.oneof(...[...passes.values()].map(arbitraryInstance));
  const list = fc.array(instance, { minLength: 1, maxLength: 8 }).map((lists) => lists.flat());
  return fc.record({
    passes: fc.oneof({ weight: 3, arbitrary: list }, { weight: 2, arbitrary: fc.constantFrom(...levels.slice(1)) }),
    engine: fc.constantFrom('interp', 'stack', 'register'),
    registers: fc.constantFrom(4, 8, 16),
    allocator: fc.constantFrom(...allocators.map(({ name }) => name)),
    contrary: fc.nat(4).map((n) => n === 4),
    unreached: fc.oneof(
      { weight: 4, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.array(fc.nat(4095), { minLength: 40, maxLength: 40 }) },
    ),
    allocates: fc.nat(3).map((n) => n === 3),
  });
}

/** A pass, sometimes with other options: the opposite of a boolean, a number smaller or larger. */
function arbitraryInstance(pass: Pass): fc.Arbitrary<readonly string[]> {
  const options = Object.entries(pass.options).map(([name, { default: value }]) => {
    const text = (v: unknown): string => `${name}=${String(v)}`;
    if (typeof value === 'boolean') return fc.constantFrom('', text(!value));
    if (typeof value === 'number') return fc.constantFrom('', text(Math.ceil(value / 2)), text(value * 2));
    return fc.constant('');
  });
  return fc.tuple(...options).map((texts) => {
    const list = texts.filter((text) => text !== '');
    const name = `${pass.name}${list.length > 0 ? `(${list.join(',')})` : ''}`;
    const before = needs[pass.name];
    return before === undefined ? [name] : [before, name];
  });
}
