/** Each refusal of the assembler and the validator, on the line that it concerns: test/fixtures/bytecode. */
import { readdirSync, readFileSync } from 'node:fs';
import { assembleRegister, assembleStack, validateProgram } from '@sluice/bytecode';
import type { Diagnostic } from '@sluice/ir';
import { describe, expect, test } from 'vitest';

const folder = new URL('../fixtures/bytecode/', import.meta.url);

interface Case {
  readonly title: string;
  readonly text: string;
}

/** The cases of a file; empty lines stand for what comes before, so that line numbers are the file's. */
function casesOf(source: string): readonly Case[] {
  const lines = source.split('\n');
  const heads = lines.flatMap((line, k) => (line.startsWith('=== ') ? [k] : []));
  return heads.map((head, k) => ({
    title: (lines[head] ?? '').slice(4),
    text: '\n'.repeat(head + 1) + lines.slice(head + 1, heads[k + 1]).join('\n'),
  }));
}

function check(file: string, text: string): readonly Diagnostic[] {
  const program = (file.endsWith('.srasm') ? assembleRegister : assembleStack)(text, { file });
  return program.ok ? validateProgram(program.value, { file }) : program.diagnostics;
}

const files = readdirSync(folder).filter((name) => /-refused\.sr?asm$/.test(name));

for (const file of files) {
  describe(file, () => {
    for (const { title, text } of casesOf(readFileSync(new URL(file, folder), 'utf8'))) {
      test(title, () => {
        const wanted = text.split('\n').flatMap((line, k) => {
          const code = /; error: (SL\d{4})/.exec(line)?.[1];
          return code === undefined ? [] : [`${k + 1} ${code}`];
        });
        const found = check(file, text);
        expect(found.map(({ at, code }) => `${at.line} ${code}`).sort(), JSON.stringify(found, null, 1)).toEqual(
          wanted.sort(),
        );
        for (const { at, fix } of found) expect([at.file, fix !== '']).toEqual([file, true]);
      });
    }
  });
}

test('every code of the package is in a fixture or a test', () => {
  const codes = readFileSync(new URL('../../packages/bytecode/src/diag-codes.ts', import.meta.url), 'utf8').match(
    /'SL03\d\d'/g,
  );
  const texts = [...files.map((file) => new URL(file, folder)), new URL('programs.test.ts', import.meta.url)]
    .concat(new URL('binary.test.ts', import.meta.url))
    .map((url) => readFileSync(url, 'utf8'))
    .join('\n');
  const unseen = [...new Set(codes?.map((code) => code.slice(1, -1)))].filter((code) => !texts.includes(code));
  expect(unseen).toEqual([]);
});
