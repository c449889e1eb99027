/**
 * The Bril type of each value: an i64 is an int or a pointer, an i32 a bool, a char, or an int of 32 bits with its sign.
 *
 * What the ops say of their operands is unified over the module: classes of values that have one type, a pointer's class
 * having a class for what it points to. Constants belong to no class, since each use gets the constant that it needs.
 * An i32 that an op computes has the type that the op gives; the classes of phis, parameters, elements and the like take the
 * type that holds all that comes into them, `bril-numbers` converts the rest:
 *
 *     tests, 0 and 1                      bool
 *     characters, constants that are one  char
 *     anything else                       int
 *
 * Paper:   Bjarne Steensgaard, Points-to Analysis in Almost Linear Time, POPL 1996, for classes that point to classes;
 *          Robin Milner, A Theory of Type Polymorphism in Programming, 1978, for unification.
 * Cost:    almost linear in the module.
 */

import { type BrilType, maxPointerDepth } from '@sluice/bril-format';
import {
  anyTags,
  type Diagnostic,
  type Func,
  findFunc,
  findImport,
  type Inst,
  instOf,
  type Module,
  type Type,
  type ValueId,
} from '@sluice/ir';
import { Classes } from './classes.ts';
import { noBrilFor, typesDiffer } from './diag-codes.ts';
import {
  compared,
  inBool,
  inChar,
  inInt,
  isBit,
  isCalledFromOutside,
  isCodePoint,
  isComputed,
  isLogic,
  isNumber,
  isTest,
  type Kind,
  kindOf,
  narrow,
  notBool,
  notChar,
  opaque,
  wantChar,
} from './narrow.ts';

/** An op on bits: a bool where its operands are, else an int. */
interface Logic {
  readonly node: number;
  readonly operands: readonly number[];
  /** Classes that it comes into. */
  readonly to: number[];
}

/** Types of values, parameters and results; `printed` says what an import's operands are. */
export class BrilTypes {
  readonly diagnostics: Diagnostic[] = [];
  readonly #module: Module;
  readonly #classes: Classes = new Classes(this.diagnostics);
  readonly #base = new Map<string, number>();
  readonly #result = new Map<string, number>();
  readonly #slots = new Map<string, number>();
  readonly #pointers = new Map<number, number>();
  /** Constants that come into a class by a phi, a copy or the like. */
  readonly #constants: { readonly node: number; readonly imm: unknown }[] = [];
  /** What ops compute and a class takes. */
  readonly #inputs: { readonly from: number; readonly to: number }[] = [];
  readonly #logic = new Map<number, Logic>();

  constructor(module: Module) {
    this.#module = module;
    for (const f of module.funcs) {
      this.#base.set(f.name, this.#classes.size);
      for (let v = 0; v < f.insts.length; v++) this.#classes.node();
      const [result] = f.sig.results;
      if (result !== undefined) this.#result.set(f.name, this.#of(this.#classes.node(), result));
      this.#slots.set(f.name, this.#classes.size);
      for (const type of f.slots) this.#of(this.#classes.node(), type);
    }
    for (const f of module.funcs) this.#visit(f);
    this.#decide();
  }

  /** The type of a value that is no constant. */
  of(f: Func, v: ValueId): BrilType {
    return this.#show(this.#value(f, v));
  }

  /** Whether an i32 is kept as an int. */
  isInt32(f: Func, v: ValueId): boolean {
    return this.#classes.kindOf(this.#value(f, v)) === 'int32';
  }

  /** The type of a function's result. */
  result(f: Func): BrilType | null {
    const node = this.#result.get(f.name);
    return node === undefined ? null : this.#show(node);
  }

  /** The type of a slot. */
  slot(f: Func, k: number): BrilType {
    return this.#show((this.#slots.get(f.name) as number) + k);
  }

  #value(f: Func, v: ValueId): number {
    return (this.#base.get(f.name) as number) + v;
  }

