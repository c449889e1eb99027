/**
 * What the gates in this folder read: the repository's files as text, its workspaces and their imports.
 *
 * Imports are found by regular expressions over text without comments and template literals: enough for the one
 * import style that the formatter leaves, and independent of any compiler's version.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** A workspace: its folder from the root (`packages/vm`) and its name without the scope (`vm`). */
export interface Workspace {
  readonly folder: string;
  readonly name: string;
  readonly dependencies: ReadonlySet<string>;
}

/** Every file that is tracked or would be (not ignored), as paths from the root, sorted. */
export function listFiles(): string[] {
  const out = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const files = new Set(out.split('\0').filter((file) => file !== '' && existsSync(root + file)));
  return [...files].sort();
}

/** The text of a file given by its path from the root. */
export function readText(file: string): string {
  return readFileSync(root + file, 'utf8');
}

/** The parsed content of a JSON file given by its path from the root; the caller states its shape. */
export function readJson<T>(file: string): T {
  return JSON.parse(readText(file)) as T;
}

/** All workspaces, from the `package.json` files among `files`. */
export function listWorkspaces(files: readonly string[]): Workspace[] {
  return files
    .filter((file) => /^(?:ir|passes|test|(?:packages|examples)\/[^/]+)\/package\.json$/.test(file))
    .map((file) => {
      const manifest = readJson<{
        readonly dependencies?: Readonly<Record<string, string>>;
        readonly peerDependencies?: Readonly<Record<string, string>>;
        readonly optionalDependencies?: Readonly<Record<string, string>>;
        readonly devDependencies?: Readonly<Record<string, string>>;
        readonly private?: boolean;
      }>(file);
      const folder = posix.dirname(file);
      // What nobody installs may also use what it is developed with.
      const own = manifest.private === true ? manifest.devDependencies : undefined;
      const groups = [manifest.dependencies, manifest.peerDependencies, manifest.optionalDependencies, own];
      const dependencies = new Set(groups.flatMap((group) => Object.keys(group ?? {})));
      return { folder, name: folder.startsWith('packages/') ? folder.slice(9) : folder, dependencies };
    });
}

const NOISE = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`/g;

/** The text with comments and template literals blanked, and with `strings` also what quotes hold; lines stay. */
export function codeOnly(text: string, strings: boolean): string {
  return text.replace(NOISE, (part) => {
    const quoted = part.startsWith("'") || part.startsWith('"');
    return quoted && !strings ? part : part.replace(/[^\n]/g, ' ');
  });
}

const IMPORT =
  /(?:^|\n|;)\s*(?:(?:import|export)\b[^;'"]*?\bfrom|import)\s*(['"])([\w@.:/-]+)\1|\bimport\s*\(\s*(['"])([\w@.:/-]+)\3/g;

/** The specifiers that a module imports, statically, dynamically or as types. */
export function importsOf(text: string): string[] {
  const specifiers = [...codeOnly(text, false).matchAll(IMPORT)].map((match) => match[2] ?? match[4] ?? '');
  return [...new Set(specifiers)];
}

/** Whether `path` matches `glob`: `*` is any part of a name, `**` any path. */
export function matches(glob: string, path: string): boolean {
  const source = glob
    .replace(/[.+?^$()|[\]{}\\]/g, '\\$&')
    .replace(/\*\*|\*/g, (star) => (star === '*' ? '[^/]*' : '.*'));
  return new RegExp(`^${source}$`).test(path);
}
