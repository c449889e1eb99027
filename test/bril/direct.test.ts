/**
 * The Bril frontend without the IR against the corpus: both parsers, both printers, the checker, and the direct interpreter
 * with output, exit code and the number of executed instructions of every program.
 */

import {
  type BrilProgram,
  brilOps,
  checkBril,
  exitCodeOf,
  formatFloat,
  interpret,
  parseBril,
  parseBrilJson,
  printBril,
  toJson,
} from '@sluice/frontend-bril';
import { unwrap } from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { type BrilCorpus, brilCorpus } from '../corpus.ts';

const found = brilCorpus();
const none: BrilCorpus = { index: [], scaled: [], read: () => '' };
const { index, scaled, read } = found ?? none;

function program(path: string): BrilProgram {
  return unwrap(parseBril(read(path), path));
}

describe.skipIf(found === null)('corpus', () => {
  const texts = index.filter((entry) => entry.kind !== 'print');
  test.each(texts)('$name: text gives the JSON of bril2json, byte for byte', ({ bril, json, args, kind }) => {
    expect(toJson(program(bril), { positions: kind === 'parse' && args.includes('-p') })).toBe(read(json));
  });

  test.each(texts)('$name: both forms hold the same program', ({ bril, json }) => {
    const fromText = program(bril);
    expect(toJson(unwrap(parseBrilJson(read(json), json)))).toBe(toJson(fromText));
    expect(toJson(unwrap(parseBril(printBril(fromText), bril)))).toBe(toJson(fromText));
  });

  test.each(index.filter((entry) => entry.kind === 'print'))('$name: JSON gives the text', ({ bril, json }) => {
    expect(printBril(unwrap(parseBrilJson(read(json), json)))).toBe(read(bril));
  });

  const checks = index.filter((entry) => entry.kind === 'check');
  test.each(checks)('$name: findings are on the lines where upstream has them', ({ bril, err, pos_json, exit }) => {
    const lines = read(err ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Number.parseInt(line, 10))
      .sort((a, b) => a - b);
    const findings = checkBril(program(bril));
    expect(findings.map((finding) => finding.at.line)).toEqual(lines);
    expect(findings.length > 0).toBe(exit === 1);
    // The JSON form with positions leads to the same places.
    const fromJson = unwrap(parseBrilJson(read(pos_json ?? ''), bril));
    expect(checkBril(fromJson)).toEqual(findings);
  });

  const runs = index.filter((entry) => ['benchmark', 'interp', 'interp-error'].includes(entry.kind));
  test.each(runs)('$name: runs as upstream says', ({ bril, args, exit, out, dyn_inst }) => {
    const run = interpret(program(bril), args);
    expect(exitCodeOf(run.outcome)).toBe(exit);
    if (out !== undefined) expect(run.stdout).toBe(read(out));
    if (dyn_inst !== undefined) expect(run.dynInst).toBe(dyn_inst);
  });

  const counted = index.filter((entry) => entry.prof !== undefined);
  test.each(counted)('$name: the index has the count of the .prof file', ({ prof, dyn_inst }) => {
    expect(read(prof ?? '').trim()).toBe(`total_dyn_inst: ${dyn_inst}`);
  });

  test.each(scaled.filter((entry) => entry.dyn_inst < 15e6))('$name, scaled', async ({ bril, args, ...expected }) => {
    const hash = await import('node:crypto').then((crypto) => crypto.createHash('sha256'));
    const run = interpret(program(bril), args, { stdout: (text) => hash.update(text) });
    expect(run.outcome).toEqual({ kind: 'exit' });
    expect(run.dynInst).toBe(expected.dyn_inst);
    expect(hash.digest('hex')).toBe(expected.stdout_sha256);
  });
});

/** What a text prints, or how it ends. */
function runText(text: string, args: readonly string[] = [], options: Parameters<typeof interpret>[2] = {}): string {
  const { outcome, stdout } = interpret(unwrap(parseBril(text, 'test.bril')), args, options);
  if (outcome.kind === 'exit') return stdout;
  if (outcome.kind === 'resource') return `${stdout}${outcome.limit}`;
  if (outcome.kind === 'invalid') return outcome.diagnostics.map((found) => `${found.code}:${found.at.line}`).join(' ');
  return `${stdout}${outcome.error}:${outcome.at.line}`;
}

