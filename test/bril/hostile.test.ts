/**
 * Hostile input: whatever text comes, parsers give an AST or diagnostics, and what they accept can be checked, printed, parsed
 * again and run within limits; no other exception, no hang.
 */

import {
  type BrilProgram,
  checkBril,
  interpret,
  parseBril,
  parseBrilJson,
  printBril,
  toJson,
} from '@sluice/frontend-bril';
import type { Result } from '@sluice/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const deep = process.env.SLUICE_DEEP === '1';
const runs = deep ? 100_000 : 1_000;

/** `code line:col` of the first diagnostic. */
function firstOf(result: Result<BrilProgram>): string {
  const found = result.ok ? undefined : result.diagnostics[0];
  return found === undefined ? 'ok' : `${found.code} ${found.at.line}:${found.at.col}`;
}

describe('malformed text', () => {
  test.each([
    ['', 'ok'],
    ['# only a comment', 'ok'],
    ['\ufeff@main {}', 'ok'],
    ['@main', 'SL0403 1:6'],
    ['@main {', 'SL0403 1:8'],
    ['@main }', 'SL0403 1:7'],
    ['main {}', 'SL0403 1:1'],
    ['@main(a) {}', 'SL0403 1:8'],
    ['@main(a: int,) {}', 'SL0403 1:14'],
    ['@main {\n  x: int = const;\n}', 'SL0403 2:17'],
    ['@main {\n  x: int = const y;\n}', 'SL0403 2:18'],
    ['@main {\n  x: int = const 1\n}', 'SL0403 3:1'],
    ['@main {\n  x: int = add a, b;\n}', 'SL0403 2:17'],
    ['@main {\n  x: int add a b;\n}', 'SL0403 2:10'],
    ['@main {\n  .l\n}', 'SL0403 3:1'],
    ['@main {\n  x: int = const 12ab;\n}', 'SL0401 2:18'],
    ['@main {\n  x: int = const 9223372036854775808;\n}', 'SL0404 2:18'],
    ["@main {\n  x: char = const 'ab';\n}", 'SL0402 2:19'],
    ["@main {\n  x: char = const '", 'SL0402 2:19'],
    ["@main {\n  x: char = const '\n';\n}", 'SL0402 2:19'],
    ["@main {\n  x: char = const '\\q';\n}", 'SL0402 2:19'],
    ["@main {\n  x: char = const '\\';\n}", 'ok'],
    ['@main {\n  x: list<int> = nop;\n}', 'SL0406 2:6'],
    ['@main {\n  x: ptr<int = nop;\n}', 'SL0403 2:14'],
    [`@main {\n  x: ${'ptr<'.repeat(100_000)}`, 'SL0407 2:262'],
    ['from "a.bril" import @f;', 'SL0405 1:1'],
    ["@main {\n  c: char = const '🐱'; $\n}", 'SL0401 2:24'],
    ['@ {}', 'SL0401 1:1'],
    ['@main { - }', 'SL0401 1:9'],
    ['"', 'SL0401 1:1'],
    ['\0', 'SL0401 1:1'],
    ['\ud800', 'SL0401 1:1'],
  ])('%j', (text, expected) => {
    expect(firstOf(parseBril(text, 'hostile.bril'))).toBe(expected);
  });

  test.each([
    ['', 'SL0410 1:1'],
    ['{}', 'SL0411 1:1'],
    ['[]', 'SL0411 1:1'],
    ['{"functions": 1}', 'SL0411 1:15'],
    ['{"functions": []} x', 'SL0410 1:19'],
    ['{"functions": [,]}', 'SL0410 1:16'],
    ['{"functions": [],}', 'SL0410 1:18'],
    ['{"functions": [], "functions": []}', 'SL0410 1:19'],
    ['{"functions": [{"instrs": []}]}', 'SL0411 1:16'],
    ['{"functions": [{"name": "a b", "instrs": []}]}', 'SL0412 1:25'],
    ['{"functions": [{"name": "m"}]}', 'SL0411 1:16'],
    ['{"functions": [{"name": "m", "instrs": [\n{"op": "nop", "label": "x"}]}]}', 'SL0411 2:1'],
    ['{"functions": [{"name": "m", "instrs": [\n{"op": "const", "dest": "x", "value": []}]}]}', 'SL0411 2:39'],
    ['{"functions": [{"name": "m", "instrs": [\n{"op": "const", "dest": "x", "value": "ab"}]}]}', 'SL0411 2:39'],
    ['{"functions": [{"name": "m", "instrs": [\n{"op": "const", "dest": "x", "value": 1e}]}]}', 'SL0410 2:40'],
    ['{"functions": [{"name": "m", "instrs": [\n{"op": "const", "dest": "x", "value": 01}]}]}', 'SL0410 2:40'],
    [
      `{"functions": [{"name": "m", "instrs": [\n{"op": "const", "dest": "x", "value": ${'9'.repeat(20)}}]}]}`,
      'SL0404 2:39',
    ],
    ['{"functions": [{"name": "m", "type": {"list": "int"}, "instrs": []}]}', 'SL0406 1:38'],
    [
      `{"functions": [{"name": "m", "type": ${'{"ptr": '.repeat(100)}"int"${'}'.repeat(100)}, "instrs": []}]}`,
      'SL0407 1:38',
    ],
    ['"\\u12', 'SL0410 1:2'],
    ['"a', 'SL0410 1:1'],
    ['"\u0001"', 'SL0410 1:2'],
    ['['.repeat(1_000_000), 'SL0410 1:1000001'],
    [`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`, 'SL0411 1:1'],
    ['{"__proto__": 1}', 'SL0411 1:1'],
  ])('%#', (text, expected) => {
    expect(firstOf(parseBrilJson(text, 'hostile.json'))).toBe(expected);
  });

  test('long runs of anything are read in linear time', () => {
    for (const text of ['a', ' ', '#', '@main {', '@f{}', '@main { nop; }', '(', '1', "'", '.l:\n', '\n']) {
      const long = text.repeat(300_000);
      expect(() => parseBril(long, 'long.bril')).not.toThrow();
      expect(() => parseBril(`@main { print ${long}`, 'long.bril')).not.toThrow();
      expect(() => parseBrilJson(`{"functions": [${long}`, 'long.json')).not.toThrow();
    }
  });
});

