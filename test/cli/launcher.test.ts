/**
 * The launcher `packages/cli/bin/sluice.mjs` on a small repository of its own: it runs the current sources, however
 * many start at once, and a plugin meets the same modules as the command.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'sluice-launcher-'));
const cache = join(root, 'node_modules/.cache/sluice');
const plugin = join(mkdtempSync(join(tmpdir(), 'sluice-plugin-')), 'my-pass.ts');

const MAIN = `import { same } from '@sluice/ir';
import { pathToFileURL } from 'node:url';
export async function main(argv: readonly string[]): Promise<number> {
  const pass = await import('@sluice/passes/noop');
  const mine = await import(pathToFileURL(argv[1] ?? '').href);
  const shared = [mine.index === same, mine.subpath === same, mine.pass === pass.default];
  process.stdout.write(same.text + ' ' + shared.join(' ') + '\\n');
  return 7;
}
`;

const COMMAND = `import { same } from '@sluice/ir';
export default { name: 'greet', text: same.text };
`;

const EXECUTE = `export async function execute(command: { text: string }, rest: readonly string[]): Promise<number> {
  process.stdout.write(['greet', command.text, ...rest].join(' ') + '\\n');
  return 3;
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

/** The folders of bundles. */
function bundles(): string[] {
  return readdirSync(cache).filter((name) => !name.endsWith('.txt'));
}

/** Starts the launcher with a plugin and resolves to exit code and both streams. */
function run(env: Readonly<Record<string, string>> = {}): Promise<string> {
  return start(['--plugin', plugin], env);
}

function start(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  script: string = join(root, 'packages/cli/bin/sluice.mjs'),
): Promise<string> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(process.execPath, [script, ...words], { env: { ...process.env, ...env } });
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
  write('packages/cli/src/execute.ts', EXECUTE);
  write('packages/cli/src/commands/greet.ts', COMMAND);
  writeFileSync(plugin, PLUGIN);
  writeDeep('first');
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(dirname(plugin), { recursive: true, force: true });
});

test('several that start at once get along, and plugins share the modules of the command', async () => {
  const shown = await Promise.all([run(), run(), run()]);
  expect(new Set(shown)).toEqual(new Set(['7: first true true true']));
  const made = bundles().length;
  expect(await run()).toBe('7: first true true true');
  expect(bundles()).toHaveLength(made);
});

test('a command alone is a bundle of its own', async () => {
  const shown = await Promise.all([start(['greet', 'you']), start(['greet', 'you'])]);
  expect(shown).toEqual(['3: greet first you', '3: greet first you']);
  const made = bundles().filter((name) => name.startsWith('command-greet-'));
  expect(made.length).toBeGreaterThan(0);
  const files = made.flatMap((name) => readdirSync(join(cache, name)));
  expect(files.some((file) => file.endsWith('.code'))).toBe(true);
});

test('an edit is seen by the next run, of the same size and with the old time too', async () => {
  const file = join(root, 'ir/src/deep.ts');
  const { atime, mtime } = statSync(file);
  writeDeep('other');
  utimesSync(file, atime, mtime);
  expect(await run()).toBe('7: other true true true');
  expect(await start(['greet'])).toBe('3: greet other');
  writeDeep('second');
  expect(await run()).toBe('7: second true true true');
  expect(await run()).toBe('7: second true true true');
  expect(await start(['greet'])).toBe('3: greet second');
});

test('a new file concerns only bundles that may be asked for it', async () => {
  const before = bundles();
  write('passes/src/extra.ts', 'export {};\n');
  expect(await start(['greet'])).toBe('3: greet second');
  expect(bundles()).toEqual(before);
  // A plugin may import the new file.
  expect(await run()).toBe('7: second true true true');
  expect(bundles()).not.toEqual(before);
});

test('bundles that nothing leads to are deleted when they are old', async () => {
  const ago = new Date(Date.now() - 2 * 60 * 60 * 1000);
  for (const name of bundles()) utimesSync(join(cache, name), ago, ago);
  writeDeep('third');
  expect(await start(['greet'])).toBe('3: greet third');
  // The last with plugins, which its list still names, and the new one.
  expect(bundles()).toHaveLength(2);
  writeDeep('second');
});

test('installed, the bundle runs, and compiled code of another one of the same length does not', async () => {
  const installed = join(root, 'elsewhere/node_modules/@sluice/cli');
  const script = join(installed, 'bin/sluice.mjs');
  cpSync(join(repository, 'packages/cli/bin'), dirname(script), { recursive: true });
  mkdirSync(join(installed, 'dist/bundled'), { recursive: true });
  const put = (text: string): void => {
    const main = `async (words) => { console.log('${text}', ...words); return 4; }`;
    writeFileSync(join(installed, 'dist/bundled/greet.cjs'), `(function (exports) { exports.main = ${main}; })`);
  };
  const kept = (): string[] => readdirSync(join(root, 'elsewhere/node_modules/.cache/sluice/greet'));
  put('one');
  expect(await start(['greet'], {}, script)).toBe('4: one greet');
  expect(await start(['greet', 'you'], {}, script)).toBe('4: one greet you');
  expect(kept()).toHaveLength(1);
  put('two');
  expect(await start(['greet'], {}, script)).toBe('4: two greet');
  expect(kept()).toHaveLength(1);
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
