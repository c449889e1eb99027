/**
 * Programs to binary files (`.sbc`, `.srbc`); the layout is in container.ts. Equal programs give equal bytes, and so
 * does a program that was read back. The program has to be valid: others may not come back as they were.
 */

import {
  type ElementItem,
  type Global,
  type GlobalRef,
  isGlobalRef,
  type Signature,
  type Span,
  type Type,
  toBits,
  type Value,
} from '@sluice/ir';
import { constType, maxCount } from './asm-operand.ts';
import { ByteWriter } from './bytes.ts';
import {
  anyForms,
  bodyAt,
  checksumAt,
  checksumOf,
  elementModes,
  exportKinds,
  magics,
  operandKinds,
  sections,
  trapCodes,
  typeCodes,
  version,
} from './container.ts';
import type { Instr, InstrDef, Operand } from './instr.ts';
import type { Program, RegisterFunc, StackFunc } from './program.ts';

/** How to write a program. */
export interface EncodeOptions {
  /** With names of locals and registers, and the place of each instruction in its source. */
  readonly debug?: boolean;
}

/** The binary file of a program. */
export function encodeProgram(program: Program, options: EncodeOptions = {}): Uint8Array {
  const pools: Pools = { strings: pool(), types: pool(), instrs: pool(), signatures: [], defs: [] };
  const parts = new Map<string, Uint8Array>();
  parts.set(
    'items',
    section((w) => writeItems(w, pools, program)),
  );
  parts.set(
    'code',
    section((w) => writeList<StackFunc | RegisterFunc>(w, program.funcs, (f) => writeFunc(w, pools, f))),
  );
  if (options.debug ?? false)
    parts.set(
      'debug',
      section((w) => writeDebug(w, program)),
    );
  parts.set(
    'instructions',
    section((w) => writeList(w, pools.defs, (def) => writeDef(w, pools, def))),
  );
  parts.set(
    'types',
    section((w) => writeList(w, pools.signatures, (sig) => writeSignature(w, sig))),
  );
  parts.set(
    'strings',
    section((w) => writeList(w, [...pools.strings.keys()], (text) => writeText(w, text))),
  );
  return contain(program.machine, parts);
}

function contain(machine: Program['machine'], parts: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const w = new ByteWriter();
  w.bytes(encoder.encode(magics[machine]));
  w.byte(version);
  w.bytes(new Uint8Array(bodyAt - checksumAt));
  for (const [k, name] of sections.entries()) {
    const part = parts.get(name);
    if (part === undefined) continue;
    w.byte(k + 1);
    w.count(part.length);
    w.bytes(part);
  }
  const file = w.result();
  file.set(checksumOf(file), checksumAt);
  return file;
}

function section(write: (w: ByteWriter) => void): Uint8Array {
  const w = new ByteWriter();
  write(w);
  return w.result();
}

const encoder = new TextEncoder();

/** What is named by number, in the order of first use. */
interface Pools {
  readonly strings: Pool<string>;
  readonly types: Pool<string>;
  readonly instrs: Pool<InstrDef>;
  readonly signatures: Signature[];
  readonly defs: InstrDef[];
}

type Pool<K> = Map<K, number>;

function pool<K>(): Pool<K> {
  return new Map();
}

function numberOf<K>(numbers: Pool<K>, key: K): number {
  let index = numbers.get(key);
  if (index === undefined) {
    index = numbers.size;
    numbers.set(key, index);
  }
  return index;
}

function signatureNumber(pools: Pools, sig: Signature): number {
  const index = numberOf(pools.types, `${sig.params.join()}>${sig.results.join()}`);
  if (index === pools.signatures.length) pools.signatures.push(sig);
  return index;
}

function writeList<T>(w: ByteWriter, list: readonly T[], write: (element: T) => void): void {
  w.count(list.length);
  for (const element of list) write(element);
}

function writeText(w: ByteWriter, text: string): void {
  const bytes = encoder.encode(text);
  w.count(bytes.length);
  w.bytes(bytes);
}

