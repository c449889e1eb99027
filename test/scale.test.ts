/**
 * Size: a straight line of 100,000 instructions, a chain of 20,000 blocks and loops nested 10,000 deep go through every part,
 * from Bril text to both machines at O0 and O3, with the right result and without overflowing a stack.
 */

import { decodeProgram, disassemble, encodeProgram, validateProgram } from '@sluice/bytecode';
import { findEngine, load, lower, optimise, prepare, presets } from '@sluice/driver';
import { decodeModule, encodeModule, parseModule, printModule, unwrap, verifyModule } from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { chain, line, nest, wideNest } from './large.ts';

const big = 2n ** 64n;
function lineResult(n: number, a: bigint): bigint {
  let x = a;
  for (let i = 0; i < n; i++) x = (i % 3 === 0 ? x * a : x + a) % big;
  return BigInt.asIntN(64, x);
}

const cases = [
  { name: '100,000 instructions in a line', text: line(100_000), args: ['3'], want: `${lineResult(100_000, 3n)}\n` },
  { name: 'a chain of 20,000 blocks', text: chain(20_000), args: ['3'], want: `${3n + 3n * 10_000n}\n` },
  { name: 'loops nested 10,000 deep', text: nest(10_000), args: ['1'], want: '1\n' },
  { name: '1,000 nested loops with counters', text: wideNest(1000), args: ['1'], want: '1\n' },
];

describe.each(cases)('$name', ({ text, args, want }) => {
  const loaded = unwrap(load(presets, new TextEncoder().encode(text), 'scale.bril'));

  test.each(['O0', 'O3'])('forms and engines at %s', (level) => {
    const module = optimise(loaded.module, presets.levelPipeline(level));
    expect(verifyModule(module)).toEqual([]);
    const printed = printModule(module);
    expect(printModule(unwrap(parseModule(printed)))).toBe(printed);
    const bytes = encodeModule(module);
    expect(encodeModule(unwrap(decodeModule(bytes)))).toEqual(bytes);
    for (const { name, executes } of presets.engines) {
      if (executes === 'program') {
        const engine = findEngine(presets, name);
        if (engine?.executes !== 'program') throw new Error(`no engine '${name}'`);
        const { program } = lower(module, engine.target, presets);
        expect(validateProgram(program, { file: name })).toEqual([]);
        const code = encodeProgram(program, { debug: false });
        expect(encodeProgram(unwrap(decodeProgram(code, { file: name })), { debug: false })).toEqual(code);
        expect(disassemble(program).length).toBeGreaterThan(100);
      }
      const parts: string[] = [];
      const prepared = unwrap(
        prepare(presets, { ...loaded, module }, 'scale', { engine: name, pipeline: presets.levelPipeline('O0') }),
      );
      const report = unwrap(prepared.run({ args, out: (piece) => void parts.push(piece) }));
      expect([parts.join(''), report.verdict.code], name).toEqual([want, 0]);
    }
  });
});
