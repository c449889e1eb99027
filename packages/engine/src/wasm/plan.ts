/**
 * What a module needs of its host beside its own imports, found out before it is emitted: extra imports come first, so that
 * functions have known indices. And the hooks that use them while code is written (`CodeHooks` of `@sluice/wasm-format`).
 *
 * Fuel:  a global counts down; a function takes a unit when it is entered, and so does each back-edge. Below zero the host is
 *        asked (`refill`): it ends the execution or gives the next quantum. A call from outside is given one unit more.
 * Depth: a global counts what is free, down when a function is entered, up before it returns.
 * Traps: V8 has one message for truncations of NaN and of numbers that do not fit, so NaN is looked for before; and one for
 *        calls through a table of null and of another signature, so index and table of the last one lie in globals.
 */

import {
  type BlockId,
  type Func,
  FuncBuilder,
  type Imm,
  type Inst,
  type Module,
  type OpDef,
  orderOf,
  type Signature,
  type SigType,
  type TrapKind,
  type Type,
  trapKinds,
} from '@sluice/ir';
import { type CodeHooks, type HookWriter, opcode, type WasmFuncType } from '@sluice/wasm-format';
import { wasmSignature } from './adapters.ts';
import { type HeapImports, hasHeapCode, writeHeapOp } from './heap-code.ts';

/** What is watched while code runs; each costs time. */
export interface Variant {
  /** Fuel is counted, or a signal looked at. */
  readonly ticks: boolean;
  /** Calls that are active are counted. */
  readonly depth: boolean;
}

/** What an extra import does. */
export type Service =
  | { readonly kind: 'refill' | 'deep' | 'trap' | 'grow' | 'alloc' | 'free' | 'bad-pointer' }
  /** An op by its own meaning; `type` is what `T` stands for. */
  | { readonly kind: 'op'; readonly op: OpDef; readonly imm: Imm; readonly type: Type | null; readonly sig: Signature };

/** An extra import with its type. */
export interface ExtraImport {
  readonly service: Service;
  readonly type: WasmFuncType;
}

/** Globals behind those of the module, by position there. */
export const extraGlobals = { fuel: 0, depth: 1, callIndex: 2, callTable: 3 } as const;

/** Indices of the heap's two memories; 0 is the guest's. */
export const heapMemories = { cells: 1, table: 2 } as const;

/** What the hooks of a module need. */
export interface Plan {
  readonly variant: Variant;
  readonly extra: readonly ExtraImport[];
  readonly hooks: CodeHooks;
  readonly usesHeap: boolean;
  readonly callsTables: boolean;
}

const types: Readonly<Record<Exclude<Service['kind'], 'op'>, WasmFuncType>> = {
  refill: { params: [], results: [] },
  deep: { params: [], results: [] },
  trap: { params: ['i32'], results: [] },
  grow: { params: ['i32'], results: ['i32'] },
  alloc: { params: ['i64'], results: ['i64'] },
  free: { params: ['i64'], results: [] },
  'bad-pointer': { params: ['i64'], results: [] },
};

const truncation = /^i(?:32|64)\.trunc_f(32|64)_[su]$/;

/** What `T` of an op stands for in an instruction; null: its signature has no `T`. */
function typeArgument(f: Func, inst: Inst): Type | null {
  const { params, result } = inst.op.sig;
  const at = params.indexOf('T');
  if (at >= 0) return typeOf(f, inst.args[at] as number);
  return result === 'T' ? (inst.type as Type) : null;
}

function typeOf(f: Func, id: number): Type {
  return f.insts[id]?.type as Type;
}

/** Whether the host carries an op out by its own meaning. */
function isHosted(f: Func, inst: Inst): boolean {
  const { op } = inst;
  if (op.kind !== 'value' || emitted.has(op.name) || isExpanded(op)) return false;
  if (op.wasm !== null && !isTableOp(op)) return false;
  return !hasHeapCode(inst, typeArgument(f, inst) ?? 'i64');
}

