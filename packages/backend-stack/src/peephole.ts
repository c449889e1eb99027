/**
 * Peephole on stack code: rows of two or three instructions that fewer do as well.
 *
 *     local.set 3            local.get 1                  i32.eqz               jump L1         L1: local.get 2
 *     local.get 3            drop                         jump_if L             ...                 return
 *     => local.tee 3         =>                           => jump_unless L      => local.get 2; return
 *
 * Code is read once from the front; what was kept last is looked at again with each new instruction, so that one
 * simplification finds the next. A label is a barrier: nothing before it is looked at from behind it.
 *
 * Jumps keep what they cost: a jump to a jump goes to the second's label only where it goes backwards as often as
 * the two did, and only a forward jump becomes a copy of the return that it leads to.
 *
 * Paper:  McKeeman, Peephole optimization, CACM 1965.
 * Cost:   linear: each instruction is added once and removed once.
 * Not done: dead code behind labels that nothing leads to; it is not emitted (block-layout.ts).
 */

import { type Instr, type InstrTable, instrNamed, type Operand, targetsIn, withLabels } from '@sluice/bytecode';
import { evalOp, isRemovable, Trap, type Type, type Value } from '@sluice/ir';

/** The code with less to do; `table` is the one that it was made of. */
export function peephole(code: readonly Instr[], table: InstrTable): readonly Instr[] {
  return new Peephole(threadJumps(code), table).run();
}

/** A tail that is copied in place of a jump to it. */
const longestTail = 2;
const mostHops = 16;

class Peephole {
  readonly #code: readonly Instr[];
  readonly #table: InstrTable;
  #out: Instr[] = [];
  /** Nothing before this index in `#out` may change: a label stands there. */
  #barrier = 0;

  constructor(code: readonly Instr[], table: InstrTable) {
    this.#code = code;
    this.#table = table;
  }

  run(): readonly Instr[] {
    const isTarget = targetsIn(this.#code);
    const moved = new Int32Array(this.#code.length);
    let reached = true;
    for (let i = 0; i < this.#code.length; i++) {
      if (isTarget[i] === 1) {
        this.#barrier = this.#out.length;
        reached = true;
      }
      moved[i] = this.#out.length;
      if (!reached) continue;
      const instr = this.#code[i] as Instr;
      if (instr.def.role === 'jump' && instr.operands[0] === i + 1) continue;
      reached = this.#add(instr);
    }
    return this.#out.map((instr) => withLabels(instr, (label) => moved[label] as number));
  }

  #last(): Instr | null {
    return this.#out.length > this.#barrier ? (this.#out[this.#out.length - 1] as Instr) : null;
  }

  #instr(name: string, operands: readonly Operand[], loc: Instr['loc']): Instr {
    return { def: instrNamed(this.#table, name), operands, loc };
  }

  /** Adds an instruction, or what does the same together with the last ones; whether control goes on behind it. */
  #add(instr: Instr): boolean {
    const last = this.#last();
    if (last === null || !this.#joined(last, instr)) this.#out.push(instr);
    return !(this.#out.at(-1)?.def.ends ?? false) || this.#out.length === this.#barrier;
  }

  /** Whether the two together became something else, which is in place now. */
  #joined(last: Instr, instr: Instr): boolean {
    const same = last.operands[0] === instr.operands[0];
    const before = last.def.role;
    switch (instr.def.role) {
      case 'local-get':
        return before === 'local-set' && same && this.#replace('local.tee', instr);
      case 'local-set':
        if (before === 'local-get' && same) return this.#forget();
        if (before === 'local-tee' && same) return this.#forget() && this.#add(instr);
        return before === 'dup' && this.#replace('local.tee', instr);
      case 'local-tee':
        return (before === 'local-get' || before === 'local-tee') && same;
      case 'drop':
        return this.#dropped(last, instr);
      case 'jump-if':
      case 'jump-unless':
        return this.#decided(last, instr);
      case 'op':
        return this.#folded(instr);
      default:
        return false;
    }
  }

  #forget(): true {
    this.#out.pop();
    return true;
  }

  #replace(name: string, { operands, loc }: Instr): true {
    this.#out[this.#out.length - 1] = this.#instr(name, operands, loc);
    return true;
  }

