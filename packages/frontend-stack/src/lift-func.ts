/**
 * One function of the stack machine to SSA form.
 *
 *     again:                          ^again:
 *       local.get $i                    %1 = phi i32 [^entry: %n], [^again: %2]
 *       i32.const 1              =>     %c = i32.const 1
 *       i32.sub                         %2 = i32.sub %1, %c
 *       local.tee $i
 *       jump_if again                   br_if %2, ^again, ^after
 *
 * Inside a block the operand stack is a list of values. Between blocks each position of the stack is a variable, and so
 * is each local; reading variables makes the phis (FuncBuilder). A block writes only the positions that it pushed
 * and reads only those that it pops, so that deep stacks cost no more than the code.
 *
 * Any validated function lifts, whatever its jumps. A jump to the first instruction gets an entry block in front of it, since
 * an entry has no predecessors; code that control does not reach is left out.
 *
 * Paper: Braun et al., Simple and Efficient Construction of Static Single Assignment Form, CC 2013 (in FuncBuilder).
 * Cost:  linear in the code, but for the builder's phis.
 */

import { type Instr, immediateOf, type StackFunc, type StackInfo, type StackShape } from '@sluice/bytecode';
import type { Type, ValueId, Variable } from '@sluice/ir';
import { type BlockId, type Func, FuncBuilder, type Imm, type OpTable, type Signature } from '@sluice/ir';
import { type CodeBlock, splitBlocks } from './blocks.ts';

/** What functions refer to by name. */
export interface Names {
  readonly ops: OpTable;
  readonly func: (name: string) => Signature;
  readonly host: (name: string) => Signature;
  readonly firstTable: string | undefined;
}

/** Lifts a validated function. */
export function liftFunc(f: StackFunc, info: StackInfo, names: Names): Func {
  return new Lifter(f, info, names).lift();
}

class Lifter {
  readonly #f: StackFunc;
  readonly #info: StackInfo;
  readonly #names: Names;
  readonly #b: FuncBuilder;
  readonly #locals: readonly Variable[];
  /** Variables of positions of the stack, by position and type: one position may hold several types in turn. */
  readonly #positions = new Map<string, Variable>();
  readonly #blockIds = new Map<number, BlockId>();
  /** Edges to each block that are still to come; the block is sealed with the last. */
  readonly #missing = new Map<number, number>();
  /** The stack: what this block pushed, on top of what it found. */
  #own: ValueId[] = [];
  #found: StackShape | null = null;

  constructor(f: StackFunc, info: StackInfo, names: Names) {
    this.#f = f;
    this.#info = info;
    this.#names = names;
    this.#b = new FuncBuilder(f.name, f.sig, names.ops);
    this.#locals = [...f.sig.params, ...f.locals].map((type) => this.#b.variable(type));
  }

  lift(): Func {
    const b = this.#b;
    const blocks = splitBlocks(this.#f.code, this.#info);
    for (const { targets } of blocks.values()) {
      for (const target of targets) this.#missing.set(target, (this.#missing.get(target) ?? 0) + 1);
    }
    this.#enter();
    for (const block of blocks.values()) {
      b.at(this.#blockAt(block.start));
      this.#block(block);
    }
    return b.finish();
  }

  /** Parameters into their variables, and the way to the first instruction. */
  #enter(): void {
    const b = this.#b;
    b.params.forEach((v, i) => {
      b.write(this.#locals[i] as Variable, v);
      const name = this.#f.localNames.get(i);
      if (name !== undefined) b.nameValue(v, name);
    });
    if (!this.#missing.has(0)) {
      this.#blockIds.set(0, b.entry);
      return;
    }
    this.#missing.set(0, (this.#missing.get(0) ?? 0) + 1);
    b.br(this.#blockAt(0));
    this.#arrive(0);
  }

  #blockAt(start: number): BlockId {
    let id = this.#blockIds.get(start);
    if (id === undefined) {
      id = this.#b.block();
      this.#blockIds.set(start, id);
    }
    return id;
  }

  #block(block: CodeBlock): void {
    const { code } = this.#f;
    this.#own = [];
    this.#found = this.#info.shapeAt(block.start);
    for (let i = block.start; i < block.end; i++) {
      const instr = code[i] as Instr;
      this.#b.loc = instr.loc;
      this.#instr(instr, block);
    }
    if (!this.#b.isClosed()) {
      this.#store();
      this.#b.br(this.#blockAt(block.targets[0] as number));
    }
    for (const target of block.targets) this.#arrive(target);
  }

  /** Counts an edge as there. */
  #arrive(target: number): void {
    const left = (this.#missing.get(target) ?? 0) - 1;
    this.#missing.set(target, left);
    if (left === 0) this.#b.seal(this.#blockAt(target));
  }

  // The operand stack.

  #push(v: ValueId): void {
    this.#own.push(v);
  }

