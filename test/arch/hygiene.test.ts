/** What must not be in the repository: paths of one machine, promises without a number, `any`, registry hosts. */
import { expect, test } from 'vitest';
import { codeOnly, listFiles, readJson, readText } from './sources.ts';

const TEXT = /\.(?:ts|mjs|js|json|md|ir|bril|sasm|rasm|yml|yaml|html|css|txt)$|(?:^|\/)(?:\.npmrc|\.ci\/run|LICENSE)$/;
const ABSOLUTE = new RegExp(`(?:^|[\\s'"\`(=:,])/(?:${['work', 'tmp', 'root', 'home'].join('|')})/\\w`);
const PROMISE = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b(?!\\s*\\(?#\\d)`);
const ANY = /\bas any\b|[<]any>|\bany[[]\]|[:|&<,]\s*an[y]\s*[;,)=>|&{\]]/;

const texts = listFiles().filter((file) => TEXT.test(file) && file !== 'package-lock.json');

/** `file:line: text` of each line that `pattern` matches. */
function linesMatching(pattern: RegExp, kinds: RegExp, textOf: (file: string) => string): string[] {
  const found: string[] = [];
  for (const file of texts.filter((name) => kinds.test(name))) {
    const text = textOf(file);
    if (!new RegExp(pattern, 'm').test(text)) continue;
    const source = readText(file).split('\n');
    for (const [index, line] of text.split('\n').entries()) {
      if (source[index - 1]?.includes('biome-ignore')) continue;
      if (pattern.test(line)) found.push(`${file}:${index + 1}: ${line.trim().slice(0, 100)}`);
    }
  }
  return found;
}

test('no absolute paths of a machine', () => {
  expect(linesMatching(ABSOLUTE, /./, readText)).toEqual([]);
});

test('a promise of later work carries the number of an issue', () => {
  expect(linesMatching(PROMISE, /\.(?:ts|mjs|js|md)$/, readText)).toEqual([]);
});

test('no `any` in types, but where a suppression gives the reason', () => {
  expect(linesMatching(ANY, /\.ts$/, (file) => codeOnly(readText(file), true))).toEqual([]);
});

test('the lock file names no registry', () => {
  const lock = readJson<{
    readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly link?: boolean }>>;
  }>('package-lock.json');
  const named = Object.entries(lock.packages).filter(([, entry]) => /^\w+:\/\//.test(entry.resolved ?? ''));
  expect(named.map(([name]) => name)).toEqual([]);
});

test('the lock file holds the packages of every platform', () => {
  const lock = readJson<{
    readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
  }>('package-lock.json');
  const have = new Set(Object.keys(lock.packages).map((path) => path.split('node_modules/').at(-1)));
  const needed = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  expect(needed.filter((name) => !have.has(name))).toEqual([]);
});