function writeTypes(w: ByteWriter, types: readonly Type[]): void {
  writeList(w, types, (type) => w.byte(typeCodes.indexOf(type)));
}

function writeSignature(w: ByteWriter, { params, results }: Signature): void {
  writeTypes(w, params);
  writeTypes(w, results);
}

function writeDef(w: ByteWriter, pools: Pools, def: InstrDef): void {
  w.count(numberOf(pools.strings, def.name));
  writeList(w, def.operands, (kind) => w.byte(operandKinds.indexOf(kind)));
}

function writeItems(w: ByteWriter, pools: Pools, p: Program): void {
  const text = (value: string): void => w.count(numberOf(pools.strings, value));
  const optional = (value: number | null): void => w.count(value === null ? 0 : value + 1);
  const name = (value: string | null): void => optional(value === null ? null : numberOf(pools.strings, value));
  text(p.name);
  writeList(w, p.imports, (item) => {
    for (const value of [item.name, item.module, item.field]) text(value);
    w.count(signatureNumber(pools, item.sig));
  });
  const limits = ({ min, max }: { readonly min: number; readonly max: number | null }): void => {
    w.count(min);
    optional(max);
  };
  const source = (from: Global['source']): void => {
    w.byte(from === null ? 0 : 1);
    if (from !== null) for (const value of [from.module, from.field]) text(value);
  };
  const offset = (at: number | GlobalRef | null): void => {
    w.byte(at === null ? 0 : typeof at === 'number' ? 1 : 2);
    if (at !== null) w.count(typeof at === 'number' ? at : numberOf(pools.strings, at.global));
  };
  const items = (list: readonly ElementItem[]): void =>
    writeList(w, list, (item) => {
      w.byte(item === null ? 0 : typeof item === 'string' ? 1 : 2);
      if (item !== null) text(typeof item === 'string' ? item : item.global);
    });
  const blob = (bytes: Uint8Array): void => {
    w.count(bytes.length);
    w.bytes(bytes);
  };
  w.byte(p.memory === null ? 0 : 1);
  if (p.memory !== null) {
    limits(p.memory);
    source(p.memory.source);
  }
  writeList(w, p.tables, (table) => {
    text(table.name);
    w.byte(typeCodes.indexOf(table.type));
    limits(table);
    source(table.source);
    items(table.elements);
  });
  writeList(w, p.globals, (global) => {
    const { init } = global;
    text(global.name);
    w.byte(typeCodes.indexOf(global.type));
    w.byte(global.mutable ? 1 : 0);
    source(global.source);
    if (global.source !== null) return;
    w.byte(isGlobalRef(init) ? 1 : 0);
    if (isGlobalRef(init)) text(init.global);
    else writeValue(w, pools, global.type, init);
  });
  writeList(w, p.segments, ({ type, items: list, mode }) => {
    w.byte(typeCodes.indexOf(type));
    w.byte(elementModes.indexOf(mode.kind));
    if (mode.kind === 'active') {
      text(mode.table);
      offset(mode.offset);
    }
    items(list);
  });
  writeList(w, p.data, (data) => {
    offset(data.offset);
    blob(data.bytes);
  });
  writeList(w, p.exports, (item) => {
    text(item.external);
    w.byte(exportKinds.indexOf(item.kind));
    text(item.name);
  });
  name(p.start);
  name(p.initialiser);
  writeList(w, p.customs, (custom) => {
    text(custom.name);
    w.byte(custom.after);
    blob(custom.bytes);
  });
}

function writeFunc(w: ByteWriter, pools: Pools, f: StackFunc | RegisterFunc): void {
  w.count(numberOf(pools.strings, f.name));
  w.count(signatureNumber(pools, f.sig));
  if ('locals' in f) {
    writeTypes(w, f.locals);
  } else {
    w.count(f.registers);
    w.count(f.slots);
  }
  writeList(w, f.code, ({ def, operands }) => {
    const index = numberOf(pools.instrs, def);
    if (index === pools.defs.length) pools.defs.push(def);
    w.count(index);
    for (let k = 0; k < operands.length; k++) writeOperand(w, pools, def, k, operands[k]);
  });
}

