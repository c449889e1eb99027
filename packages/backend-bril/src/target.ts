/** What Bril as a target is made of. */

import type { BrilProgram } from '@sluice/bril-format';
import type { Module, Result } from '@sluice/ir';
import type { Pass } from '@sluice/pipeline';

/** Bril as a target: which passes come first, which last, and what a level does otherwise for it. */
export interface BrilTarget {
  readonly name: string;
  readonly summary: string;
  /** Passes of the target's own, by the names that the lists use. */
  readonly passes: readonly Pass[];
  /** Run before a pipeline, on what a frontend gave. */
  readonly first: readonly string[];
  /** Run behind it, in this order. */
  readonly prepare: readonly string[];
  /** By pass: what it is replaced by in any pipeline, null for nothing. A `*` stands for the instance's tag. */
  readonly instead: Readonly<Record<string, string | null>>;
  /** The program; fails where the module says what Bril cannot. */
  readonly emit: (m: Module) => Result<BrilProgram>;
}
