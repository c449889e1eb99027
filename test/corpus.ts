/**
 * Where the corpora of real programs are, and what their indexes hold. They are not part of the repository: a test over them
 * is skipped where the folder is missing, and fails instead with SLUICE_REQUIRE_CORPUS=1.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The root of the repository. */
export const repoRoot: string = resolve(import.meta.dirname, '..');

/** The folder with the corpora (`SLUICE_CORPUS`, else `../shared/corpus` beside the repository); null where it is missing. */
export function corpus(): string | null {
  const path = resolve(repoRoot, process.env.SLUICE_CORPUS ?? '../shared/corpus');
  if (existsSync(join(path, 'MANIFEST.md'))) return path;
  if (process.env.SLUICE_REQUIRE_CORPUS === '1') throw new Error(`there is no corpus at ${path}`);
  console.log(`skipped: there is no corpus at ${path}`);
  return null;
}

/** An entry of `bril/index.json`; paths are relative to `bril`. */
export interface BrilEntry {
  readonly name: string;
  readonly kind: 'benchmark' | 'interp' | 'interp-error' | 'check' | 'parse' | 'print';
  readonly group: string;
  readonly args: readonly string[];
  readonly exit: number;
  readonly bril: string;
  readonly json: string;
  readonly out?: string;
  readonly err?: string;
  readonly prof?: string;
  readonly pos_json?: string;
  /** Executed instructions, labels not counted; benchmarks only. */
  readonly dyn_inst?: number;
}

/** An entry of `bril/scaled.json`: a benchmark with arguments that make it run long. */
export interface ScaledBrilEntry {
  readonly name: string;
  readonly args: readonly string[];
  readonly bril: string;
  readonly dyn_inst: number;
  readonly stdout_sha256: string;
  readonly stdout_bytes: number;
}

/** The Bril corpus: its index, the scaled benchmarks, and a reader of its files. */
export interface BrilCorpus {
  readonly index: readonly BrilEntry[];
  readonly scaled: readonly ScaledBrilEntry[];
  readonly read: (path: string) => string;
}

/** The Bril corpus; null where there is none. */
export function brilCorpus(): BrilCorpus | null {
  const root = corpus();
  if (root === null) return null;
  const read = (path: string): string => readFileSync(join(root, 'bril', path), 'utf8');
  return {
    index: JSON.parse(read('index.json')) as readonly BrilEntry[],
    scaled: JSON.parse(read('scaled.json')) as readonly ScaledBrilEntry[],
    read,
  };
}
