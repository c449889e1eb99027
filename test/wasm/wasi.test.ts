/**
 * WASI programs: what a user of `sluice run module.wasm` sees, on every engine; what a program gets of folders and what not.
 */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, prepare, presets, type WasiEnvironment, WasiError, wasiHost, wasiSignatures } from '@sluice/driver';
import { formatDiagnostic, unwrap, type Value } from '@sluice/ir';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Ran, scratch, sluice } from '../cli/support.ts';
import { assemble } from './support/wat.ts';

const text = readFileSync(join(import.meta.dirname, 'programs/wasi.wat'), 'utf8');
const folder = scratch();
const file = join(folder, 'program.wasm');
const data = join(folder, 'data');
let program: Uint8Array;

beforeAll(() => {
  program = assemble(text);
  writeFileSync(file, program);
  mkdirSync(join(data, 'inner'), { recursive: true });
  writeFileSync(join(data, 'poem.txt'), 'a rose is a rose\n');
  writeFileSync(join(data, 'inner/deep.txt'), 'deep\n');
  writeFileSync(join(folder, 'secret.txt'), 'secret\n');
  symlinkSync('poem.txt', join(data, 'link'));
  symlinkSync('../secret.txt', join(data, 'way-out'));
  symlinkSync('..', join(data, 'up'));
});

/** A run in this process with an environment of values only. */
function run(engine: string, args: readonly string[], parts: Partial<WasiEnvironment> = {}) {
  const loaded = unwrap(load(presets, program, 'program.wasm'));
  const prepared = unwrap(prepare(presets, loaded, 'program.wasm', { engine, pipeline: presets.levelPipeline('O2') }));
  const [stdout, stderr] = [new TextDecoder(), new TextDecoder()];
  const seen = { stdout: '', stderr: '', slept: 0n };
  const wasi: WasiEnvironment = {
    args: ['program.wasm', ...args],
    variables: [],
    stdin: () => new Uint8Array(0),
    stdout: (bytes) => {
      seen.stdout += stdout.decode(bytes, { stream: true });
    },
    stderr: (bytes) => {
      seen.stderr += stderr.decode(bytes, { stream: true });
    },
    now: () => 5n,
    sleep: (time) => {
      seen.slept += time;
    },
    random: (into) => void into.set(Uint8Array.from(into, (_, i) => i + into.byteOffset)),
    directories: [],
    ...parts,
  };
  const report = unwrap(prepared.run({ args: [], out: () => undefined, wasi }));
  return { ...seen, ...report.verdict };
}

const engines = presets.engines.filter(({ executes }) => executes !== 'source').map(({ name }) => name);

describe.each(engines)('on %s, a program', (engine) => {
  test('prints', () => {
    expect(run(engine, ['hello'])).toMatchObject({ stdout: 'hello\n', stderr: '', code: 0, message: null });
  });

  test('sees its arguments and its environment', () => {
    expect(run(engine, ['echo', 'one', 'zwei é', ''])).toMatchObject({ stdout: 'one\nzwei é\n\n', code: 0 });
    const variables = [['A', '1'] as const, ['B', ''] as const];
    expect(run(engine, ['env'], { variables })).toMatchObject({ stdout: 'A=1\nB=\n', code: 0 });
  });

  test('ends with its exit code, and says on standard error what it says there', () => {
    expect(run(engine, ['exit'])).toMatchObject({ stdout: '', stderr: 'leaving\n', code: 42, message: null });
  });

  test('traps', () => {
    const { code, message } = run(engine, ['trap']);
    expect([code, message]).toEqual([1, expect.stringMatching(/^trap: unreachable/)]);
  });

  test('reads standard input to its end', () => {
    const pieces = ['some ', 'words\n', ''].map((each) => new TextEncoder().encode(each));
    const stdin = (): Uint8Array => pieces.shift() ?? new Uint8Array(0);
    expect(run(engine, ['copy'], { stdin })).toMatchObject({ stdout: 'some words\n', code: 0 });
  });

  test('reads clocks and random numbers, and waits', () => {
    expect(run(engine, ['clock'])).toMatchObject({ code: 0 });
    expect(run(engine, ['sleep'])).toMatchObject({ code: 0, slept: 1_000_000n });
  });

  test('has no files unless a folder is given', () => {
    expect(run(engine, ['cat', 'poem.txt'])).toMatchObject({ stdout: '', code: 100 + 8 });
  });
});

describe('the command', () => {
  const go = (...words: readonly string[]): Ran => sluice(['run', ...words], 'typed\n');
  const given = (...words: readonly string[]): Ran => go('--dir', data, file, ...words);
  const refused = 100 + 76;

  test('runs a WASI program', () => {
    expect(go(file, 'hello')).toEqual({ stdout: 'hello\n', stderr: '', code: 0 });
    expect(go(file, 'exit')).toEqual({ stdout: '', stderr: 'leaving\n', code: 42 });
    expect(go(file, 'copy')).toEqual({ stdout: 'typed\n', stderr: '', code: 0 });
    expect(go('--env', 'X=y=z', file, 'env')).toEqual({ stdout: 'X=y=z\n', stderr: '', code: 0 });
  });

  test('lets it read below a folder', () => {
    expect(given('cat', 'poem.txt')).toEqual({ stdout: 'a rose is a rose\n', stderr: '', code: 0 });
    expect(given('tail', 'inner/../inner/./deep.txt')).toEqual({ stdout: 'eep\n', stderr: '', code: 0 });
    expect(given('cat', 'link').stdout).toBe('a rose is a rose\n');
    expect(given('size', 'poem.txt').stdout).toBe('\x11\0\0\0\0\0\0\0');
    expect(given('list').stdout).toMatch(/inner.*link.*poem\.txt.*up.*way-out/s);
    expect(given('cat', 'none').code).toBe(100 + 44);
    expect(given('cat', 'inner').code).toBe(100 + 31);
  });

  test('lets it read nothing else', () => {
    for (const path of [
      '../secret.txt',
      'inner/../../secret.txt',
      join(folder, 'secret.txt'),
      'way-out',
      'up/secret.txt',
    ])
      expect([path, given('cat', path)]).toEqual([path, { stdout: '', stderr: '', code: refused }]);
    expect(given('size', 'up').code).toBe(refused);
    expect(go(file, 'cat', 'poem.txt').code).toBe(100 + 8);
  });

  test('says what is wrong with its words', () => {
    expect(go('--dir', join(folder, 'none'), file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no such folder'),
    });
    expect(go('--env', 'X', file)).toMatchObject({ code: 2, stderr: expect.stringContaining('NAME=VALUE') });
    expect(go('--invoke', 'nothing', file)).toMatchObject({
      code: 2,
      stderr: `${file}:0:0: error[SL0608]: no exported function 'nothing'; it exports: _start\n`,
    });
  });
});

