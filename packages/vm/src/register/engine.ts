/**
 * The register machine as an engine: a generated Wasm loop, or, for programs with values that Wasm memory cannot hold
 * (`any`, references, `v128`), a generated JavaScript loop over the same instructions.
 */

import type { RegisterProgram } from '@sluice/bytecode';
import type { Engine, Instance, InstanceOptions } from '@sluice/ir';
import { wasmInstance } from './wasm-instance.ts';
import { type WasmPlan, wasmPlan } from './wasm-plan.ts';

const plans = new WeakMap<RegisterProgram, WasmPlan>();

/** The register machine. Programs must be valid (bytecode's validator). */
export const registerVM: Engine<RegisterProgram> = { name: 'register', instantiate };

function instantiate(program: RegisterProgram, options: InstanceOptions = {}): Instance {
  let plan = plans.get(program);
  if (plan === undefined) {
    plan = wasmPlan(program);
    plans.set(program, plan);
  }
  return wasmInstance(plan, options);
}
