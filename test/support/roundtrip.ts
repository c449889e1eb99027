/** What must come back unchanged: text and binary forms of modules and of programs of both machines. */

import {
  assembleRegister,
  assembleStack,
  decodeProgram,
  disassemble,
  encodeProgram,
  type Program,
  validateProgram,
} from '@sluice/bytecode';
import { findEngine, lower, presets } from '@sluice/driver';
import { decodeModule, encodeModule, type Module, parseModule, printModule, unwrap, verifyModule } from '@sluice/ir';
import { expect } from 'vitest';

/** Checks a module in its own forms, and what both machines' backends make of it. */
export function checkForms(m: Module): void {
  checkModule(m);
  for (const machine of ['stack', 'register']) {
    const engine = findEngine(presets, machine);
    if (engine?.executes !== 'program') throw new Error(`no engine '${machine}'`);
    checkProgram(lower(m, engine.target, presets).program);
  }
}

function checkModule(m: Module): void {
  const text = printModule(m);
  const parsed = unwrap(parseModule(text));
  expect(printModule(parsed)).toBe(text);
  expect(verifyModule(parsed)).toEqual([]);
  const named = printModule(m, { names: true });
  expect(printModule(unwrap(parseModule(named)), { names: true })).toBe(named);
  // What has no location gets its place in the text when it is read; from then on all have one.
  const located = printModule(unwrap(parseModule(printModule(m, { locs: true }))), { locs: true });
  expect(printModule(unwrap(parseModule(located)), { locs: true })).toBe(located);
  const bytes = encodeModule(m);
  expect(encodeModule(parsed)).toEqual(bytes);
  expect(encodeModule(unwrap(decodeModule(bytes)))).toEqual(bytes);
}

function checkProgram(p: Program): void {
  expect(validateProgram(p, { file: 'test' })).toEqual([]);
  const text = disassemble(p);
  const assemble = p.machine === 'stack' ? assembleStack : assembleRegister;
  const assembled = unwrap<Program>(assemble(text, { file: 'test' }));
  expect(disassemble(assembled)).toBe(text);
  const bytes = encodeProgram(p, { debug: false });
  expect(encodeProgram(unwrap(decodeProgram(bytes, { file: 'test' })), { debug: false })).toEqual(bytes);
  expect(encodeProgram(assembled, { debug: false })).toEqual(bytes);
  const full = encodeProgram(p, { debug: true });
  expect(encodeProgram(unwrap(decodeProgram(full, { file: 'test' })), { debug: true })).toEqual(full);
}
