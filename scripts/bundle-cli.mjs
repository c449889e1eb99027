/**
 * Bundles the sources for `packages/cli/bin/sluice.mjs` (docs/adr/0001). Two kinds, because they have opposite wants:
 *
 * - `command-<name>`: one command in one script, a function of CommonJS's `exports`, `require` and `module`, without
 *   what the command doesn't use. Made for a quick start: one file to open, no resolution. (`command-line` is the whole
 *   command line: help, version, words that are no command.)
 * - `plugins`: the whole command line as modules with an entry for the index of each workspace (what a plugin imports),
 *   and `subpaths`, which holds every other module of the workspaces under its public name (`@sluice/passes/gvn`). Code
 *   splitting puts what several entries share into chunks, so each module exists once.
 *
 * Started as a program with a folder and names of commands, it writes these there: `npm run build` makes so what is
 * published for the command that must start quickly; for each further one the package would grow by 600 kB.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Bundles that nothing points to are deleted at this age; shorter would pull chunks from under a running command. */
const KEEP_MS = 15 * 60 * 1000;
/** The same for bundles of one file, which is read at once. */
const KEEP_COMMAND_MS = 60 * 1000;
/** A file system's clock may lag behind `Date.now()` by a tick. */
const TICK_MS = 20;

const options = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  conditions: ['sluice-source'],
  external: ['esbuild'],
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, target: 'ES2024' } },
  metafile: true,
  logLevel: 'silent',
};

/**
 * Makes the bundle `name` of the sources under `root` in `cache` and returns its folder (all are `file:` URLs), or
 * undefined with a remark on stderr if that fails. A source that changed since the build began means another build.
 * The folder has a name of its own and `<name>.txt`, which points to it, appears by a rename: processes that build at the
 * same time don't disturb each other, and those that finish later use what `current(name)` finds then.
 */
export async function bundle(root, cache, name, current) {
  try {
    const { build } = await import('esbuild');
    const rootPath = fileURLToPath(root);
    for (let attempt = 0; attempt < 3; attempt++) {
      const start = Date.now() - TICK_MS;
      const unique = `${name}-${start.toString(36)}-${process.pid}`;
      const folder = new URL(`${unique}/`, cache);
      mkdirSync(folder, { recursive: true });
      let used = false;
      try {
        const inputs = await (name === 'plugins' ? buildModules : buildCommand)(
          build,
          rootPath,
          fileURLToPath(folder),
          name,
        );
        const list = listOf(rootPath, inputs, start);
        if (list === undefined) continue;
        const found = current(name);
        if (found !== undefined) return found;
        writeFileSync(new URL('list.txt', folder), [unique, ...list].join('\n'));
        renameSync(new URL('list.txt', folder), new URL(`${name}.txt`, cache));
        used = true;
        prune(cache);
        return folder;
      } finally {
        if (!used) rmSync(folder, { recursive: true, force: true });
      }
    }
    throw new Error('the sources keep changing');
  } catch (error) {
    const reason = error.errors?.[0]?.text ?? String(error.message ?? error).split('\n')[0];
    process.stderr.write(`sluice: remark: running the sources without bundling them (${reason})\n`);
    return undefined;
  }
}

/** Writes one command (or `command-line`) to `out/<name>.cjs`; the files that it was made of. */
async function buildCommand(build, root, out, name, file = name) {
  const src = join(root, 'packages/cli/src');
  const command = name.slice('command-'.length);
  const contents =
    command === 'line'
      ? "export { main } from './main.ts';"
      : `import command from './commands/${command}.ts';
         import { execute } from './execute.ts';
         export const main = (words) => execute(command, words.slice(1));`;
  const { metafile } = await build({
    ...options,
    absWorkingDir: root,
    stdin: { contents, resolveDir: src, sourcefile: `${name}.ts`, loader: 'ts' },
    outfile: join(out, `${file}.cjs`),
    format: 'cjs',
    // As Node wraps such files, but here, so that the launcher need not copy the text. Modules are strict; what they
    // become here would not be.
    banner: { js: "(function (exports, require, module) { 'use strict';" },
    footer: { js: '})' },
    // Less to read at each start. Names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    // Node prints the line in which an error was thrown.
    lineLimit: 120,
  });
  return ownOf(metafile).filter((path) => path !== `${name}.ts`);
}

