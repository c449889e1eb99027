/**
 * Functions and modules: immutable plain data, addressed by dense integer ids, copied on write (DESIGN §1.2).
 *
 * A value is named by the id of the instruction that defines it. Instructions without a result have ids too, so that
 * everything about an instruction can be kept in arrays. All change goes through the `Editor` (edit.ts) or the
 * `FuncBuilder` (build.ts).
 */

import type { Results } from './analysis/memo.ts';
import type { Span } from './diag.ts';
import type { Imm, OpDef } from './op.ts';
import type { ResultType, Signature, Type } from './type.ts';
import type { Value } from './value.ts';

/** Names an instruction of a function, and the value that it defines. */
export type ValueId = number & { readonly __id: 'value' };

/** Names a block of a function. */
export type BlockId = number & { readonly __id: 'block' };

/** One instruction. */
export interface Inst {
  readonly op: OpDef;
  readonly type: ResultType;
  /** Operands. A phi has one for each predecessor, in the order of `blocks`. */
  readonly args: readonly ValueId[];
  readonly imm: Imm;
  /** Targets of a terminator (an edge each, repeats allowed); predecessors of a phi (each once); else empty. */
  readonly blocks: readonly BlockId[];
  readonly loc: Span | null;
}

/** A block: phis, then a body, then one terminator. */
export interface Block {
  readonly phis: readonly ValueId[];
  readonly body: readonly ValueId[];
  readonly term: ValueId;
}

/** The control-flow graph as analyses see it: kept by the Editor unless a block or an edge changed. */
export interface Shape {
  /** Results of analyses of the shape, by analysis. @internal */
  readonly cache: Results;
}

/** A function in SSA form. `order[0]` is the entry block, which has no predecessors. */
export interface Func {
  readonly name: string;
  readonly sig: Signature;
  /** The ids of the parameters' instructions, which stand in no block. */
  readonly params: readonly ValueId[];
  /** By `ValueId`; undefined: no such instruction (any more). */
  readonly insts: readonly (Inst | undefined)[];
  /** By `BlockId`; undefined: no such block (any more). */
  readonly blocks: readonly (Block | undefined)[];
  /** The blocks in order of layout, entry first; every block stands here once. */
  readonly order: readonly BlockId[];
  /** Types of the frame's slots (`slot.get`, `slot.set`). */
  readonly slots: readonly Type[];
  /** Names for people: of values and blocks, where the source had them. */
  readonly valueNames: ReadonlyMap<ValueId, string>;
  readonly blockNames: ReadonlyMap<BlockId, string>;
  readonly shape: Shape;
  /** Results of analyses of the function, by analysis. @internal */
  readonly cache: Results;
}

/** A function that the host provides, called by `call_host`. */
export interface Import {
  readonly name: string;
  readonly module: string;
  readonly field: string;
  readonly sig: Signature;
}

/** Where the host finds what a module imports. */
export interface ImportSource {
  readonly module: string;
  readonly field: string;
}

/** In place of a constant: what an imported immutable global holds, by its name in the module. */
export interface GlobalRef {
  readonly global: string;
}

/** A linear memory; sizes in pages of 64 KiB. Own, or imported (`source`): then the sizes are what is asked of it. */
export interface Memory {
  readonly min: number;
  readonly max: number | null;
  readonly source: ImportSource | null;
}

/** A global variable with its initial value; of an imported one the value is the zero of its type and means nothing. */
export interface Global {
  readonly name: string;
  readonly type: Type;
  readonly mutable: boolean;
  readonly init: Value | GlobalRef;
  readonly source: ImportSource | null;
}

/** What tables hold. */
export type RefType = 'funcref' | 'externref';

/** A table of references, the target of `call_indirect` where they are functions. Own, or imported (`source`). */
export interface Table {
  readonly name: string;
  readonly type: RefType;
  /** Elements that it has at the start. */
  readonly min: number;
  readonly max: number | null;
  readonly source: ImportSource | null;
  /** What an own table holds from index 0 on: names of functions or imports, or null; the rest is null. */
  readonly elements: readonly (string | null)[];
}

/** What an element segment holds: a function or import by name, null, or what a global holds. */
export type ElementItem = string | null | GlobalRef;

/** What happens to an element segment: copied when an instance is made; kept for `table.init`; nothing at all. */
export type ElementMode =
  | { readonly kind: 'active'; readonly table: string; readonly offset: number | GlobalRef }
  | { readonly kind: 'passive' }
  | { readonly kind: 'declared' };

/** References for tables. */
export interface ElementSegment {
  readonly type: RefType;
  readonly items: readonly ElementItem[];
  readonly mode: ElementMode;
}

/** Bytes for the memory: at `offset` (u32) before the start, or (`null`) passive, for `memory.init`. */
export interface Data {
  readonly offset: number | GlobalRef | null;
  readonly bytes: Uint8Array;
}

