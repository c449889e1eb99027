/** The rehearsal of a release (`npm run release:check`), in deep runs alone: it builds, and takes about a minute. */
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/release-check.mjs', import.meta.url));

test.runIf(process.env.SLUICE_DEEP === '1')(
  'all packages build, pack, install, work and publish',
  { timeout: 600_000 },
  () => {
    const output = execFileSync(process.execPath, [script], { encoding: 'utf8' });
    expect(output).toMatch(/packages build, pack, install, work and publish/);
  },
);
