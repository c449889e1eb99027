/**
 * Validates the body of a function and lifts it, in one pass over its instructions.
 *
 * Validation is the specification's algorithm (frames.ts, control.ts). While code can be reached, values of the IR stand beside
 * the types, and instructions are appended to the function; what is not reached is validated, and not lifted.
 *
 * Paper:   WebAssembly Core Specification 2.0, appendix "Validation Algorithm".
 * Cost:    linear in the code, and so is what comes out: where values for locals would cost far more, they are slots, and a
 *          module whose calls and branches carry values without measure is refused.
 * Not done: locations; names of locals that are no parameters.
 */

import {
  type BlockId,
  type Func,
  FuncBuilder,
  type Imm,
  type OpDef,
  type Signature,
  type Type,
  type ValueId,
} from '@sluice/ir';
import {
  emptyBlockType,
  type Instr,
  InstrReader,
  instrs,
  opcode,
  valueTypeOf,
  type WasmFunc,
} from '@sluice/wasm-format';
import type { Context, Names, Seen } from './context.ts';
import { Control } from './control.ts';
import * as codes from './diag-codes.ts';
import { noValue, type Operands } from './frames.ts';
import { immediateOf, openType } from './immediates.ts';
import { Locals } from './locals.ts';

/** The function of this index among the module's own, in SSA form. Throws `DiagnosticError` where it is invalid. */
export function liftFunc(cx: Context, names: Names, index: number, seen: Seen): Func {
  const { length } = (cx.module.funcs[index] as WasmFunc).code;
  const effort = 65536 + 64 * length;
  const values = walk(cx, names, index, seen, false);
  const f = values.builder.finishWithin(effort, values.layout);
  if (f !== null) return f;
  const slots = walk(cx, names, index, seen, true);
  return slots.builder.finish(slots.layout);
}

/** Walks over a function. `slots`: its locals become slots, where values would cost too much. */
function walk(
  cx: Context,
  names: Names,
  index: number,
  seen: Seen,
  slots: boolean,
): { readonly builder: FuncBuilder; readonly layout: readonly BlockId[] } {
  const func = cx.importedFuncs + index;
  const builder = new FuncBuilder(names.funcs[func] as string, signatureOf(cx, func), cx.ops);
  for (const [local, name] of names.locals.get(func) ?? []) {
    const param = builder.params[local];
    if (param !== undefined && name !== '') builder.nameValue(param, name);
  }
  const lifted = new FuncWalk(cx, index, { builder, names, seen, slots });
  lifted.run();
  return { builder, layout: lifted.layout };
}

/** What a walk that lifts writes to. */
interface Sink {
  readonly builder: FuncBuilder;
  readonly names: Names;
  readonly seen: Seen;
  readonly slots: boolean;
}

/** Validates the function of this index among the module's own. Throws `DiagnosticError` where it is invalid. */
export function validateFunc(cx: Context, index: number): void {
  new FuncWalk(cx, index, null).run();
}

function signatureOf(cx: Context, func: number): Signature {
  return cx.types[cx.funcs[func] as number] as Signature;
}

const none: readonly never[] = [];

class FuncWalk {
  readonly #cx: Context;
  readonly #names: Names | null;
  readonly #b: FuncBuilder | null;
  readonly #reader: InstrReader;
  readonly #locals: Locals;
  readonly #control: Control;
  readonly #s: Operands;
  readonly #seen: Seen | null;

  constructor(cx: Context, index: number, sink: Sink | null) {
    const func = cx.module.funcs[index] as WasmFunc;
    const sig = signatureOf(cx, cx.importedFuncs + index);
    this.#cx = cx;
    this.#names = sink?.names ?? null;
    this.#b = sink?.builder ?? null;
    this.#seen = sink?.seen ?? null;
    this.#reader = new InstrReader(func.code, cx.file, func.at ?? 0, cx.module.dataCount);
    this.#locals = new Locals(sig.params, func.locals, func.code.length, this.#b, sink?.slots ?? false);
    this.#control = new Control(this.#reader, sig, this.#locals, this.#b, this.#seen);
    this.#s = this.#control.s;
  }

  /** The blocks in the order in which code reaches them. */
  get layout(): readonly BlockId[] {
    return this.#control.layout;
  }

