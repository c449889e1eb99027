/**
 * Equivalence modulo inputs: blocks that a call never enters may be changed in any way, and the call must still show the
 * same, at every level. The changed programs are unlike what a generator makes: half of each is nonsense that only
 * analysis keeps apart from the rest.
 *
 * Paper:   Vu Le, Mehrdad Afshari, Zhendong Su, Compiler Validation via Equivalence Modulo Inputs, PLDI 2014.
 * Differs: instructions are not only deleted but also altered and inserted (as in their later Athena, OOPSLA 2015).
 */

import {
  type BlockId,
  coreOp,
  coreTable,
  defineOp,
  Editor,
  effect,
  type Func,
  interp,
  lawConstant,
  type Module,
  makeInst,
  none,
  type OpDef,
  printModule,
  type Type,
  type ValueId,
  verifyModule,
  withArgs,
  withFuncs,
} from '@sluice/ir';
import { type Pipeline, runPipeline } from '@sluice/pipeline';
import fc from 'fast-check';
import { arbitraryModule, type Generated } from './arbitrary/module.ts';
import { Draw } from './arbitrary/program.ts';
import { budget } from './budget.ts';
import { difference } from './equiv.ts';
import { freezeModule } from './freeze.ts';
import { LawBroken, type LawOptions, show } from './laws.ts';
import { type Call, type Observation, observe } from './observe.ts';

/** Holds pipelines to the law that what a call never enters does not matter to it. */
export function emiLaws(pipelines: readonly Pipeline[], options: Omit<LawOptions, 'prepare'> = {}): void {
  const { runs = 40, features = {}, check = {} } = options;
  const picks = fc.array(fc.nat({ max: 4095 }), { minLength: 40, maxLength: 40 });
  const property = fc.property(arbitraryModule(features), picks, (g, list) => checkEmi(pipelines, g, list));
  fc.assert(property, { ...budget(runs), ...(check as object) });
}

/** The law for one module: its first call, with changes that `picks` choose. Throws `LawBroken`. */
export function checkEmi(
  pipelines: readonly Pipeline[],
  g: Pick<Generated, 'module' | 'calls'>,
  picks: readonly number[],
): void {
  const call = g.calls[0] as Call;
  const before = look(g.module, call);
  const changed = changeUnreached(g.module, call, picks);
  if (changed === g.module) return;
  const same = difference(before, look(changed, call));
  if (same !== null) throw new Error(`a change where the call never comes shows: ${same}\n${printModule(changed)}`);
  for (const pipeline of pipelines) {
    const after = runPipeline(changed, pipeline, { verifyEach: true }).module;
    const differs = difference(before, look(after, call));
    if (differs === null) continue;
    throw new LawBroken(
      'inputs',
      `${show(g.module, call)} ${differs}, after ${pipeline.name} of\n${printModule(changed)}`,
    );
  }
}

function look(m: Module, call: Call): Observation {
  return observe((o) => interp.instantiate(m, o), m, call);
}

/** The module with changes in blocks that the call does not enter; itself where there are none. */
export function changeUnreached(m: Module, call: Call, picks: readonly number[]): Module {
  const entered = enteredBlocks(m, call);
  const draw = new Draw(picks);
  let changed = m;
  for (const f of m.funcs) {
    const dead = f.order.filter((b) => !entered.has(`${f.name} ${b}`));
    for (const b of dead) {
      for (let k = 0; k < 1 + draw.below(3); k++) changed = tryChange(changed, f.name, b, draw);
    }
  }
  return changed === m ? m : freezeModule(changed);
}

/** Blocks that a call enters, as `function block`: each is given an instruction that says so. */
function enteredBlocks(m: Module, call: Call): ReadonlySet<string> {
  const seen = new Set<string>();
  const probes: string[] = [];
  const probe = defineOp('emi.probe', {
    doc: 'Says that its block was entered.',
    sig: '() -> void',
    imm: 'index',
    effect: effect({ writes: ['globals'] }),
    run: (_: unknown, k: number) => void seen.add(probes[k] ?? ''),
  });
  const funcs = m.funcs.map((f) => {
    const edit = new Editor(f);
    for (const b of f.order) edit.prepend(b, makeInst(probe, none, { imm: probes.push(`${f.name} ${b}`) - 1 }));
    return edit.finish();
  });
  look(withFuncs(m, funcs), call);
  return seen;
}