  /** The kinds that an IR type leaves no choice in. */
  #of(node: number, type: Type): number {
    if (type === 'f64') this.#classes.name(node, 'float', null);
    if (type === 'any') this.#classes.name(node, 'any', null);
    if (type === 'i32') this.#classes.mark(node, narrow);
    return node;
  }

  #visit(f: Func): void {
    const called = isCalledFromOutside(this.#module, f);
    for (const v of f.params) {
      this.#hasBril(f, instOf(f, v));
      this.#of(this.#value(f, v), instOf(f, v).type as Type);
      this.#classes.mark(this.#value(f, v), called ? inInt : opaque);
    }
    for (const b of f.order) {
      const block = f.blocks[b];
      if (block === undefined) continue;
      for (const v of block.phis) this.#inst(f, v);
      for (const v of block.body) this.#inst(f, v);
      this.#inst(f, block.term);
    }
  }

  /** An operand's class and another one are the same; a constant has none. */
  #flow(f: Func, from: ValueId, to: number, where: () => Diagnostic): void {
    const { op, imm, type } = instOf(f, from);
    if (op.kind === 'const') {
      this.#of(to, type as Type);
      this.#constants.push({ node: to, imm });
    } else if (isComputed(instOf(f, from))) {
      this.#of(to, 'i32');
      this.#inputs.push({ from: this.#value(f, from), to });
    } else this.#classes.unify(this.#value(f, from), to, where);
  }

  #inst(f: Func, v: ValueId): void {
    const inst = instOf(f, v);
    const { op, args, type } = inst;
    const self = this.#value(f, v);
    const where = (): Diagnostic => typesDiffer(f.name, `%${v} (${op.name})`, inst.loc);
    const arg = (k: number): ValueId => args[k] as ValueId;
    const be = (k: number, kind: Kind): void => {
      if (instOf(f, arg(k)).op.kind !== 'const') this.#classes.name(this.#value(f, arg(k)), kind, where);
    };
    if (isComputed(inst)) this.#computed(f, inst, self);
    if (type !== 'void' && type !== 'tuple') this.#of(self, type);
    if (!this.#hasBril(f, inst)) return;
    switch (op.kind) {
      case 'phi':
        for (const each of args) {
          this.#flow(f, each, self, where);
          // After ssa-destruct such a constant serves this phi alone, in its variable.
          if (instOf(f, each).op.kind === 'const') this.#classes.unify(this.#value(f, each), self, where);
        }
        return;
      case 'ret':
        if (args.length > 0) this.#flow(f, arg(0), this.#result.get(f.name) as number, where);
        return;
      case 'call':
        this.#call(f, inst, self, where);
        return;
      case 'value':
        break;
      case 'invoke':
        for (const v of findFunc(this.#module, inst.imm as string)?.params ?? [])
          this.#classes.mark(this.#value(f, v), inInt);
        return this.#classes.mark(self, inInt);
      case 'result':
        return this.#classes.mark(self, inInt);
      default:
        return;
    }
    switch (op.name) {
      case 'copy':
        return this.#flow(f, arg(0), self, where);
      case 'slot.get':
        return this.#classes.unify((this.#slots.get(f.name) as number) + (inst.imm as number), self, where);
      case 'slot.set':
        return this.#flow(f, arg(0), (this.#slots.get(f.name) as number) + (inst.imm as number), where);
      case 'select':
        this.#flow(f, arg(0), self, where);
        return this.#flow(f, arg(1), self, where);
      case 'heap.alloc':
        this.#classes.name(self, 'ptr', where);
        return be(0, 'int');
      case 'heap.offset':
        be(0, 'ptr');
        be(1, 'int');
        return this.#flow(f, arg(0), self, where);
      case 'heap.free':
      case 'heap.check':
      case 'heap.check_init':
        return be(0, 'ptr');
      case 'heap.load':
        be(0, 'ptr');
        this.#classes.mark(self, opaque);
        return this.#classes.unify(this.#classes.pointsTo(this.#value(f, arg(0))), self, where);
      case 'heap.store':
        be(0, 'ptr');
        return this.#flow(f, arg(1), this.#classes.pointsTo(this.#value(f, arg(0))), where);
      case 'any.box':
        if (instOf(f, arg(0)).type === 'i32') return this.#wanted(f, arg(0), inst.imm === anyTags.char);
        return this.#tagged(inst.imm as number, (node) => this.#flow(f, arg(0), node, where));
      case 'any.unbox':
        if (type === 'i32') return;
        return this.#tagged(inst.imm as number, (node) => this.#classes.unify(node, self, where));
      default:
        return this.#plain(f, inst, self, where);
    }
  }

  #hasBril(f: Func, { op, type, loc }: Inst): boolean {
    const fine = type === 'void' || type === 'i64' || type === 'i32' || type === 'f64' || type === 'any';
    if (!fine) this.diagnostics.push(noBrilFor(f.name, `the type ${type} ('${op.name}')`, loc));
    return fine;
  }

  /** Ops over numbers and bools. */
  #plain(f: Func, inst: Inst, self: number, where: () => Diagnostic): void {
    const { op, args } = inst;
    for (const [k, type] of op.sig.params.entries()) {
      const arg = args[k] as ValueId;
      if (type === 'i64' && instOf(f, arg).op.kind !== 'const') this.#classes.name(this.#value(f, arg), 'int', where);
    }
    if (op.sig.result === 'i64') this.#classes.name(self, 'int', where);
    if (isLogic(op) || op.name === 'i32.eqz') return;
    for (const [k, type] of op.sig.params.entries()) {
      const arg = args[k] as ValueId;
      if (type === 'i32' && instOf(f, arg).op.kind !== 'const') this.#classes.mark(this.#value(f, arg), compared);
    }
  }

  /** What an op of i32 gives. */
  #computed(f: Func, { op, args, imm }: Inst, self: number): void {
    if (isLogic(op)) {
      const operands = args.map((arg) => {
        const inst = instOf(f, arg);
        if (inst.op.kind !== 'const') return this.#value(f, arg);
        return inst.imm === 0 || inst.imm === 1 ? isBit : isNumber;
      });
      this.#logic.set(self, { node: self, operands, to: [] });
    }
    if (op.name === 'any.unbox') this.#classes.name(self, imm === anyTags.char ? 'char' : 'bool', null);
    else if (op.name === 'bril.int2char' || op.name === 'bril.as_char') this.#classes.name(self, 'char', null);
    else this.#classes.name(self, isTest(op) || isLogic(op) ? 'bool' : 'int32', null);
  }

  /** A bool or char is printed or boxed. */
  #wanted(f: Func, arg: ValueId, char: boolean): void {
    if (char && instOf(f, arg).op.kind !== 'const') this.#classes.mark(this.#value(f, arg), wantChar);
  }

  #tagged(tag: number, join: (node: number) => void): void {
    const kinds: readonly Kind[] = ['int', 'float', 'bool', 'char'];
    let node = this.#pointers.get(tag);
    if (node === undefined) {
      node = this.#classes.node();
      this.#pointers.set(tag, node);
      this.#classes.set(node, tag < anyTags.pointer ? (kinds[tag] as Kind) : 'ptr');
    }
    join(node);
  }

  #call(f: Func, inst: Inst, self: number, where: () => Diagnostic): void {
    const { op, args, type } = inst;
    if (op.name === 'call') {
      const callee = findFunc(this.#module, inst.imm as string);
      if (callee === undefined) return;
      for (const [k, arg] of args.entries())
        this.#flow(f, arg, this.#value(callee, callee.params[k] as ValueId), where);
      const result = this.#result.get(callee.name);
      if (result !== undefined) {
        this.#classes.mark(self, opaque);
        this.#classes.unify(result, self, where);
      }
      return;
    }
    const kinds = printedKinds(this.#module, inst);
    if (type === 'i32') this.#classes.mark(self, inInt);
    if (kinds === null) {
      this.diagnostics.push(noBrilFor(f.name, `'${op.name}' of ${String(inst.imm)}`, inst.loc));
      return;
    }
    for (const [k, kind] of kinds.entries()) {
      const arg = args[k] as ValueId;
      if (kind === 'bool' || kind === 'char') this.#wanted(f, arg, kind === 'char');
      else if (instOf(f, arg).op.kind !== 'const') this.#classes.name(this.#value(f, arg), kind as Kind, where);
    }
  }

  /** Names the classes of i32. Ops on bits are taken for bools until an operand is none. */
  #decide(): void {
    for (const { node, imm } of this.#constants) {
      if (imm !== 0 && imm !== 1) this.#classes.mark(node, notBool);
      if (typeof imm === 'number' && !isCodePoint(imm)) this.#classes.mark(node, notChar);
    }
    for (const { from, to } of this.#inputs) {
      const kind = this.#classes.kindOf(from);
      this.#classes.mark(to, kind === 'bool' ? inBool : kind === 'char' ? inChar : inInt);
      this.#logic.get(from)?.to.push(to);
    }
    for (let node = 0; node < this.#classes.size; node++) {
      const facts = this.#classes.facts(node);
      // Classes of i64 are ints unless they are named.
      if (this.#classes.find(node) === node && this.#classes.kindOf(node) === null && (facts & narrow) !== 0) {
        this.#classes.set(node, kindOf(facts));
      }
    }
    const users = new Map<number, Logic[]>();
    for (const logic of this.#logic.values()) {
      for (const operand of logic.operands) {
        if (operand < 0) continue;
        const root = this.#classes.find(operand);
        const list = users.get(root);
        if (list === undefined) users.set(root, [logic]);
        else list.push(logic);
      }
    }
    const work = [...this.#logic.values()];
    for (let logic = work.pop(); logic !== undefined; logic = work.pop()) {
      if (this.#classes.kindOf(logic.node) !== 'bool' || logic.operands.every((each) => this.#isBool(each))) continue;
      for (const node of [logic.node, ...logic.to]) {
        const root = this.#classes.find(node);
        this.#classes.set(root, 'int32');
        for (const user of users.get(root) ?? []) work.push(user);
      }
    }
  }

  #isBool(operand: number): boolean {
    return operand < 0 ? operand === isBit : this.#classes.kindOf(operand) === 'bool';
  }

  #show(node: number): BrilType {
    let ptr = 0;
    let at = node;
    while (this.#classes.kindOf(at) === 'ptr' && ptr < maxPointerDepth) {
      ptr++;
      at = this.#classes.pointsTo(at);
    }
    const kind = this.#classes.kindOf(at);
    if (kind !== null && kind !== 'ptr') return { base: kind === 'int32' ? 'int' : kind, ptr };
    return { base: (this.#classes.facts(at) & narrow) === 0 ? 'int' : 'bool', ptr };
  }
}

/** What a host call prints: a kind for each operand; null where it is no print. */
export function printedKinds(module: Module, inst: Inst): readonly string[] | null {
  const found = findImport(module, inst.imm as string);
  if (inst.op.name !== 'call_host' || found === undefined) return null;
  if (found.module === 'sluice' && found.field === 'print_i64') return ['int'];
  const [name, ...kinds] = found.field.split(' ');
  return found.module === 'bril' && name === 'print' ? kinds : null;
}
