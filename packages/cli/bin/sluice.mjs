#!/usr/bin/env node
/**
 * The command `sluice`: finds the code to run and runs its `main`. The reasons are in docs/adr/0001.
 *
 * 1. On a Node older than the packages support, it starts itself again on the Node pinned by the workspace.
 * 2. In a clone (`../src/main.ts` exists and this file is not inside a `node_modules`) it runs a bundle of the
 *    *current* sources. The bundle's folder is named after path, size and times of every source file, so a changed
 *    source can't meet an old bundle. `SLUICE_UNBUNDLED=1`, or an esbuild that is missing or fails, runs the sources
 *    themselves by type stripping: slower to start, with true positions in stack traces.
 * 3. Installed from a registry, it runs `../dist`, which `tsc -b` built.
 *
 * In each case `@sluice/*` imported by the user's own files (`--plugin ./my-pass.ts`) leads to the module instances
 * that the command itself uses, so that op objects and analyses have one identity in the process.
 *
 * Plain JavaScript that every Node since 18 can parse; imports only what has to run before the first line of Sluice.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import module from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = new URL('.', import.meta.url);
const root = new URL('../../../', here);
const cache = new URL('node_modules/.cache/sluice/', root);
const cloned = !here.pathname.includes('/node_modules/') && existsSync(new URL('../src/main.ts', here));

/** `^22.22.2 || >=24.15`, the `engines` of every published package. */
function isSupported(version) {
  const [major, minor, patch] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 15) || (major === 22 && (minor > 22 || (minor === 22 && patch >= 2)));
}

/** Runs this file with the same arguments on the pinned Node, as one process to the outside: same streams, end, signals. */
async function runOnPinnedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const binary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  const found = ['node', 'node-bin']
    .map((name) => new URL(`node_modules/${name}-${platform}-${process.arch}/${binary}`, root))
    .find((url) => cloned && existsSync(url));
  if (found === undefined) {
    process.stderr.write(`sluice: error[SL0600]: Node ${process.versions.node} is too old; use ^22.22.2 or >=24.15\n`);
    process.exitCode = 2;
    return;
  }
  const { spawn } = await import('node:child_process');
  const child = spawn(fileURLToPath(found), [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code;
    else {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}

/** A name for the state of all sources: changes when a file is written, added, renamed or removed. */
function sourceKey() {
  const workspaces = readdirSync(new URL('packages/', root)).map((name) => `packages/${name}`);
  const rootPath = root.pathname;
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  const mix = (text) => {
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      a = Math.imul(a ^ c, 2654435761);
      b = Math.imul(b ^ c, 1597334677);
    }
  };
  const file = (path) => {
    const s = statSync(new URL(path, root), { throwIfNoEntry: false });
    if (s !== undefined) mix(`${path}:${s.size}:${s.mtimeMs}:${s.ctimeMs}\n`);
  };
  const folder = (path) => {
    for (const entry of readdirSync(new URL(path, root), { withFileTypes: true })) {
      if (entry.isDirectory()) folder(`${path}/${entry.name}`);
      else file(`${path}/${entry.name}`);
    }
  };
  mix(rootPath);
  file('package-lock.json');
  file('scripts/bundle-cli.mjs');
  for (const workspace of ['ir', 'passes', ...workspaces]) {
    file(`${workspace}/package.json`);
    if (existsSync(new URL(`${workspace}/src`, root))) folder(`${workspace}/src`);
  }
  return (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0');
}

/** The folder of a bundle of the current sources, made now if there is none yet; undefined when it can't be made. */
async function currentBundle() {
  if (process.env.SLUICE_UNBUNDLED) return undefined;
  const folder = new URL(`${sourceKey()}/`, cache);
  if (existsSync(folder)) return folder;
  const { bundle } = await import(new URL('scripts/bundle-cli.mjs', root).href);
  return bundle(root, cache, sourceKey);
}

/** Imports of `@sluice/*` by anybody lead into the bundle: packages by their entry, subpaths through `subpaths.mjs`. */
function shareBundle(folder) {
  const subpaths = new URL('subpaths.mjs', folder);
  module.registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.startsWith('@sluice/')) return next(specifier, context);
      const [, name, ...rest] = specifier.split('/');
      const entry = new URL(`${name}.mjs`, folder);
      if (!existsSync(entry)) return next(specifier, context);
      return { url: rest.length === 0 ? entry.href : `sluice:${specifier}`, format: 'module', shortCircuit: true };
    },
    load(url, context, next) {
      if (!url.startsWith('sluice:')) return next(url, context);
      const specifier = JSON.stringify(url.slice('sluice:'.length));
      const exported = module.createRequire(subpaths)(fileURLToPath(subpaths))[JSON.parse(specifier)];
      if (exported === undefined) throw new Error(`${specifier} is not a module of Sluice`);
      const names = Object.keys(exported).map((n) =>
        n === 'default' ? 'export default m.default;' : `export const ${n} = m.${n};`,
      );
      const source = `import { ${specifier} as m } from ${JSON.stringify(subpaths.href)};\n${names.join('\n')}\n`;
      return { format: 'module', source, shortCircuit: true };
    },
  });
}

/** Imports of `@sluice/*` by anybody are resolved as this file would, under `conditions`. */
function shareResolved(conditions) {
  module.registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.startsWith('@sluice/')) return next(specifier, context);
      return next(specifier, {
        ...context,
        parentURL: import.meta.url,
        conditions: [...conditions, ...context.conditions],
      });
    },
  });
}

async function locateMain() {
  const folder = cloned ? await currentBundle() : undefined;
  if (folder !== undefined) {
    module.enableCompileCache(fileURLToPath(new URL('v8/', folder)));
    shareBundle(folder);
    return new URL('main.mjs', folder);
  }
  module.enableCompileCache();
  shareResolved(cloned ? ['sluice-source'] : []);
  return new URL(cloned ? '../src/main.ts' : '../dist/main.js', here);
}

if (!isSupported(process.versions.node)) await runOnPinnedNode();
else {
  const { main } = await import((await locateMain()).href);
  process.exitCode = await main(process.argv.slice(2));
}
