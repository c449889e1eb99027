/**
 * Checks mutants in a thread that may be ended: one that does not answer, or takes more memory than it has been given, is a
 * failure of ours. Says what it is about to do before it does it.
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import { checkModule } from './mutant-check.ts';
import { type MutantNews, type MutantWork, mutantOf } from './mutants.ts';

function work({ files, first, end }: MutantWork, say: (news: MutantNews) => void): void {
  const sources = files.map((file) => new Uint8Array(readFileSync(file)));
  const refused: Record<string, number> = {};
  const disputed: Record<string, string> = {};
  let valid = 0;
  let slowest = { seed: 0, ms: 0 };
  let largest = { seed: 0, bytes: 0 };
  for (let seed = first; seed < end; seed++) {
    say({ kind: 'begin', seed });
    const begin = performance.now();
    try {
      const fate = checkModule(mutantOf(sources, seed));
      if (fate.kind === 'valid') valid++;
      else {
        refused[fate.code] = (refused[fate.code] ?? 0) + 1;
        if (fate.known) disputed[fate.code] ??= `seed ${seed}: ${fate.message}`;
      }
    } catch (error) {
      say({ kind: 'failure', seed, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    const ms = performance.now() - begin;
    if (ms > slowest.ms) slowest = { seed, ms };
    // What is held outside of the heap; the heap's own limit is the thread's.
    const bytes = process.memoryUsage().arrayBuffers;
    if (bytes > largest.bytes) largest = { seed, bytes };
  }
  say({ kind: 'end', valid, refused, disputed, slowest, largest });
}

work(workerData as MutantWork, (news) => parentPort?.postMessage(news));
