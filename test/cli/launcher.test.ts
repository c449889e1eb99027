/**
 * The launcher `packages/cli/bin/sluice.mjs` on a small repository of its own: it runs the current sources, however
 * many start at once, and a plugin meets the same modules as the command.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'sluice-launcher-'));
const plugin = join(mkdtempSync(join(tmpdir(), 'sluice-plugin-')), 'my-pass.ts');

const MAIN = `import { same } from '@sluice/ir';
import { pathToFileURL } from 'node:url';
export async function main(argv: readonly string[]): Promise<number> {
  const pass = await import('@sluice/passes/noop');
  const mine = await import(pathToFileURL(argv[0] ?? '').href);
  const shared = [mine.index === same, mine.subpath === same, mine.pass === pass.default];
  process.stdout.write(same.text + ' ' + shared.join(' ') + '\\n');
  return 7;
}
`;

const PLUGIN = `import { same } from '@sluice/ir';
import { same as deep } from '@sluice/ir/deep';
import noop from '@sluice/passes/noop';
export const index: object = same;
export const subpath: object = deep;
export const pass: object = noop;
`;

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function writeDeep(text: string): void {
  write('ir/src/deep.ts', `export const same: { text: string } = { text: '${text}' };\n`);
}

/** Starts the command and resolves to exit code and both streams. */
function run(env: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve) => {
    const script = join(root, 'packages/cli/bin/sluice.mjs');
    const child: ChildProcess = spawn(process.execPath, [script, plugin], { env: { ...process.env, ...env } });
    let text = '';
    child.stdout?.on('data', (part: Buffer) => {
      text += part.toString();
    });
    child.stderr?.on('data', (part: Buffer) => {
      text += part.toString();
    });
    child.on('close', (code) => resolve(`${code}: ${text.trim()}`));
  });
}

beforeAll(() => {
  cpSync(join(repository, 'packages/cli/bin'), join(root, 'packages/cli/bin'), { recursive: true });
  cpSync(join(repository, 'scripts/bundle-cli.mjs'), join(root, 'scripts/bundle-cli.mjs'));
  for (const folder of ['ir', 'passes', 'packages/cli']) {
    cpSync(join(repository, folder, 'package.json'), join(root, folder, 'package.json'));
    const link = join(root, 'node_modules/@sluice', folder.replace('packages/', ''));
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, folder), link, 'junction');
  }
  for (const name of ['esbuild', '@esbuild']) {
    symlinkSync(join(repository, 'node_modules', name), join(root, 'node_modules', name), 'junction');
  }
  write('ir/src/index.ts', "export { same } from './deep.ts';\n");
  write('passes/src/index.ts', 'export {};\n');
  write('passes/src/noop.ts', "import { same } from '@sluice/ir';\nexport default { uses: same };\n");
  write('packages/cli/src/main.ts', MAIN);
  writeFileSync(plugin, PLUGIN);
  writeDeep('first');
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(dirname(plugin), { recursive: true, force: true });
});

test('several that start at once share one bundle, and plugins share its modules', async () => {
  const shown = await Promise.all([run(), run(), run()]);
  expect(new Set(shown)).toEqual(new Set(['7: first true true true']));
  expect(readdirSync(join(root, 'node_modules/.cache/sluice'))).toHaveLength(1);
});

test('an edit is seen by the next run', async () => {
  writeDeep('second');
  expect(await run()).toBe('7: second true true true');
  expect(await run()).toBe('7: second true true true');
});

test('without a bundle the sources run, and plugins share their modules', async () => {
  expect(await run({ SLUICE_UNBUNDLED: '1' })).toBe('7: second true true true');
});

test('sources that do not bundle run as they are, with a remark', async () => {
  write('passes/src/broken.ts', "import './missing.ts';\n");
  const shown = await run();
  expect(shown).toContain('second true true true');
  expect(shown).toContain('sluice: remark: running the sources without bundling them');
});