  #pop(): ValueId {
    const own = this.#own.pop();
    if (own !== undefined) return own;
    const found = this.#found;
    if (found === null || found.type === null) throw new Error(`@${this.#f.name}: pops an empty stack`);
    this.#found = found.below;
    return this.#b.read(this.#position(found.height - 1, found.type));
  }

  #popMany(count: number): ValueId[] {
    const values: ValueId[] = [];
    for (let i = 0; i < count; i++) values.push(this.#pop());
    return values.reverse();
  }

  /** Puts what this block pushed into variables. */
  #store(): void {
    const base = this.#found?.height ?? 0;
    this.#own.forEach((v, i) => {
      this.#b.write(this.#position(base + i, this.#b.inst(v).type as Type), v);
    });
  }

  #position(position: number, type: Type): Variable {
    const key = `${position} ${type}`;
    let variable = this.#positions.get(key);
    if (variable === undefined) {
      variable = this.#b.variable(type);
      this.#positions.set(key, variable);
    }
    return variable;
  }

  // Instructions.

  #instr(instr: Instr, block: CodeBlock): void {
    const b = this.#b;
    const { def, operands } = instr;
    switch (def.role) {
      case 'local-get':
        this.#push(b.read(this.#locals[operands[0] as number] as Variable));
        return;
      case 'local-set':
        this.#setLocal(operands[0] as number, this.#pop());
        return;
      case 'local-tee': {
        const v = this.#pop();
        this.#setLocal(operands[0] as number, v);
        this.#push(v);
        return;
      }
      case 'drop':
        this.#pop();
        return;
      case 'dup': {
        const v = this.#pop();
        this.#push(v);
        this.#push(v);
        return;
      }
      case 'jump':
      case 'jump-if':
      case 'jump-unless':
      case 'switch':
        this.#jump(instr, block);
        return;
      case 'call':
        this.#call('call', this.#names.func(operands[0] as string), operands[0] as string);
        return;
      case 'call-host':
        this.#call('call_host', this.#names.host(operands[0] as string), operands[0] as string);
        return;
      case 'call-indirect':
        this.#callIndirect(operands[0] as Signature, operands[1] as string | undefined);
        return;
      case 'return':
        b.ret(...this.#popMany(this.#f.sig.results.length));
        return;
      case 'trap':
        b.trap(operands[0] as string);
        return;
      default:
        this.#op(instr);
    }
  }

  #setLocal(local: number, v: ValueId): void {
    this.#b.write(this.#locals[local] as Variable, v);
    const name = this.#f.localNames.get(local);
    if (name !== undefined) this.#b.nameValue(v, name);
  }

  #jump({ def, operands }: Instr, block: CodeBlock): void {
    const b = this.#b;
    const on = def.role === 'jump' ? null : this.#pop();
    this.#store();
    const targets = block.targets.map((target) => this.#blockAt(target));
    if (on === null) b.br(targets[0] as BlockId);
    else if (def.role === 'switch') b.switch(on, operands[0] as readonly number[], targets);
    else b.brIf(on, targets[0] as BlockId, targets[1] as BlockId);
  }

  /** `more` operands come behind the arguments. */
  #call(name: 'call' | 'call_host' | 'call_indirect', sig: Signature, imm: Imm, more = 0): void {
    const b = this.#b;
    const { results } = sig;
    const args = this.#popMany(sig.params.length + more);
    const type = results.length === 0 ? 'void' : results.length === 1 ? (results[0] as Type) : 'tuple';
    const call = b.emit(name, args, imm, type);
    if (type === 'tuple')
      results.forEach((part, k) => {
        this.#push(b.emit('result', [call], k, part));
      });
    else if (type !== 'void') this.#push(call);
  }

  #callIndirect(sig: Signature, table: string | undefined): void {
    const named = table !== undefined && table !== this.#names.firstTable;
    this.#call('call_indirect', sig, named ? { ...sig, table } : sig, 1);
  }

  #op(instr: Instr): void {
    const { def, operands } = instr;
    const { op } = def;
    if (op === null) throw new Error(`'${def.name}' has no meaning in the IR`);
    const args = this.#popMany(op.sig.params.length);
    const { result } = op.sig;
    const type = result === 'T' ? (operands[def.operands.indexOf('type')] as Type) : result;
    const v = this.#b.emit(op, args, immediateOf(op, instr), type);
    if (type !== 'void') this.#push(v);
  }
}