/** One change of a block, if what comes out is well-formed. */
function tryChange(m: Module, name: string, b: BlockId, draw: Draw): Module {
  const f = m.funcs.find((func) => func.name === name) as Func;
  const edit = new Editor(f);
  const change = draw.of(changes);
  try {
    change(edit, b, draw, m);
    const next = withFuncs(m, [edit.finish()]);
    return verifyModule(next).length === 0 ? next : m;
  } catch {
    return m;
  }
}

type Change = (edit: Editor, b: BlockId, draw: Draw, m: Module) => void;

const altered: Change = (edit, b, draw) => {
  const v = pickOf(edit, b, draw);
  const inst = edit.inst(v);
  const like = likeOf(inst.op);
  edit.setInst(v, { ...inst, op: draw.of(like) });
};

const removed: Change = (edit, b, draw) => {
  const v = pickOf(edit, b, draw);
  const inst = edit.inst(v);
  if (inst.type === 'void') edit.remove(v);
  else edit.replaceWith(v, constantBefore(edit, v, inst.type as Type, draw));
};

const operand: Change = (edit, b, draw) => {
  const v = pickOf(edit, b, draw);
  const inst = edit.inst(v);
  const i = draw.below(inst.args.length);
  const type = edit.inst(inst.args[i] as ValueId).type as Type;
  const same = edit
    .body(b)
    .slice(0, edit.body(b).indexOf(v))
    .filter((w) => edit.inst(w).type === type);
  const by = same.length > 0 && draw.oneIn(2) ? draw.of(same) : constantBefore(edit, v, type, draw);
  edit.setInst(v, withArgs(inst, inst.args.with(i, by)));
};

const inserted: Change = (edit, b, draw, m) => {
  const at = draw.oneIn(2) ? edit.termId(b) : pickOf(edit, b, draw);
  const global = m.globals.find((g) => g.mutable && coreTable.has(`${g.type}.const`));
  if (global !== undefined && draw.oneIn(2)) {
    const value = constantBefore(edit, at, global.type, draw);
    edit.insertBefore(at, makeInst(coreOp('global.set'), [value], { imm: global.name }));
  } else {
    const args = [constantBefore(edit, at, 'i32', draw), constantBefore(edit, at, 'i32', draw)];
    edit.insertBefore(at, makeInst(coreOp('i32.store'), args, { imm: { offset: 0, align: 0 } }));
  }
};

const turned: Change = (edit, b, draw) => {
  const term = edit.term(b);
  if (term.blocks.length < 2 || draw.oneIn(3)) {
    edit.setTerm(b, makeInst(coreOp('trap'), none, { imm: 'unreachable' }));
  } else if (term.op.kind === 'br_if') {
    const on = draw.oneIn(2) ? constantBefore(edit, edit.termId(b), 'i32', draw) : (term.args[0] as ValueId);
    edit.setTerm(b, { ...term, args: [on], blocks: term.blocks.toReversed() });
  }
};

const changes: readonly Change[] = [altered, altered, removed, operand, operand, inserted, turned];

const pickOf = (edit: Editor, b: BlockId, draw: Draw): ValueId => draw.of(edit.body(b));

function constantBefore(edit: Editor, at: ValueId, type: Type, draw: Draw): ValueId {
  const op = coreTable.get(`${type}.const`);
  if (op === undefined) throw new Error(`no constants of ${type}`);
  return edit.insertBefore(at, makeInst(op, none, { imm: lawConstant(type, draw.below(64) - 20) }));
}

/** Ops of the same signature, without an immediate. */
function likeOf(op: OpDef): readonly OpDef[] {
  const of = ({ sig }: OpDef): string => `${sig.params.join()} ${sig.result} ${sig.variadic}`;
  if (op.imm !== 'none' || op.kind !== 'value') return [op];
  return [...coreTable.values()].filter(
    (other) => other.kind === 'value' && other.imm === 'none' && of(other) === of(op),
  );
}