  /** What was pushed for nothing. */
  #dropped(last: Instr, drop: Instr): boolean {
    const { role, op, pops } = last.def;
    if (role === 'local-get' || role === 'const' || role === 'dup') return this.#forget();
    if (role === 'local-tee') {
      this.#forget();
      this.#add(this.#instr('local.set', last.operands, last.loc));
      return true;
    }
    if (role !== 'op' || op === null || pops === null || !isRemovable(op.effect) || op.sig.result === 'void')
      return false;
    // Worth it only if its operands were pushed for nothing but this.
    const operand = this.#out[this.#out.length - 2];
    const free = operand?.def.role === 'local-get' || operand?.def.role === 'const';
    if (pops.length > 1 && !(free && this.#out.length - 2 >= this.#barrier)) return false;
    this.#forget();
    for (let i = 0; i < pops.length; i++) this.#add(drop);
    return true;
  }

  /** A condition that is known, or a test for zero that the jump does itself. */
  #decided(last: Instr, jump: Instr): boolean {
    const unless = jump.def.role === 'jump-unless';
    if (last.def.name === 'i32.eqz') {
      this.#forget();
      this.#add(this.#instr(unless ? 'jump_if' : 'jump_unless', jump.operands, jump.loc));
      return true;
    }
    if (last.def.role !== 'const') return false;
    this.#forget();
    if ((last.operands[0] !== 0) !== unless) this.#out.push(this.#instr('jump', jump.operands, jump.loc));
    return true;
  }

  /** An op on constants. */
  #folded(instr: Instr): boolean {
    const { op } = instr.def;
    if (op?.eval == null || op.imm !== 'none') return false;
    const { params, result: type } = op.sig;
    const count = params.length;
    if (count === 0 || type === 'void' || type === 'T' || params.includes('T')) return false;
    const from = this.#out.length - count;
    if (from < this.#barrier) return false;
    const args: Value[] = [];
    for (let i = from; i < this.#out.length; i++) {
      const { def, operands } = this.#out[i] as Instr;
      if (def.role !== 'const') return false;
      args.push(operands[0] as Value);
    }
    const result = this.#table.byName.get(`${type}.const`);
    if (result === undefined) return false;
    const value = evalOp(op, type, params as readonly Type[], args);
    if (value instanceof Trap) return false;
    this.#out.length = from;
    this.#out.push({ def: result, operands: [value as Operand], loc: instr.loc });
    return true;
  }
}

/** Jumps to jumps, and jumps to returns. */
function threadJumps(code: readonly Instr[]): readonly Instr[] {
  const ends = code.map((instr, i) => withLabels(instr, (label) => endOf(code, i, label)));
  const threaded: Instr[] = [];
  const moved = new Int32Array(code.length);
  ends.forEach((instr, i) => {
    moved[i] = threaded.length;
    const target = instr.def.role === 'jump' ? (instr.operands[0] as number) : -1;
    const tail = target > i + 1 ? tailAt(ends, target) : null;
    if (tail === null) threaded.push(instr);
    else for (const copied of tail) threaded.push(copied);
  });
  return threaded.length === code.length && threaded.every((instr, i) => instr === code[i])
    ? code
    : threaded.map((instr) => withLabels(instr, (label) => moved[label] as number));
}

/** Where a jump from `from` to `label` ends, through jumps that cost no fuel more or less. */
function endOf(code: readonly Instr[], from: number, label: number): number {
  let end = label;
  let at = label;
  let backs = label <= from ? 1 : 0;
  for (let hops = 0; hops < mostHops; hops++) {
    const { def, operands } = code[at] as Instr;
    if (def.role !== 'jump') break;
    const next = operands[0] as number;
    if (next <= at) backs++;
    at = next;
    if (backs === (at <= from ? 1 : 0)) end = at;
  }
  return end;
}

/** The short row up to a return that stands at a label; null: something else does. */
function tailAt(code: readonly Instr[], label: number): readonly Instr[] | null {
  for (let n = 0; n < longestTail; n++) {
    const role = code[label + n]?.def.role;
    if (role === 'return') return code.slice(label, label + n + 1);
    if (role !== 'local-get' && role !== 'const') return null;
  }
  return null;
}
