/** What the JavaScript loop needs of a program, made once for each program. */

import type { RegisterProgram } from '@sluice/bytecode';
import type { Value } from '@sluice/ir';
import { anyZero, hostTypes, hostZero } from './host-types.ts';
import { compileJsLoop, type JsLoop, jsAbilities } from './js-loop.ts';
import { loadProgram } from './load.ts';
import type { Loaded } from './loaded.ts';

/** A program laid out for the JavaScript loop: cells 0, 1, ... are the globals; code ends with the identity list. */
export interface JsPlan {
  readonly loaded: Loaded;
  readonly code: Int32Array;
  /** Where in the code the list 0, 1, 2, ... starts. */
  readonly identity: number;
  readonly results: number;
  /** What cells of host values start with. */
  readonly zero: Value;
  readonly loops: (JsLoop | null)[];
}

/** Lays a program out. */
export function jsPlan(program: RegisterProgram): JsPlan {
  const loaded = loadProgram(program, jsAbilities, {
    cell: (index) => index,
    place: (slot) => slot * 4,
    global: (index) => index,
    table: (index) => index,
    logLimit: () => 0,
    delta: (cells) => cells,
  });
  const results = program.funcs.reduce((most, f) => Math.max(most, f.sig.results.length), 0);
  const identity = loaded.code.length;
  const code = new Int32Array(identity + results);
  code.set(loaded.code);
  for (let i = 0; i < results; i++) code[identity + i] = i;
  return { loaded, code, identity, results, zero: hostZero(hostTypes(program)), loops: [null, null] };
}

/** The compiled loop for a plan. */
export function jsLoop(plan: JsPlan, counting: boolean): JsLoop {
  const at = counting ? 1 : 0;
  const found = plan.loops[at] ?? compileJsLoop(plan.loaded.handlers, counting, plan.zero === anyZero);
  plan.loops[at] = found;
  return found;
}
