/**
 * Disassembles a module to the text format of Wasm: linear (not folded), an instruction a line, indices or names of the name
 * section, offsets in the file as comments when wanted. Other tools read it. Custom sections other than the names are
 * comments. Indentation ends at `deepest` blocks, so that the text grows no faster than the code.
 */

import { attempt, type Result } from '@sluice/ir';
import { type Instr, instrs } from './instr.ts';
import { InstrReader } from './instr-reader.ts';
import {
  valueTypeOf,
  type WasmElement,
  type WasmExpr,
  type WasmFunc,
  type WasmFuncType,
  type WasmGlobalType,
  type WasmLimits,
  type WasmModule,
  type WasmTable,
} from './module.ts';
import { decodeNames, nameSection, noNames, type WasmNames } from './names.ts';
import { opcode } from './opcode.ts';
import { floatText, idOf, quoted } from './print-literals.ts';

/** What to show. */
export interface PrintOptions {
  readonly file?: string;
  /** Offsets in the file before instructions. */
  readonly offsets?: boolean;
}

const deepest = 40;

/** Locals that are listed in a module: a few bytes can declare many. Beyond, a comment says how many there are. */
const listedLocals = 1_000_000;

/** A module's text; a diagnostic where code is malformed. */
export function printWasm(m: WasmModule, options: PrintOptions = {}): Result<string> {
  return attempt(() => new Printer(m, options).module());
}

class Printer {
  readonly m: WasmModule;
  readonly file: string;
  readonly offsets: boolean;
  readonly names: WasmNames;
  readonly lines: string[] = [];
  listed = 0;
  /** By index: how a function is referred to. */
  readonly funcs: readonly string[];
  /** By index: the type of a function. */
  readonly typeOf: readonly number[];

  constructor(m: WasmModule, options: PrintOptions) {
    this.m = m;
    this.file = options.file ?? '<wasm>';
    this.offsets = options.offsets ?? false;
    const section = m.customs.find(({ name }) => name === nameSection);
    const names = section === undefined ? null : decodeNames(section, this.file);
    this.names = names?.ok === true ? names.value : noNames;
    const imported = m.imports.flatMap(({ what }) => (what.kind === 'func' ? [what.type] : []));
    this.typeOf = [...imported, ...m.funcs.map(({ type }) => type)];
    const taken = new Set<string>();
    this.funcs = this.typeOf.map((_, k) => idOf(this.names.functions.get(k), taken) ?? `${k}`);
  }

  module(): string {
    const m = this.m;
    const head = this.names.module === null ? null : idOf(this.names.module, new Set());
    this.line(1, head === null ? '(module' : `(module ${head}`);
    for (const [k, type] of m.types.entries()) this.line(2, `(type (;${k};) (func${signature(type)}))`);
    const counts = { func: 0, table: 0, memory: 0, global: 0 };
    for (const { module, field, what } of m.imports) {
      const k = counts[what.kind]++;
      const label = what.kind === 'func' ? this.funcHead(k) : `(;${k};)`;
      const text =
        what.kind === 'func'
          ? ` (type ${what.type})`
          : what.kind === 'table'
            ? ` ${tableText(what)}`
            : what.kind === 'memory'
              ? ` ${limitsText(what.limits)}`
              : ` ${globalText(what)}`;
      this.line(2, `(import ${quoted(module)} ${quoted(field)} (${what.kind} ${label}${text}))`);
    }
    for (const func of m.funcs) this.func(counts.func++, func);
    for (const table of m.tables) this.line(2, `(table (;${counts.table++};) ${tableText(table)})`);
    for (const limits of m.memories) this.line(2, `(memory (;${counts.memory++};) ${limitsText(limits)})`);
    for (const global of m.globals) {
      this.line(2, `(global (;${counts.global++};) ${globalText(global)} ${this.exprText(global.init)})`);
    }
    for (const { name, kind, index } of m.exports) {
      const at = kind === 'func' ? (this.funcs[index] ?? `${index}`) : `${index}`;
      this.line(2, `(export ${quoted(name)} (${kind} ${at}))`);
    }
    if (m.start !== null) this.line(2, `(start ${this.funcs[m.start] ?? m.start})`);
    for (const [k, element] of m.elements.entries()) this.line(2, `(elem (;${k};)${this.elementText(element)})`);
    for (const [k, { mode, bytes }] of m.data.entries()) {
      const target = mode.kind === 'active' && mode.target !== 0 ? ` (memory ${mode.target})` : '';
      const place = mode.kind === 'active' ? `${target} (offset ${this.exprText(mode.offset)})` : '';
      this.line(2, `(data (;${k};)${place} ${quoted(bytes)})`);
    }
    for (const { name, bytes } of m.customs) {
      if (name !== nameSection)
        this.line(2, `(; custom section ${quoted(name).replaceAll(';', '\\3b')}, ${bytes.length} bytes ;)`);
    }
    this.lines.push(')', '');
    return this.lines.join('\n');
  }

  line(depth: number, text: string): void {
    this.lines.push('  '.repeat(Math.min(depth, deepest) - 1) + text);
  }

  funcHead(k: number): string {
    const name = this.funcs[k] ?? '';
    return name.startsWith('$') ? `${name} (;${k};)` : `(;${k};)`;
  }

