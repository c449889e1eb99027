/** Peephole and fusion on stack code, written out: what becomes fewer instructions, and what may not. */

import { dropDeadWrites } from '@sluice/backend-stack/dead-locals';
import { peephole } from '@sluice/backend-stack/peephole';
import { assembleStack, disassemble, fuse, type Instr, type StackProgram, stackTable } from '@sluice/bytecode';
import { unwrap } from '@sluice/ir';
import { expect, test } from 'vitest';

const table = stackTable();

/** The lines of a function `(i32, i64) -> i64` with locals 2: i64 and 3: i32, changed. */
function changed(lines: string, change: (code: readonly Instr[]) => readonly Instr[]): readonly string[] {
  const head = '.machine stack\n.func @f (i32, i64) -> i64\n.local i64\n.local i32\n';
  const p = unwrap(assembleStack(`${head}${lines.replaceAll('; ', '\n')}\n.end\n`, { file: 'p' })) as StackProgram;
  const funcs = p.funcs.map((f) => ({ ...f, code: change(f.code) }));
  const text = disassemble({ ...p, funcs }).split('\n');
  return text.slice(text.findIndex((line) => line.includes('.local i32')) + 1, -2).map((line) => line.trim());
}

const simple = (lines: string): string => changed(lines, (code) => peephole(code, table)).join('; ');
const end = 'local.get 1; return';

test.each([
  ['local.get 1; local.set 2; local.get 2; return', 'local.get 1; local.tee 2; return'],
  [`local.get 1; local.tee 2; drop; ${end}`, `local.get 1; local.set 2; ${end}`],
  [`local.get 1; local.tee 2; local.set 2; ${end}`, `local.get 1; local.set 2; ${end}`],
  [`local.get 2; local.set 2; ${end}`, end],
  [`local.get 1; local.get 2; i64.add; drop; ${end}`, end],
  ['local.get 1; dup; local.set 2; return', 'local.get 1; local.tee 2; return'],
  ['i64.const 6; i64.const 7; i64.mul; return', 'i64.const 42; return'],
  [
    `local.get 0; i32.eqz; jump_if L; trap unreachable; L:; ${end}`,
    `local.get 0; jump_unless L0; trap unreachable; L0:; ${end}`,
  ],
  [`i32.const 0; jump_if L; ${end}; L:; ${end}`, `${end}; L0:; ${end}`.replace('L0:; ', '')],
  [`i32.const 1; jump_unless L; ${end}; L:; trap unreachable`, `${end}; trap unreachable`],
  [
    `local.get 0; jump_if A; ${end}; A:; jump B; B:; local.get 2; return`,
    `local.get 0; jump_if L0; ${end}; L0:; local.get 2; return`,
  ],
  [
    `local.get 0; jump_if A; jump B; A:; trap unreachable; B:; ${end}`,
    `local.get 0; jump_if L0; ${end}; L0:; trap unreachable`,
  ],
])('%s', (before, after) => {
  expect(simple(before)).toBe(after);
});

test.each([
  // A label between the two: whoever jumps there has something else on the stack.
  `local.get 1; L:; local.set 2; local.get 0; jump_unless E; local.get 2; jump L; E:; ${end}`,
  'local.get 1; local.set 2; local.get 1; return',
  // It may trap.
  `local.get 1; local.get 2; i64.div_s; drop; ${end}`,
  'i64.const 1; i64.const 0; i64.div_s; return',
  // Backwards: the copy would save a unit of fuel.
  `jump B; A:; ${end}; B:; local.get 0; local.set 3; jump A`,
])('nothing: %s', (before) => {
  const as = changed(before, (code) => code).join('; ');
  expect(simple(before)).toBe(as);
});

test('a jump to a jump that goes back, from a loop', () => {
  const code = `A:; local.get 0; jump_if B; ${end}; B:; jump A`;
  // Forward and back is one unit; straight back is one too.
  expect(simple(code)).toContain('jump_if L0');
});

test('writes that nobody reads', () => {
  const live = (lines: string) => changed(lines, (code) => dropDeadWrites(code, 4, table)).join('; ');
  expect(live(`local.get 1; local.set 2; ${end}`)).toBe(`local.get 1; drop; ${end}`);
  expect(live('local.get 1; local.tee 2; return')).toBe('local.get 1; return');
  expect(live('local.get 1; local.set 2; local.get 1; local.set 2; local.get 2; return')).toBe(
    'local.get 1; drop; local.get 1; local.set 2; local.get 2; return',
  );
  const loop = 'A:; local.get 2; local.set 1; local.get 1; local.set 2; local.get 0; jump_if A; local.get 1; return';
  expect(live(loop)).toBe(loop.replace('A:', 'L0:').replace('jump_if A', 'jump_if L0'));
});

test('fusion leaves labels in front of an instruction', () => {
  const fused = (lines: string) => changed(lines, (code) => fuse(code, table)).join('; ');
  expect(fused('local.get 1; local.get 2; drop; return')).toBe('local.get+local.get 1, 2; drop; return');
  expect(fused('local.get 1; L:; local.get 2; drop; local.get 0; jump_if L; return')).toContain('local.get 1; L0:; ');
});
