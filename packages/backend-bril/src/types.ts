/**
 * The Bril type of each value: an i64 is an int or a pointer, an i32 a bool, a char or (counters of the lifter) an int.
 *
 * What the ops say of their operands is unified over the module: classes of values that have one type, a pointer's class
 * having a class for what it points to. Constants belong to no class, since each use gets the constant that it needs.
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
import { noBrilFor, typesDiffer } from './diag-codes.ts';

/** What a class is; `int32` is an i32 that is kept as an int. */
type Kind = 'int' | 'float' | 'bool' | 'char' | 'int32' | 'any' | 'ptr';

/** What is known of an i32 class that nothing has named. */
const compared = 1;
const opaque = 2;
const notBool = 4;
const narrow = 8;

/** Types of values, parameters and results; `printed` says what an import's operands are. */
export class BrilTypes {
  readonly diagnostics: Diagnostic[] = [];
  readonly #module: Module;
  readonly #parent: number[] = [];
  readonly #kind: (Kind | null)[] = [];
  readonly #element: number[] = [];
  readonly #facts: number[] = [];
  readonly #base = new Map<string, number>();
  readonly #result = new Map<string, number>();
  readonly #slots = new Map<string, number>();
  readonly #pointers = new Map<number, number>();
  /** Constants that come into a class by a phi, a copy or the like. */
  readonly #constants: { readonly node: number; readonly imm: unknown }[] = [];

  constructor(module: Module) {
    this.#module = module;
    for (const f of module.funcs) {
      this.#base.set(f.name, this.#parent.length);
      for (let v = 0; v < f.insts.length; v++) this.#node();
      const [result] = f.sig.results;
      if (result !== undefined) this.#result.set(f.name, this.#of(this.#node(), result));
      this.#slots.set(f.name, this.#parent.length);
      for (const type of f.slots) this.#of(this.#node(), type);
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
    return this.#kindOf(this.#value(f, v)) === 'int32';
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

  #node(): number {
    const node = this.#parent.length;
    this.#parent.push(node);
    this.#kind.push(null);
    this.#element.push(-1);
    this.#facts.push(0);
    return node;
  }

  #value(f: Func, v: ValueId): number {
    return (this.#base.get(f.name) as number) + v;
  }

  #find(node: number): number {
    let at = node;
    for (let up = this.#parent[at] as number; up !== at; up = this.#parent[at] as number) {
      const above = this.#parent[up] as number;
      this.#parent[at] = above;
      at = above;
    }
    return at;
  }