function writeOperand(w: ByteWriter, pools: Pools, def: InstrDef, k: number, operand: Operand | undefined): void {
  switch (def.operands[k]) {
    case 'defs':
    case 'uses':
    case 'labels':
      writeList(w, operand as readonly number[], (value) => w.count(value));
      return;
    case 'cases':
      writeList(w, operand as readonly number[], (value) => w.int(value));
      return;
    case 'lanes':
      for (const lane of operand as readonly number[]) w.byte(lane);
      return;
    case 'value':
      writeValue(w, pools, constType(def, k), operand as Value);
      return;
    case 'imm32':
      w.int(operand as number);
      return;
    case 'func':
    case 'import':
    case 'global':
    case 'table':
      w.count(numberOf(pools.strings, operand as string));
      return;
    case 'sig':
      w.count(signatureNumber(pools, operand as Signature));
      return;
    case 'trap':
      w.byte(trapCodes.indexOf(operand as never));
      return;
    case 'type':
      w.byte(typeCodes.indexOf(operand as never));
      return;
    default:
      w.count(operand as number);
  }
}

function writeValue(w: ByteWriter, pools: Pools, type: Type, value: Value): void {
  switch (type) {
    case 'i32':
      w.int(value as number);
      return;
    case 'i64':
      w.long(value as bigint);
      return;
    case 'f32':
    case 'f64':
    case 'v128':
      w.word(toBits(type, value), type === 'f32' ? 4 : type === 'f64' ? 8 : 16);
      return;
    case 'funcref':
      w.byte(value === null ? 0 : 1);
      if (value !== null) w.count(numberOf(pools.strings, String(value)));
      return;
    case 'externref':
      return;
    case 'any': {
      const form = typeof value === 'boolean' || value === null ? String(value) : typeof value;
      w.byte(anyForms.indexOf(form as never));
      if (typeof value === 'number') w.word(toBits('f64', value), 8);
      else if (typeof value === 'bigint') w.long(value);
      else if (typeof value === 'string') w.count(numberOf(pools.strings, value));
    }
  }
}

// Files; then for each function names by index, and places where they change: instructions since the last change,
// file + 1 (0: nowhere), line, column.
function writeDebug(w: ByteWriter, program: Program): void {
  const files: Pool<string> = pool();
  const funcs = section((body) => {
    for (const f of program.funcs) {
      const names = 'locals' in f ? f.localNames : f.registerNames;
      writeList(
        body,
        [...names].sort(([a], [b]) => a - b),
        ([index, name]) => {
          body.count(index);
          writeText(body, name);
        },
      );
      writePlaces(body, files, f.code);
    }
  });
  writeList(w, [...files.keys()], (file) => writeText(w, file));
  w.bytes(funcs);
}

function writePlaces(w: ByteWriter, files: Pool<string>, code: readonly Instr[]): void {
  const changes: (readonly [number, Span | null])[] = [];
  let last: Span | null = null;
  for (const [index, { loc }] of code.entries()) {
    const same = loc === last || (loc !== null && last !== null && samePlace(loc, last));
    if (!same) changes.push([index, loc]);
    last = loc;
  }
  let before = 0;
  writeList(w, changes, ([index, loc]) => {
    w.count(index - before);
    before = index;
    w.count(loc === null ? 0 : numberOf(files, loc.file) + 1);
    if (loc === null) return;
    w.count(position(loc.line));
    w.count(position(loc.col));
  });
}

// Places come from anywhere; a strange one must not spoil the file.
function position(value: number): number {
  return Number.isInteger(value) ? Math.min(Math.max(value, 0), maxCount) : 0;
}

function samePlace(a: Span, b: Span): boolean {
  return a.line === b.line && a.col === b.col && a.file === b.file;
}
