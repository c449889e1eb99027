/** What a release needs beyond tests, in deep runs alone: it builds and publishes a copy, which takes about a minute. */
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const node = (...args: string[]): string => execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' });

describe.runIf(process.env.SLUICE_DEEP === '1')('a release', { timeout: 600_000 }, () => {
  test('all packages build, pack, install, work and publish', () => {
    expect(node('scripts/release-check.mjs')).toMatch(/packages build, pack, install, work and publish/);
  });

  test('the reference is made without warnings', () => {
    expect(() => node('node_modules/typedoc/bin/typedoc', '--emit', 'none')).not.toThrow();
  });
});
