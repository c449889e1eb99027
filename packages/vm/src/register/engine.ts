/**
 * The register machine as an engine: a generated Wasm loop, or, for programs with values that Wasm memory cannot hold
 * (`any`, references), a generated JavaScript loop over the same instructions.
 */

import { type RegisterProgram, validateRegister } from '@sluice/bytecode';
import { type Engine, type Instance, type InstanceOptions, unwrap } from '@sluice/ir';
import { guestState } from '../runtime/state.ts';
import { hostTypes } from './host-types.ts';
import { jsCore } from './js-core.ts';
import { type JsPlan, jsPlan } from './js-plan.ts';
import { runInstance } from './runner.ts';
import { vectorsElsewhere } from './vectors.ts';
import { wasmCore } from './wasm-core.ts';
import { type WasmPlan, wasmPlan } from './wasm-plan.ts';

/** The register machine. Throws `DiagnosticError` for a program that the validator refuses. */
export const registerVM: Engine<RegisterProgram> = {
  name: 'register',
  instantiate: (program, options = {}) =>
    needsJavaScript(program) ? onJavaScript(program, options) : onWasm(program, options),
};

function needsJavaScript(program: RegisterProgram): boolean {
  const types = hostTypes(program);
  return types.size > (types.has('v128') ? 1 : 0) || (types.has('v128') && vectorsElsewhere(program));
}

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
    unwrap(validateRegister(program, { file: program.name }));
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
    unwrap(validateRegister(program, { file: program.name }));
    plan = jsPlan(program);
    jsPlans.set(program, plan);
  }
  const ready = plan;
  const guest = guestState(program, options);
  const counting = options.count ?? false;
  return runInstance(guest, counting, (host) => jsCore(ready, guest, counting, host));
}
