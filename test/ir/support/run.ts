/** Running text on the reference interpreter, and a few programs that several tests run. */

import {
  type HostFunction,
  type InstanceOptions,
  interpret,
  type Module,
  type Outcome,
  parseModule,
  unwrap,
  type Value,
} from '@sluice/ir';
import { expect } from 'vitest';

/** The module of a text. */
export const parse = (text: string): Module => unwrap(parseModule(text));

/** How a call of a fresh instance of the text ends. */
export function run(text: string, args: readonly Value[] = [], options: InstanceOptions = {}, func = 'f'): Outcome {
  return interpret(parse(text), func, args, options).outcome;
}

/** Options with these host functions, named `module.field`. */
export function host(functions: Record<string, HostFunction>): InstanceOptions {
  return { host: new Map(Object.entries(functions)) };
}

/** The outcome of a return. */
export const returns = (...values: readonly Value[]): Outcome => ({ kind: 'return', values });
/** Matches the outcome of a trap, wherever it was. */
export const traps = (trap: string): unknown => expect.objectContaining({ kind: 'trap', trap });

/** n + ... + 1, by a loop. */
export const countdown: string = `
func @f(%n: i32) -> i32 {
^entry:
  %zero = i32.const 0
  %one = i32.const 1
  br ^loop
^loop:
  %i = phi i32 [^entry: %n], [^loop: %next]
  %sum = phi i32 [^entry: %zero], [^loop: %sum2]
  %sum2 = i32.add %sum, %i
  %next = i32.sub %i, %one
  br_if %next, ^loop, ^exit
^exit:
  ret %sum2
}`;

/** n, by n + 1 calls. */
export const recursive: string = `
func @f(%n: i32) -> i32 {
^entry:
  %one = i32.const 1
  br_if %n, ^more, ^done
^more:
  %m = i32.sub %n, %one
  %r = call i32 @f(%m)
  %s = i32.add %r, %one
  ret %s
^done:
  ret %n
}`;
