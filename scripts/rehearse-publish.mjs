/**
 * Runs `lerna version` and `lerna publish` for real, in a copy of the repository and against a registry that only
 * remembers: lerna has no dry run of its own. Part of `npm run release:check`.
 */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';

const execute = promisify(execFile);

/** What a package consists of when it is published. */
const parts = ['package.json', 'README.md', 'bin', 'dist'];

/**
 * Copies the workspaces of `root` to `copy`, raises their versions and publishes them. Throws where lerna fails or where
 * what it publishes is not every package of `names` once, at the new version, with the licence, depending on its
 * siblings at exactly that version.
 */
export async function rehearsePublish(root, copy, names, env) {
  makeCopy(root, copy);
  const before = readJson(join(copy, 'lerna.json')).version;
  await lerna(copy, env, 'version', 'patch', '--no-git-tag-version', '--no-push', '--yes');
  const { version } = readJson(join(copy, 'lerna.json'));
  if (version === before) throw new Error('lerna version changed nothing');
  commit(copy, `release ${version}`);

  const published = new Map();
  const registry = await startRegistry(published);
  try {
    const url = `http://127.0.0.1:${registry.address().port}/`;
    writeFileSync(join(copy, '.npmrc'), `registry=${url}\n${url.slice(5)}:_authToken=none\n`);
    commit(copy, 'registry');
    await lerna(copy, env, 'publish', 'from-package', '--yes', '--no-verify-access', '--registry', url);
  } finally {
    registry.close();
  }
  for (const name of names) {
    const manifest = published.get(name);
    if (manifest?.version !== version)
      throw new Error(`lerna published ${name} at ${manifest?.version}, not ${version}`);
    if (!manifest.licensed) throw new Error(`lerna published ${name} without its licence`);
    for (const [other, range] of Object.entries(manifest.dependencies ?? {}))
      if (other.startsWith('@sluice/') && range !== version) throw new Error(`${name} depends on ${other} ${range}`);
  }
  const extra = [...published.keys()].filter((name) => !names.includes(name));
  if (extra.length > 0) throw new Error(`lerna published ${extra.join(', ')}`);
}

function makeCopy(root, copy) {
  mkdirSync(copy);
  const workspaces = execFileSync('git', ['ls-files', '*/package.json'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');
  for (const file of ['package.json', 'package-lock.json', 'lerna.json', 'LICENSE', '.gitignore', '.npmrc'])
    cpSync(join(root, file), join(copy, file));
  for (const folder of workspaces.map((file) => file.replace(/\/package\.json$/, ''))) {
    for (const part of parts) {
      const from = join(root, folder, part);
      if (existsSync(from)) cpSync(from, join(copy, folder, part), { recursive: true });
    }
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  git(copy, 'init', '--quiet', '--initial-branch=main');
  commit(copy, 'copy');
}

function commit(copy, message) {
  git(copy, 'add', '--all', '--', '.', ':!node_modules');
  git(copy, '-c', 'user.name=release', '-c', 'user.email=release@localhost', 'commit', '--quiet', '-m', message);
}

function git(cwd, ...args) {
  execFileSync('git', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function lerna(cwd, env, ...args) {
  const file = join(cwd, 'node_modules/lerna/dist/cli.js');
  try {
    await execute(process.execPath, [file, ...args, '--loglevel', 'error'], { cwd, env });
  } catch (error) {
    throw new Error(`lerna ${args[0]} failed:\n${error.stdout}\n${error.stderr}`);
  }
}

/** A registry that knows no package and accepts every one: its manifest, and whether it has its licence, go to `published`. */
async function startRegistry(published) {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const put = request.method === 'PUT' && !request.url.includes('/dist-tags');
      if (put) {
        const { name, versions, _attachments } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
        const [tarball] = Object.values(_attachments);
        const licensed = gunzipSync(Buffer.from(tarball.data, 'base64')).includes('package/LICENSE');
        published.set(name, { ...Object.values(versions)[0], licensed });
      }
      response.writeHead(put ? 201 : 404, { 'content-type': 'application/json' });
      response.end(put ? '{"ok":true}' : '{"error":"not found"}');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
