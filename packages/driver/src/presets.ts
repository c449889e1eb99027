/** The concrete parts: the one file of the driver that names frontends, passes, backends and engines. */

import brilTarget from '@sluice/backend-bril';
import { emitModule, emitStandalone, jsPrepare } from '@sluice/backend-js';
import registerTarget from '@sluice/backend-register';
import stackTarget from '@sluice/backend-stack';
import { wasmEmitter, prepare as wasmPrepare } from '@sluice/backend-wasm';
import { type BrilProgram, printBril, toJson } from '@sluice/bril-format';
import type { Program, RegisterProgram, StackProgram } from '@sluice/bytecode';
import type { Target } from '@sluice/codegen';
import { jsEngine, refusal, wasmEngine } from '@sluice/engine';
import { brilFrontend } from '@sluice/frontend-bril';
import { coreTable, type Engine, interp, ok } from '@sluice/ir';
import { isLevel, levelPipeline, levels, passes } from '@sluice/passes';
import { allocators } from '@sluice/passes/regalloc/index';
import { ScheduleError } from '@sluice/pipeline';
import { registerVM, stackVM } from '@sluice/vm';
import { irFrontend } from './ir-frontend.ts';
import { readRegisterProgram } from './presets/register-program.ts';
import { stackFrontend } from './presets/stack-frontend.ts';
import { wasmFrontend } from './presets/wasm-frontend.ts';
import { wasmTarget } from './presets/wasm-target.ts';
import type { EngineEntry, Exceptions, TextTarget, Toolchain } from './toolchain.ts';

const wasm = wasmEngine(wasmEmitter);

/** JavaScript has no vectors: there they are BigInts, and a loop of them is 2 to 10 times slower than one of numbers. */
const withoutVectors: Exceptions = { 'simd-lower': null };

/** The parts that the command uses. */
export const presets: Toolchain = {
  ops: coreTable,
  readProgram: readRegisterProgram,
  frontends: [brilFrontend, stackFrontend, wasmFrontend, irFrontend],
  passes,
  levels,
  levelPipeline: (name) => {
    if (isLevel(name)) return levelPipeline(name);
    throw new ScheduleError(`there is no level '${name}'; there are: ${levels.join(', ')}`);
  },
  engines: [
    {
      name: 'interp',
      summary: 'the reference interpreter of the IR: slow, the oracle for all others',
      unit: 'IR instruction',
      executes: 'module',
      prepare: [],
      instantiate: interp.instantiate,
    },
    { ...machine(stackVM, stackTarget, 'the stack machine: a generated JavaScript loop'), instead: withoutVectors },
    machine(registerVM, registerTarget, 'the register machine: a generated WebAssembly loop'),
    {
      name: 'wasm',
      summary: 'generated WebAssembly, compiled by the host: the fastest',
      unit: 'n/a',
      executes: 'module',
      prepare: wasmPrepare,
      refuses: refusal,
      codeSize: (m) => wasm.compile(m).size,
      instantiate: wasm.instantiate,
    },
    {
      name: 'js',
      summary: 'generated JavaScript, compiled by the host',
      unit: 'n/a',
      executes: 'module',
      prepare: jsPrepare,
      instead: withoutVectors,
      instantiate: jsEngine(emitModule).instantiate,
      codeSize: (m) => new TextEncoder().encode(emitModule(m).source).length,
    },
    {
      name: 'bril',
      summary: "Bril's direct interpreter, which never touches the IR",
      unit: 'Bril instruction',
      executes: 'source',
    },
  ],
  defaultEngine: 'register',
  allocators,
  languages: [
    bril('bril', 'Bril, as text', printBril),
    bril('bril-json', 'Bril, as JSON', toJson),
    {
      name: 'js',
      summary: 'an ES module of its own',
      passes: [],
      first: [],
      prepare: jsPrepare,
      instead: withoutVectors,
      emit: (m) => emitStandalone(m),
    },
  ],
  binaries: [wasmTarget],
};

/** A machine as an entry: its target emits what its engine executes, so that the two need not be told apart by type. */
function machine<P extends StackProgram | RegisterProgram>(
  engine: Engine<P>,
  target: Target<P>,
  summary: string,
): EngineEntry {
  return {
    name: engine.name,
    summary,
    unit: `${engine.name} instruction`,
    executes: 'program',
    target: target as Target<Program>,
    instantiate: engine.instantiate as Engine<Program>['instantiate'],
  };
}

/** One form of Bril. */
function bril(name: string, summary: string, print: (program: BrilProgram) => string): TextTarget {
  const { passes: own, first, prepare, instead, emit } = brilTarget;
  return {
    name,
    summary,
    passes: own,
    first,
    prepare,
    instead,
    emit: (m) => {
      const program = emit(m);
      return program.ok ? ok(print(program.value)) : program;
    },
  };
}