/** Bytes of a foreign format that are carried along; `after`: Wasm's id of the last known section before it, 0 for none. */
export interface CustomSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly after: number;
}

/** A module. Functions and imports share one name space; globals and tables have one each. */
export interface Module {
  readonly name: string;
  /** Imported functions; imported memories, globals and tables stand with the own ones and have a `source`. */
  readonly imports: readonly Import[];
  readonly funcs: readonly Func[];
  readonly memory: Memory | null;
  readonly tables: readonly Table[];
  readonly segments: readonly ElementSegment[];
  readonly globals: readonly Global[];
  readonly data: readonly Data[];
  readonly exports: readonly Export[];
  /** The function that runs when nothing else is asked for. */
  readonly start: string | null;
  /** The function or import that runs when an instance is made: what Wasm calls the start function. */
  readonly initialiser: string | null;
  readonly customs: readonly CustomSection[];
}

/** What a module shows: a function or import, a global or a table by name, or its memory (named `memory`). */
export interface Export {
  readonly external: string;
  readonly kind: 'func' | 'global' | 'memory' | 'table';
  readonly name: string;
}

/** A module with nothing in it but what is given. */
export function makeModule(parts: Partial<Module>): Module {
  return {
    name: '',
    imports: [],
    funcs: [],
    memory: null,
    tables: [],
    segments: [],
    globals: [],
    data: [],
    exports: [],
    start: null,
    initialiser: null,
    customs: [],
    ...parts,
  };
}

/** An own global. */
export function makeGlobal(name: string, type: Type, mutable: boolean, init: Value | GlobalRef): Global {
  return { name, type, mutable, init, source: null };
}

/** An own table of functions that cannot grow. */
export function makeTable(elements: readonly (string | null)[], name = 'table'): Table {
  return { name, type: 'funcref', min: elements.length, max: elements.length, source: null, elements };
}

/** The instruction with this id; throws when there is none (a bug, never bad input). */
export function instOf(f: Func, v: ValueId): Inst {
  const inst = f.insts[v];
  if (inst === undefined) throw new Error(`@${f.name}: no instruction %${v}`);
  return inst;
}

/** The block with this id; throws when there is none (a bug, never bad input). */
export function blockOf(f: Func, b: BlockId): Block {
  const block = f.blocks[b];
  if (block === undefined) throw new Error(`@${f.name}: no block ^${b}`);
  return block;
}

/** The terminator of a block. */
export function termOf(f: Func, b: BlockId): Inst {
  return instOf(f, blockOf(f, b).term);
}

/** The number of instructions in blocks: phis, bodies and terminators. */
export function sizeOf(f: Func): number {
  let size = 0;
  for (const b of f.order) {
    const block = blockOf(f, b);
    size += block.phis.length + block.body.length + 1;
  }
  return size;
}

/** The function of this name. */
export function findFunc(m: Module, name: string): Func | undefined {
  return symbols(m).funcs.get(name);
}

/** The import of this name. */
export function findImport(m: Module, name: string): Import | undefined {
  return symbols(m).imports.get(name);
}

/** The global of this name. */
export function findGlobal(m: Module, name: string): Global | undefined {
  return symbols(m).globals.get(name);
}

/** The table of this name. */
export function findTable(m: Module, name: string): Table | undefined {
  return symbols(m).tables.get(name);
}

/** The signature of the function or import of this name. */
export function signatureOf(m: Module, name: string): Signature | undefined {
  return findFunc(m, name)?.sig ?? findImport(m, name)?.sig;
}

/** The module with some functions replaced (by name); the same object when none differs. */
export function withFuncs(m: Module, replaced: readonly Func[]): Module {
  const byName = new Map(replaced.map((f) => [f.name, f]));
  let changed = false;
  const funcs = m.funcs.map((f) => {
    const next = byName.get(f.name) ?? f;
    changed ||= next !== f;
    return next;
  });
  return changed ? { ...m, funcs } : m;
}

interface Symbols {
  readonly funcs: ReadonlyMap<string, Func>;
  readonly imports: ReadonlyMap<string, Import>;
  readonly globals: ReadonlyMap<string, Global>;
  readonly tables: ReadonlyMap<string, Table>;
}

const symbolTables = new WeakMap<Module, Symbols>();

function symbols(m: Module): Symbols {
  let found = symbolTables.get(m);
  if (found === undefined) {
    found = {
      funcs: new Map(m.funcs.map((f) => [f.name, f])),
      imports: new Map(m.imports.map((i) => [i.name, i])),
      globals: new Map(m.globals.map((g) => [g.name, g])),
      tables: new Map(m.tables.map((t) => [t.name, t])),
    };
    symbolTables.set(m, found);
  }
  return found;
}
