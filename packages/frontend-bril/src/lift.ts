/**
 * Bril to IR: a checked program becomes a module. Variables become SSA values by the builder.
 *
 *   int i64   float f64   bool, char i32   ptr<T> i64 (dialect heap)   any any (dialect any)
 *
 * What Bril checks while it runs is ordinary IR here, so that passes can remove it: checks of heap accesses, of dynamic
 * types (`any.unbox`), of code points, and of variables without a value. For the last, a doubtful variable has a state
 * beside it (lift-undefined.ts). `set` and `get` are assignments to and from a variable of their own. Speculation:
 * `speculate` copies all variables to a second set for its depth, a failing guard copies them back; which depth holds is
 * known for every place, or the program is refused.
 *
 * Parts: lift-flow.ts blocks and edges, lift-variables.ts variables, lift-instr.ts instructions inside a block.
 */

import { type BrilFunction, type BrilInstr, type BrilProgram, baseType } from '@sluice/bril-format';
import {
  type Diagnostic,
  type Func,
  FuncBuilder,
  fail,
  type Import,
  type Module,
  makeModule,
  ok,
  type Result,
  type ValueId,
} from '@sluice/ir';
import type { BrilBlock } from './lift-blocks.ts';
import { LiftFlow } from './lift-flow.ts';
import { type LiftContext, liftInstr } from './lift-instr.ts';
import { AnyTags, irType } from './lift-types.ts';
import { LiftVariables } from './lift-variables.ts';

/** Lifts a program that `checkBril` has no findings in. Fails (SL0530) where speculation does not nest. */
export function liftBril(program: BrilProgram): Result<Module> {
  const shared: Shared = {
    program,
    functions: new Map(program.functions.map((func) => [func.name, func])),
    tags: new AnyTags(),
    prints: new Map(),
    findings: [],
  };
  const funcs = program.functions.map((func) => liftFunction(shared, func));
  if (shared.findings.length > 0) return fail(...shared.findings);
  const main = shared.functions.has('main');
  return ok(
    makeModule({
      name: program.file.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, ''),
      imports: [...shared.prints.values()],
      funcs,
      exports: main ? [{ external: 'main', kind: 'func', name: 'main' }] : [],
      start: main ? 'main' : null,
    }),
  );
}

interface Shared {
  readonly program: BrilProgram;
  readonly functions: ReadonlyMap<string, BrilFunction>;
  readonly tags: AnyTags;
  /** By the types printed. */
  readonly prints: Map<string, Import>;
  readonly findings: Diagnostic[];
}

/** A function that is being lifted. */
interface Lifting extends LiftContext {
  readonly func: BrilFunction;
  readonly file: string;
}

function liftFunction(shared: Shared, func: BrilFunction): Func {
  const { program, functions, prints, tags, findings } = shared;
  const b = new FuncBuilder(func.name, {
    params: func.params.map(({ type }) => irType(type)),
    results: func.type === null ? [] : [irType(func.type)],
  });
  const flow = new LiftFlow(func, b, program.file, findings);
  const variables = new LiftVariables(func, b, flow, tags);
  const c: Lifting = { functions, prints, b, flow, variables, func, file: program.file };
  for (const index of flow.blocks.order) {
    const block = flow.blocks.blocks[index];
    if (block === undefined) continue;
    flow.enter(index);
    liftBlock(c, block);
  }
  return b.finish();
}

function liftBlock(c: Lifting, block: BrilBlock): void {
  const { b, flow } = c;
  for (const instr of block.instrs) {
    b.loc = { file: c.file, line: instr.at.line, col: instr.at.col };
    liftStep(c, instr);
    if (b.isClosed()) return;
  }
  if (block.fallsTo !== null) flow.jump(block.fallsTo, block.instrs.at(-1) ?? null);
  else if (c.func.type !== null || flow.depth > 0) b.trap('unreachable');
  else b.ret();
}

/** Lifts an instruction; those that end a block, and speculation, here. */
function liftStep(c: Lifting, instr: BrilInstr): void {
  const { b, flow, variables } = c;
  const condition = (): ValueId => variables.readAs(instr.args[0] ?? '', baseType('bool'));
  switch (instr.op) {
    case 'jmp':
      return flow.jump(flow.targetOf(instr, 0), instr);
    case 'br':
      return flow.branch(instr, condition());
    case 'ret':
      return liftReturn(c, instr);
    case 'speculate':
      variables.save(flow.depth);
      flow.depth++;
      return;
    case 'commit':
      if (flow.depth === 0) b.trap('unreachable');
      else flow.depth = 0;
      return;
    case 'guard':
      return liftGuard(c, instr, condition());
    default:
      return liftInstr(c, instr);
  }
}

function liftReturn({ b, flow, variables, func }: Lifting, instr: BrilInstr): void {
  const [name] = instr.args;
  if (flow.depth > 0) b.trap('unreachable');
  else if (func.type === null || name === undefined) b.ret();
  else b.ret(variables.readAs(name, func.type));
}

/** Where the guard fails, the variables are what they were when speculation began. */
function liftGuard({ b, flow, variables }: Lifting, instr: BrilInstr, condition: ValueId): void {
  const holds = b.block();
  const fails = b.block();
  b.brIf(condition, holds, fails);
  b.seal(holds);
  b.seal(fails);
  b.at(fails);
  const index = flow.targetOf(instr, 0);
  if (flow.depth > 0 && variables.restore(flow.depth - 1)) {
    flow.depth--;
    b.br(flow.target(index, instr));
    flow.depth++;
  } else {
    b.trap('unreachable');
  }
  flow.arrived(index);
  b.at(holds);
}
