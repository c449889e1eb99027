/**
 * From a module to what an engine executes: passes of a pipeline, then the passes that the target wants, then registers,
 * then code. Interfaces only; which parts these are is the toolchain's matter.
 */

import type { Program } from '@sluice/bytecode';
import type { Allocation, NamedAllocator, Target } from '@sluice/codegen';
import { DiagnosticError, type Module, withFuncs } from '@sluice/ir';
import { type Pipeline, pipeline, type RunOptions, runPipeline } from '@sluice/pipeline';
import { badUsage } from './diag-codes.ts';
import type { Toolchain } from './toolchain.ts';

/** How to compile; see `RunOptions` for what passes are watched by. */
export interface CompileOptions extends RunOptions {
  /** Registers that the target may use; default: the target's own number. */
  readonly registers?: number | null;
  /** The allocator's name; default: the toolchain's first. */
  readonly allocator?: string;
  /** Peephole and fusion on the code that is emitted; default yes. */
  readonly fuse?: boolean;
}

/** Runs a pipeline on a module. */
export function optimise(m: Module, passes: Pipeline, options: RunOptions = {}): Module {
  return runPipeline(m, passes, options).module;
}

/** Runs the passes that an engine for modules cannot do without. The budget of rewrites does not count here. */
export function prepareModule(
  m: Module,
  { name, prepare }: { readonly name: string; readonly prepare: readonly string[] },
  tools: Toolchain,
): Module {
  return runPipeline(m, pipeline(name, prepare, tools.passes), { ops: tools.ops }).module;
}

/** A program and the module that it was made of, target's passes done. */
export interface Lowered {
  readonly program: Program;
  readonly module: Module;
  readonly allocations: ReadonlyMap<string, Allocation>;
}

/** Lowers a module to a target's program. The budget of rewrites does not count here: these passes are not optional. */
export function lower(m: Module, target: Target<Program>, tools: Toolchain, options: CompileOptions = {}): Lowered {
  const { rewrites: _, ...rest } = { ops: tools.ops, ...options };
  const prepared = runPipeline(m, pipeline(target.name, target.prepare, tools.passes), rest).module;
  const registers = options.registers === undefined ? target.constraints.registers : options.registers;
  const constraints = { ...target.constraints, registers };
  const { allocate } = allocatorNamed(tools, options.allocator);
  const allocations = new Map(prepared.funcs.map((f) => [f.name, allocate(f, constraints)]));
  const module = withFuncs(
    prepared,
    [...allocations.values()].map(({ func }) => func),
  );
  return { program: target.emit(prepared, allocations, { fuse: options.fuse ?? true }), module, allocations };
}

/** The allocator of this name, the default without one; throws `DiagnosticError` for a name that is none. */
export function allocatorNamed(tools: Toolchain, name?: string): NamedAllocator {
  const found = name === undefined ? tools.allocators[0] : tools.allocators.find((known) => known.name === name);
  if (found !== undefined) return found;
  const known = tools.allocators.map((allocator) => allocator.name).join(', ');
  throw new DiagnosticError(badUsage(`no allocator '${name}'`, `there are: ${known}`));
}
