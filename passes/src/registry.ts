/** All passes of this package by name: what `-p`, `sluice passes`, the fixtures and the laws know. One line a pass. */

import type { Pass } from '@sluice/pipeline';
import dce from './dce.ts';
import gvn from './gvn.ts';
import sccp from './sccp.ts';
import splitCriticalEdges from './split-critical-edges.ts';
import ssaDestruct from './ssa-destruct.ts';

const all: readonly Pass[] = [gvn, dce, sccp, splitCriticalEdges, ssaDestruct];

/** The passes by name, sorted. */
export const passes: ReadonlyMap<string, Pass> = new Map(all.map((pass) => [pass.name, pass]));
