/** What generated programs may contain: an engine or a pass that cannot take something has it switched off. */

import { coreTable, type OpTable, type Type } from '@sluice/ir';
import type { Rule } from '@sluice/pipeline';
import { numTypes } from './arbitrary/type.ts';

/** Parts of the language that a generated program may use. */
export interface Features {
  /** Types of values; i32 is always among them. */
  readonly types: readonly Type[];
  readonly ops: OpTable;
  /** Loads, stores and bulk ops on a linear memory. */
  readonly memory: boolean;
  /** Checked objects (dialect heap). */
  readonly heap: boolean;
  readonly globals: boolean;
  readonly slots: boolean;
  /** Several functions that call each other, bounded recursion included. */
  readonly calls: boolean;
  /** Calls through the table. */
  readonly indirect: boolean;
  /** Several tables, element segments, ops on them; needs `indirect`. */
  readonly tables: boolean;
  /** A memory, a global and a table that others hold too; engines have to link them. */
  readonly shared: boolean;
  /** Calls of imports. */
  readonly host: boolean;
  /** `invoke` and `trap throw`. */
  readonly exceptions: boolean;
  readonly loops: boolean;
  /** Loops that may never end: fuel does. */
  readonly endless: boolean;
  /** Graphs of blocks that jump anywhere: irreducible loops, critical edges, large phis. */
  readonly graphs: boolean;
  /** Ops that trap on operands that nobody bounded, and the terminator `trap`. */
  readonly traps: boolean;
  /** Many values alive at once: more than a small machine has registers. */
  readonly pressure: boolean;
  /** Blocks that nothing reaches. */
  readonly unreachable: boolean;
  /** Rules whose patterns programs contain more often than by chance. */
  readonly rules: readonly Rule[];
  /** Statements of a function, roughly. */
  readonly size: number;
}

/** What every engine takes. */
export const allFeatures: Features = {
  types: numTypes,
  ops: coreTable,
  memory: true,
  heap: true,
  globals: true,
  slots: true,
  calls: true,
  indirect: true,
  tables: true,
  shared: false,
  host: true,
  exceptions: true,
  loops: true,
  endless: true,
  graphs: true,
  traps: true,
  pressure: true,
  unreachable: true,
  rules: [],
  size: 12,
};

/** With vectors: what every engine takes that has them. */
export const vectorFeatures: Features = { ...allFeatures, types: [...numTypes, 'v128'] };

/** Every type that constants or ops without operands can make: for passes and engines hosted in JavaScript. */
export const dynamicFeatures: Features = {
  ...allFeatures,
  types: [...numTypes, 'v128', 'any', 'funcref', 'externref'],
};
