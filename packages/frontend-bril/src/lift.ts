/**
 * Bril to IR: a checked program becomes a module. Variables become SSA values by the builder (Braun et al. 2013).
 *
 *   int i64   float f64   bool, char i32   ptr<T> i64 (dialect heap)   any any (dialect any)
 *
 * What Bril checks while it runs is ordinary IR here, so that passes can remove it: checks of heap accesses, of dynamic
 * types (`any.unbox`), of code points, and of variables without a value. For the last, a doubtful variable has a state
 * beside it (lift-undefined.ts): 0 never assigned, 1 `undef`, 2 a value. `set` and `get` are assignments to and from a
 * variable of their own. Speculation: `speculate` copies all variables to a second set for its depth, a failing guard copies
 * them back; which depth holds is known for every place, or the program is refused.
 *
 * `-2^63 / -1` wraps in Bril and traps in `i64.div_s`: the divisor -1 is taken apart unless it is another constant.
 */

import {
  type BlockId,
  type Diagnostic,
  FuncBuilder,
  fail,
  type Import,
  type Module,
  makeModule,
  type OpName,
  ok,
  type Result,
  type TrapKind,
  type Type,
  type ValueId,
  type Variable,
} from '@sluice/ir';
import {
  type BrilFunction,
  type BrilInstr,
  type BrilProgram,
  type BrilType,
  baseType,
  formatType,
  isAny,
  pointee,
  sameType,
} from './ast.ts';
import { variableTypes } from './check.ts';
import { speculationDepth } from './diag-codes.ts';
import { type BrilBlock, type BrilBlocks, splitBlocks } from './lift-blocks.ts';
import { AnyTags, irType, simpleOps } from './lift-types.ts';
import { doubtfulVariables, shadowOf } from './lift-undefined.ts';
import { findBrilOp } from './ops.ts';
import { constValue } from './value.ts';

/** Lifts a program that `checkBril` has no findings in. Fails (SL0530) where speculation does not nest. */
export function liftBril(program: BrilProgram): Result<Module> {
  const shared: Shared = {
    program,
    functions: new Map(program.functions.map((func) => [func.name, func])),
    tags: new AnyTags(),
    prints: new Map(),
    findings: [],
  };
  const funcs = program.functions.map((func) => new Lifter(shared, func).lift());
  if (shared.findings.length > 0) return fail(...shared.findings);
  const main = shared.functions.has('main');
  return ok(
    makeModule({
      name: program.file.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, ''),
      imports: [...shared.prints.values()],
      funcs,
      exports: main ? [{ external: 'main', kind: 'func', name: 'main' }] : [],
      start: main ? 'main' : null,
    }),
  );
}

interface Shared {
  readonly program: BrilProgram;
  readonly functions: ReadonlyMap<string, BrilFunction>;
  readonly tags: AnyTags;
  /** By the types printed. */
  readonly prints: Map<string, Import>;
  readonly findings: Diagnostic[];
}

/** A variable or shadow of the source. */
interface Slot {
  readonly type: BrilType;
  readonly value: Variable;
  /** 0 never assigned, 1 undef, 2 a value; null where it always has one when read. */
  readonly state: Variable | null;
}

const assigned = 2;

class Lifter {
  readonly #shared: Shared;
  readonly #func: BrilFunction;
  readonly #b: FuncBuilder;
  readonly #blocks: BrilBlocks;
  readonly #slots = new Map<string, Slot>();
  /** Copies of all slots for each depth of speculation. */
  readonly #saved: Map<string, Slot>[] = [];
  readonly #labels = new Map<number, BlockId>();
  /** Edges to each block that are still to come. */
  readonly #pending: Int32Array;
  /** Depth of speculation at the start of each block; -1: not known yet. */
  readonly #depthAt: Int32Array;
  readonly #traps = new Map<TrapKind, BlockId>();
  #depth = 0;

