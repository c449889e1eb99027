/**
 * What a frontend is, and what it makes of a file: a module together with all that the command must know to run it. Plain
 * values, so that drivers take frontends as arguments and name none.
 */

import type { Result } from './diag.ts';
import type { Module } from './func.ts';
import type { OpTable } from './op.ts';
import type { Host, Limits, Outcome } from './outcome.ts';
import type { Value } from './value.ts';

/** What the end of a run means to the command: exit code, and a message for the user where there is something to say. */
export interface Verdict {
  readonly code: number;
  readonly message: string | null;
}

/** A run by the language's own interpreter, which never touches the IR. */
export interface DirectRun {
  readonly verdict: Verdict;
  /** Instructions of the source language. */
  readonly instructions: number;
}

/** A file, lifted. */
export interface Loaded {
  readonly module: Module;
  /** The function to run; null where the module is a library. */
  readonly entry: string | null;
  /** Values of the entry's parameters from the words of a command line. */
  readonly parseArgs: (words: readonly string[]) => Result<readonly Value[]>;
  /** The host functions of the language; output goes to `out`. One host for each run. */
  readonly host: (out: (text: string) => void) => Host;
  /** What is printed for the entry's results; empty where the language prints by itself. */
  readonly showResults: (values: readonly Value[]) => string;
  /** What an outcome means to the command; `liveAllocations` are the heap objects never freed. */
  readonly judge: (outcome: Outcome, liveAllocations: number) => Verdict;
  /** The language's own interpreter, where it has one: an oracle for everything else. */
  readonly direct:
    | ((words: readonly string[], out: (text: string) => void, limits: Partial<Limits>) => Result<DirectRun>)
    | null;
}

/** A frontend: foreign bytes to a module. */
export interface Frontend {
  readonly name: string;
  readonly summary: string;
  /** With the dot. */
  readonly extensions: readonly string[];
  /** Whether the bytes look like this format, where the extension does not tell. */
  readonly detect: (bytes: Uint8Array) => boolean;
  /**
   * Whether `load` rejects all that the verifier would, by a type system of its own, so that only tests verify what it makes: the
   * verifier takes as long as lifting. Default: no.
   */
  readonly validates?: boolean;
  /** Reads and lifts; diagnostics where the bytes are wrong. `ops` are the ops that may occur, the core table unless given. */
  readonly load: (bytes: Uint8Array, file: string, ops?: OpTable) => Result<Loaded>;
}
