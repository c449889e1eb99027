/**
 * Arbitrary modules: well-typed, verified, with calls to make. The shape is drawn as a tree of choices (program.ts) and the
 * module is built from it, so that failures shrink by taking statements out.
 */

import {
  coreOp,
  Editor,
  type Func,
  formatDiagnostic,
  type Module,
  makeInst,
  none,
  printModule,
  type Value,
  verifyModule,
} from '@sluice/ir';
import fc from 'fast-check';
import { printCall } from '../equiv.ts';
import { allFeatures, type Features } from '../features.ts';
import { freezeModule } from '../freeze.ts';
import type { Call } from '../observe.ts';
import { cornersOf } from './const.ts';
import { moduleOf, planOf } from './plan.ts';
import { arbitraryProgram, Draw, type ProgramTree } from './program.ts';
import { buildBody, finish } from './statements.ts';
import { constantOf, Values } from './values.ts';

/** A generated module with calls to try it with. Prints as the text form. */
export interface Generated {
  readonly module: Module;
  readonly calls: readonly Call[];
  /** The choices it was built from. */
  readonly tree: ProgramTree;
}

/** Modules with some of the features, all of them unless said otherwise. */
export function arbitraryModule(features: Partial<Features> = {}): fc.Arbitrary<Generated> {
  const all = { ...allFeatures, ...features };
  return arbitraryProgram(all).map((tree) => generate(tree, all));
}

/** Modules of one function that calls nothing. */
export function arbitraryFunc(features: Partial<Features> = {}): fc.Arbitrary<Generated> {
  return arbitraryModule({ calls: false, indirect: false, exceptions: false, ...features });
}

/** The module of a tree, always the same one. Throws when the verifier refuses it: a bug of the generator. */
export function generate(tree: ProgramTree, features: Features): Generated {
  const plan = planOf(tree, features);
  const funcs = plan.funcs.map(({ tree: func }, i) => {
    const draw = new Draw(func.picks);
    const x = new Values(plan, i, draw);
    const start = x.mark();
    buildBody(x, func.body, null);
    if (!x.b.isClosed()) {
      x.sink(start);
      finish(x, draw);
    }
    const built = x.b.finish();
    return features.unreachable && draw.oneIn(4) ? withUnreachable(built) : built;
  });
  const module = moduleOf(plan, funcs);
  const [wrong] = verifyModule(module);
  if (wrong !== undefined) throw new Error(`${formatDiagnostic(wrong)}\n${printModule(module)}`);
  freezeModule(module);
  const main = plan.funcs[0] as (typeof plan.funcs)[number];
  const calls = tree.inputs.map((picks) => {
    const draw = new Draw(picks);
    return {
      func: main.name,
      args: main.sig.params.map((type): Value => (hasConst(type) ? constantOf(type, draw) : draw.of(cornersOf(type)))),
    };
  });
  return Object.assign(Object.create(printing) as object, { module, calls, tree });
}

function hasConst(type: string): boolean {
  return type !== 'any' && !type.endsWith('ref');
}

// fast-check asks a counterexample for its text by this method.
const printing = {
  [fc.toStringMethod](this: Generated): string {
    const calls = this.calls.map(({ func, args }) => {
      return printCall(func, this.module.funcs.find(({ name }) => name === func)?.sig.params ?? [], args);
    });
    return `\n${printModule(this.module)}; calls: ${calls.join('  ')}\n`;
  },
};

/** The function with a block that nothing reaches, in front of its last block. */
function withUnreachable(f: Func): Func {
  const target = f.order.at(-1);
  if (target === undefined || f.order.length < 2) return f;
  const edit = new Editor(f);
  const dead = edit.addBlock(makeInst(coreOp('br'), none, { blocks: [target] }));
  for (const phi of edit.phis(target)) edit.setPhiInput(phi, dead, edit.inst(phi).args[0] ?? phi);
  return edit.finish();
}
