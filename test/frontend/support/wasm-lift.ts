/** Lifts modules for tests, runs them on the reference interpreter, and prints them. */

import { loadWasm } from '@sluice/frontend-wasm';
import { interp, type Module, printModule, unwrap, type Value, verifyModule } from '@sluice/ir';
import type { WasmExpr, WasmModule } from '@sluice/wasm-format';
import { expect } from 'vitest';
import { code, functions, type TextFunc } from './wasm-asm.ts';

/** A constant expression. */
export function expr(text: string): WasmExpr {
  return { code: code(text) };
}

/** The mode of an active segment of table or memory 0. */
export function active(offset: string): { readonly kind: 'active'; readonly target: 0; readonly offset: WasmExpr } {
  return { kind: 'active', target: 0, offset: expr(offset) };
}

/** The module, which passes the verifier. */
export function lift(bytes: Uint8Array): Module {
  const m = unwrap(loadWasm(bytes, { file: 'test.wasm' }));
  expect(verifyModule(m)).toEqual([]);
  return m;
}

/** What function 0 gives. */
export function run(
  func: TextFunc,
  args: readonly Value[] = [],
  parts: Partial<WasmModule> = {},
  ...others: readonly TextFunc[]
): unknown {
  const m = lift(functions([func, ...others], parts));
  const { outcome } = interp.instantiate(m).call(m.funcs[0]?.name ?? '', args);
  return outcome.kind === 'return' ? outcome.values : outcome.kind === 'trap' ? outcome.trap : outcome;
}

/** The text of function 0, without indentation. */
export function text(func: TextFunc, parts: Partial<WasmModule> = {}): string {
  const m = lift(functions([func], parts));
  const whole = printModule(m, { names: true });
  return whole.slice(whole.indexOf('func @')).trim();
}