/** Tables are shared with whatever engine: all but calls through them is done on the shared form (tables.ts). */
function isTableOp(op: OpDef): boolean {
  return op.dialect === 'table' || op.name === 'elem.drop';
}

/** Whether emitters put an op's fragment in its place. */
function isExpanded(op: OpDef): boolean {
  return op.kind === 'value' && op.wasm === null && op.expand !== null && !emitted.has(op.name);
}

/** An op's fragment as a function, to see what it needs. */
function expansion(op: OpDef, sig: Signature): Func {
  const b = new FuncBuilder(op.name, sig);
  op.expand?.(b, ...b.params);
  b.trap('unreachable');
  return b.finish();
}

/** Structural ops that every emitter has code for. */
const emitted: ReadonlySet<string> = new Set([
  'copy',
  'slot.get',
  'slot.set',
  'global.get',
  'global.set',
  'ref.null',
  'ref.func',
  'ref.is_null',
]);

function signatureOfOp(op: OpDef, type: Type | null): Signature {
  const resolved = (word: SigType): Type => (word === 'T' ? (type as Type) : word);
  return {
    params: op.sig.params.map(resolved),
    results: op.sig.result === 'void' ? [] : [resolved(op.sig.result)],
  };
}

function keyOf(op: OpDef, imm: Imm, type: Type | null): string {
  const text = JSON.stringify(imm, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  return `${op.name} ${type} ${text}`;
}

class Extras {
  readonly list: ExtraImport[] = [];
  readonly #known: Map<string, number> = new Map();

  index(kind: Exclude<Service['kind'], 'op'>): number {
    return this.#add(kind, () => ({ service: { kind }, type: types[kind] }));
  }

  op(op: OpDef, imm: Imm, type: Type | null): number {
    return this.#add(keyOf(op, imm, type), () => {
      const sig = signatureOfOp(op, type);
      return { service: { kind: 'op', op, imm, type, sig }, type: wasmSignature(sig) };
    });
  }

  /** Nothing more can be added: functions have their indices. */
  sealed = false;

  #add(key: string, make: () => ExtraImport): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.sealed) throw new Error(`${key}: not seen before code was emitted`);
    this.#known.set(key, this.list.length);
    this.list.push(make());
    return this.list.length - 1;
  }
}

/** Looks through a module, its target's passes done. */
export function planOf(m: Module, variant: Variant): Plan {
  const extras = new Extras();
  if (variant.ticks) extras.index('refill');
  if (variant.depth) extras.index('deep');
  let usesHeap = false;
  let callsTables = false;
  const expanded = new Set<string>();
  const work: Func[] = [...m.funcs];
  for (let f = work.pop(); f !== undefined; f = work.pop()) {
    for (const inst of f.insts) {
      if (inst === undefined) continue;
      const { op } = inst;
      if (isExpanded(op)) {
        const sig = signatureOfOp(op, typeArgument(f, inst));
        const key = `${op.name} ${sig.params.join()}`;
        if (!expanded.has(key)) work.push(expansion(op, sig));
        expanded.add(key);
        continue;
      }
      if (op.kind === 'trap' || truncation.test(op.name)) extras.index('trap');
      else if (op.name === 'call_indirect') callsTables = true;
      else if (op.name === 'memory.grow') extras.index('grow');
      else if (op.dialect === 'heap') {
        usesHeap = true;
        for (const kind of ['trap', 'alloc', 'free', 'bad-pointer'] as const) extras.index(kind);
      }
      if (isHosted(f, inst)) extras.op(op, inst.imm, typeArgument(f, inst));
    }
  }
  extras.sealed = true;
  const hooks = makeHooks(m, variant, extras);
  return { variant, extra: extras.list, hooks, usesHeap, callsTables };
}

