/**
 * Writes what follows from the `package.json` files: the references of each workspace's `tsconfig.json` and of
 * `tsconfig.build.json`. Run by `npm run gen` after a workspace or a dependency was added; with `--check` it writes
 * nothing and fails if something is out of date.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const folders = ['ir', 'passes', ...readdirSync(`${root}packages`).map((name) => `packages/${name}`)].filter((folder) =>
  existsSync(`${root}${folder}/package.json`),
);

/** The published workspaces that `folder` depends on, in the order of its `package.json`. */
function dependenciesOf(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  const names = new Set(Object.keys(manifest.dependencies ?? {}));
  return folders.filter((other) => names.has(`@sluice/${posix.basename(other)}`));
}

function references(from: string, to: readonly string[]): { readonly path: string }[] {
  return to.map((folder) => ({ path: posix.relative(from, folder) }));
}

function solution(): string {
  return `${JSON.stringify({ files: [], references: references('', folders) }, null, 2)}\n`;
}

function project(folder: string): string {
  const config = {
    extends: posix.relative(folder, 'tsconfig.base.json'),
    compilerOptions: { composite: true, rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
    include: ['src'],
    references: references(folder, dependenciesOf(folder)),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

const outputs = new Map([['tsconfig.build.json', solution()]]);
for (const folder of folders) outputs.set(`${folder}/tsconfig.json`, project(folder));

const stale: string[] = [];
for (const [file, text] of outputs) {
  const now = existsSync(root + file) ? readFileSync(root + file, 'utf8') : '';
  if (now.replace(/\s/g, '') !== text.replace(/\s/g, '')) stale.push(file);
  else continue;
  if (!process.argv.includes('--check')) writeFileSync(root + file, text);
}
for (const file of stale) process.stdout.write(`${file}\n`);
if (stale.length > 0 && process.argv.includes('--check')) {
  process.stderr.write('out of date: run `npm run gen`\n');
  process.exitCode = 1;
}
