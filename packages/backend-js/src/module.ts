/** A module as the source that an engine runs (codegen/src/js-code.ts): what it is given, then its functions. */

import type { JsCode, JsOpUse } from '@sluice/codegen';
import {
  coreTable,
  findImport,
  type Module,
  type OpTable,
  printSignature,
  type Signature,
  signatureOf,
  type Type,
} from '@sluice/ir';
import { allSignatures, callSlots, framesOf } from './frames.ts';
import { emitFunc } from './func.ts';
import { heapPrologue } from './heap.ts';
import { functionNames, type Names } from './names.ts';

/** Views of the memory that begin at an offset: so many, for all are made anew when it grows. */
const mostViews = 64;

/** How to emit. */
export interface JsOptions {
  /** Whether the code counts fuel and depth; default no. */
  readonly metered?: boolean;
  /** The ops that there are, for what ops expand to; default: the core's. */
  readonly ops?: OpTable;
}

/** A module's functions as text, with what they name. */
export interface ModuleText {
  /** By function: its lines. */
  readonly funcs: readonly (readonly string[])[];
  readonly names: readonly string[];
  readonly ops: readonly JsOpUse[];
  readonly signatures: readonly Signature[];
  readonly framed: ReadonlySet<string>;
  readonly frames: boolean;
  readonly largestFrame: number;
  /** Views of the memory that begin at offsets other than 0: names, and the expressions that make them. */
  readonly views: ReadonlyMap<string, string>;
  /** Functions whose control flow is a loop over a `switch`. */
  readonly dispatched: readonly string[];
}

/** Emits the functions of a prepared module. */
export function emitFunctions(m: Module, { metered = false, ops = coreTable }: JsOptions): ModuleText {
  const names = functionNames(m.funcs.map((f) => f.name));
  const { framed, inTables } = framesOf(m);
  const module = new ModuleNames(m, names, framed);
  let slots = 0;
  const dispatched: string[] = [];
  const funcs = m.funcs.map((f, i) => {
    const text = emitFunc(f, names[i] as string, framed.has(f.name), {
      names: module,
      ops,
      frames: inTables,
      metered,
      signatureOf: (name) => signatureOf(m, name) as Signature,
    });
    slots = Math.max(slots, text.slots);
    if (text.dispatched) dispatched.push(f.name);
    return text.lines;
  });
  const { uses, signatures, views } = module;
  const largestFrame = slots + callSlots([...allSignatures(m), ...signatures]);
  return { funcs, names, ops: uses, signatures, framed, frames: inTables, largestFrame, views, dispatched };
}

/** The code of a prepared module. */
export function emitModule(m: Module, options: JsOptions = {}): JsCode {
  const text = emitFunctions(m, options);
  const lines = [
    '"use strict";',
    'const { L, I, frameLimit, S, GI, GL, GV, RI, RV, hosts, ops, TF, TS, trap, badCall, refuel, deep } = env;',
    'const { num, f32Bits, f64Bits, f32FromBits, f64FromBits } = env;',
    'const SI = new Int32Array(2), SF = new Float32Array(SI.buffer), SD = new Float64Array(SI.buffer);',
    'const SL = new BigInt64Array(SI.buffer);',
    'const check = (kind) => { if (kind !== "") trap(kind); };',
    ...(usesHeap(m) ? heapPrologue : ['function refreshHeap() {}']),
    ...viewLines(text.views, mayGrow(m), 'env.memory()'),
    'function refresh() { refreshViews(); refreshHeap(); }',
    ...m.imports.map((_, i) => `const h${i} = hosts[${i}];`),
    ...text.ops.map((_, i) => `const op${i} = ops[${i}];`),
    ...m.tables.map((_, i) => `const TF${i} = TF[${i}], TS${i} = TS[${i}];`),
    ...text.funcs.flat(),
    `return { funcs: [${text.names.join(', ')}], refresh };`,
  ];
  return {
    source: lines.join('\n'),
    funcs: m.funcs.map(({ name, sig }) => ({ name, sig, framed: text.framed.has(name) })),
    ops: text.ops,
    signatures: text.signatures,
    frames: text.frames,
    largestFrame: text.largestFrame,
    metered: options.metered ?? false,
  };
}

