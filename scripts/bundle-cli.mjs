/**
 * Bundles the current sources for `packages/cli/bin/sluice.mjs` (docs/adr/0001); never part of what is published.
 *
 * Entries: the command's `main`, the index of each workspace (what a plugin imports), and `subpaths`, which holds every
 * other module of the workspaces under its public name (`@sluice/passes/gvn`). Code splitting puts what several
 * entries share into chunks, so each module exists once, and keeps what is imported dynamically out of the start.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Bundles that were not used for this long are deleted; shorter would pull chunks from under a running command. */
const KEEP_MS = 60 * 60 * 1000;

/**
 * Makes a bundle of the sources under `root` in `cache` and returns its folder (all are `file:` URLs), or undefined
 * with a remark on stderr if that fails. `sourceKey` is asked before and after: sources that change meanwhile are
 * bundled again. The folder appears by one rename, so that processes which build at the same time don't disturb
 * each other: the first wins, the others use its result.
 */
export async function bundle(root, cache, sourceKey) {
  try {
    const { build } = await import('esbuild');
    for (let attempt = 0; attempt < 3; attempt++) {
      const key = sourceKey();
      const folder = new URL(`${key}/`, cache);
      const temporary = new URL(`building-${process.pid}-${Date.now()}/`, cache);
      mkdirSync(temporary, { recursive: true });
      try {
        await buildInto(build, fileURLToPath(root), fileURLToPath(temporary));
        if (sourceKey() !== key) continue;
        publish(temporary, folder);
        prune(cache, key);
        return folder;
      } finally {
        rmSync(temporary, { recursive: true, force: true });
      }
    }
    throw new Error('the sources keep changing');
  } catch (error) {
    const reason = error.errors?.[0]?.text ?? String(error.message ?? error).split('\n')[0];
    process.stderr.write(`sluice: remark: running the sources without bundling them (${reason})\n`);
    return undefined;
  }
}

async function buildInto(build, root, out) {
  const workspaces = ['ir', 'passes', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)];
  const entryPoints = { main: join(root, 'packages/cli/src/main.ts'), subpaths: join(out, 'subpaths.ts') };
  const lines = [];
  for (const workspace of workspaces) {
    const src = join(root, workspace, 'src');
    const name = workspace.replace('packages/', '');
    if (name === 'cli' || !existsSync(join(src, 'index.ts'))) continue;
    entryPoints[name] = join(src, 'index.ts');
    for (const file of readdirSync(src, { recursive: true }).sort()) {
      if (!file.endsWith('.ts') || file === 'index.ts') continue;
      const path = file.replaceAll('\\', '/');
      lines.push(
        `export * as ${JSON.stringify(`@sluice/${name}/${path.slice(0, -3)}`)} from ${JSON.stringify(join(src, file))};`,
      );
    }
  }
  writeFileSync(join(out, 'subpaths.ts'), `${lines.join('\n')}\n`);
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    // By its name alone Node knows that it is a module; under node_modules it would parse `.js` to find out.
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    target: 'node22',
    conditions: ['sluice-source'],
    // Libraries in CommonJS ask for Node's built-ins by `require`, which a module doesn't have.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    external: ['esbuild'],
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, target: 'ES2024' } },
    logLevel: 'silent',
  });
}

function publish(temporary, folder) {
  try {
    renameSync(temporary, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function prune(cache, key) {
  const oldest = Date.now() - KEEP_MS;
  for (const name of readdirSync(cache)) {
    const folder = new URL(`${name}/`, cache);
    const age = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? oldest;
    if (name !== key && age < oldest) rmSync(folder, { recursive: true, force: true });
  }
}