/** Our own programs, small and with every kind of syntax and op. */
const seeds: readonly string[] = [
  `@main(n: int, f: float, b: bool, c: char) {
  one: int = const 1;
.loop:
  n: int = sub n one;
  go: bool = gt n one;
  br go .loop .done;
.done:
  g: float = fdiv f f;
  h: bool = and b go;
  i: int = char2int c;
  print n g h i;
  r: int = call @sum n i;
  print r;
}
@sum(a: int, b: int): int {
  s: int = add a b;
  ret s;
}
`,
  `# memory, speculation, ssa
@main {
  n: int = const 4;
  p: ptr<ptr<int>> = alloc n;
  q: ptr<int> = alloc n;
  store p q;
  store q n;
  r: ptr<int> = load p;
  x: int = load r;
  speculate;
  x: int = mul x x;
  bad: bool = const false;
  guard bad .out;
  commit;
.out:
  set x n;
  x: int = get;
  u: int = undef;
  a: any = id x;
  y: int = add a x;
  print x y;
  z: char = const '\\n';
  w: float = const -1.5e-3;
  k: int = float2bits w;
  v: float = bits2float k;
  print v k z;
  nop;
  free q;
  free p;
}
`,
];
const jsonSeeds: readonly string[] = seeds.map((text) => {
  const parsed = parseBril(text, 'seed.bril');
  if (!parsed.ok) throw new Error('a seed has to parse');
  return toJson(parsed.value, { positions: true });
});

/** A change of a text: some characters away, others in. */
const edit = fc.record({
  at: fc.nat(10_000),
  drop: fc.nat(12),
  add: fc.oneof(
    fc.constantFrom(
      '@',
      '.',
      ':',
      ';',
      '{',
      '}',
      '"',
      "'",
      ',',
      '[',
      ']',
      'ptr<',
      '>',
      '-',
      '9',
      '0',
      '1e',
      '\\',
      '\n',
      '#',
    ),
    fc.constantFrom(
      'int',
      'bool',
      'float',
      'any',
      'const',
      'ret',
      'call',
      'speculate',
      'n',
      'x',
      'p',
      'null',
      '18446744073709551616',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  ),
});

function mutate(text: string, edits: readonly { at: number; drop: number; add: string }[]): string {
  let result = text;
  for (const { at, drop, add } of edits) {
    const from = at % (result.length + 1);
    result = result.slice(0, from) + add + result.slice(from + drop);
  }
  return result;
}

/** Everything that may be done with input, whatever it is. */
function useAll(parsed: Result<BrilProgram>): void {
  if (!parsed.ok) {
    expect(parsed.diagnostics.length).toBeGreaterThan(0);
    for (const { code, at } of parsed.diagnostics) {
      expect(code).toMatch(/^SL04\d\d$/);
      expect(at.line > 0 && at.col > 0).toBe(true);
    }
    return;
  }
  const program = parsed.value;
  const json = toJson(program);
  const fromJson = parseBrilJson(json, 'again.json');
  expect(fromJson.ok && toJson(fromJson.value)).toBe(json);
  const fromText = parseBril(printBril(program), 'again.bril');
  expect(fromText.ok && toJson(fromText.value)).toBe(json);
  for (const { code } of checkBril(program)) expect(code).toMatch(/^SL05\d\d$/);
  const limits = { fuel: 200, maxDepth: 50, memoryLimit: 1 << 20 };
  interpret(program, [], limits);
  interpret(program, ['3', '2.5', 'true', 'x'], limits);
}

describe('mutated programs', { timeout: deep ? 600_000 : 60_000 }, () => {
  test('text: a diagnostic or a program', () => {
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 }), (text, edits) => {
        useAll(parseBril(mutate(text, edits), 'mutant.bril'));
      }),
      { numRuns: runs },
    );
  });

  test('JSON: a diagnostic or a program', () => {
    fc.assert(
      fc.property(fc.constantFrom(...jsonSeeds), fc.array(edit, { maxLength: 4 }), (text, edits) => {
        useAll(parseBrilJson(mutate(text, edits), 'mutant.json'));
      }),
      { numRuns: runs },
    );
  });
});
