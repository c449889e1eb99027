/** Instructions of the stack machine as the backend makes them. */

import {
  type Instr,
  type InstrDef,
  type InstrTable,
  instrNamed,
  type Operand,
  operandOf,
  stackTable,
} from '@sluice/bytecode';
import { type CallSig, coreTable, type Func, type Inst, instOf, type OpDef, opTable, type Type } from '@sluice/ir';

/** Finds instructions by op object, so that names are looked up once. */
export class Forms {
  readonly table: InstrTable;
  readonly #byOp = new Map<OpDef, InstrDef>();

  /** Over the core ops and those of other dialects that the functions use. */
  constructor(funcs: readonly Func[]) {
    const others = new Set<OpDef>();
    for (const f of funcs) {
      for (const inst of f.insts)
        if (inst !== undefined && coreTable.get(inst.op.name) !== inst.op) others.add(inst.op);
    }
    this.table = stackTable(others.size === 0 ? coreTable : opTable([...coreTable.values()], [...others]));
  }

  named(name: string): InstrDef {
    return instrNamed(this.table, name);
  }

  of(op: OpDef): InstrDef {
    let def = this.#byOp.get(op);
    if (def === undefined) {
      def = this.named(op.name);
      this.#byOp.set(op, def);
    }
    return def;
  }

  /** The instruction of an op; its operands on the stack. */
  instrOf(f: Func, inst: Inst): Instr {
    if (inst.op.imm === 'sig') return this.#indirect(inst.imm as CallSig, inst.loc);
    const def = this.of(inst.op);
    const operands = def.operands.map(
      (kind, k): Operand => (kind === 'type' ? typeOf(f, inst) : operandOf(def, k, inst.op, inst.imm)),
    );
    return { def, operands, loc: inst.loc };
  }

  #indirect({ table, ...sig }: CallSig, loc: Inst['loc']): Instr {
    return table === undefined
      ? { def: this.named('call_indirect'), operands: [sig], loc }
      : { def: this.named('call_indirect.table'), operands: [sig, table], loc };
  }
}

/** What `T` stands for: the type of an operand written so, else the result's. */
function typeOf(f: Func, inst: Inst): Type {
  const at = inst.op.sig.params.indexOf('T');
  return (at < 0 ? inst.type : instOf(f, inst.args[at] as (typeof inst.args)[number]).type) as Type;
}