function makeHooks(m: Module, variant: Variant, extras: Extras): CodeHooks {
  const globalAt = (which: keyof typeof extraGlobals): number => m.globals.length + extraGlobals[which];
  const tick = (w: HookWriter): void => {
    const left = w.scratch('i32');
    w.globalGet(globalAt('fuel')).i32Const(1).op(opcode.i32_sub).localTee(left).globalSet(globalAt('fuel'));
    w.localGet(left).i32Const(0).op(opcode.i32_lt_s).if().call(extras.index('refill')).end();
  };
  const raise = (w: HookWriter, kind: TrapKind): void => {
    w.i32Const(trapKinds.indexOf(kind)).call(extras.index('trap')).op(opcode.unreachable);
  };
  const heap: HeapImports = {
    alloc: extras.list.findIndex(({ service }) => service.kind === 'alloc'),
    free: extras.list.findIndex(({ service }) => service.kind === 'free'),
    badPointer: extras.list.findIndex(({ service }) => service.kind === 'bad-pointer'),
    raiseBounds: (w) => raise(w, 'heap-bounds'),
    raiseUninitialised: (w) => raise(w, 'heap-uninitialised'),
    ...heapMemories,
  };
  const isBack = (f: Func, from: BlockId, to: BlockId): boolean => orderOf(f).isBackEdge(from, to);
  return {
    ...(variant.ticks ? { busy: isBack, edge: (w, f, from, to) => (isBack(f, from, to) ? tick(w) : undefined) } : {}),
    ...(variant.ticks || variant.depth
      ? {
          enter: (w) => {
            if (variant.ticks) tick(w);
            if (!variant.depth) return;
            const left = w.scratch('i32');
            w.globalGet(globalAt('depth')).i32Const(1).op(opcode.i32_sub).localTee(left).globalSet(globalAt('depth'));
            w.localGet(left).i32Const(0).op(opcode.i32_lt_s).if().call(extras.index('deep')).end();
          },
        }
      : {}),
    ...(variant.depth
      ? {
          leave: (w) => {
            w.globalGet(globalAt('depth')).i32Const(1).op(opcode.i32_add).globalSet(globalAt('depth'));
          },
        }
      : {}),
    trap: (w, kind) => {
      if (kind !== 'unreachable') raise(w, kind);
    },
    instr: (w, f, inst) => {
      const { op } = inst;
      if (op.name === 'call_indirect') {
        const index = w.scratch('i32');
        w.localTee(index).globalSet(globalAt('callIndex')).localGet(index);
        if (m.tables.length > 1) w.i32Const(tableOf(m, inst)).globalSet(globalAt('callTable'));
        return false;
      }
      if (op.name === 'memory.grow') {
        w.call(extras.index('grow'));
        return true;
      }
      const [, width] = truncation.exec(op.name) ?? [];
      if (width !== undefined) {
        const x = w.scratch(width === '32' ? 'f32' : 'f64');
        w.localTee(x)
          .localGet(x)
          .localGet(x)
          .op(width === '32' ? f32Ne : f64Ne)
          .if();
        raise(w, 'invalid-conversion');
        w.end();
        return false;
      }
      if (isHosted(f, inst)) {
        w.call(extras.op(op, inst.imm, typeArgument(f, inst)));
        return true;
      }
      if (op.dialect !== 'heap') return false;
      writeHeapOp(w, op.name, typeArgument(f, inst) ?? 'i64', heap);
      return true;
    },
  };
}

/** Positions of globals or tables in Wasm: imported ones come first. */
export function wasmIndices(
  items: readonly { readonly name: string; readonly source: object | null }[],
): ReadonlyMap<string, number> {
  const ordered = [...items.filter(({ source }) => source !== null), ...items.filter(({ source }) => source === null)];
  return new Map(ordered.map(({ name }, k) => [name, k]));
}

const f32Ne = 0x5c;
const f64Ne = 0x62;

/** Number of the table that a `call_indirect` goes through. */
function tableOf(m: Module, inst: Inst): number {
  const { table } = inst.imm as { readonly table?: string };
  return wasmIndices(m.tables).get(table ?? m.tables[0]?.name ?? '') ?? 0;
}
