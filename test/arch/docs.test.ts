/**
 * Documentation is held true: links lead somewhere, pages keep to their length, the picture of the layers is that of
 * layers.json, commands exist and print what the pages show, heads of passes say what a reader needs.
 * `npm run bless` writes the picture and the outputs.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { linksOf, outputOf, pages, type Shown, shownIn, withOutputs } from './markdown.ts';
import { listFiles, listWorkspaces, matches, readJson, readText, root } from './sources.ts';

const bless = process.env.SLUICE_BLESS === '1';
const files = listFiles();

function linesOf(file: string): number {
  return readText(file).split('\n').length - 1;
}

test('links lead to files', () => {
  const dead = pages().flatMap((file) =>
    linksOf(file)
      .filter((target) => !existsSync(root + target))
      .map((target) => `${file}: ${target}`),
  );
  expect(dead).toEqual([]);
});

test('ARCHITECTURE.md has at most 150 lines, how-to pages and decisions 80', () => {
  const long = pages().filter((file) => /^docs\/(?:adr\/)?[^/]+\.md$/.test(file) && linesOf(file) > 80);
  expect(long.map((file) => `${file}: ${linesOf(file)}`)).toEqual([]);
  expect(linesOf('ARCHITECTURE.md')).toBeLessThanOrEqual(150);
});

test('the files that pages name exist', () => {
  const named = /`((?:ir|passes|packages|examples|test|docs|scripts)\/[\w./-]*\.\w+)`/g;
  const missing = pages().flatMap((file) =>
    [...readText(file).matchAll(named)]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(root + path) && !existsSync(root + posix.join(posix.dirname(file), path)))
      .map((path) => `${file}: ${path}`),
  );
  expect(missing).toEqual([]);
});

test('the picture in ARCHITECTURE.md is that of layers.json', () => {
  const text = readText('ARCHITECTURE.md');
  const [begin, end] = ['<!-- layers: from layers.json -->\n', '<!-- end of layers -->'];
  const wanted = `${begin}\n\`\`\`text\n${picture()}\n\`\`\`\n\n`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  expect(from).toBeGreaterThan(0);
  if (bless) writeFileSync(`${root}ARCHITECTURE.md`, text.slice(0, from) + wanted + text.slice(to));
  else expect(text.slice(from, to)).toBe(wanted);
});

/** A line for each layer that has workspaces, the uppermost first. */
function picture(): string {
  const layers = readJson<{ readonly workspaces: Readonly<Record<string, { readonly layer: number }>> }>('layers.json');
  const rows = new Map<number, string[]>();
  for (const { name } of listWorkspaces(files)) {
    const entry =
      layers.workspaces[name] ?? Object.entries(layers.workspaces).find(([glob]) => matches(glob, name))?.[1];
    if (entry !== undefined) rows.set(entry.layer, [...(rows.get(entry.layer) ?? []), name]);
  }
  const sorted = [...rows].sort(([a], [b]) => b - a);
  return sorted.map(([layer, names]) => `${layer}  ${wrapped(names).join('\n   ')}`).join('\n');
}

function wrapped(names: readonly string[]): string[] {
  const lines = [''];
  for (const name of names) {
    const last = lines[lines.length - 1] ?? '';
    if (last.length + name.length > 90) lines.push(name);
    else lines[lines.length - 1] = last === '' ? name : `${last}   ${name}`;
  }
  return lines;
}

test.each(pages().filter((file) => shownIn(file).length > 0))('commands in %s print what it shows', (file) => {
  const mine = shownIn(file);
  const outputs = new Map(mine.map(({ line, words }) => [line, outputOf(words)]));
  const wrong = mine.filter((each) => !agrees(each, outputs.get(each.line) ?? ''));
  if (bless && wrong.length > 0) {
    const replaced = new Map(wrong.map(({ line }) => [line, outputs.get(line) ?? '']));
    writeFileSync(root + file, withOutputs(file, replaced));
    return;
  }
  for (const { words, line, output } of wrong)
    expect(`${words.join(' ')}\n${outputs.get(line)}`).toBe(`${words.join(' ')}\n${output}`);
});

function agrees({ output, varies }: Shown, now: string): boolean {
  const plain = (text: string): string => (varies ? text.replace(/[\d\s.]+/g, ' ') : text);
  return plain(output) === plain(now);
}

test('the pass in the README works as a plugin', () => {
  const [, code = ''] = /## A pass in ten lines\n\n```ts\n([\s\S]*?)```/.exec(readText('README.md')) ?? [];
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(12);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-readme-'));
  try {
    writeFileSync(join(folder, 'pass.ts'), code);
    writeFileSync(join(folder, 'in.ir'), 'func @f(%x: i32) -> i32 {\n^entry:\n  %y = i32.add %x, %x\n  ret %x\n}\n');
    const output = outputOf([
      'opt',
      join(folder, 'in.ir'),
      '--plugin',
      join(folder, 'pass.ts'),
      '-p',
      'drop-unused',
      '--remarks',
    ]);
    expect(output).toContain('drop-unused: @f: dropped (#1): `%y = i32.add %x, %x`');
    expect(output).toContain('^0:\n  ret %0\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('commands that pages mention exist', () => {
  const known = /^ {2}(\w+) {2}/gm;
  const commands = new Set([...outputOf(['--help']).matchAll(known)].map(([, name]) => name));
  const mentioned = pages().flatMap((file) =>
    [...readText(file).matchAll(/\bnpx sluice ([a-z]+)\b/g)].map(([, name = '']) => ({ file, name })),
  );
  expect(commands.size).toBeGreaterThan(8);
  expect(mentioned.filter(({ name }) => !commands.has(name))).toEqual([]);
});

test('scripts that pages mention exist', () => {
  const { scripts } = readJson<{ readonly scripts: Readonly<Record<string, string>> }>('package.json');
  const mentioned = pages().flatMap((file) =>
    [...readText(file).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => ({ file, name })),
  );
  expect(mentioned.filter(({ name }) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test('the head of a pass says in a sentence what becomes better, where it comes from, and what it leaves out', () => {
  const wanting: string[] = [];
  for (const file of files.filter(
    (path) => matches('passes/src/*.ts', path) && readText(path).includes('definePass('),
  )) {
    const [head = ''] = /^\/\*\*[\s\S]*?\*\//.exec(readText(file)) ?? [];
    if (!/^\/\*\*\n \* [A-Z][^.]*\./.test(head)) wanting.push(`${file}: no sentence`);
    if (!/^ \* Papers?:/m.test(head)) wanting.push(`${file}: no 'Paper:'`);
    if (!/^ \* Not done:/m.test(head)) wanting.push(`${file}: no 'Not done:'`);
  }
  expect(wanting).toEqual([]);
});
