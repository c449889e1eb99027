/**
 * Validates the body of a function and lifts it, in one pass over its instructions.
 *
 * Validation is the specification's algorithm (frames.ts). While code can be reached, values of the IR stand beside the types.
 * A block, loop or `if` becomes blocks of the IR where something branches to it; its results become phis where several ways
 * lead to them. Locals are variables of the builder, which makes SSA form of them. What is not reached is validated, and not
 * lifted.
 *
 * Paper:   WebAssembly Core Specification 2.0, appendix "Validation Algorithm".
 * Cost:    linear in the code, beside what the builder needs for variables.
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
import type { Context, Names } from './context.ts';
import * as codes from './diag-codes.ts';
import { type Frame, type FrameKind, labelTypes, newFrame, noBlock, noValue, Operands } from './frames.ts';
import { immediateOf, openType } from './immediates.ts';
import { Locals } from './locals.ts';

/** What lifting learns of a module on its way. */
export interface Seen {
  /** Whether code names element segments. */
  segments: boolean;
}

/** The function of this index among the module's own, in SSA form. Throws `DiagnosticError` where it is invalid. */
export function liftFunc(cx: Context, names: Names, index: number, seen: Seen): Func {
  const func = cx.importedFuncs + index;
  const builder = new FuncBuilder(names.funcs[func] as string, signatureOf(cx, func), cx.ops);
  for (const [local, name] of names.locals.get(func) ?? []) {
    const param = builder.params[local];
    if (param !== undefined && name !== '') builder.nameValue(param, name);
  }
  const walk = new FuncWalk(cx, index, builder, names);
  walk.run();
  seen.segments ||= walk.namesSegments;
  return builder.finish();
}

