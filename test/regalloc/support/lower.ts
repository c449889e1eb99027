/** From a module as passes leave it to allocations. */

import type { Allocation, Allocator, RegisterConstraints } from '@sluice/codegen';
import { type Func, formatDiagnostic, type Module, verifyFunc } from '@sluice/ir';
import { allocate } from '@sluice/passes/regalloc/index';
import split from '@sluice/passes/split-critical-edges';
import destruct from '@sluice/passes/ssa-destruct';
import { type Pass, runPipeline } from '@sluice/pipeline';
import { type Frames, frameOf } from './cells.ts';

/** Runs passes on a module, verifying after each. */
export function runPasses(m: Module, passes: readonly Pass[], verifyEach = true): Module {
  const instances = passes.map((pass) => ({ pass, id: pass.name, options: {} }));
  return runPipeline(m, { name: 'test', instances }, { verifyEach }).module;
}

/** The module as allocators take it. */
export function prepared(m: Module, verifyEach = true): Module {
  return runPasses(m, [split, destruct], verifyEach);
}

/** Allocates every function of a prepared module; the allocated functions are verified. */
export function allocateAll(m: Module, constraints: RegisterConstraints, allocator: Allocator = allocate): Frames {
  return new Map(
    m.funcs.map((f) => {
      const allocation = allocator(f, constraints);
      const [problem] = verifyFunc(allocation.func, m);
      if (problem !== undefined) throw new Error(formatDiagnostic(problem));
      return [f.name, frameOf(f, allocation)];
    }),
  );
}

/** All constraints that tests use. */
export const allConstraints: readonly RegisterConstraints[] = [4, 5, 6, 8, 16, null].flatMap((registers) => [
  { registers, typed: false },
  { registers, typed: true },
]);

/** The allocation of the function of this name. */
export function allocationOf(frames: Frames, f: Func): Allocation {
  const frame = frames.get(f.name);
  if (frame === undefined) throw new Error(`no frame of @${f.name}`);
  return frame.allocation;
}
