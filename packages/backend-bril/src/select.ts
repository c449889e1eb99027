/**
 * Instructions of the IR as instructions of Bril, block by block. Phis cost nothing (their operands are in their variable
 * already); constants stay operands, place.ts gives them a place.
 *
 *   checks of the heap   are part of the access behind them; where there is none any more, a load whose result nobody reads
 *   negated conditions   exchange the targets of their branch
 *   traps                an instruction that fails in the same way
 *
 * Not done: ops of 32 bits beyond bools and chars, memory, globals, tables: diagnostics.
 */

import { type BrilLiteral, type BrilType, baseType } from '@sluice/bril-format';
import {
  type BlockId,
  blockOf,
  type Diagnostic,
  type Func,
  f64Bits,
  type Inst,
  instOf,
  isRemovable,
  type Module,
  orderOf,
  type Type,
  usesOf,
  type Value,
  type ValueId,
} from '@sluice/ir';
import type { Build } from './build.ts';
import { noBrilFor } from './diag-codes.ts';
import type { Constant, Draft, DraftBlock, End, Operand } from './draft.ts';
import { expansions } from './expand.ts';
import { direct } from './forms.ts';
import { heapCheck, isGuarded } from './heap.ts';
import { constantName, folded, isNaNLiteral, literal } from './literals.ts';
import { shareConstants } from './share.ts';
import { failure } from './traps.ts';
import type { BrilTypes } from './types.ts';
import { isUnboxed, onlyBranches, opened } from './users.ts';
import { Variables } from './variables.ts';

const intType = baseType('int');
const boolType = baseType('bool');

/** The drafts of a function's blocks, by `BlockId`. */
export interface Selected {
  readonly blocks: readonly (DraftBlock | undefined)[];
  readonly variables: Variables;
}

/** Selects a function; what Bril has nothing for goes to `findings`. `callee` is what functions are called in the program. */
export function selectFunc(
  m: Module,
  f: Func,
  types: BrilTypes,
  callee: (name: string) => string,
  findings: Diagnostic[],
): Selected {
  return new Selector(m, f, types, callee, findings).run();
}

class Selector {
  readonly #m: Module;
  readonly #f: Func;
  readonly #types: BrilTypes;
  readonly #callee: (name: string) => string;
  readonly #findings: Diagnostic[];
  readonly #variables: Variables;
  readonly #constants = new Map<string, Constant>();
  /** Tests that are kept negated: all their users are branches. */
  readonly #negated = new Set<ValueId>();
  /** By value: what stands behind it in its block, for values of type `any`. */
  readonly #behind = new Map<ValueId, ValueId>();
  #code: Draft[] = [];

  constructor(m: Module, f: Func, types: BrilTypes, callee: (name: string) => string, findings: Diagnostic[]) {
    this.#m = m;
    this.#f = f;
    this.#types = types;
    this.#callee = callee;
    this.#findings = findings;
    this.#variables = new Variables(f);
  }

  run(): Selected {
    const f = this.#f;
    const blocks: (DraftBlock | undefined)[] = new Array(f.blocks.length);
    for (const b of orderOf(f).rpo) {
      const { body, term } = blockOf(f, b);
      this.#code = [];
      if (b === f.order[0]) this.#clearSlots();
      for (const [i, v] of body.entries()) {
        if (instOf(f, v).type === 'any' && i + 1 < body.length) this.#behind.set(v, body[i + 1] as ValueId);
        const check = heapCheck(f, b, i);
        if (instOf(f, v).op.name === 'heap.load' && !isGuarded(f, b, i)) this.#refuse(instOf(f, v));
        if (check === null) this.#inst(v);
        else if (check === 'load') this.#deadLoad(instOf(f, v).args[0] as ValueId);
        else if (check === 'none') this.#refuse(instOf(f, v));
      }
      const end = this.#end(instOf(f, term));
      blocks[b] = { code: this.#code, end };
    }
    shareConstants(blocks, this.#int);
    return { blocks, variables: this.#variables };
  }

  #clearSlots(): void {
    for (const [k, type] of this.#f.slots.entries()) {
      const zero = type === 'i64' ? 0n : 0;
      this.#define(`slot${k}`, this.#types.slot(this.#f, k), zero);
    }
  }

  #push(op: string, dest: string | null, type: BrilType | null, args: readonly Operand[], func: string | null = null) {
    this.#code.push({ op, dest, type, args, func, value: null });
  }

  /** Sets a variable to a constant of the IR, as its type has it. */
  #define(dest: string, type: BrilType, imm: unknown): void {
    const value = literal(type, imm);
    if (isNaNLiteral(value)) this.#push('bits2float', dest, type, [this.#constant(intType, f64Bits(imm as Value))]);
    else if (value === null) this.#push('undef', dest, type, []);
    else this.#code.push({ op: 'const', dest, type, args: [], func: null, value });
  }

  #constant(type: BrilType, value: BrilLiteral): Constant {
    const shown = Object.is(value, -0) ? '-0' : String(value);
    const key = `${type.base} ${shown}`;
    let found = this.#constants.get(key);
    if (found === undefined) {
      found = { type, value, name: this.#variables.names.fresh(constantName(type, shown)) };
      this.#constants.set(key, found);
    }
    return found;
  }