/** Validates the function of this index among the module's own. Throws `DiagnosticError` where it is invalid. */
export function validateFunc(cx: Context, index: number): void {
  new FuncWalk(cx, index, null, null).run();
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
  readonly #sig: Signature;
  readonly #frames: Frame[] = [];
  readonly #locals: Locals;
  readonly #s: Operands;
  namesSegments = false;
  /** Whether the present code is reached, and lifted. */
  #live: boolean;

  constructor(cx: Context, index: number, builder: FuncBuilder | null, names: Names | null) {
    const func = cx.module.funcs[index] as WasmFunc;
    this.#cx = cx;
    this.#names = names;
    this.#b = builder;
    this.#live = builder !== null;
    this.#reader = new InstrReader(func.code, cx.file, func.at ?? 0, cx.module.dataCount);
    this.#sig = signatureOf(cx, cx.importedFuncs + index);
    const body = newFrame('func', none, this.#sig.results, 0, this.#live);
    this.#frames.push(body);
    this.#s = new Operands(this.#reader, body);
    this.#locals = new Locals(this.#sig.params, func.locals, builder);
  }

  run(): void {
    const reader = this.#reader;
    while (reader.next()) this.#instr();
    reader.start = reader.at;
    this.#endBody();
  }

  // Control.

  #open(kind: FrameKind, params: readonly Type[], results: readonly Type[]): Frame {
    const frame = newFrame(kind, params, results, this.#s.types.length, this.#live);
    this.#frames.push(frame);
    this.#s.frame = frame;
    return frame;
  }

  #close(): void {
    this.#frames.pop();
    this.#s.frame = this.#frames[this.#frames.length - 1] as Frame;
  }

  #label(depth: number): Frame {
    const frames = this.#frames;
    if (depth >= frames.length) this.#s.fail((at) => codes.unknownIndex(at, 'label', depth, frames.length));
    return frames[frames.length - 1 - depth] as Frame;
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

  #block(): void {
    const { params, results } = this.#blockType();
    const values = this.#s.popAll(params);
    this.#open('block', params, results);
    this.#s.pushAll(params, values);
  }

  #loop(): void {
    const { params, results } = this.#blockType();
    const values = this.#s.popAll(params);
    const frame = this.#open('loop', params, results);
    if (!this.#live) {
      this.#s.pushAll(params, values);
      return;
    }
    const b = this.#b as FuncBuilder;
    const header = b.block();
    frame.target = header;
    this.#edge(frame, values);
    b.br(header);
    b.at(header);
    this.#locals.forget();
    frame.phis = params.map((type) => b.phi(header, type));
    this.#s.pushAll(params, frame.phis);
  }

  #if(): void {
    const { params, results } = this.#blockType();
    const condition = this.#s.pop('i32');
    const values = this.#s.popAll(params);
    const frame = this.#open('if', params, results);
    this.#s.pushAll(params, values);
    if (!this.#live) return;
    const b = this.#b as FuncBuilder;
    const then = b.block();
    frame.otherwise = b.block();
    frame.otherwiseArgs = values;
    frame.from = b.current;
    b.brIf(condition, then, frame.otherwise);
    b.seal(then);
    b.at(then);
  }

  #else(): void {
    const frame = this.#s.frame;
    if (frame.kind !== 'if') this.#s.fail((at) => codes.badNesting(at, 'else without an if: END opcode expected'));
    this.#fallThrough(frame);
    frame.kind = 'else';
    frame.unreachable = false;
    this.#s.pushAll(frame.params, frame.otherwiseArgs);
    this.#live = frame.entered;
    if (!this.#live) return;
    const b = this.#b as FuncBuilder;
    b.seal(frame.otherwise);
    b.at(frame.otherwise);
    this.#locals.forget();
  }

  /** Control reaches the end of a block, or of its first branch: checks what it gives, and goes on to the label. */
  #fallThrough(frame: Frame): void {
    const values = this.#s.popAll(frame.results);
    this.#s.expectEmpty();
    if (!this.#live) return;
    const b = this.#b as FuncBuilder;
    this.#edge(frame, values);
    b.br(frame.target);
  }

  #end(): void {
    const frame = this.#s.frame;
    const { results, kind } = frame;
    if (kind === 'loop') {
      this.#endLoop(frame);
      return;
    }
    if (frame.target === noBlock && kind !== 'if') {
      // Nothing else leads here: the code goes on as it is.
      const values = this.#s.popAll(results);
      this.#s.expectEmpty();
      this.#close();
      this.#s.pushAll(results, values);
      return;
    }
    if (kind === 'if' && frame.entered && frame.target === noBlock) {
      frame.target = frame.otherwise;
      frame.preds.push(frame.from);
      frame.values.push(frame.otherwiseArgs);
    }
    this.#fallThrough(frame);
    if (kind === 'if') this.#endWithoutElse(frame);
    this.#close();
    this.#s.pushAll(results, this.#arrive(frame));
  }

  /** An `if` without `else`: the condition being false, its parameters are its results. */
  #endWithoutElse(frame: Frame): void {
    const { params, results, entered, otherwise } = frame;
    if (params.length !== results.length || params.some((type, i) => type !== results[i])) {
      this.#s.fail((at) => codes.typeMismatch(at, 'an if without else must give what it takes'));
    }
    if (!entered || frame.target === otherwise) return;
    const b = this.#b as FuncBuilder;
    b.seal(otherwise);
    b.at(otherwise);
    this.#edge(frame, frame.otherwiseArgs);
    b.br(frame.target);
  }

  #endLoop(frame: Frame): void {
    const values = this.#s.popAll(frame.results);
    this.#s.expectEmpty();
    this.#close();
    this.#s.pushAll(frame.results, values);
    if (!frame.entered) return;
    const b = this.#b as FuncBuilder;
    b.seal(frame.target);
    frame.phis.forEach((phi, i) => {
      b.setPhi(
        phi,
        frame.preds.map((pred, k) => [pred, frame.values[k]?.[i] as ValueId] as const),
      );
    });
  }

  /** Lifting goes on at the label of a block that ended; the values of its results. */
  #arrive(frame: Frame): readonly ValueId[] | null {
    this.#live = frame.preds.length > 0;
    if (!this.#live) return null;
    const b = this.#b as FuncBuilder;
    const { preds, values, target } = frame;
    b.seal(target);
    b.at(target);
    this.#locals.forget();
    const [first] = values as unknown as readonly [readonly ValueId[]];
    return frame.results.map((type, i) => {
      const value = first[i] as ValueId;
      if (values.every((list) => list[i] === value)) return value;
      const phi = b.phi(target, type);
      b.setPhi(
        phi,
        preds.map((pred, k) => [pred, values[k]?.[i] as ValueId] as const),
      );
      return phi;
    });
  }

  #endBody(): void {
    const frame = this.#s.frame;
    const { results } = this.#sig;
    const values = this.#s.popAll(results);
    this.#s.expectEmpty();
    const b = this.#b;
    if (b === null) return;
    if (this.#live) {
      if (frame.target === noBlock) b.ret(...values);
      else {
        this.#edge(frame, values);
        b.br(frame.target);
      }
    }
    const returned = this.#arrive(frame);
    if (returned !== null) b.ret(...returned);
  }

  /** An edge from the current block to a label, with the values that it brings. */
  #edge(frame: Frame, values: readonly ValueId[]): BlockId {
    const b = this.#b as FuncBuilder;
    if (frame.target === noBlock) frame.target = b.block();
    const { preds } = frame;
    if (preds[preds.length - 1] !== b.current) {
      preds.push(b.current);
      frame.values.push(values);
    }
    return frame.target;
  }

  #br(): void {
    const frame = this.#label(this.#reader.index);
    const values = this.#s.popAll(labelTypes(frame));
    if (this.#live) {
      if (frame.kind === 'func') (this.#b as FuncBuilder).ret(...values);
      else (this.#b as FuncBuilder).br(this.#edge(frame, values));
    }
    this.#cut();
  }

  #return(): void {
    const values = this.#s.popAll(this.#sig.results);
    if (this.#live) (this.#b as FuncBuilder).ret(...values);
    this.#cut();
  }

  #brIf(): void {
    const frame = this.#label(this.#reader.index);
    const condition = this.#s.pop('i32');
    const types = labelTypes(frame);
    const values = this.#s.popAll(types);
    this.#s.pushAll(types, values);
    if (!this.#live) return;
    const b = this.#b as FuncBuilder;
    const next = b.block();
    b.brIf(condition, this.#edge(frame, values), next);
    b.seal(next);
    b.at(next);
  }

  #brTable(): void {
    const { list, count } = this.#reader;
    const s = this.#s;
    const on = s.pop('i32');
    const last = this.#label(list[count - 1] as number);
    const types = labelTypes(last);
    const seen = new Set<Frame>([last]);
    for (let k = 0; k < count - 1; k++) {
      const frame = this.#label(list[k] as number);
      if (seen.has(frame)) continue;
      seen.add(frame);
      const other = labelTypes(frame);
      if (other.length !== types.length) s.mismatch(`${types.length} values for each label`, `${other.length}`);
      s.expect(other);
    }
    const values = s.popAll(types);
    if (this.#live) this.#switch(on, last, seen, values);
    this.#cut();
  }

  /** Cases that lead where the default leads are left out. */
  #switch(on: ValueId, last: Frame, frames: ReadonlySet<Frame>, values: readonly ValueId[]): void {
    const b = this.#b as FuncBuilder;
    for (const frame of frames) this.#edge(frame, values);
    const { list, count } = this.#reader;
    const cases: number[] = [];
    const targets: BlockId[] = [];
    for (let k = 0; k < count - 1; k++) {
      const { target } = this.#label(list[k] as number);
      if (target === last.target) continue;
      cases.push(k);
      targets.push(target);
    }
    targets.push(last.target);
    if (cases.length === 0) b.br(last.target);
    else b.switch(on, cases, targets);
  }

  #cut(): void {
    this.#s.cut();
    this.#live = false;
  }

  // Instructions.

  #instr(): void {
    const s = this.#s;
    const { number } = this.#reader;
    switch (number) {
      case opcode.unreachable:
        if (this.#live) this.#b?.trap('unreachable');
        this.#cut();
        return;
      case opcode.nop:
        return;
      case opcode.block:
        this.#block();
        return;
      case opcode.loop:
        this.#loop();
        return;
      case opcode.if:
        this.#if();
        return;
      case opcode.else:
        this.#else();
        return;
      case opcode.end:
        this.#end();
        return;
      case opcode.br:
        this.#br();
        return;
      case opcode.br_if:
        this.#brIf();
        return;
      case opcode.br_table:
        this.#brTable();
        return;
      case opcode.return:
        this.#return();
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
        const index = this.#local();
        const type = this.#locals.typeOf(index);
        s.push(type, this.#live ? this.#locals.get(index, type) : noValue);
        return;
      }
      case opcode.local_set: {
        const index = this.#local();
        const type = this.#locals.typeOf(index);
        const value = s.pop(type);
        if (this.#live) this.#locals.set(index, type, value);
        return;
      }
      case opcode.local_tee: {
        const index = this.#local();
        const type = this.#locals.typeOf(index);
        const value = s.pop(type);
        s.push(type, value);
        if (this.#live) this.#locals.set(index, type, value);
        return;
      }
      case opcode.global_get: {
        const { type } = this.#global();
        this.#emit('global.get', none, this.#names?.globals[this.#reader.index], type);
        return;
      }
      case opcode.global_set: {
        const { type, mutable } = this.#global();
        const { index } = this.#reader;
        if (!mutable) s.fail((at) => codes.immutableGlobal(at, index));
        this.#emit('global.set', [s.pop(type)], this.#names?.globals[index], 'void');
        return;
      }
      case opcode.ref_null:
        this.#emit('ref.null', none, undefined, valueTypeOf(this.#reader.index) as Type);
        return;
      case opcode.ref_is_null: {
        const value = s.popAny();
        const type = s.anyType;
        if (type !== null && type !== 'funcref' && type !== 'externref') s.mismatch('a reference', type);
        this.#emit('ref.is_null', [value], undefined, 'i32');
        return;
      }
      case opcode.ref_func: {
        const { index } = this.#reader;
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
    if (instr.form === 'table-init' || instr.form === 'element') this.namesSegments = true;
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
    const value = this.#live ? (this.#b as FuncBuilder).emit(op, args, imm, type) : noValue;
    if (type !== 'void') this.#s.push(type, value);
  }

  #local(): number {
    const { index } = this.#reader;
    const { count } = this.#locals;
    if (index >= count) this.#s.fail((at) => codes.unknownIndex(at, 'local', index, count));
    return index;
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
    if (!this.#live) {
      this.#s.pushAll(results, null);
      return;
    }
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
