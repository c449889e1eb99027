/** What the gates on documentation read of Markdown: links, and console blocks with their commands and outputs. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { listFiles, readText, root } from './sources.ts';

/** A command of a console block with the output that the page shows. */
export interface Shown {
  readonly file: string;
  /** Line of the command, from 1. */
  readonly line: number;
  readonly words: readonly string[];
  readonly output: string;
  /** Whether numbers and spaces may differ (```console varies). */
  readonly varies: boolean;
}

/** The pages that are written for readers. */
export function pages(): string[] {
  return listFiles().filter((file) => file.endsWith('.md'));
}

/** Targets of links and images that lie in the repository, resolved against the page; anchors cut off. */
export function linksOf(file: string): string[] {
  const text = readText(file)
    .replace(/```[\s\S]*?```/g, '')
    .replace(/`[^`\n]*`/g, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target.replace(/#.*$/, ''));
  return targets
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .map((target) => new URL(target, `file:///${file}`).pathname.slice(1));
}

/** The commands `$ npx sluice ...` of a page's console blocks. Their text is what `withOutputs` replaces. */
export function shownIn(file: string): Shown[] {
  const lines = readText(file).split('\n');
  const found: Shown[] = [];
  // What stands behind the opening fence of the block; empty outside of blocks.
  let info = '';
  for (const [i, text] of lines.entries()) {
    if (text.startsWith('```')) info = info === '' ? text.slice(3).trim() || 'text' : '';
    else if (info.startsWith('console') && text.startsWith('$ npx sluice '))
      found.push({
        file,
        line: i + 1,
        words: splitWords(text.slice('$ npx sluice '.length)),
        output: outputAfter(lines, i),
        varies: info.includes('varies'),
      });
  }
  return found;
}

/** The page with other outputs behind its commands: by the line of the command. */
export function withOutputs(file: string, outputs: ReadonlyMap<number, string>): string {
  const lines = readText(file).split('\n');
  const out: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const text = lines[i] ?? '';
    out.push(text);
    const output = outputs.get(i + 1);
    if (output === undefined) continue;
    if (output !== '') out.push(...output.split('\n'));
    i += outputAfter(lines, i) === '' ? 0 : outputAfter(lines, i).split('\n').length;
  }
  return out.join('\n');
}

function outputAfter(lines: readonly string[], command: number): string {
  let end = command + 1;
  while (end < lines.length && !/^(?:\$ |```)/.test(lines[end] ?? '')) end++;
  return lines.slice(command + 1, end).join('\n');
}

/** Words of a command line, with single quotes as a shell takes them. */
function splitWords(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** What the command prints, stdout before stderr, without the last line break. Throws where it fails. */
export function outputOf(words: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [`${root}packages/cli/bin/sluice.mjs`, ...words], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`sluice ${words.join(' ')} ended with ${status}:\n${stderr}`);
  // Said while a source does not compile or esbuild is missing; it is no part of the command's output.
  const bundling = /^sluice: remark: running the sources without bundling.*\n/m;
  return (stdout + stderr.replace(bundling, '')).replace(/\n+$/, '');
}