  #kindOf(node: number): Kind | null {
    return this.#kind[this.#find(node)] ?? null;
  }

  /** The kinds that an IR type leaves no choice in. */
  #of(node: number, type: Type): number {
    if (type === 'f64') this.#name(node, 'float', null);
    if (type === 'any') this.#name(node, 'any', null);
    if (type === 'i32') this.#mark(node, narrow);
    return node;
  }

  #name(node: number, kind: Kind, where: (() => Diagnostic) | null): void {
    const root = this.#find(node);
    const known = this.#kind[root] ?? null;
    if (known === null) this.#kind[root] = kind;
    else if (known !== kind && where !== null) this.diagnostics.push(where());
  }

  #pointsTo(node: number): number {
    const root = this.#find(node);
    if ((this.#element[root] as number) < 0) this.#element[root] = this.#node();
    return this.#element[root] as number;
  }

  #unify(a: number, b: number, where: () => Diagnostic): void {
    const work: [number, number][] = [[a, b]];
    for (let pair = work.pop(); pair !== undefined; pair = work.pop()) {
      const x = this.#find(pair[0]);
      const y = this.#find(pair[1]);
      if (x === y) continue;
      const [kx, ky] = [this.#kind[x] ?? null, this.#kind[y] ?? null];
      if (kx !== null && ky !== null && kx !== ky) {
        this.diagnostics.push(where());
        continue;
      }
      this.#parent[y] = x;
      this.#kind[x] = kx ?? ky;
      this.#facts[x] = (this.#facts[x] as number) | (this.#facts[y] as number);
      const [ex, ey] = [this.#element[x] as number, this.#element[y] as number];
      if (ex < 0) this.#element[x] = ey;
      else if (ey >= 0) work.push([ex, ey]);
    }
  }

  #visit(f: Func): void {
    for (const v of f.params) {
      this.#hasBril(f, instOf(f, v));
      this.#of(this.#value(f, v), instOf(f, v).type as Type);
      this.#mark(this.#value(f, v), opaque);
    }
    for (const b of f.order) {
      const block = f.blocks[b];
      if (block === undefined) continue;
      for (const v of block.phis) this.#inst(f, v);
      for (const v of block.body) this.#inst(f, v);
      this.#inst(f, block.term);
    }
  }

  #mark(node: number, fact: number): void {
    const root = this.#find(node);
    this.#facts[root] = (this.#facts[root] as number) | fact;
  }

  /** An operand's class and another one are the same; a constant has none. */
  #flow(f: Func, from: ValueId, to: number, where: () => Diagnostic): void {
    const { op, imm, type } = instOf(f, from);
    if (op.kind === 'const') {
      this.#of(to, type as Type);
      this.#constants.push({ node: to, imm });
    } else this.#unify(this.#value(f, from), to, where);
  }

  #inst(f: Func, v: ValueId): void {
    const inst = instOf(f, v);
    const { op, args, type } = inst;
    const self = this.#value(f, v);
    const where = (): Diagnostic => typesDiffer(f.name, `%${v} (${op.name})`, inst.loc);
    const arg = (k: number): ValueId => args[k] as ValueId;
    const be = (k: number, kind: Kind): void => {
      if (instOf(f, arg(k)).op.kind !== 'const') this.#name(this.#value(f, arg(k)), kind, where);
    };
    if (type !== 'void' && type !== 'tuple') this.#of(self, type);
    if (!this.#hasBril(f, inst)) return;
    switch (op.kind) {
      case 'phi':
        for (const each of args) {
          this.#flow(f, each, self, where);
          // After ssa-destruct such a constant serves this phi alone, in its variable.
          if (instOf(f, each).op.kind === 'const') this.#unify(this.#value(f, each), self, where);
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
      default:
        return;
    }
    switch (op.name) {
      case 'copy':
        return this.#flow(f, arg(0), self, where);
      case 'slot.get':
        return this.#unify((this.#slots.get(f.name) as number) + (inst.imm as number), self, where);
      case 'slot.set':
        return this.#flow(f, arg(0), (this.#slots.get(f.name) as number) + (inst.imm as number), where);
      case 'select':
        this.#flow(f, arg(0), self, where);
        return this.#flow(f, arg(1), self, where);
      case 'heap.alloc':
        this.#name(self, 'ptr', where);
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
        this.#mark(self, opaque);
        return this.#unify(this.#pointsTo(this.#value(f, arg(0))), self, where);
      case 'heap.store':
        be(0, 'ptr');
        return this.#flow(f, arg(1), this.#pointsTo(this.#value(f, arg(0))), where);
      case 'any.box':
        return this.#tagged(inst.imm as number, (node) => this.#flow(f, arg(0), node, where));
      case 'any.unbox':
        return this.#tagged(inst.imm as number, (node) => this.#unify(node, self, where));
      case 'bril.int2char':
        this.#name(self, 'char', where);
        return be(0, 'int');
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
      if (type === 'i64' && instOf(f, arg).op.kind !== 'const') this.#name(this.#value(f, arg), 'int', where);
    }
    if (op.sig.result === 'i64') this.#name(self, 'int', where);
    const isTest = op.laws.negation !== undefined || op.name.endsWith('.eqz');
    if (isTest) this.#name(self, 'bool', where);
    if (op.name === 'i32.and' || op.name === 'i32.or' || op.name === 'i32.xor') {
      for (const each of args) this.#flow(f, each, self, where);
    } else if (op.sig.params[0] === 'i32' && op.sig.params.length === 2) {
      const [a, b] = args as readonly [ValueId, ValueId];
      for (const each of args) if (instOf(f, each).op.kind !== 'const') this.#mark(this.#value(f, each), compared);
      if (instOf(f, a).op.kind !== 'const') this.#flow(f, b, this.#value(f, a), where);
      else if (instOf(f, b).op.kind !== 'const') this.#flow(f, a, this.#value(f, b), where);
      if (!isTest) this.#mark(self, notBool);
    } else if (op.name.startsWith('i64.extend_i32') && instOf(f, args[0] as ValueId).op.kind !== 'const') {
      this.#mark(this.#value(f, args[0] as ValueId), compared);
    }
  }

  #tagged(tag: number, join: (node: number) => void): void {
    const kinds: readonly Kind[] = ['int', 'float', 'bool', 'char'];
    let node = this.#pointers.get(tag);
    if (node === undefined) {
      node = this.#node();
      this.#pointers.set(tag, node);
      this.#kind[node] = tag < anyTags.pointer ? (kinds[tag] as Kind) : 'ptr';
    }
    join(node);
  }

  #call(f: Func, inst: Inst, self: number, where: () => Diagnostic): void {
    const { op, args } = inst;
    if (op.name === 'call') {
      const callee = findFunc(this.#module, inst.imm as string);
      if (callee === undefined) return;
      for (const [k, arg] of args.entries())
        this.#flow(f, arg, this.#value(callee, callee.params[k] as ValueId), where);
      const result = this.#result.get(callee.name);
      if (result !== undefined) {
        this.#mark(self, opaque);
        this.#unify(result, self, where);
      }
      return;
    }
    const kinds = printedKinds(this.#module, inst);
    if (kinds === null) {
      this.diagnostics.push(noBrilFor(f.name, `'${op.name}' of ${String(inst.imm)}`, inst.loc));
      return;
    }
    for (const [k, kind] of kinds.entries()) {
      const arg = args[k] as ValueId;
      if (instOf(f, arg).op.kind !== 'const') this.#name(this.#value(f, arg), kind as Kind, where);
    }
  }

  /** Names the i32 classes that nothing has named. */
  #decide(): void {
    for (const { node, imm } of this.#constants) if (imm !== 0 && imm !== 1) this.#mark(node, notBool);
    for (let node = 0; node < this.#parent.length; node++) {
      if (this.#find(node) !== node || this.#kind[node] !== null) continue;
      const facts = this.#facts[node] as number;
      // Classes of i64 are ints unless they are named.
      if ((facts & narrow) === 0 || (facts & (compared | notBool)) === 0) continue;
      this.#kind[node] = (facts & opaque) !== 0 ? 'char' : 'int32';
    }
  }

  #show(node: number): BrilType {
    let ptr = 0;
    let at = node;
    while (this.#kindOf(at) === 'ptr' && ptr < maxPointerDepth) {
      ptr++;
      at = this.#pointsTo(at);
    }
    const kind = this.#kindOf(at);
    if (kind !== null && kind !== 'ptr') return { base: kind === 'int32' ? 'int' : kind, ptr };
    return { base: ((this.#facts[this.#find(at)] as number) & narrow) === 0 ? 'int' : 'bool', ptr };
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
