/**
 * The register machine as an engine: a generated Wasm loop, or, for programs with values that Wasm memory cannot hold
 * (`any`, references, `v128`), a generated JavaScript loop over the same instructions.
 */

import type { RegisterProgram } from '@sluice/bytecode';
import type { Engine, Instance, InstanceOptions, Type } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import { guestState } from '../runtime/state.ts';
import { typeOf } from './handler.ts';
import { jsCore } from './js-core.ts';
import { type JsPlan, jsPlan } from './js-plan.ts';
import { runInstance } from './runner.ts';
import { wasmCore } from './wasm-core.ts';
import { type WasmPlan, wasmPlan } from './wasm-plan.ts';

/** The register machine. Programs must be valid (bytecode's validator). */
export const registerVM: Engine<RegisterProgram> = {
  name: 'register',
  instantiate: (program, options = {}) =>
    needsHostValues(program) ? onJavaScript(program, options) : onWasm(program, options),
};

/** The register machine on its JavaScript loop, whatever the program's types: for comparison. */
export const registerJsVM: Engine<RegisterProgram> = {
  name: 'register-js',
  instantiate: (program, options = {}) => onJavaScript(program, options),
};

const wasmPlans = new WeakMap<RegisterProgram, WasmPlan>();
const jsPlans = new WeakMap<RegisterProgram, JsPlan>();

function onWasm(program: RegisterProgram, options: InstanceOptions): Instance {
  let plan = wasmPlans.get(program);
  if (plan === undefined) {
    plan = wasmPlan(program);
    wasmPlans.set(program, plan);
  }
  const ready = plan;
  const guest = guestState(program, options);
  const counting = options.count ?? false;
  return runInstance(guest, counting, (host) => wasmCore(ready, guest, counting, host));
}

function onJavaScript(program: RegisterProgram, options: InstanceOptions): Instance {
  let plan = jsPlans.get(program);
  if (plan === undefined) {
    plan = jsPlan(program);
    jsPlans.set(program, plan);
  }
  const ready = plan;
  const guest = guestState(program, options);
  const counting = options.count ?? false;
  return runInstance(guest, counting, (host) => jsCore(ready, guest, counting, host));
}

/** Whether some value of the program does not fit a cell. */
function needsHostValues({ funcs, imports, globals }: RegisterProgram): boolean {
  const foreign = (type: string | null): boolean =>
    type !== null && type !== 'void' && type !== 'T' && !bitsType(type as Type);
  if (globals.some(({ type }) => foreign(type))) return true;
  if ([...funcs, ...imports].some(({ sig }) => [...sig.params, ...sig.results].some(foreign))) return true;
  const seen = new Set<unknown>();
  for (const { code } of funcs) {
    for (const instr of code) {
      if (foreign(typeOf(instr))) return true;
      const { op } = instr.def;
      if (op === null || seen.has(op)) continue;
      seen.add(op);
      if ([...op.sig.params, op.sig.result].some(foreign)) return true;
    }
  }
  return false;
}
