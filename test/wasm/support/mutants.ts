/** What a thread that checks mutants is told and says, and which mutant a seed is. */

import { mutate } from './mutate.ts';
import { randomFrom } from './random.ts';

/** What the thread is told: files to make mutants of, and the seeds, one for each. */
export interface MutantWork {
  readonly files: readonly string[];
  readonly first: number;
  readonly end: number;
}

/** What the thread says. */
export type MutantNews =
  | { readonly kind: 'begin'; readonly seed: number }
  | { readonly kind: 'failure'; readonly seed: number; readonly message: string }
  | {
      readonly kind: 'end';
      readonly valid: number;
      readonly refused: Readonly<Record<string, number>>;
      /** Refused here and accepted by the JavaScript engine: examples by code. */
      readonly disputed: Readonly<Record<string, string>>;
      readonly slowest: { readonly seed: number; readonly ms: number };
      readonly largest: { readonly seed: number; readonly bytes: number };
    };

/** The mutant of a seed. */
export function mutantOf(sources: readonly Uint8Array[], seed: number): Uint8Array<ArrayBuffer> {
  const random = randomFrom(seed);
  const at = random.below(sources.length);
  return mutate([...sources.slice(at), ...sources.slice(0, at)], random);
}