/** Writes the whole command line and all modules to `out`; the files and folders that they were made of. */
async function buildModules(build, root, out) {
  const workspaces = workspacesOf(root);
  const entryPoints = { main: join(root, 'packages/cli/src/main.ts'), subpaths: join(out, 'subpaths.ts') };
  const lines = [];
  const folders = ['packages'];
  for (const workspace of workspaces) {
    const src = join(root, workspace, 'src');
    const name = workspace.replace('packages/', '');
    if (name === 'cli' || !existsSync(join(src, 'index.ts'))) continue;
    entryPoints[name] = join(src, 'index.ts');
    folders.push(`${workspace}/src`);
    for (const entry of readdirSync(src, { recursive: true }).sort()) {
      const path = entry.replaceAll('\\', '/');
      if (!path.endsWith('.ts') || path === 'index.ts') {
        if (statSync(join(src, entry)).isDirectory()) folders.push(`${workspace}/src/${path}`);
        continue;
      }
      lines.push(
        `export * as ${JSON.stringify(`@sluice/${name}/${path.slice(0, -3)}`)} from ${JSON.stringify(join(src, entry))};`,
      );
    }
  }
  writeFileSync(join(out, 'subpaths.ts'), `${lines.join('\n')}\n`);
  const { metafile } = await build({
    ...options,
    absWorkingDir: root,
    entryPoints,
    outdir: out,
    splitting: true,
    format: 'esm',
    // By its name alone Node knows that it is a module; under node_modules it would parse `.js` to find out.
    outExtension: { '.js': '.mjs' },
    // Libraries in CommonJS ask for Node's built-ins by `require`, which a module doesn't have.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return [...folders, ...ownOf(metafile)];
}

/** What a bundle was made of inside the repository; libraries are covered by the lock file. */
function ownOf(metafile) {
  return Object.keys(metafile.inputs).filter((path) => !/(?:^|\/)node_modules\/|^\.\.\/|^\w{2,}:/.test(path));
}

function workspacesOf(root) {
  return ['ir', 'passes', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)];
}

/** The lines of `<name>.txt` after the first; undefined where a file changed since `start`. */
function listOf(root, inputs, start) {
  const settings = ['package-lock.json', 'scripts/bundle-cli.mjs'];
  for (const workspace of workspacesOf(root)) settings.push(`${workspace}/package.json`);
  const lines = [];
  for (const path of [...settings, ...inputs]) {
    const state = statSync(join(root, path), { throwIfNoEntry: false });
    if (state === undefined) continue;
    if (state.ctimeMs >= start) return undefined;
    lines.push(`${state.size}\t${state.mtimeMs}\t${state.ctimeMs}\t${path}`);
  }
  return lines;
}

/** Deletes folders that no `.txt` points to, once they are old enough. */
function prune(cache) {
  const names = readdirSync(cache);
  const read = (file) => readFileSync(new URL(file, cache), 'utf8').split('\n', 1)[0];
  const used = new Set(names.filter((name) => name.endsWith('.txt')).map(read));
  for (const name of names) {
    if (name.endsWith('.txt') || used.has(name)) continue;
    const folder = new URL(`${name}/`, cache);
    const made = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const keep = name.startsWith('command-') ? KEEP_COMMAND_MS : KEEP_MS;
    if (Date.now() - made > keep) rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , out, ...commands] = process.argv;
  const root = fileURLToPath(new URL('../', import.meta.url));
  const { build } = await import('esbuild');
  for (const command of commands) await buildCommand(build, root, out, `command-${command}`, command);
}
