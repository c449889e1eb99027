/** Emits Bril from the IR: few copies, constants where they run least. */

import addresses from './addresses.ts';
import { emitBril } from './emit.ts';
import fuse from './fuse.ts';
import legalise from './legalise.ts';
import numbers from './numbers.ts';
import rejoin from './rejoin.ts';
import remainder from './remainder.ts';
import sink from './sink.ts';
import type { BrilTarget } from './target.ts';

/** Bril, which its own interpreters run. */
export const brilTarget: BrilTarget = {
  name: 'bril',
  summary: 'Bril, as text or JSON',
  passes: [addresses, fuse, legalise, numbers, rejoin, remainder, sink],
  first: ['bril-fuse'],
  prepare: [
    'lower-invoke',
    'switch-lower(least=1000000)',
    'bril-numbers',
    'bril-legalise',
    'bril-remainder',
    'bril-addresses',
    'dce',
    'bril-sink',
    'bril-rejoin',
    'split-critical-edges',
    'ssa-destruct',
  ],
  instead: {
    // Products and quotients count as much as shifts and sums do.
    'strength-reduce': null,
    // Bril has no remainder, and no switches.
    'div-rem': null,
    'switch-form': null,
    // Nor vectors.
    'simd-lower': null,
    // Bril's loads check: one that is not certain to run might fail. Nor has it checks without an access: those that are left
    // of a store, or take the place of another one. (Unrolling stays as it is: without turns that are known only when the
    // program runs, the mean of O3 is 0.004 larger.)
    licm: 'licm(speculate=false)',
    'check-elim': null,
    dse: null,
    'load-elim': null,
    'loop-promote': null,
    // A call is two instructions and constants of the callee; no register is ever short.
    inline: 'inline(size=60,growth=4)',
  },
  emit: emitBril,
};

export default brilTarget;
export { brilDialect } from './ops.ts';
export type { BrilTarget } from './target.ts';
