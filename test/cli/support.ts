/** Runs the command as a user does: a process of its own, both streams and the exit code. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repoRoot } from '../corpus.ts';

/** What a run of the command left behind. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** Runs `sluice` with these words in the repository's root. */
export function sluice(words: readonly string[], input: string | Uint8Array = ''): Ran {
  const bin = join(repoRoot, 'packages/cli/bin/sluice.mjs');
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, ...words], {
    cwd: repoRoot,
    input,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { stdout, stderr, code: status };
}

/** A folder that is the test's own. */
export function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'sluice-test-'));
}
