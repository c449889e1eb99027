/**
 * Host functions that may be carried out later than they are called: whatever an engine does with them, the host sees all calls,
 * in the program's order, before the call from outside ends.
 */

import { findEngine, lower, presets } from '@sluice/driver';
import { type HostFunction, type Instance, parseModule, unwrap } from '@sluice/ir';
import { describe, expect, test } from 'vitest';

const m = unwrap(
  parseModule(
    `module "later"
import @later(i64, i32, f64) -> () from "env" "later"
import @none() -> () from "env" "none"
import @now(i64) -> () from "env" "now"
import @ask(i64) -> i64 from "env" "ask"
export "main" func @main

func @main(%n: i64, %every: i64) {
^entry:
  %zero = i64.const 0
  br ^loop
^loop:
  %i = phi i64 [^entry: %zero], [^next: %up]
  %low = i32.wrap_i64 %i
  %float = f64.convert_i64_s %i
  %neg = i64.sub %zero, %i
  call_host @later(%neg, %low, %float)
  call_host @none()
  %rest = i64.rem_s %i, %every
  %due = i64.eqz %rest
  br_if %due, ^tell, ^next
^tell:
  call_host @now(%i)
  %answer = call_host i64 @ask(%i)
  call_host @later(%answer, %low, %float)
  br ^next
^next:
  %one = i64.const 1
  %up = i64.add %i, %one
  %more = i64.lt_s %up, %n
  br_if %more, ^loop, ^end
^end:
  %seven = i64.const 7
  %less = i64.sub %every, %seven
  %bad = i64.div_s %one, %less
  ret
}
func @nested(%n: i64) -> i64 {
^entry:
  %zero = i32.const 0
  %float = f64.const 0.5
  call_host @later(%n, %zero, %float)
  %two = i64.const 2
  %twice = i64.mul %n, %two
  ret %twice
}
`,
    { file: 'later' },
  ),
);

/** What the host saw; `split`: it has functions that may be carried out later. */
function seen(engine: string, args: readonly bigint[], split: boolean, limits = {}): readonly string[] {
  const entry = findEngine(presets, engine);
  if (entry === undefined || entry.executes === 'source') throw new Error('no such engine');
  const calls: string[] = [];
  const waiting: string[] = [];
  const settle = (): void => {
    calls.push(...waiting.splice(0));
  };
  const see = (text: string): void => {
    if (waiting.length > 0) calls.push('not settled');
    calls.push(text);
  };
  const floats = new Float64Array(1);
  const bits = new Int32Array(floats.buffer);
  const text = (a: unknown, b: unknown, c: unknown) => `later ${a} ${b} ${c}`;
  const later: HostFunction = Object.assign((...given: readonly unknown[]) => see(text(given[0], given[1], given[2])), {
    later: {
      carryOut: (cells: Int32Array, at: number) => {
        bits.set(cells.subarray(at + 4, at + 6));
        const wide = (BigInt(cells[at + 1] as number) << 32n) | BigInt((cells[at] as number) >>> 0);
        waiting.push(text(wide, cells[at + 2], floats[0]));
      },
      settle,
    },
  }) as HostFunction;
  const none = Object.assign(() => see('none'), { later: { carryOut: () => waiting.push('none'), settle } });
  const box: { instance: Instance | null } = { instance: null };
  const plain = (f: HostFunction): HostFunction => (split ? f : (...given) => f(...given));
  const host = new Map<string, HostFunction>([
    ['env.later', plain(later)],
    ['env.none', plain(none as unknown as HostFunction)],
    ['env.now', (i) => see(`now ${i}`) as undefined],
    [
      'env.ask',
      (i) => {
        see(`ask ${i}`);
        const end = box.instance?.call('nested', [i as bigint]).outcome;
        if (end?.kind !== 'return') throw new Error(JSON.stringify(end));
        return end.values[0] as bigint;
      },
    ],
  ]);
  box.instance =
    entry.executes === 'module'
      ? entry.instantiate(m, { host, limits })
      : entry.instantiate(lower(m, entry.target, presets).program, { host, limits });
  const { outcome, fuelUsed } = box.instance.call('main', args);
  calls.push(`${outcome.kind} ${outcome.kind === 'trap' ? outcome.trap : ''}`);
  if (limits !== undefined && 'fuel' in limits) calls.push(String(fuelUsed));
  expect(waiting).toEqual([]);
  return calls;
}

describe.each(['register', 'stack', 'interp'])('%s', (engine) => {
  test.each([
    [1n, 1n],
    [10n, 3n],
    [3000n, 1000n],
    [2000n, 11n],
  ])('%i calls, every %i', (n, every) => {
    const want = seen('interp', [n, every], false);
    expect(seen(engine, [n, every], true)).toEqual(want);
    expect(seen(engine, [n, every], false)).toEqual(want);
  });

  test('a trap, and an end of fuel', () => {
    for (const every of [0n, 7n]) {
      const trapped = seen('interp', [700n, every], false);
      expect(trapped.at(-1)).toBe('trap integer-divide-by-zero');
      expect(seen(engine, [700n, every], true)).toEqual(trapped);
    }
    const ended = seen('interp', [1000n, 5000n], false, { fuel: 600 });
    expect(ended.at(-2)).toBe('resource ');
    expect(seen(engine, [1000n, 5000n], true, { fuel: 600 })).toEqual(ended);
  });
});
