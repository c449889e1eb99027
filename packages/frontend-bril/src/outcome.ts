/** How a run of the direct interpreter ended, and what limits it. */

import type { Diagnostic, Span } from '@sluice/ir';
import type { BrilErrorKind, BrilLimit } from './fault.ts';

/** How a run ended. */
export type BrilOutcome =
  | { readonly kind: 'exit' }
  /** The program or its arguments are wrong: nothing was run. */
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'error'; readonly error: BrilErrorKind; readonly message: string; readonly at: Span }
  | { readonly kind: 'resource'; readonly limit: BrilLimit; readonly at: Span };

/** A run: how it ended, what it printed, how many instructions it executed (labels don't count). */
export interface BrilRun {
  readonly outcome: BrilOutcome;
  /** What was printed; empty where `options.stdout` took it. */
  readonly stdout: string;
  readonly dynInst: number;
}

/** Limits, and where output goes. */
export interface InterpretOptions {
  /** Jumps to the same or an earlier position and calls that may be done; no limit unless given. */
  readonly fuel?: number;
  /** Calls that may be active at a time; 100,000 unless given. */
  readonly maxDepth?: number;
  /** Bytes for frames, heap and collected output together; 1 GiB unless given. */
  readonly memoryLimit?: number;
  /** Takes the output in pieces of some 64 KiB, as it comes. */
  readonly stdout?: (text: string) => void;
}

/** The exit code of the command for an outcome: 0; 2 for what the user has to mend; 3 for a limit. */
export function exitCodeOf(outcome: BrilOutcome): number {
  if (outcome.kind === 'exit') return 0;
  return outcome.kind === 'resource' ? 3 : 2;
}