describe('--invoke', () => {
  const calculator = join(folder, 'calculator.wasm');

  beforeAll(() => {
    const functions = `
      (global $ready (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $ready (i32.const 1)))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "halve") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5)))
      (func (export "ready") (result i32) (global.get $ready))
      (func (export "both") (param i64) (result i64 f32) (local.get 0) (f32.const 1.5))
      (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
      (func (export "spin") (loop (br 0)))`;
    writeFileSync(calculator, assemble(`(module ${functions})`));
  });

  const invoke = (...words: readonly string[]): Ran =>
    sluice(['run', '--fuel', '1000', calculator, '--invoke', ...words]);

  test('runs an exported function and prints its results', () => {
    expect(invoke('add', '2', '-5')).toEqual({ stdout: '-3\n', stderr: '', code: 0 });
    expect(invoke('halve', '5')).toEqual({ stdout: '2.5\n', stderr: '', code: 0 });
    expect(invoke('both', '9000000000')).toEqual({ stdout: '9000000000\n1.5\n', stderr: '', code: 0 });
  });

  test('initialises a reactor first', () => {
    expect(invoke('ready').stdout).toBe('1\n');
  });

  test('ends with the exit codes of the command', () => {
    expect(invoke('divide', '1', '0')).toMatchObject({ stdout: '', code: 1 });
    expect(invoke('spin')).toMatchObject({ stdout: '', code: 3 });
    expect(invoke('add', '1')).toMatchObject({ code: 2, stderr: expect.stringContaining('takes 2 arguments, got 1') });
    expect(invoke('add', '1', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining("'x', is no i32") });
    expect(sluice(['run', calculator])).toMatchObject({ code: 2, stderr: expect.stringContaining('--invoke') });
  });
});

describe('a hostile program', () => {
  const memory = new Uint8Array(65_536);
  const environment: WasiEnvironment = {
    args: ['a'],
    variables: [],
    stdin: () => new Uint8Array(0),
    stdout: () => undefined,
    stderr: () => undefined,
    now: () => 0n,
    sleep: () => undefined,
    random: (into) => void into.fill(1),
    directories: [
      {
        name: 'd',
        directory: {
          stat: () => {
            throw new WasiError('noent');
          },
          open: () => {
            throw new WasiError('noent');
          },
          list: () => [],
        },
      },
    ],
  };

  test('gets an error number for every call with wild numbers, and nothing else happens', () => {
    const { host } = wasiHost(environment, () => memory);
    const wild: readonly number[] = [0, 1, 3, 7, 65_535, 65_536, 0x7fffffff, -1, -4];
    let answered = 0;
    for (const [name, call] of host) {
      if (name.endsWith('.proc_exit')) continue;
      for (let seed = 0; seed < 100; seed++) {
        const args = Array.from({ length: 9 }, (_, i) => wild[(seed * 7 + i * seed + i * i) % wild.length] ?? 0);
        expect(call(...asArguments(name, args)), `${name}(${args})`).toBeTypeOf('number');
        answered++;
      }
    }
    expect(answered).toBe(100 * (wasiSignatures.size - 1));
  });

  test('cannot name functions with other signatures', () => {
    const wrong = assemble(`(module
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i64) (result i32)))
      (func (export "_start") (drop (call $random (i64.const 0)))))`);
    const loaded = unwrap(load(presets, wrong, 'x.wasm'));
    const prepared = unwrap(
      prepare(presets, loaded, 'x.wasm', { engine: 'interp', pipeline: presets.levelPipeline('O0') }),
    );
    const ran = prepared.run({ args: [], out: () => undefined, wasi: environment });
    const said = ran.ok ? [] : ran.diagnostics.map(formatDiagnostic);
    expect(said).toEqual([expect.stringContaining('random_get is (i32, i32) -> i32, imported as (i64) -> i32')]);
  });

  function asArguments(name: string, args: readonly number[]): readonly Value[] {
    const letters: Readonly<Record<string, string>> = {
      clock_time_get: 'iIi',
      fd_advise: 'iIIi',
      fd_pread: 'iiiIi',
      fd_readdir: 'iiiIi',
      fd_seek: 'iIii',
      path_open: 'iiiiiIIii',
    };
    const form = letters[name.slice(name.indexOf('.') + 1)] ?? 'iiiiiiiii';
    return [...form].map((letter, i) => (letter === 'I' ? BigInt(args[i] ?? 0) : (args[i] ?? 0)));
  }
});
