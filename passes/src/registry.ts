/** All passes of this package by name: what `-p`, `sluice passes`, the fixtures and the laws know. One line a pass. */

import type { Pass } from '@sluice/pipeline';
import dce from './dce.ts';
import sccp from './sccp.ts';

const all: readonly Pass[] = [dce, sccp] as readonly Pass[];

/** The passes by name, sorted. */
export const passes: ReadonlyMap<string, Pass> = new Map(all.map((pass) => [pass.name, pass]));