  run(): void {
    const reader = this.#reader;
    while (reader.next()) this.#instr();
    reader.start = reader.at;
    this.#control.endBody();
  }

  #blockType(): Signature {
    const { blockType } = this.#reader;
    if (blockType === emptyBlockType) return noTypes;
    if (blockType < 0) return oneResult(valueTypeOf(blockType & 0x7f) as Type);
    return this.#type(blockType);
  }

  #type(index: number): Signature {
    const { types } = this.#cx;
    if (index >= types.length) this.#s.fail((at) => codes.unknownIndex(at, 'type', index, types.length));
    return types[index] as Signature;
  }

  // Instructions.

  #instr(): void {
    const s = this.#s;
    const control = this.#control;
    const reader = this.#reader;
    const { number } = reader;
    switch (number) {
      case opcode.unreachable:
        if (control.live) this.#b?.trap('unreachable');
        control.cut();
        return;
      case opcode.nop:
        return;
      case opcode.block:
        control.block(this.#blockType());
        return;
      case opcode.loop:
        control.loop(this.#blockType());
        return;
      case opcode.if:
        control.if(this.#blockType());
        return;
      case opcode.else:
        control.else();
        return;
      case opcode.end:
        control.end();
        return;
      case opcode.br:
        control.br(reader.index);
        return;
      case opcode.br_if:
        control.brIf(reader.index);
        return;
      case opcode.br_table:
        control.brTable(reader.list, reader.count);
        return;
      case opcode.return:
        control.return();
        return;
      case opcode.call:
        this.#call();
        return;
      case opcode.call_indirect:
        this.#callIndirect();
        return;
      case opcode.drop:
        s.popAny();
        return;
      case opcode.select:
        this.#select();
        return;
      case opcode.select_typed:
        this.#selectTyped();
        return;
      case opcode.local_get: {
        const place = this.#local();
        const type = this.#locals.typeAt(place);
        s.push(type, control.live ? this.#locals.get(place, type) : noValue);
        return;
      }
      case opcode.local_set: {
        const place = this.#local();
        const type = this.#locals.typeAt(place);
        const value = s.pop(type);
        if (control.live) this.#locals.set(place, type, value);
        return;
      }
      case opcode.local_tee: {
        const place = this.#local();
        const type = this.#locals.typeAt(place);
        const value = s.pop(type);
        s.push(type, value);
        if (control.live) this.#locals.set(place, type, value);
        return;
      }
      case opcode.global_get: {
        const { type } = this.#global();
        this.#emit('global.get', none, this.#names?.globals[reader.index], type);
        return;
      }
      case opcode.global_set: {
        const { type, mutable } = this.#global();
        const { index } = reader;
        if (!mutable) s.fail((at) => codes.immutableGlobal(at, index));
        this.#emit('global.set', [s.pop(type)], this.#names?.globals[index], 'void');
        return;
      }
      case opcode.ref_null:
        this.#emit('ref.null', none, undefined, valueTypeOf(reader.index) as Type);
        return;
      case opcode.ref_is_null: {
        const value = s.popAny();
        const type = s.anyType;
        if (type !== null && type !== 'funcref' && type !== 'externref') s.mismatch('a reference', type);
        this.#emit('ref.is_null', [value], undefined, 'i32');
        return;
      }
      case opcode.ref_func: {
        const { index } = reader;
        this.#func(index);
        if (this.#cx.declared[index] !== 1) s.fail((at) => codes.undeclaredFunction(at, index));
        this.#emit('ref.func', none, this.#names?.funcs[index], 'funcref');
        return;
      }
      default:
        this.#op(instrs[number] as Instr);
    }
  }

  /** An instruction whose types the op table says. */
  #op(instr: Instr): void {
    const op = instr.op as OpDef;
    const { params, result } = op.sig;
    const imm = immediateOf(this.#cx, this.#names, instr, this.#reader);
    if (this.#seen !== null && (instr.form === 'table-init' || instr.form === 'element')) this.#seen.segments = true;
    if (instr.form === 'table') {
      const open = openType(this.#cx, this.#reader);
      const args = this.#s.popAll(params.map((type) => (type === 'T' ? open : type)));
      this.#emit(op, args, imm, result === 'T' ? open : result);
      return;
    }
    const args = this.#s.popAll(params as readonly Type[]);
    this.#emit(op, args, imm, result as Type | 'void');
  }

  /** Appends an instruction where code is reached; what it gives is an operand. */
  #emit(
    op: OpDef | 'global.get' | 'global.set' | 'ref.null' | 'ref.is_null' | 'ref.func' | 'select',
    args: readonly ValueId[],
    imm: Imm,
    type: Type | 'void',
  ): void {
    const value = this.#control.live ? (this.#b as FuncBuilder).emit(op, args, imm, type) : noValue;
    if (type !== 'void') this.#s.push(type, value);
  }

  #local(): number {
    const { index } = this.#reader;
    const { count } = this.#locals;
    if (index >= count) this.#s.fail((at) => codes.unknownIndex(at, 'local', index, count));
    return this.#locals.place(index);
  }

  #global(): Context['globals'][number] {
    const { index } = this.#reader;
    const { globals } = this.#cx;
    const global = globals[index];
    if (global === undefined) return this.#s.fail((at) => codes.unknownIndex(at, 'global', index, globals.length));
    return global;
  }

  #func(index: number): Signature {
    const { funcs } = this.#cx;
    if (index >= funcs.length) this.#s.fail((at) => codes.unknownIndex(at, 'function', index, funcs.length));
    return signatureOf(this.#cx, index);
  }

  #select(): void {
    const s = this.#s;
    const condition = s.pop('i32');
    const b = s.popAny();
    const second = s.anyType;
    const a = s.popAny();
    const first = s.anyType;
    for (const type of [first, second]) {
      if (type === 'funcref' || type === 'externref') s.mismatch('a number or vector', type);
    }
    if (first !== null && second !== null && first !== second) s.mismatch(first, second);
    const type = first ?? second;
    if (type === null) s.push(null, noValue);
    else this.#emit('select', [a, b, condition], undefined, type);
  }

  #selectTyped(): void {
    const { count, list } = this.#reader;
    if (count !== 1) this.#s.fail((at) => codes.badSelect(at, count));
    const type = valueTypeOf(list[0] as number) as Type;
    const condition = this.#s.pop('i32');
    const b = this.#s.pop(type);
    const a = this.#s.pop(type);
    this.#emit('select', [a, b, condition], undefined, type);
  }

  #call(): void {
    const { index } = this.#reader;
    const sig = this.#func(index);
    const args = this.#s.popAll(sig.params);
    this.#finishCall(index < this.#cx.importedFuncs ? 'call_host' : 'call', args, this.#names?.funcs[index], sig);
  }

  #callIndirect(): void {
    const { index, second } = this.#reader;
    const { tables } = this.#cx;
    const table = tables[second];
    if (table === undefined) return this.#s.fail((at) => codes.unknownIndex(at, 'table', second, tables.length));
    if (table.type !== 'funcref') this.#s.mismatch('a table of funcref', table.type);
    const sig = this.#type(index);
    const on = this.#s.pop('i32');
    const args = this.#s.popAll(sig.params);
    args.push(on);
    const name = second === 0 ? undefined : this.#names?.tables[second];
    this.#finishCall('call_indirect', args, name === undefined ? sig : { ...sig, table: name }, sig);
  }

  #finishCall(
    op: 'call' | 'call_host' | 'call_indirect',
    args: readonly ValueId[],
    imm: Imm,
    { results }: Signature,
  ): void {
    if (!this.#control.live) {
      this.#s.pushAll(results, null);
      return;
    }
    if (args.length > 8) this.#control.spend(args.length);
    if (results.length > 1) this.#control.spend(8 * results.length);
    const b = this.#b as FuncBuilder;
    const type = results.length === 0 ? 'void' : results.length === 1 ? (results[0] as Type) : 'tuple';
    const call = b.emit(op, args, imm, type);
    if (type === 'tuple')
      this.#s.pushAll(
        results,
        results.map((part, k) => b.emit('result', [call], k, part)),
      );
    else if (type !== 'void') this.#s.push(type, call);
  }
}

const noTypes: Signature = { params: none, results: none };
const single = new Map<Type, Signature>();

/** The type of a block with one result. */
function oneResult(type: Type): Signature {
  let sig = single.get(type);
  if (sig === undefined) {
    sig = { params: none, results: [type] };
    single.set(type, sig);
  }
  return sig;
}
