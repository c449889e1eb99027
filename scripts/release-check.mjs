/**
 * Rehearses a release: builds, packs every public workspace, installs the tarballs into an empty project and uses them
 * there as a stranger would: the command, a plugin, the API, the types. Then lerna versions and publishes a copy of the
 * repository to a registry that only remembers (rehearse-publish.mjs).
 *
 * Nothing is published and the repository is not changed (but for `dist`, which git ignores). Third-party packages
 * come from npm's cache where it has them. `--keep` leaves the project and says where it is; `--no-build` packs `dist` as
 * it is.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { rehearsePublish } from './rehearse-publish.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const keep = process.argv.includes('--keep');
const temporary = mkdtempSync(join(tmpdir(), 'sluice-release-'));
const packed = join(temporary, 'packed');
const project = join(temporary, 'project');
const bin = join(project, 'node_modules', '.bin');
/** A stranger's program; TypeScript that Node runs as it is. */
const program = `import { load, presets, run } from '@sluice/driver';
import { unwrap } from '@sluice/ir';
const text = '@main(n: int) {\\n  r: int = add n n;\\n  print r;\\n}\\n';
const loaded = unwrap(load(presets, new TextEncoder().encode(text), 'double.bril'));
let output = '';
const out = (part: string): void => void (output += part);
const request = { args: ['21'], engine: 'register', pipeline: presets.levelPipeline('O2'), out };
unwrap(run(presets, loaded, 'double.bril', request));
console.log(output.trim());
`;
// The Node that runs this script is first, so that nothing is tested on another one.
const env = { ...process.env, PATH: [bin, join(process.execPath, '..'), process.env.PATH].join(delimiter) };

try {
  if (!process.argv.includes('--no-build')) step('build', () => npm(root, 'run', '--silent', 'build'));
  const names = step('pack', pack);
  step('install', () => install(names));
  step('command', useCommand);
  step('API', () => useApi(names));
  step('types', useTypes);
  const start = performance.now();
  await rehearsePublish(root, join(temporary, 'copy'), names, env);
  done('lerna', start);
  process.stdout.write(`${names.length} packages build, pack, install, work and publish\n`);
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`FAILED: ${error.message}\n${error.stdout ?? ''}`);
} finally {
  if (keep) process.stdout.write(`kept: ${temporary}\n`);
  else rmSync(temporary, { recursive: true, force: true });
}

function step(name, body) {
  const start = performance.now();
  const result = body();
  done(name, start);
  return result;
}

function done(name, start) {
  process.stdout.write(`ok: ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`);
}

function npm(cwd, ...args) {
  const shell = process.platform === 'win32';
  return execFileSync('npm', args, { cwd, env, shell, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function sluice(...args) {
  const file = join(project, 'node_modules', '@sluice', 'cli', 'bin', 'sluice.mjs');
  return execFileSync(process.execPath, [file, ...args], { cwd: project, env, encoding: 'utf8' });
}

/** Packs the public workspaces; their names. */
function pack() {
  mkdirSync(packed);
  const folders = ['ir', 'passes', ...readdirSync(join(root, 'packages')).map((name) => join('packages', name))];
  const manifests = folders.map((folder) => readJson(join(root, folder, 'package.json')));
  const names = manifests.filter((manifest) => manifest.private !== true).map(({ name }) => name);
  const report = npm(root, 'pack', '--json', '--pack-destination', packed, ...names.flatMap((name) => ['-w', name]));
  // npm prints a list, newer ones an object by name.
  for (const { name, files } of Object.values(JSON.parse(report))) {
    const paths = files.map(({ path }) => path);
    for (const needed of ['package.json', 'README.md', 'dist/index.js', 'dist/index.d.ts'])
      if (!paths.includes(needed)) throw new Error(`the tarball of ${name} lacks ${needed}`);
    const stray = paths.find((path) => !/^(?:dist|bin)\/|^(?:package\.json|README\.md|LICENSE)$/.test(path));
    if (stray !== undefined) throw new Error(`the tarball of ${name} holds ${stray}`);
  }
  return names;
}

/** Installs all tarballs into an empty project, as a project that depends on them would. */
function install(names) {
  mkdirSync(project);
  const tarballs = readdirSync(packed);
  const tarballOf = (name) => {
    const stem = name.slice(1).replace('/', '-');
    return tarballs.find((file) => file.startsWith(stem) && /^-\d/.test(file.slice(stem.length)));
  };
  const dependencies = Object.fromEntries(names.map((name) => [name, `file:../packed/${tarballOf(name)}`]));
  writeJson(join(project, 'package.json'), { name: 'stranger', private: true, type: 'module', dependencies });
  npm(project, 'install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error');
  const nested = readdirSync(join(project, 'node_modules', '@sluice'), { recursive: true, encoding: 'utf8' });
  const twice = nested.find((path) => /node_modules[/\\]@sluice[/\\]/.test(path));
  if (twice !== undefined) throw new Error(`installed twice: ${twice}`);
}

function useCommand() {
  const { version } = readJson(join(root, 'lerna.json'));
  same(npm(project, 'exec', '--offline', '--', 'sluice', '--version').trim(), version);
  writeFileSync(join(project, 'double.bril'), '@main(n: int) {\n  r: int = add n n;\n  print r;\n}\n');
  same(sluice('run', 'double.bril', '21', '--engine', 'stack'), '42\n');
  same(sluice('run', 'double.bril', '21', '-O3'), '42\n');
  // A plugin must meet the op objects of the installed command.
  cpSync(join(root, 'examples/03-custom-op/src/ops.ts'), join(project, 'ops.ts'));
  cpSync(join(root, 'examples/03-custom-op/gcd.ir'), join(project, 'gcd.ir'));
  same(sluice('run', 'gcd.ir', '91', '35', '--plugin', 'ops.ts'), '19\n');
}

function useApi(names) {
  const lines = names.map((name) => `import ${JSON.stringify(name)};`);
  writeFileSync(join(project, 'use.ts'), `${lines.join('\n')}\n${program}`);
  same(execFileSync(process.execPath, ['use.ts'], { cwd: project, env, encoding: 'utf8' }), '42\n');
}

/** The declarations alone, checked in full, as a consumer in strict TypeScript sees them. */
function useTypes() {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2024',
    types: [],
    skipLibCheck: false,
  };
  writeJson(join(project, 'tsconfig.json'), {
    compilerOptions: { ...compilerOptions, lib: ['es2024', 'esnext.collection', 'esnext.iterator', 'dom'] },
    files: ['use.ts'],
  });
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], { stdio: 'inherit' });
}

function same(got, wanted) {
  if (got !== wanted) throw new Error(`got ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function writeJson(file, value) {
  writeFileSync(file, JSON.stringify(value, null, 2));
}
