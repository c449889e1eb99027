/** The commands as a user sees them: what is on stdout, what on stderr, and exit codes. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { presets } from '@sluice/driver';
import { describe, expect, test } from 'vitest';
import { scratch, sluice } from './support.ts';

const fib = 'examples/bril/fib.bril';
const folder = scratch();

describe('run', () => {
  const engines = presets.engines.map(({ name }) => name);
  test.each(engines)('on %s prints only what the program prints', (engine) => {
    expect(sluice(['run', fib, '10', '--engine', engine, '-O3'])).toEqual({ stdout: '55\n', stderr: '', code: 0 });
  });

  test.each(presets.allocators)('takes the allocator $name', ({ name }) => {
    const words = ['run', fib, '10', '--engine', 'register', '--registers', '4', '--allocator', name];
    expect(sluice(words)).toEqual({ stdout: '55\n', stderr: '', code: 0 });
  });

  test('refuses an allocator that there is none of', () => {
    const { stderr, code } = sluice(['run', fib, '10', '--registers', '4', '--allocator', 'magic']);
    expect(code).toBe(2);
    expect(stderr).toContain("no allocator 'magic'");
    expect(stderr).toContain('there are: graph, linear-scan');
  });

  test('prints statistics to stderr as key: value lines', () => {
    const { stdout, stderr, code } = sluice(['run', fib, '10', '--engine', 'register', '-O3', '--stats']);
    expect([stdout, code]).toEqual(['55\n', 0]);
    const keys = stderr
      .trim()
      .split('\n')
      .map((line) => line.split(': ')[0]);
    expect(keys).toEqual(['engine', 'level', 'unit', 'total_dyn_inst', 'code_size', 'time_ms', 'compile_ms']);
    expect(stderr).toMatch(/^engine: register$/m);
    expect(stderr).toMatch(/^total_dyn_inst: [1-9]\d*$/m);
  });

  test.each(['out.srasm', 'out.srbc', 'out.sasm', 'out.sbc'])('of bytecode: %s', (name) => {
    const file = join(folder, name);
    expect(sluice(['opt', fib, '-O3', '-o', file]).code).toBe(0);
    expect(sluice(['run', file, '10'])).toEqual({ stdout: '55\n', stderr: '', code: 0 });
    expect(sluice(['run', '-', '10'], readFileSync(file)).stdout).toBe('55\n');
    if (name.startsWith('out.sr')) {
      expect(sluice(['run', file, '10', '--engine', 'stack'])).toMatchObject({ code: 2, stdout: '' });
      expect(sluice(['run', file, '10', '--stats']).stderr).toContain('level: as it is');
    }
  });

  test('prints statistics as JSON', () => {
    const { stderr } = sluice(['run', fib, '10', '--stats=json']);
    expect(JSON.parse(stderr)).toMatchObject({ level: 'O2', engine: presets.defaultEngine });
  });

  test('takes negative numbers as arguments, and options behind them', () => {
    expect(sluice(['run', fib, '-3', '--engine', 'interp']).stdout).toBe('-3\n');
  });

  test('reads standard input', () => {
    expect(sluice(['run', '-', '10'], readFileSync(fib, 'utf8')).stdout).toBe('55\n');
  });

  test('prints the results of an IR function', () => {
    const file = join(folder, 'two.ir');
    writeFileSync(file, 'func @two(%a: i64) -> (i64, f64) {\n^entry:\n  %x = f64.const 0.5\n  ret %a, %x\n}\n');
    expect(sluice(['run', file, '7'])).toEqual({ stdout: '7\n0.5\n', stderr: '', code: 0 });
  });

  test.each(engines)('on %s ends with 3 when out of fuel, and keeps what was printed', (engine) => {
    const file = join(folder, 'loop.bril');
    writeFileSync(file, '@main {\n  x: int = const 1;\n  print x;\n.again:\n  jmp .again;\n}\n');
    const { stdout, stderr, code } = sluice(['run', file, '--fuel', '1000', '--engine', engine]);
    expect([stdout, code]).toEqual(['1\n', 3]);
    expect(stderr).toMatch(/out of fuel/);
  });

  test.each(engines)('on %s ends with 3 when calls are too deep', (engine) => {
    const file = join(folder, 'deep.bril');
    writeFileSync(file, '@main {\n  call @f;\n}\n@f {\n  call @f;\n  x: int = const 1;\n  print x;\n}\n');
    const { stderr, code } = sluice(['run', file, '--engine', engine, '-O0']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/out of call-depth/);
  });

  test.each(engines)('on %s ends with 2 where Bril has a run-time error', (engine) => {
    const file = join(folder, 'leak.bril');
    writeFileSync(file, '@main {\n  n: int = const 4;\n  p: ptr<int> = alloc n;\n}\n');
    const { stderr, code } = sluice(['run', file, '--engine', engine]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/freed/);
  });

  test('ends with 1 where an IR program traps', () => {
    const file = join(folder, 'trap.ir');
    writeFileSync(file, 'func @f(%a: i32) -> i32 {\n^entry:\n  %b = i32.div_s %a, %a\n  ret %b\n}\n');
    const { stderr, code } = sluice(['run', file, '0']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/integer-divide-by-zero/);
  });
});

describe('bad input is one line with a code, and exit code 2', () => {
  const bad = (name: string, content: string): string => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const oneLine = /^\S*:\d+:\d+: error\[SL\d{4}\]: .+\n$/;
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['no command', ['frobnicate']],
    ['unknown option', ['run', fib, '10', '--frob']],
    ['unknown engine', ['run', fib, '10', '--engine', 'warp']],
    ['unknown level', ['run', fib, '10', '-O9']],
    ['unknown pass', ['opt', fib, '-p', 'frob']],
    ['bad fuel', ['run', fib, '10', '--fuel', 'lots']],
    ['no file', ['run']],
    ['missing file', ['run', join(folder, 'nowhere.bril')]],
    ['a folder', ['run', folder]],
    ['missing argument', ['run', fib]],
    ['bad argument', ['run', fib, 'ten']],
    ['malformed Bril', ['run', bad('bad.bril', '@main {\n  x: int = add 1\n')]],
    ['ill-typed Bril', ['run', bad('ill.bril', '@main {\n  x: int = const 1;\n  y: bool = not x;\n}\n')]],
    ['malformed JSON', ['run', bad('bad.json', '{"functions": [')]],
    ['malformed IR', ['run', bad('bad.ir', 'func @f( {')]],
    ['ill-typed IR', ['opt', bad('ill.ir', 'func @f(%a: i32) -> i64 {\n^e:\n  ret %a\n}\n')]],
    ['malformed assembly', ['run', bad('bad.sasm', '.machine stack\n.func @f () -> i64\n  frob\n.end\n')]],
    ['truncated binary', ['run', bad('bad.sbc', 'SLSB\u0001')]],
    ['unknown format', ['run', bad('what.xyz', '\u0000\u0001\u0002')]],
  ];
  test.each(cases)('%s', (_, words) => {
    const { stdout, stderr, code } = sluice(words);
    expect(stdout).toBe('');
    expect(stderr).toMatch(oneLine);
    expect(code).toBe(2);
  });
});

describe('opt', () => {
  test('emits IR that runs the same', () => {
    const file = join(folder, 'fib.ir');
    expect(sluice(['opt', fib, '-O2', '-o', file]).code).toBe(0);
    expect(sluice(['verify', file]).code).toBe(0);
  });

  test('with --rewrites 0 is identity', () => {
    const { stdout } = sluice(['opt', fib, '-O3', '--rewrites', '0']);
    expect(stdout).toBe(sluice(['lift', fib]).stdout);
  });

  test('times, remarks, statistics and traces go to stderr or a file', () => {
    const trace = join(folder, 'trace.json');
    const { stdout, stderr } = sluice(['opt', fib, '--time-passes', '--remarks', '--stats', '--trace', trace]);
    expect(stdout).toMatch(/^module|^import|^func/m);
    expect(stderr).toMatch(/total/);
    expect(stderr).toMatch(/instructions_after: \d+/);
    expect(JSON.parse(readFileSync(trace, 'utf8')).steps.length).toBeGreaterThan(0);
  });

  test.each(['stack', 'register'])('emits %s code, as text and as a binary that disassembles to it', (form) => {
    const text = sluice(['opt', fib, '-O2', '--emit', form]).stdout;
    const file = join(folder, form === 'stack' ? 'fib.sbc' : 'fib.srbc');
    sluice(['opt', fib, '-O2', '-o', file]);
    expect(sluice(['dis', file]).stdout).toBe(text);
    expect(sluice(['verify', file]).code).toBe(0);
  });
});

describe('bytecode', () => {
  test('asm, dis, verify and run agree', () => {
    const file = join(folder, 'sieve.sbc');
    expect(sluice(['asm', 'examples/stack/sieve.sasm', '-o', file]).code).toBe(0);
    expect(sluice(['verify', file]).code).toBe(0);
    const run = sluice(['run', file, '1000', '-O2']);
    expect(run).toEqual(sluice(['run', 'examples/stack/sieve.sasm', '1000', '--engine', 'interp', '-O0']));
    expect(run.stdout).toBe('168\n');
  });
});

describe('compare', () => {
  test('prints one row for each engine and level, and agrees', () => {
    const { stdout, code } = sluice(['compare', fib, '8', '--runs', '1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^engine +level +instructions +code size +time ms +speed-up +result$/m);
    for (const { name } of presets.engines) expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
    expect(stdout).toMatch(/runs agree/);
  });
});

describe('what there is', () => {
  test('help and version', () => {
    expect(sluice(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(sluice(['--help']).stdout).toMatch(/compare/);
    expect(sluice(['run', '--help']).stdout).toMatch(/--fuel N/);
  });

  test('passes, ops, engines', () => {
    expect(sluice(['passes']).stdout).toMatch(/^gvn /m);
    expect(sluice(['passes', 'gvn']).stdout).toMatch(/Paper: /);
    expect(sluice(['ops', 'i32.div_s']).stdout).toMatch(/integer-divide-by-zero/);
    expect(sluice(['ops', '--coverage']).stdout).toMatch(/i32\.add +js +wasm +smt/);
    expect(sluice(['engines']).stdout).toMatch(/\(default\)/);
    for (const command of ['passes', 'ops', 'engines']) JSON.parse(sluice([command, '--json']).stdout);
  });

  test('the content hash does not depend on names', () => {
    const one = join(folder, 'one.ir');
    const other = join(folder, 'other.ir');
    writeFileSync(one, 'func @f(%a: i32) -> i32 {\n^start:\n  ret %a\n}\n');
    writeFileSync(other, 'func @f(%b: i32) -> i32 {\n^first:\n  ret %b ; the same\n}\n');
    const hash = sluice(['lift', one, '--hash']).stdout;
    expect(hash).toMatch(/^[0-9a-f]{64}\n$/);
    expect(sluice(['lift', other, '--hash']).stdout).toBe(hash);
  });
});

describe('opt --emit bril', () => {
  test('prints Bril that does the same', () => {
    const { stdout, code } = sluice(['opt', fib, '-O3', '--emit', 'bril']);
    expect(code).toBe(0);
    expect(sluice(['run', '--from', 'bril', '--engine', 'bril', '-', '10'], stdout).stdout).toBe('55\n');
  });

  test('prints the same program as JSON', () => {
    const json = sluice(['opt', fib, '-O3', '--emit', 'bril-json']).stdout;
    expect(sluice(['opt', '--from', 'bril', '-O0', '-', '--emit', 'ir'], json).code).toBe(0);
    expect(JSON.parse(json)).toHaveProperty('functions');
  });

  test('says what Bril has nothing for', () => {
    const { stderr, code } = sluice(['opt', 'examples/stack/sieve.sasm', '--emit', 'bril']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/error\[SL0803\]/);
  });
});