  func(k: number, func: WasmFunc): void {
    const type = this.m.types[func.type];
    const names = this.names.locals.get(k);
    const taken = new Set<string>();
    const locals: string[] = [];
    const declare = (keyword: string, list: readonly string[]): string => {
      // Those with names stand alone, since a group has none.
      let text = '';
      let group = '';
      for (const each of list) {
        const id = names === undefined ? null : idOf(names.get(locals.length), taken);
        locals.push(id ?? `${locals.length}`);
        if (id === null) group += ` ${each}`;
        else {
          if (group !== '') text += ` (${keyword}${group})`;
          group = '';
          text += ` (${keyword} ${id} ${each})`;
        }
      }
      return group === '' ? text : `${text} (${keyword}${group})`;
    };
    const params = type === undefined ? '' : declare('param', type.params);
    const results = type === undefined || type.results.length === 0 ? '' : ` (result ${type.results.join(' ')})`;
    this.line(2, `(func ${this.funcHead(k)} (type ${func.type})${params}${results}`);
    const count = func.locals.reduce((sum, run) => sum + run.count, 0);
    this.listed += count;
    if (this.listed > listedLocals) this.line(3, `(; ${count} locals ;)`);
    else {
      const own = declare(
        'local',
        func.locals.flatMap((run) => new Array<string>(run.count).fill(run.type)),
      );
      if (own !== '') this.line(3, own.slice(1));
    }
    const r = new InstrReader(func.code, this.file, func.at ?? 0, this.m.dataCount);
    while (r.next()) {
      const leaves = r.number === opcode.else || r.number === opcode.end || blockOpener(r.number);
      const at = this.offsets ? `(;0x${r.offset.toString(16)};) ` : '';
      this.line(3 + r.depth - (leaves && r.number !== opcode.end ? 1 : 0), at + this.instrText(r, locals));
    }
    this.line(2, ')');
  }

  instrText(r: InstrReader, locals: readonly string[] = []): string {
    const instr = instrs[r.number] as Instr;
    switch (instr.form) {
      case 'none':
        return instr.name;
      case 'block':
        if (r.blockType >= 0) return `${instr.name} (type ${r.blockType})`;
        return r.blockResult === null ? instr.name : `${instr.name} (result ${r.blockResult})`;
      case 'func':
        return `${instr.name} ${this.funcs[r.index] ?? r.index}`;
      case 'local':
        return `${instr.name} ${locals[r.index] ?? r.index}`;
      case 'label-table':
        return `${instr.name} ${r.list.subarray(0, r.count).join(' ')}`;
      case 'types':
        return `${instr.name} (result ${[...r.list.subarray(0, r.count)].map((code) => valueTypeOf(code)).join(' ')})`;
      case 'call-indirect':
        return `${instr.name}${r.second === 0 ? '' : ` ${r.second}`} (type ${r.index})`;
      case 'ref-type':
        return `${instr.name} ${r.index === 0x70 ? 'func' : 'extern'}`;
      case 'table-copy':
        return r.index === 0 && r.second === 0 ? instr.name : `${instr.name} ${r.index} ${r.second}`;
      case 'table-init':
        return `${instr.name}${r.second === 0 ? '' : ` ${r.second}`} ${r.index}`;
      case 'memory':
        return r.index === 0 ? instr.name : `${instr.name} ${r.index}`;
      case 'memory-copy':
        return r.index === 0 && r.second === 0 ? instr.name : `${instr.name} ${r.index} ${r.second}`;
      case 'memory-init':
        return `${instr.name}${r.second === 0 ? '' : ` ${r.second}`} ${r.index}`;
      case 'access':
        return instr.name + accessText(r);
      case 'access-lane':
        return `${instr.name}${accessText(r)} ${r.index}`;
      case 'lanes':
        return `${instr.name} ${r.bytes16.join(' ')}`;
      case 'i32':
        return `${instr.name} ${r.i32}`;
      case 'i64':
        return `${instr.name} ${r.i64}`;
      case 'f32':
        return `${instr.name} ${floatText(32, BigInt(r.lo >>> 0))}`;
      case 'f64':
        return `${instr.name} ${floatText(64, BigInt.asUintN(64, r.i64))}`;
      case 'v128':
        return `${instr.name} i8x16 ${r.bytes16.join(' ')}`;
      default:
        return `${instr.name} ${r.index}`;
    }
  }

  /** A constant expression, its instructions one behind the other. */
  exprText(expr: WasmExpr): string {
    const r = new InstrReader(expr.code, this.file, expr.at ?? 0);
    const parts: string[] = [];
    while (r.next()) parts.push(this.instrText(r));
    return parts.map((part) => `(${part})`).join(' ');
  }

  elementText({ mode, items, type }: WasmElement): string {
    const place =
      mode.kind === 'active'
        ? ` (table ${mode.target}) (offset ${this.exprText(mode.offset)})`
        : mode.kind === 'declared'
          ? ' declare'
          : '';
    const indices = items.every((item) => typeof item === 'number');
    const texts = items.map((item) =>
      typeof item === 'number' ? (this.funcs[item] ?? `${item}`) : `(item ${this.exprText(item)})`,
    );
    return `${place} ${[indices && type === 'funcref' ? 'func' : type, ...texts].join(' ')}`;
  }
}

function blockOpener(number: number): boolean {
  return number === opcode.block || number === opcode.loop || number === opcode.if;
}

function accessText(r: InstrReader): string {
  const memory = r.second === 0 ? '' : ` ${r.second}`;
  const offset = r.memoryOffset === 0 ? '' : ` offset=${r.memoryOffset}`;
  return `${memory}${offset} align=${2 ** r.align}`;
}

function signature(type: WasmFuncType): string {
  const params = type.params.length === 0 ? '' : ` (param ${type.params.join(' ')})`;
  return type.results.length === 0 ? params : `${params} (result ${type.results.join(' ')})`;
}

function limitsText({ min, max }: WasmLimits): string {
  return max === null ? `${min}` : `${min} ${max}`;
}

function tableText(table: WasmTable): string {
  return `${limitsText(table.limits)} ${table.type}`;
}

function globalText(global: WasmGlobalType): string {
  return global.mutable ? `(mut ${global.type})` : global.type;
}
