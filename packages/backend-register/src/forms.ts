/** The instructions of the register machine by op: plain, with a constant, fused with a jump. */

import { type InstrDef, type InstrTable, instrNamed, registerTable } from '@sluice/bytecode';
import { coreTable, type Func, type Module, type OpDef, type OpTable, opTable } from '@sluice/ir';

/** What an op may become. */
export interface OpForms {
  readonly plain: InstrDef | null;
  readonly imm: InstrDef | null;
  readonly jump: InstrDef | null;
  readonly jumpImm: InstrDef | null;
}

/** Finds instructions; by op object, so that names are put together once. */
export class Forms {
  readonly table: InstrTable;
  readonly ops: OpTable;
  readonly #byOp = new Map<OpDef, OpForms>();

  constructor(ops: OpTable) {
    this.ops = ops;
    this.table = registerTable(ops);
  }

  of(op: OpDef): OpForms {
    let found = this.#byOp.get(op);
    if (found === undefined) {
      const named = (name: string) => this.table.byName.get(name) ?? null;
      found = {
        plain: named(op.name),
        imm: named(`${op.name}.i`),
        jump: named(`jump.${op.name}`),
        jumpImm: named(`jump.${op.name}.i`),
      };
      this.#byOp.set(op, found);
    }
    return found;
  }

  named(name: string): InstrDef {
    return instrNamed(this.table, name);
  }

  /** The op that a law names. */
  op(name: string | undefined): OpDef | null {
    return name === undefined ? null : (this.ops.get(name) ?? null);
  }
}

/** The core ops, and those of other dialects that the module uses. */
export function opsOf(m: Module, funcs: readonly Func[]): OpTable {
  const others = new Map<string, OpDef>();
  for (const f of funcs) {
    for (const inst of f.insts) {
      if (inst !== undefined && coreTable.get(inst.op.name) !== inst.op) others.set(inst.op.name, inst.op);
    }
  }
  if (others.size === 0) return coreTable;
  const clash = [...others.keys()].find((name) => coreTable.has(name));
  if (clash !== undefined)
    throw new Error(`module '${m.name}': '${clash}' is not the op of that name in the core table`);
  return opTable([...coreTable.values()], [...others.values()]);
}