  constructor(shared: Shared, func: BrilFunction) {
    this.#shared = shared;
    this.#func = func;
    this.#blocks = splitBlocks(func);
    this.#pending = new Int32Array(this.#blocks.blocks.length);
    this.#depthAt = new Int32Array(this.#blocks.blocks.length).fill(-1);
    this.#b = new FuncBuilder(func.name, {
      params: func.params.map(({ type }) => irType(type)),
      results: func.type === null ? [] : [irType(func.type)],
    });
  }

  lift() {
    const { blocks, order } = this.#blocks;
    this.#countEdges();
    this.#declare();
    for (const index of order) {
      const block = blocks[index];
      if (block === undefined) continue;
      if (index === 0) this.#enterFirst();
      else this.#b.at(this.#labelBlock(index));
      this.#depth = Math.max(0, this.#depthAt[index] ?? 0);
      this.#block(block);
    }
    return this.#b.finish();
  }

  /** The function's first block may be a target only by a label of its own, so that it is the builder's entry. */
  #enterFirst(): void {
    this.#b.at(this.#b.entry);
    this.#depthAt[0] = 0;
  }

  #countEdges(): void {
    for (const index of this.#blocks.order) {
      const block = this.#blocks.blocks[index] as BrilBlock;
      for (const instr of block.instrs) {
        for (const target of new Set(instr.labels)) this.#count(this.#blocks.byLabel.get(target));
      }
      this.#count(block.fallsTo ?? undefined);
    }
  }

  #count(index: number | undefined): void {
    if (index !== undefined) this.#pending[index] = (this.#pending[index] ?? 0) + 1;
  }

  #declare(): void {
    const b = this.#b;
    const doubtful = doubtfulVariables(this.#func, this.#blocks);
    const types = variableTypes(this.#func);
    for (const [name, type] of types) this.#slots.set(name, this.#slot(type, doubtful.has(name)));
    for (const item of this.#func.items) {
      if (item.kind === 'label') continue;
      const name = item.op === 'set' ? item.args[0] : item.op === 'get' ? item.dest : null;
      const type = name === null || name === undefined ? undefined : types.get(name);
      if (name === null || name === undefined || type === undefined || this.#slots.has(shadowOf(name))) continue;
      this.#slots.set(shadowOf(name), this.#slot(type, doubtful.has(shadowOf(name))));
    }
    // The entry gives doubtful variables their first state: zero, which is what the builder reads where nothing was written.
    this.#func.params.forEach(({ name }, i) => {
      const value = b.params[i];
      if (value === undefined) return;
      b.nameValue(value, name);
      this.#assign(name, value);
    });
  }

  #slot(type: BrilType, doubtful: boolean): Slot {
    const value = this.#b.variable(irType(type));
    return { type, value, state: doubtful ? this.#b.variable('i32') : null };
  }

  // Blocks and edges.

  #labelBlock(index: number): BlockId {
    let b = this.#labels.get(index);
    if (b === undefined) {
      b = this.#b.block(this.#blocks.blocks[index]?.label ?? undefined);
      this.#labels.set(index, b);
    }
    return b;
  }

  /** The block of a target, its depth checked. `arrived` must follow once the edge is there. */
  #target(index: number, instr: BrilInstr | null): BlockId {
    const known = this.#depthAt[index] ?? -1;
    if (known < 0) this.#depthAt[index] = this.#depth;
    else if (known !== this.#depth && instr !== null) {
      const { file } = this.#shared.program;
      const at = { file, line: instr.at.line, col: instr.at.col };
      this.#shared.findings.push(speculationDepth(at, this.#blocks.blocks[index]?.label ?? ''));
    }
    return this.#labelBlock(index);
  }

  #arrived(index: number): void {
    const left = (this.#pending[index] ?? 0) - 1;
    this.#pending[index] = left;
    if (left === 0) this.#b.seal(this.#labelBlock(index));
  }

  #targetOf(instr: BrilInstr, position: number): number {
    const label = instr.labels[position];
    const index = label === undefined ? undefined : this.#blocks.byLabel.get(label);
    if (index === undefined) throw new Error(`liftBril: unchecked label in @${this.#func.name}`);
    return index;
  }

  #block(block: BrilBlock): void {
    for (const instr of block.instrs) {
      this.#b.loc = { file: this.#shared.program.file, line: instr.at.line, col: instr.at.col };
      this.#instr(instr);
      if (this.#b.isClosed()) return;
    }
    if (block.fallsTo !== null) {
      const last = block.instrs.at(-1) ?? null;
      this.#b.br(this.#target(block.fallsTo, last));
      this.#arrived(block.fallsTo);
    } else if (this.#func.type !== null || this.#depth > 0) {
      this.#b.trap('unreachable');
    } else {
      this.#b.ret();
    }
  }

  /** Goes on in a new block where `condition` is not zero; traps where it is. */
  #require(condition: ValueId, kind: TrapKind): void {
    const b = this.#b;
    const next = b.block();
    let trap = this.#traps.get(kind);
    if (trap === undefined) {
      trap = b.block();
      this.#traps.set(kind, trap);
      const back = b.current;
      b.at(trap);
      b.trap(kind);
      b.at(back);
    }
    b.brIf(condition, next, trap);
    b.seal(next);
    b.at(next);
  }

  // Variables.

  #slotOf(name: string): Slot {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new Error(`liftBril: unchecked variable '${name}' in @${this.#func.name}`);
    return slot;
  }

  /** The value of a variable; traps where it has none. */
  #read(name: string): ValueId {
    const { value, state } = this.#slotOf(name);
    if (state !== null) this.#requireState(state, assigned);
    return this.#b.read(value);
  }

  #requireState(state: Variable, least: number): void {
    const b = this.#b;
    const now = b.read(state);
    const inst = b.inst(now);
    if (inst.op.kind === 'const' && Number(inst.imm) >= least) return;
    this.#require(b.emit('i32.ge_u', [now, b.constant('i32', least)]), 'unreachable');
  }

  /** The value of a variable as `type`, boxed or unboxed where one of the two is `any`. */
  #readAs(name: string, type: BrilType): ValueId {
    return this.#convert(this.#read(name), this.#slotOf(name).type, type);
  }

  #convert(value: ValueId, from: BrilType, to: BrilType): ValueId {
    if (sameType(from, to) || isAny(from) === isAny(to)) return value;
    if (isAny(to)) return this.#b.emit('any.box', [value], this.#shared.tags.of(from));
    return this.#b.emit('any.unbox', [value], this.#shared.tags.of(to), irType(to));
  }

  #assign(name: string, value: ValueId): void {
    const slot = this.#slotOf(name);
    this.#b.write(slot.value, value);
    if (slot.state !== null) this.#b.write(slot.state, this.#b.constant('i32', assigned));
  }

  /** A copy keeps `undef`; only a variable that was never assigned must not be read. */
  #copy(from: string, to: string): void {
    const b = this.#b;
    const source = this.#slotOf(from);
    const target = this.#slotOf(to);
    const converted = isAny(source.type) !== isAny(target.type);
    if (source.state === null || converted) {
      this.#assign(to, this.#readAs(from, target.type));
      return;
    }
    this.#requireState(source.state, 1);
    b.write(target.value, b.read(source.value));
    // A copy of a doubtful variable is doubtful (lift-undefined.ts).
    if (target.state !== null) b.write(target.state, b.read(source.state));
  }

  /** The destination's value, from a value of type `from`. */
  #define(instr: BrilInstr, value: ValueId, from: BrilType): void {
    const { dest } = instr;
    if (dest === null) return;
    const converted = this.#convert(value, from, this.#slotOf(dest).type);
    this.#b.nameValue(converted, dest);
    this.#assign(dest, converted);
  }

  // Instructions.

  #instr(instr: BrilInstr): void {
    const simple = simpleOps[instr.op];
    if (simple !== undefined) this.#simple(instr, simple);
    else this.#special(instr);
  }

  #simple(instr: BrilInstr, op: OpName): void {
    const entry = findBrilOp(instr.op);
    const args = instr.args.map((name, i) => this.#readAs(name, baseType(entry?.args?.[i] ?? 'any')));
    this.#define(instr, this.#b.emit(op, args), baseType(entry?.dest ?? 'any'));
  }

  #special(instr: BrilInstr): void {
    const b = this.#b;
    const [first = '', second = ''] = instr.args;
    switch (instr.op) {
      case 'nop':
        return;
      case 'const':
        return this.#const(instr);
      case 'id':
        return this.#copy(first, instr.dest ?? '');
      case 'set':
        return this.#copy(second, shadowOf(first));
      case 'get':
        return this.#copy(shadowOf(instr.dest ?? ''), instr.dest ?? '');
      case 'undef':
        return this.#undef(instr.dest ?? '');
      case 'div':
        return this.#define(instr, this.#divide(first, second), baseType('int'));
      case 'int2char':
        return this.#define(instr, this.#toChar(this.#readAs(first, baseType('int'))), baseType('char'));
      case 'jmp': {
        const index = this.#targetOf(instr, 0);
        b.br(this.#target(index, instr));
        return this.#arrived(index);
      }
      case 'br':
        return this.#branch(instr, this.#readAs(first, baseType('bool')));
      case 'ret':
        return this.#return(instr);
      case 'call':
        return this.#call(instr);
      case 'print':
        return this.#print(instr);
      case 'speculate':
        return this.#speculate();
      case 'commit':
        if (this.#depth === 0) b.trap('unreachable');
        else this.#depth = 0;
        return;
      case 'guard':
        return this.#guard(instr, this.#readAs(first, baseType('bool')));
      default:
        return this.#memory(instr, first, second);
    }
  }

  #const(instr: BrilInstr): void {
    const { type, value } = instr;
    if (type === null || value === null) throw new Error('liftBril: unchecked const');
    const literal = constValue(type, value);
    const b = this.#b;
    const made = (): ValueId => {
      switch (literal.type) {
        case 'int':
          return b.constant('i64', literal.value);
        case 'float':
          return b.constant('f64', literal.value);
        case 'bool':
          return b.constant('i32', literal.value ? 1 : 0);
        case 'char':
          return b.constant('i32', literal.value.codePointAt(0) ?? 0);
      }
    };
    this.#define(instr, made(), baseType(literal.type));
  }

  #undef(dest: string): void {
    const b = this.#b;
    const { value, state, type } = this.#slotOf(dest);
    if (!isAny(type)) b.write(value, b.constant(irType(type), irType(type) === 'i64' ? 0n : 0));
    else b.write(value, b.emit('any.box', [b.constant('i64', 0n)], 0));
    if (state !== null) b.write(state, b.constant('i32', 1));
  }

  #divide(dividend: string, divisor: string): ValueId {
    const b = this.#b;
    const x = this.#readAs(dividend, baseType('int'));
    const y = this.#readAs(divisor, baseType('int'));
    const known = b.inst(y);
    if (known.op.kind === 'const' && known.imm !== -1n) return b.emit('i64.div_s', [x, y]);
    const isMinusOne = b.emit('i64.eq', [y, b.constant('i64', -1n)]);
    const safe = b.emit('select', [b.constant('i64', 1n), y, isMinusOne], undefined, 'i64');
    const quotient = b.emit('i64.div_s', [x, safe]);
    const negated = b.emit('i64.sub', [b.constant('i64', 0n), x]);
    return b.emit('select', [negated, quotient, isMinusOne], undefined, 'i64');
  }

  #toChar(code: ValueId): ValueId {
    const b = this.#b;
    const inRange = b.emit('i64.lt_u', [code, b.constant('i64', 0x110000n)]);
    const fromSurrogates = b.emit('i64.sub', [code, b.constant('i64', 0xd800n)]);
    const noSurrogate = b.emit('i64.ge_u', [fromSurrogates, b.constant('i64', 0x800n)]);
    this.#require(b.emit('i32.and', [inRange, noSurrogate]), 'invalid-conversion');
    return b.emit('i32.wrap_i64', [code]);
  }

  #branch(instr: BrilInstr, condition: ValueId): void {
    const then = this.#targetOf(instr, 0);
    const otherwise = this.#targetOf(instr, 1);
    const a = this.#target(then, instr);
    if (then === otherwise) {
      this.#b.br(a);
      return this.#arrived(then);
    }
    this.#b.brIf(condition, a, this.#target(otherwise, instr));
    this.#arrived(then);
    this.#arrived(otherwise);
  }

  #return(instr: BrilInstr): void {
    const { type } = this.#func;
    const [name] = instr.args;
    if (this.#depth > 0) this.#b.trap('unreachable');
    else if (type === null || name === undefined) this.#b.ret();
    else this.#b.ret(this.#readAs(name, type));
  }

  #call(instr: BrilInstr): void {
    const callee = this.#shared.functions.get(instr.funcs[0] ?? '');
    if (callee === undefined) throw new Error('liftBril: unchecked call');
    if (this.#depth > 0) {
      this.#b.trap('unreachable');
      return;
    }
    const args = callee.params.map(({ type }, i) => this.#readAs(instr.args[i] ?? '', type));
    const type: Type | 'void' = callee.type === null ? 'void' : irType(callee.type);
    const result = this.#b.emit('call', args, callee.name, type);
    if (callee.type !== null) this.#define(instr, result, callee.type);
  }

  #print(instr: BrilInstr): void {
    const args = instr.args.map((name) => this.#read(name));
    const types = instr.args.map((name) => this.#slotOf(name).type);
    const field = types.map((type) => (type.ptr > 0 ? 'ptr' : formatType(type))).join(' ');
    let print = this.#shared.prints.get(field);
    if (print === undefined) {
      print = {
        // A Bril name has no '+', so that no function of the program is called so.
        name: `print+${field.replaceAll(' ', '+')}`,
        module: 'bril',
        field: `print ${field}`.trimEnd(),
        sig: { params: types.map(irType), results: [] },
      };
      this.#shared.prints.set(field, print);
    }
    this.#b.emit('call_host', args, print.name, 'void');
  }

  // Memory.

  #memory(instr: BrilInstr, first: string, second: string): void {
    const b = this.#b;
    switch (instr.op) {
      case 'alloc': {
        const pointer = b.emit('heap.alloc', [this.#readAs(first, baseType('int'))]);
        return this.#define(instr, pointer, instr.type ?? baseType('any'));
      }
      case 'free':
        b.emit('heap.free', [this.#pointer(first)]);
        return;
      case 'ptradd': {
        const moved = b.emit('heap.offset', [this.#pointer(first), this.#readAs(second, baseType('int'))]);
        return this.#define(instr, moved, this.#pointerType(first, instr.type));
      }
      case 'load': {
        const pointer = this.#pointer(first);
        const element = this.#elementOf(first, instr.type);
        b.emit('heap.check', [pointer]);
        b.emit('heap.check_init', [pointer]);
        return this.#define(instr, b.emit('heap.load', [pointer], undefined, irType(element)), element);
      }
      case 'store': {
        const pointer = this.#pointer(first);
        const value = this.#readAs(second, this.#elementOf(first, this.#slotOf(second).type));
        b.emit('heap.check', [pointer]);
        b.emit('heap.store', [pointer, value]);
        return;
      }
      default:
        throw new Error(`liftBril: no op '${instr.op}'`);
    }
  }

  /** A pointer's type; where the variable is `any`, what the instruction takes it for. */
  #pointerType(name: string, expected: BrilType | null): BrilType {
    const { type } = this.#slotOf(name);
    return isAny(type) ? (expected ?? type) : type;
  }

  #pointer(name: string): ValueId {
    return this.#read(name);
  }

  #elementOf(name: string, fallback: BrilType | null): BrilType {
    const element = pointee(this.#slotOf(name).type) ?? fallback;
    if (element === null) throw new Error('liftBril: unchecked pointer');
    return element;
  }

  // Speculation.

  #speculate(): void {
    let saved = this.#saved[this.#depth];
    if (saved === undefined) {
      saved = new Map([...this.#slots].map(([name, { type, state }]) => [name, this.#slot(type, state !== null)]));
      this.#saved[this.#depth] = saved;
    }
    this.#copyAll(this.#slots, saved);
    this.#depth++;
  }

  #guard(instr: BrilInstr, condition: ValueId): void {
    const b = this.#b;
    const holds = b.block();
    const fails = b.block();
    b.brIf(condition, holds, fails);
    b.seal(holds);
    b.seal(fails);
    b.at(fails);
    const saved = this.#saved[this.#depth - 1];
    const index = this.#targetOf(instr, 0);
    if (saved === undefined || this.#depth === 0) {
      b.trap('unreachable');
    } else {
      this.#copyAll(saved, this.#slots);
      this.#depth--;
      b.br(this.#target(index, instr));
      this.#depth++;
    }
    this.#arrived(index);
    b.at(holds);
  }

  #copyAll(from: ReadonlyMap<string, Slot>, to: ReadonlyMap<string, Slot>): void {
    const b = this.#b;
    for (const [name, source] of from) {
      const target = to.get(name);
      if (target === undefined) continue;
      b.write(target.value, b.read(source.value));
      if (source.state !== null && target.state !== null) b.write(target.state, b.read(source.state));
    }
  }
}
