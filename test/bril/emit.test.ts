/**
 * Bril that the backend emits: it reads back, checks, and does in the direct interpreter what its source does there, at every
 * level; and what Bril has nothing for is said.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, presets, type TextTarget, translate } from '@sluice/driver';
import {
  type BrilProgram,
  type BrilRun,
  checkBril,
  exitCodeOf,
  interpret,
  parseBril,
  parseBrilJson,
  printBril,
} from '@sluice/frontend-bril';
import { formatDiagnostic, type Module, unwrap } from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { type BrilCorpus, brilCorpus, repoRoot } from '../corpus.ts';

const [text, json] = presets.languages as readonly [TextTarget, TextTarget];
const limits = { fuel: 20_000_000 };

function moduleOf(source: string, file: string): Module {
  return unwrap(load(presets, new TextEncoder().encode(source), file, {})).module;
}

function emitted(m: Module, level: string, target: TextTarget = text): string {
  return unwrap(translate(m, presets.levelPipeline(level), target, presets));
}

function programOf(source: string): BrilProgram {
  const program = unwrap(parseBril(source, 'emitted.bril'));
  expect(checkBril(program).map(formatDiagnostic)).toEqual([]);
  return program;
}

/** What can be seen of a run. */
function seen({ outcome, stdout }: BrilRun) {
  return { stdout, code: exitCodeOf(outcome) };
}

/** Runs a program as it is and as emitted at every level. */
function holds(source: string, file: string, args: readonly string[], counted: boolean): void {
  const before = interpret(unwrap(parseBril(source, file)), args, limits);
  const m = moduleOf(source, file);
  for (const level of presets.levels) {
    const program = programOf(emitted(m, level));
    const after = interpret(program, args, limits);
    expect({ level, ...seen(after) }).toEqual({ level, ...seen(before) });
    if (counted && level !== 'O0') expect([level, after.dynInst <= before.dynInst]).toEqual([level, true]);
    const same = unwrap(parseBrilJson(emitted(m, level, json), 'emitted.json'));
    expect(printBril(same)).toBe(printBril(program));
  }
}

describe('the examples', () => {
  const folder = join(repoRoot, 'examples/bril');
  const names = readdirSync(folder).filter((name) => name.endsWith('.bril'));
  test.each(names)('%s', (name) => {
    const source = readFileSync(join(folder, name), 'utf8');
    holds(source, name, /^# ARGS: (.*)$/m.exec(source)?.[1]?.split(' ') ?? [], true);
  });
});

const found = brilCorpus();
const none: BrilCorpus = { index: [], scaled: [], read: () => '' };
const { index, read } = found ?? none;

describe.skipIf(found === null)('the corpus', () => {
  // Counts are held for all benchmarks, those that run long too, by results.test.ts.
  const short = index.filter(({ dyn_inst }) => dyn_inst === undefined || dyn_inst < 500_000);
  const programs = short.filter(({ kind }) => ['benchmark', 'interp', 'interp-error'].includes(kind));
  test.each(programs)('$name', ({ bril, args, kind }) => {
    const source = read(bril);
    if (!load(presets, new TextEncoder().encode(source), bril, {}).ok) return;
    holds(source, bril, args, kind === 'benchmark');
  });
});

/** A main with these lines. */
function main(...lines: readonly string[]): string {
  return `@main {\n${lines.join('\n')}\n}\n`;
}

describe('what programs do', () => {
  test.each([
    [
      'wraps -2^63 / -1',
      main('m: int = const -9223372036854775808;', 'n: int = const -1;', 'x: int = div m n;', 'print x;'),
    ],
    ['divides by zero', main('z: int = const 0;', 'print z;', 'x: int = div z z;')],
    ['prints what is no number', main('z: float = const 0;', 'x: float = fdiv z z;', 'print x;')],
    ['keeps -0', main('z: float = const -0.0;', 'o: float = const 1;', 'x: float = fdiv o z;', 'print z x;')],
    [
      'reads a freed cell',
      main('n: int = const 1;', 'p: ptr<int> = alloc n;', 'store p n;', 'free p;', 'x: int = load p;'),
    ],
    ['reads an unwritten cell', main('n: int = const 1;', 'p: ptr<int> = alloc n;', 'print n;', 'x: int = load p;')],
    ['frees at an offset', main('n: int = const 1;', 'p: ptr<int> = alloc n;', 'q: ptr<int> = ptradd p n;', 'free q;')],
    [
      'makes chars',
      main('n: int = const 97;', 'c: char = int2char n;', 'print c;', 'm: int = char2int c;', 'print m;'),
    ],
    ['makes no surrogates', main('n: int = const 55296;', 'print n;', 'c: char = int2char n;')],
    [
      'reads what was never assigned',
      main('o: int = const 1;', 'print o;', 'jmp .b;', '.a:', 'x: int = id o;', '.b:', 'print x;'),
    ],
    [
      'keeps pointers to pointers',
      main(
        ...['n: int = const 1;', 't: bool = const true;', 'p: ptr<ptr<bool>> = alloc n;', 'q: ptr<bool> = alloc n;'],
        ...[
          'store q t;',
          'store p q;',
          'r: ptr<bool> = load p;',
          'x: bool = load r;',
          'print x;',
          'free q;',
          'free p;',
        ],
      ),
    ],
    [
      'exchanges variables',
      main(
        ...[
          'a: int = const 1;',
          'b: int = const 2;',
          'n: int = const 0;',
          'o: int = const 1;',
          'm: int = const 5;',
          '.l:',
        ],
        ...[
          't: int = id a;',
          'a: int = id b;',
          'b: int = id t;',
          'n: int = add n o;',
          'c: bool = lt n m;',
          'br c .l .e;',
        ],
        ...['.e:', 'print a b;'],
      ),
    ],
    ['ends in a loop of nothing', main('.a:', 'jmp .b;', '.b:', 'jmp .a;')],
  ])('%s', (_name, source) => {
    holds(source, 'test.bril', [], false);
  });
});

/** IR of a main that prints %1. */
function printing(params: string, ...lines: readonly string[]): string {
  const print = 'import @p(i64) -> () from "sluice" "print_i64"';
  return `module "m"\n${print}\nstart @main\nfunc @main(${params}) {\n^a:\n  ${lines.join('\n  ')}\n  call_host @p(%1)\n  ret\n}\n`;
}

describe('what Bril has nothing for', () => {
  test.each([
    ['memory 1\nfunc @main() {\n^a:\n  ret\n}\n', 'SL0803'],
    [printing('%0: f32', '%2 = i32.reinterpret_f32 %0', '%1 = i64.extend_i32_u %2'), 'SL0801'],
    [printing('%0: i64', '%2 = heap.alloc %0', 'heap.check %2', '%1 = i64.add %0, %0'), 'SL0801'],
    ['module "m"\nstart @main\nfunc @main() -> i64 {\n^a:\n  %1 = i64.const 1\n  ret %1\n}\n', 'SL0803'],
    [
      'module "m"\nstart @main\nfunc @main(%0: i64) {\n^a:\n  %1 = i64.add %0, %0\n  heap.free %1\n  ret\n}\n',
      'SL0802',
    ],
  ])('%#', (source, code) => {
    const result = translate(moduleOf(source, 'm.ir'), presets.levelPipeline('O1'), text, presets);
    expect(result.ok ? [] : result.diagnostics.map((each) => each.code)).toContain(code);
  });
});