/** Views of the memory. Where nothing can make it grow they are constants, and V8's code has their addresses in it. */
export function viewLines(views: ReadonlyMap<string, string>, grows: boolean, buffer: string): readonly string[] {
  const names = ['DV', 'H64', ...views.keys()];
  const values = ['new DataView(b)', 'new BigInt64Array(b)', ...views.values()];
  if (!grows) {
    return [
      `const b = ${buffer};`,
      ...names.map((name, i) => `const ${name} = ${values[i]};`),
      'const refreshViews = () => {};',
    ];
  }
  return [
    `let ${names.join(', ')};`,
    'function refreshViews() {',
    `  const b = ${buffer};`,
    ...names.map((name, i) => `  ${name} = ${values[i]};`),
    '}',
    'refreshViews();',
  ];
}

/** Whether the memory may grow while the code runs. */
export function mayGrow(m: Module): boolean {
  if (m.memory === null) return false;
  if (m.memory.source !== null || m.exports.some(({ kind }) => kind === 'memory')) return true;
  return m.funcs.some((f) => f.insts.some((inst) => inst?.op.kind === 'value' && inst.op.effect.grows));
}

function usesHeap(m: Module): boolean {
  return m.funcs.some((f) => f.insts.some((inst) => inst?.op.dialect === 'heap'));
}

class ModuleNames implements Names {
  readonly uses: JsOpUse[] = [];
  readonly signatures: Signature[] = [];
  readonly views = new Map<string, string>();
  readonly #m: Module;
  readonly #funcs: ReadonlyMap<string, { readonly text: string; readonly framed: boolean }>;
  readonly #hosts: ReadonlyMap<string, number>;
  readonly #globals: ReadonlyMap<string, string>;
  readonly #tables: ReadonlyMap<string, number>;
  readonly #opIndex = new Map<string, number>();
  readonly #sigIndex = new Map<string, number>();

  constructor(m: Module, names: readonly string[], framed: ReadonlySet<string>) {
    this.#m = m;
    this.#funcs = new Map(
      m.funcs.map((f, i) => [f.name, { text: names[i] as string, framed: framed.has(f.name) }] as const),
    );
    this.#hosts = new Map(m.imports.map(({ name }, i) => [name, i]));
    this.#globals = new Map(m.globals.map(({ name, type }, i) => [name, globalText(type, i)]));
    this.#tables = new Map(m.tables.map(({ name }, i) => [name, i]));
  }

  func(name: string): { readonly text: string; readonly framed: boolean } | undefined {
    return this.#funcs.get(name);
  }

  host(name: string): string {
    const index = this.#hosts.get(name);
    if (index === undefined || findImport(this.#m, name) === undefined) throw new Error(`no function @${name}`);
    return `h${index}`;
  }

  global(name: string): string {
    const text = this.#globals.get(name);
    if (text === undefined) throw new Error(`no global @${name}`);
    return text;
  }

  op(op: JsOpUse['op'], type: JsOpUse['type'], imm: JsOpUse['imm']): string {
    const key = `${op.name} ${type} ${immKey(imm)}`;
    let index = this.#opIndex.get(key);
    if (index === undefined) {
      index = this.uses.length;
      this.uses.push({ op, type, imm });
      this.#opIndex.set(key, index);
    }
    return `op${index}`;
  }

  readonly view = (offset: number, type?: 'f32' | 'f64'): string | null => {
    const name = type === undefined ? `DV${offset}` : `F${type.slice(1)}_${offset}`;
    if (this.views.has(name)) return name;
    if (this.views.size >= mostViews) return null;
    const kind = type === undefined ? 'DataView' : `Float${type.slice(1)}Array`;
    this.views.set(name, `new ${kind}(b, Math.min(${offset}, b.byteLength))`);
    return name;
  };

  table(name: string | undefined): number {
    return name === undefined ? 0 : (this.#tables.get(name) ?? 0);
  }

  signature(sig: Signature): number {
    const key = printSignature(sig);
    let index = this.#sigIndex.get(key);
    if (index === undefined) {
      index = this.signatures.length;
      this.signatures.push({ params: sig.params, results: sig.results });
      this.#sigIndex.set(key, index);
    }
    return index;
  }
}

function immKey(imm: JsOpUse['imm']): string {
  return JSON.stringify(imm, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ?? '';
}

function globalText(type: Type, index: number): string {
  return type === 'i32' ? `GI[${index}]` : type === 'i64' ? `GL[${index}]` : `GV[${index}]`;
}
