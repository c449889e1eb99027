/** Ops that Wasm has no instruction for, but that say how others make them: their fragments stand in their place. */

import {
  coreTable,
  Editor,
  type Func,
  type Inst,
  instOf,
  makeInst,
  none,
  type OpDef,
  type Type,
  type Value,
  type ValueId,
} from '@sluice/ir';
import { factsOf } from './op-facts.ts';

/** Whether an op must be expanded. */
function expands({ op }: Inst): boolean {
  return op.expand !== null && op.wasm === null && op.kind === 'value' && factsOf(op).form === 'none';
}

/** The function without such ops; the same one where there are none. `keep`: who has code for an op himself. */
export function expandOps(f: Func, keep: (op: OpDef) => boolean): Func {
  const work: ValueId[] = [];
  for (let v = 0; v < f.insts.length; v++) {
    const inst = f.insts[v];
    if (inst !== undefined && expands(inst) && !keep(inst.op)) work.push(v as ValueId);
  }
  if (work.length === 0) return f;
  const edit = new Editor(f);
  for (let v = work.pop(); v !== undefined; v = work.pop()) {
    const at = v;
    const { op, args, loc } = edit.inst(at);
    const insert = (inst: Inst): ValueId => {
      const made = edit.insertBefore(at, inst);
      if (expands(inst) && !keep(inst.op)) work.push(made);
      return made;
    };
    const result = op.expand?.(
      {
        emit: (given, operands = [], imm) => {
          const def = typeof given === 'string' ? coreTable.get(given) : given;
          if (def === undefined) throw new Error(`no op '${given}'`);
          const type = def.sig.result === 'T' ? typeOf(edit, def, operands as readonly ValueId[]) : undefined;
          const parts = type === undefined ? { imm, loc } : { imm, loc, type };
          return insert(makeInst(def, operands as readonly ValueId[], parts));
        },
        constant: (type: Type, value: Value) => {
          const def = coreTable.get(`${type}.const`);
          if (def === undefined) throw new Error(`no constants of type ${type}`);
          return insert(makeInst(def, none, { imm: value, type, loc }));
        },
      },
      ...args,
    );
    if (result === undefined || instOf(f, at).type === 'void') edit.remove(at);
    else edit.replaceWith(at, result as ValueId);
  }
  return edit.finish();
}

function typeOf(edit: Editor, op: OpDef, args: readonly ValueId[]): Type | undefined {
  const at = op.sig.params.indexOf('T');
  return at < 0 ? undefined : (edit.inst(args[at] as ValueId).type as Type);
}