/** A main with these lines; line 1 is the head. */
function main(...lines: readonly string[]): string {
  return `@main {\n${lines.join('\n')}\n}\n`;
}

const one = 'one: int = const 1;';
const minimum = 'm: int = const -9223372036854775808;';

describe('the direct interpreter', () => {
  test.each([
    ['wraps at 64 bits', main(one, minimum, 'x: int = sub m one;', 'print x;'), '9223372036854775807\n'],
    [
      'wraps -2^63 / -1',
      main(minimum, 'n: int = const -1;', 'x: int = div m n;', 'print x;'),
      '-9223372036854775808\n',
    ],
    ['truncates', main('a: int = const -7;', 'b: int = const 2;', 'x: int = div a b;', 'print x;'), '-3\n'],
    [
      'divides by zero',
      main(one, 'z: int = const 0;', 'print one;', 'x: int = div one z;'),
      '1\ninteger-divide-by-zero:5',
    ],
    ['reads what was never assigned', main('jmp .b;', '.a:', one, '.b:', 'print one;'), 'undefined-value:6'],
    ['copies no unassigned variable', main('jmp .b;', '.a:', one, '.b:', 'x: int = id one;'), 'undefined-value:6'],
    ['copies undef', main('x: int = undef;', 'y: int = id x;', 'set y x;', 'y: int = get;', one, 'print one;'), '1\n'],
    ['uses no undef', main('x: int = undef;', 'y: int = id x;', 'z: int = add y y;'), 'undefined-value:4'],
    ['finds use after free', main(one, 'p: ptr<int> = alloc one;', 'free p;', 'store p one;'), 'heap-dead:5'],
    ['finds a double free', main(one, 'p: ptr<int> = alloc one;', 'free p;', 'free p;'), 'heap-dead:5'],
    ['finds unwritten cells', main(one, 'p: ptr<int> = alloc one;', 'x: int = load p;'), 'heap-uninitialised:4'],
    ['finds unwritten cells of any', main(one, 'p: ptr<any> = alloc one;', 'x: any = load p;'), 'heap-uninitialised:4'],
    [
      'clears freed cells',
      main(one, 'p: ptr<int> = alloc one;', 'store p one;', 'free p;', 'q: ptr<int> = alloc one;', 'x: int = load q;'),
      'heap-uninitialised:7',
    ],
    ['allocates nothing of size 0', main('z: int = const 0;', 'p: ptr<int> = alloc z;'), 'heap-bounds:3'],
    [
      'keeps offsets in 32 bits',
      main(one, 'p: ptr<int> = alloc one;', 'big: int = const 2147483648;', 'q: ptr<int> = ptradd p big;'),
      'heap-bounds:5',
    ],
    [
      'lets an offset leave and come back',
      main(
        ...[
          one,
          'p: ptr<int> = alloc one;',
          'store p one;',
          'a: int = const -2147483648;',
          'b: int = const 2147483648;',
        ],
        ...['q: ptr<int> = ptradd p a;', 'q: ptr<int> = ptradd q b;', 'x: int = load q;', 'print x;', 'free p;'],
      ),
      '1\n',
    ],
    [
      'prints a pointer as upstream does',
      main(one, 'p: ptr<int> = alloc one;', 'print p;', 'free p;'),
      '[object Object]\n',
    ],
    ['prints an empty line', main('print;'), '\n'],
    ['checks an any at a call', `${main('a: any = const true;', 'call @f a;')}@f(x: int) {\n}\n`, 'type-mismatch:3'],
    [
      'checks the type of a pointer in an any',
      main(one, 'p: ptr<int> = alloc one;', 'a: any = id p;', 'q: ptr<float> = id a;'),
      'type-mismatch:5',
    ],
    ['ends in speculation', main('speculate;'), 'speculation:1'],
    [
      'nests speculation',
      main(
        ...[one, 'f: bool = const false;', 'speculate;', 'one: int = const 2;', 'speculate;', 'one: int = const 3;'],
        ...['guard f .a;', '.a:', 'print one;', 'guard f .b;', '.b:', 'print one;'],
      ),
      '2\n1\n',
    ],
    ['misses a return', '@main {\nx: int = call @f;\n}\n@f: int {\n}\n', 'missing-return:4'],
    ['needs @main', '@f {\n}\n', 'SL0518:1'],
    [
      'keeps the bits of a signalling NaN',
      main(
        ...[
          'b: int = const 9218868437227405313;',
          'f: float = bits2float b;',
          'g: float = id f;',
          'c: int = float2bits g;',
          'print c;',
        ],
      ),
      '9218868437227405313\n',
    ],
  ])('%s', (_name, text, expected) => {
    expect(runText(text)).toBe(expected);
  });

  test('limits end a run and keep what was printed', () => {
    const endless = main(one, '.a:', 'print one;', 'jmp .a;');
    expect(runText(endless, [], { fuel: 2 })).toBe('1\n1\n1\nfuel');
    const deep = '@main {\ncall @main;\n}\n';
    expect(runText(deep)).toBe('call-depth');
    expect(runText(deep, [], { maxDepth: 1_000_000, memoryLimit: 1 << 20, fuel: 10 })).toBe('fuel');
    const greedy = main('n: int = const 1000;', '.a:', 'p: ptr<int> = alloc n;', 'jmp .a;');
    expect(runText(greedy, [], { memoryLimit: 1 << 20 })).toBe('memory');
    expect(runText(main('n: int = const 9223372036854775807;', 'p: ptr<int> = alloc n;'))).toBe('memory');
    expect(runText(main('.a:', 'speculate;', 'jmp .a;'), [], { memoryLimit: 1 << 20 })).toBe('memory');
    const talkative = main(one, '.a:', 'print one;', 'jmp .a;');
    expect(interpret(unwrap(parseBril(talkative, 't')), [], { memoryLimit: 1 << 20 }).outcome.kind).toBe('resource');
  });

  test('freed memory of any order of sizes is used again', () => {
    const grow = main(
      ...['n: int = const 1;', 'one: int = const 1;', 'max: int = const 20000;', '.a:', 'p: ptr<int> = alloc n;'],
      ...['free p;', 'n: int = add n one;', 'go: bool = lt n max;', 'br go .a .b;', '.b:', 'print n;'],
    );
    expect(runText(grow, [], { memoryLimit: 1 << 20 })).toBe('20000\n');
  });

  test('arguments are checked', () => {
    const text = '@main(i: int, f: float, b: bool, c: char) {\nprint i f b c;\n}\n';
    expect(runText(text, ['-9223372036854775808', '-0', 'true', '𝛀'])).toBe(
      '-9223372036854775808 -0.00000000000000000 true 𝛀\n',
    );
    expect(runText(text, ['9223372036854775808', '1x', 'yes', 'ab'])).toBe('SL0521:1 SL0521:1 SL0521:1 SL0521:1');
    expect(runText(text, ['1'])).toBe('SL0520:1');
    expect(runText('@main(p: ptr<int>) {\n}\n', ['1'])).toBe('SL0521:1');
  });

  test('floats print as upstream prints them', () => {
    const texts = [0, 1e10, -1e10, 1e-10, 0.1, 9999999999, Number.NaN, Number.NEGATIVE_INFINITY, 1e308].map(
      formatFloat,
    );
    expect(texts).toEqual([
      '0.00000000000000000',
      '1.00000000000000000e+10',
      '-1.00000000000000000e+10',
      '1.00000000000000004e-10',
      '0.10000000000000001',
      '9999999999.00000000000000000',
      'NaN',
      '-Infinity',
      '1.00000000000000001e+308',
    ]);
  });

  test('a long program and a deep call chain take no host stack', () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `.l${i}:\nx${i}: int = const ${i};\njmp .l${i + 1};`);
    expect(runText(main(...lines, '.l100000:', 'print x99999;'))).toBe('99999\n');
    const down =
      '@main {\nn: int = const 90000;\ncall @f n;\n}\n@f(n: int) {\nz: int = const 0;\none: int = const 1;\n';
    const text = `${down}c: bool = eq n z;\nbr c .end .go;\n.go:\nm: int = sub n one;\ncall @f m;\n.end:\n}\n`;
    expect(runText(text)).toBe('');
  });

  test('every op has an entry with a name of its own and a description', () => {
    expect(new Set(brilOps.map((op) => op.name)).size).toBe(brilOps.length);
    expect(brilOps.filter((op) => op.doc === '')).toEqual([]);
  });
});