  /** An operand of this type. */
  #operand(v: ValueId, type: BrilType): Operand {
    const { op, imm } = instOf(this.#f, v);
    const boxed = this.#boxed(v);
    if (boxed !== null) return boxed;
    if (op.kind !== 'const') return this.#variables.of(v);
    const value = literal(type, imm);
    if (value !== null && !isNaNLiteral(value)) return this.#constant(type, value);
    const name = this.#variables.names.fresh('none');
    this.#define(name, type, imm);
    return name;
  }

  readonly #int = (value: bigint): Constant => this.#constant(intType, value);

  readonly #fresh = (): string => this.#variables.names.fresh('t');

  #typeOf(v: ValueId): BrilType {
    return this.#types.of(this.#f, v);
  }

  #inst(v: ValueId): void {
    const f = this.#f;
    const inst = instOf(f, v);
    const { op, args } = inst;
    const unused = usesOf(f).count(v) === 0;
    // A load may stand for checks before it.
    if (unused && op.kind === 'value' && isRemovable(op.effect) && op.name !== 'heap.load') return;
    switch (op.kind) {
      case 'const':
        // One that belongs to a phi stands where its edge needs it.
        if (this.#variables.isShared(v)) this.#define(this.#variables.of(v), this.#typeOf(v), inst.imm);
        return;
      case 'call':
        return this.#call(v, inst);
      case 'value':
        break;
      default:
        return this.#refuse(inst);
    }
    const made = opened(this.#f, v, this.#behind.get(v)) ?? v;
    const dest = (): string => this.#variables.of(made);
    const [first, second] = args as readonly [ValueId, ValueId];
    switch (op.name) {
      case 'copy': {
        const source = instOf(f, first);
        if (source.op.kind === 'const') return this.#define(dest(), this.#typeOf(v), source.imm);
        if (this.#variables.of(first) !== dest())
          this.#push('id', dest(), this.#typeOf(v), [this.#variables.of(first)]);
        return;
      }
      case 'slot.get':
        return this.#push('id', dest(), this.#typeOf(v), [`slot${inst.imm}`]);
      case 'slot.set': {
        const type = this.#types.slot(f, inst.imm as number);
        return this.#push('id', `slot${inst.imm}`, type, [this.#operand(first, type)]);
      }
      case 'heap.alloc':
        return this.#push('alloc', dest(), this.#typeOf(v), [this.#operand(first, intType)]);
      case 'heap.free':
        return this.#push('free', null, null, [this.#variables.of(first)]);
      case 'heap.load':
        return this.#push('load', dest(), this.#typeOf(made), [this.#variables.of(first)]);
      case 'heap.store': {
        const { base, ptr } = this.#typeOf(first);
        return this.#push('store', null, null, [
          this.#variables.of(first),
          this.#operand(second, { base, ptr: ptr - 1 }),
        ]);
      }
      case 'heap.offset':
        return this.#push('ptradd', dest(), this.#typeOf(v), [
          this.#variables.of(first),
          this.#operand(second, intType),
        ]);
      case 'any.box':
        if (this.#boxed(v) !== null) return;
        if (instOf(f, first).op.kind === 'const') {
          const value = literal(this.#typeOfBoxed(inst), instOf(f, first).imm);
          if (value !== null && !isNaNLiteral(value)) {
            this.#code.push({ op: 'const', dest: dest(), type: baseType('any'), args: [], func: null, value });
            return;
          }
        }
        return this.#push('id', dest(), this.#typeOf(v), [this.#operand(first, this.#typeOfBoxed(inst))]);
      case 'any.unbox':
        if (opened(f, first, this.#behind.get(first)) === v) return;
        return this.#push('id', dest(), this.#typeOf(v), [this.#variables.of(first)]);
      case 'any.none':
        return this.#push('undef', dest(), this.#typeOf(v), []);
      default:
        return this.#plain(v, inst);
    }
  }

  /** A value may stand where an `any` is wanted: what a box is made of, where it has a variable to itself. */
  #boxed(v: ValueId): Operand | null {
    const inst = instOf(this.#f, v);
    const [arg] = inst.args as readonly [ValueId];
    if (
      inst.op.name !== 'any.box' ||
      isUnboxed(this.#f, v) ||
      this.#variables.isShared(v) ||
      this.#variables.isShared(arg)
    )
      return null;
    return this.#operand(arg, this.#typeOfBoxed(inst));
  }

  #typeOfBoxed(inst: Inst): BrilType {
    const [arg] = inst.args as readonly [ValueId];
    if (instOf(this.#f, arg).op.kind !== 'const') return this.#typeOf(arg);
    return baseType(['int', 'float', 'bool', 'char'][inst.imm as number] ?? 'int');
  }

  #plain(v: ValueId, inst: Inst): void {
    const f = this.#f;
    const { op, args } = inst;
    const kind = this.#kindOf(inst);
    const operandType = (k: number): BrilType => {
      const type = op.sig.params[k] as Type;
      if (type === 'i64') return intType;
      if (type === 'f64') return baseType('float');
      return baseType(kind === 'other' ? 'bool' : kind);
    };
    const dest = this.#variables.of(v);
    const type = this.#typeOf(v);
    const known = folded(f, inst);
    if (known !== undefined) return this.#define(dest, type, known);
    const name = direct(op.name, kind);
    if (name !== null) {
      this.#push(
        name,
        dest,
        type,
        args.map((arg, k) => this.#operand(arg, operandType(k))),
      );
      return;
    }
    const opposite = op.laws.negation === undefined ? null : direct(op.laws.negation, kind);
    if (opposite !== null && onlyBranches(f, v)) {
      this.#negated.add(v);
      this.#push(
        opposite,
        dest,
        boolType,
        args.map((arg, k) => this.#operand(arg, operandType(k))),
      );
      return;
    }
    const expand = expansions[op.name];
    const code = this.#code.length;
    let failed = expand === undefined;
    if (expand !== undefined) {
      const done = expand({
        args: args.map((arg, k) => this.#operand(arg, operandType(k))),
        kind,
        constant: (k) => {
          const { op: made, imm } = instOf(f, args[k] as ValueId);
          return made.kind === 'const' ? imm : undefined;
        },
        int: this.#int,
        float: (value) => this.#constant(baseType('float'), value),
        emit: (made, base, ...operands) => {
          const temporary = this.#fresh();
          this.#push(made, temporary, baseType(base), operands);
          return temporary;
        },
        finish: (made, ...operands) => this.#push(made, dest, type, operands),
      });
      failed = !done;
      if (failed) this.#code.length = code;
    }
    if (failed) this.#refuse(inst);
  }

  /** What the i32 operands of an instruction are, or its result where it has none. */
  #kindOf(inst: Inst): Build['kind'] {
    for (const [k, type] of inst.op.sig.params.entries()) {
      const arg = inst.args[k] as ValueId;
      if (type !== 'i32' || instOf(this.#f, arg).op.kind === 'const') continue;
      if (this.#types.isInt32(this.#f, arg)) return 'int';
      return this.#typeOf(arg).base as 'bool' | 'char';
    }
    return 'other';
  }

  #call(v: ValueId, inst: Inst): void {
    const { op, args, imm, type } = inst;
    if (op.name === 'call') {
      const target = this.#m.funcs.find(({ name }) => name === imm);
      if (target === undefined || type === 'tuple') return this.#refuse(inst);
      const operands = args.map((arg, k) => this.#operand(arg, this.#types.of(target, target.params[k] as ValueId)));
      const made = opened(this.#f, v, this.#behind.get(v)) ?? v;
      const [dest, result] = type === 'void' ? [null, null] : [this.#variables.of(made), this.#typeOf(made)];
      this.#push('call', dest, result, operands, this.#callee(target.name));
      return;
    }
    const { field } = this.#m.imports.find(({ name }) => name === imm) ?? { field: '' };
    const kinds = field === 'print_i64' ? ['int'] : field.split(' ').slice(1);
    this.#push(
      'print',
      null,
      null,
      args.map((arg, k) => this.#operand(arg, baseType(kinds[k] ?? 'int'))),
    );
  }

  #deadLoad(pointer: ValueId): void {
    const { base, ptr } = this.#typeOf(pointer);
    const name = this.#variables.names.fresh('unused');
    this.#push('load', name, { base, ptr: ptr - 1 }, [this.#variables.of(pointer)]);
  }

  #end(inst: Inst): End {
    const { op, args, blocks } = inst;
    const [first] = args as readonly [ValueId];
    switch (op.kind) {
      case 'br':
        return { kind: 'jmp', to: blocks[0] as BlockId };
      case 'br_if': {
        const [yes, no] = blocks as readonly [BlockId, BlockId];
        const { on, negated } = this.#condition(first);
        return { kind: 'br', on, yes: negated ? no : yes, no: negated ? yes : no };
      }
      case 'ret': {
        if (args.length > 1) this.#refuse(inst);
        const result = this.#types.result(this.#f);
        return { kind: 'ret', value: result === null ? null : this.#operand(first, result) };
      }
      case 'trap':
        for (const draft of failure(String(inst.imm), this.#fresh, this.#int)) this.#code.push(draft);
        return { kind: 'stop' };
      default:
        this.#refuse(inst);
        return { kind: 'stop' };
    }
  }

  #condition(v: ValueId): { readonly on: Operand; readonly negated: boolean } {
    const inst = instOf(this.#f, v);
    if (inst.op.kind !== 'const' && this.#typeOf(v).base !== 'bool') {
      const type = this.#typeOf(v);
      const on = this.#fresh();
      const zero = this.#constant(type, type.base === 'char' ? '\0' : 0n);
      this.#push(type.base === 'char' ? 'ceq' : 'eq', on, boolType, [this.#variables.of(v), zero]);
      return { on, negated: true };
    }
    return { on: this.#operand(v, boolType), negated: this.#negated.has(v) };
  }

  #refuse(inst: Inst): void {
    this.#findings.push(noBrilFor(this.#f.name, `'${inst.op.name}' here`, inst.loc));
  }
}
