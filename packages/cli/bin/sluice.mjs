#!/usr/bin/env node
/**
 * The command `sluice`: finds the code to run and runs its `main`. The reasons are in docs/adr/0001.
 *
 * 1. On a Node older than the packages support, it starts itself again on the Node pinned by the workspace.
 * 2. In a clone (`../src/main.ts` exists and this file is not inside a `node_modules`) it runs a bundle of the
 *    *current* sources: beside each bundle stand size and times of every file that went into it, and one look at each
 *    of these files decides whether the bundle still holds. `SLUICE_UNBUNDLED=1`, or an esbuild that is missing or
 *    fails, runs the sources themselves by type stripping: slower to start, with true positions in stack traces.
 * 3. Installed from a registry, it runs `../dist`.
 *
 * Without `--plugin` nobody else imports `@sluice/*`, and the bundle is one file with just the modules of this command.
 * With it, all modules are there, and `@sluice/*` imported by the user's own files (`--plugin ./my-pass.ts`) leads to
 * the module instances that the command itself uses, so that op objects and analyses have one identity in the process.
 * The one file comes with V8's compiled code of earlier runs (`runCommand`).
 *
 * Plain JavaScript that every Node since 18 can parse; imports nothing before the first line of Sluice: an `import` of
 * a module of Node's makes a namespace of all its exports, for which `node:fs` and `node:process` load their streams.
 */
const supported = isSupported(process.versions.node);
const builtin = supported ? process.getBuiltinModule : (name) => import(name);
const { existsSync, readFileSync, statSync } = await builtin('node:fs');
const { fileURLToPath } = await builtin('node:url');
const module = await builtin('node:module');

const here = new URL('.', import.meta.url);
const root = new URL('../../../', here);
const rootPath = fileURLToPath(root);
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

/**
 * The folder of the bundle `name` if it holds for the current sources, else undefined. `<name>.txt` in the cache has the
 * folder's name in its first line, and in the others size, mtime, ctime and path of a file that went into the bundle: an
 * edit, however made, changes one of them. Folders are listed where a new file in them would belong into the bundle.
 */
function currentBundle(name) {
  let lines;
  try {
    lines = readFileSync(new URL(`${name}.txt`, cache), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const options = { throwIfNoEntry: false };
  for (let i = 1; i < lines.length; i++) {
    const [size, mtime, ctime, path] = lines[i].split('\t');
    const now = statSync(rootPath + path, options);
    if (now === undefined || now.mtimeMs !== +mtime || now.ctimeMs !== +ctime || now.size !== +size) return undefined;
  }
  const folder = new URL(`${lines[0]}/`, cache);
  return existsSync(folder) ? folder : undefined;
}

/** The folder of a bundle of the current sources, made now if there is none yet; undefined when it can't be made. */
async function bundled(name) {
  const found = currentBundle(name);
  if (found !== undefined) return found;
  const { bundle } = await import(new URL('scripts/bundle-cli.mjs', root).href);
  return bundle(root, cache, name, currentBundle);
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

/** The name of the bundle with this command alone; other words than commands are the business of the whole command line. */
function bundleOf(command) {
  const known = /^[a-z]+$/.test(command) && existsSync(new URL(`../src/commands/${command}.ts`, here));
  return `command-${known ? command : 'line'}`;
}

/** The file with this command alone, if nobody else will import `@sluice/*`, and the folder for its compiled code. */
async function locateCommand(words) {
  const [command = ''] = words;
  if (words.some((word) => word === '--plugin' || word.startsWith('--plugin='))) return undefined;
  if (cloned) {
    const name = bundleOf(command);
    const folder = process.env.SLUICE_UNBUNDLED ? undefined : await bundled(name);
    return folder && { file: fileURLToPath(new URL(`${name}.cjs`, folder)), code: fileURLToPath(folder) };
  }
  const bundle = /^[a-z]+$/.test(command) ? new URL(`../dist/bundled/${command}.cjs`, here) : undefined;
  if (bundle === undefined || !existsSync(bundle)) return undefined;
  const code = new URL(`../../../.cache/sluice/${command}/`, here);
  return { file: fileURLToPath(bundle), code: fileURLToPath(code) };
}

/**
 * Runs the `main` of a bundle of one command, with V8's compiled code for it out of the folder `code`. Node's own compile
 * cache holds what is compiled when a file is loaded, but most functions are compiled at their first call, and that is
 * most of a short run. So the code is kept as it is after a run; and kept anew when it is ten seconds old, since runs
 * differ in what they call. A long run has thrown code away by its end.
 */
async function runCommand({ file, code }, words) {
  const vm = builtin('node:vm');
  const { size, ctimeMs } = statSync(file);
  // V8 itself would take the code of any source of the same length.
  const name = `${process.version}-${process.arch}-${size}-${ctimeMs}.code`;
  const script = new vm.Script(readFileSync(file, 'latin1'), {
    filename: file,
    cachedData: readIfThere(code + name),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, module.createRequire(file), loaded);
  const exitCode = await loaded.exports.main(words);
  const old = statSync(code + name, { throwIfNoEntry: false });
  if (old === undefined || script.cachedDataRejected || (Date.now() - old.mtimeMs > 10_000 && process.uptime() < 1)) {
    keepCode(code, name, script);
  }
  return exitCode;
}

function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Writes the code and deletes what belonged to other versions of the file; where that's not allowed, runs are slower. */
function keepCode(folder, name, script) {
  const fs = builtin('node:fs');
  try {
    fs.mkdirSync(folder, { recursive: true });
    const temporary = `${folder}${process.pid}-${name}`;
    const handle = fs.openSync(temporary, 'wx');
    fs.writeSync(handle, script.createCachedData());
    fs.closeSync(handle);
    fs.renameSync(temporary, folder + name);
    for (const other of fs.readdirSync(folder)) {
      if (other !== name && other.startsWith(`${process.version}-`)) fs.rmSync(folder + other, { force: true });
    }
  } catch {
    // A folder of somebody else, a full disk: nothing that the user's program would care about.
  }
}

/** The module with the whole command line, whose modules are shared with the user's files. */
async function locateMain() {
  const folder = cloned && !process.env.SLUICE_UNBUNDLED ? await bundled('plugins') : undefined;
  if (folder !== undefined) {
    module.enableCompileCache(fileURLToPath(new URL('v8/', folder)));
    shareBundle(folder);
    return new URL('main.mjs', folder);
  }
  module.enableCompileCache();
  shareResolved(cloned ? ['sluice-source'] : []);
  return new URL(cloned ? '../src/main.ts' : '../dist/main.js', here);
}

if (!supported) await runOnPinnedNode();
else {
  const words = process.argv.slice(2);
  const command = await locateCommand(words);
  if (command !== undefined) process.exitCode = await runCommand(command, words);
  else {
    const { main } = await import((await locateMain()).href);
    process.exitCode = await main(words);
  }
}
