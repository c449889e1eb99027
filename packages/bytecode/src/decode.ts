/**
 * Binary files to programs; the layout is in container.ts. Any bytes give a program or a diagnostic with the offset of
 * the byte that is wrong (`line` 0, `col` the offset). What is read is well-formed; whether it may run is for the
 * validator to say (validate.ts).
 *
 * Memory is bounded by a small multiple of the file's size: numbers of elements are held against the bytes that are
 * left, and every element takes a byte at least. Frames' sizes are numbers only; the validator bounds them.
 */

import {
  attempt,
  coreTable,
  DiagnosticError,
  type ElementItem,
  type ElementMode,
  type ElementSegment,
  type Export,
  fromBits,
  type Global,
  type GlobalRef,
  type Import,
  type ImportSource,
  isGlobalRef,
  type OpTable,
  type RefType,
  type Result,
  type Signature,
  type Span,
  type Table,
  type Type,
  type Value,
  zeroOf,
} from '@sluice/ir';
import { constType, maxCount } from './asm-operand.ts';
import { ByteReader } from './bytes.ts';
import {
  anyForms,
  bodyAt,
  checksumAt,
  checksumOf,
  elementModes,
  exportKinds,
  itemForms,
  magics,
  offsetForms,
  operandKinds,
  refForms,
  sections,
  trapCodes,
  typeCodes,
  version,
} from './container.ts';
import { type Debug, noDebug, readDebug } from './decode-debug.ts';
import { badChecksum, badMagic, badVersion, instrChanged, unknownInstr } from './diag-codes.ts';
import type { Instr, InstrDef, InstrTable, Operand } from './instr.ts';
import type { Program, ProgramParts, RegisterFunc, StackFunc } from './program.ts';
import { registerTable } from './register.ts';
import { stackTable } from './stack.ts';

/** Where a file stands, and the ops that its instructions are made of. */
export interface DecodeOptions {
  /** Its name in diagnostics. */
  readonly file: string;
  /** Default: the core table. */
  readonly ops?: OpTable;
}

/** The machine whose bytecode this is, by the first bytes; null: it is none. */
export function machineOf(bytes: Uint8Array): Program['machine'] | null {
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  return magic === magics.stack ? 'stack' : magic === magics.register ? 'register' : null;
}

/** Reads a binary file of either machine. */
export function decodeProgram(bytes: Uint8Array, options: DecodeOptions): Result<Program> {
  return attempt(() => {
    const { file, ops = coreTable } = options;
    const machine = machineOf(bytes);
    if (machine === null) throw new DiagnosticError(badMagic({ file, line: 0, col: 0 }));
    const parts = readSections(bytes, file);
    const table = machine === 'stack' ? stackTable(ops) : registerTable(ops);
    return readProgram(table, parts);
  });
}

type Sections = ReadonlyMap<string, ByteReader>;

function readSections(bytes: Uint8Array, file: string): Sections {
  const r = new ByteReader(bytes, file, 'the header', 4, bytes.length);
  const found = r.byte();
  if (found !== version) r.fail(badVersion(r.span(4), found, version));
  const checksum = r.bytes(bodyAt - checksumAt);
  const want = checksumOf(bytes);
  if (!checksum.every((byte, k) => byte === want[k])) r.fail(badChecksum(r.span(checksumAt)));
  const parts = new Map<string, ByteReader>();
  let last = 0;
  while (r.at < bytes.length) {
    const at = r.at;
    const id = r.byte();
    const name = id > last ? sections[id - 1] : undefined;
    if (name === undefined) return r.bad(`section ${id} behind section ${last}`, at);
    last = id;
    const length = r.count();
    const from = r.at;
    r.bytes(length);
    parts.set(name, new ByteReader(bytes, file, `section '${name}'`, from, from + length));
  }
  for (const name of sections) if (name !== 'debug' && !parts.has(name)) r.bad(`no section '${name}'`);
  return parts;
}

/** What the other sections name by number. */
interface Pools {
  readonly strings: readonly string[];
  readonly types: readonly Signature[];
  readonly instrs: readonly InstrDef[];
}

function readProgram(table: InstrTable, parts: Sections): Program {
  const part = (name: (typeof sections)[number]): ByteReader => parts.get(name) as ByteReader;
  const strings = readAll(part('strings'), (r) => r.text());
  const types = readAll(part('types'), readSignature);
  const instrs = readAll(part('instructions'), (r) => readDef(r, strings, table));
  const pools: Pools = { strings, types, instrs };
  const items = readItems(part('items'), pools);
  const spans = new Map<object | string, Span>();
  const file = parts.get('debug');
  const code = part('code');
  const funcs = readList(code, () => readHead(code, pools, table.machine));
  code.done();
  const debug = file === undefined ? null : readDebug(file, funcs);
  const finish = <F extends object>(make: (head: Head, debug: Debug) => F): F[] =>
    funcs.map((head, k) => {
      const f = make(head, debug?.[k] ?? noDebug);
      spans.set(f, head.at);
      return f;
    });
  return table.machine === 'stack'
    ? { ...items, machine: 'stack', funcs: finish(stackFunc), spans }
    : { ...items, machine: 'register', funcs: finish(registerFunc), spans };
}

function readAll<T>(r: ByteReader, read: (r: ByteReader) => T): readonly T[] {
  const list = readList(r, read);
  r.done();
  return list;
}

function readList<T>(r: ByteReader, read: (r: ByteReader) => T): T[] {
  const list: T[] = [];
  for (let rest = r.length(); rest > 0; rest--) list.push(read(r));
  return list;
}

function readType(r: ByteReader): Type {
  return r.choice(typeCodes, 'type');
}

function readSignature(r: ByteReader): Signature {
  return { params: readList(r, readType), results: readList(r, readType) };
}

function readDef(r: ByteReader, strings: readonly string[], table: InstrTable): InstrDef {
  const at = r.span();
  const name = r.choice(strings, 'string');
  const kinds = readList(r, () => r.choice(operandKinds, 'kind of operand'));
  const def = table.byName.get(name) ?? r.fail(unknownInstr(at, name, table.machine));
  if (kinds.join() !== def.operands.join()) r.fail(instrChanged(at, name));
  return def;
}

function readItems(r: ByteReader, pools: Pools): ProgramParts {
  const text = (): string => r.choice(pools.strings, 'string');
  const optional = (): number | null => {
    const value = r.count(maxCount + 1);
    return value === 0 ? null : value - 1;
  };
  const optionalText = (): string | null => {
    const at = r.at;
    const index = optional();
    return index === null ? null : (pools.strings[index] ?? r.bad(`no string ${index}`, at));
  };
  const flag = (): boolean => r.choice([false, true], 'flag');
  const name = text();
  const imports = readList(r, (): Import => {
    const [symbol, module, field] = [text(), text(), text()];
    return { name: symbol, module, field, sig: r.choice(pools.types, 'signature') };
  });
  const limits = (): { readonly min: number; readonly max: number | null } => ({ min: r.count(), max: optional() });
  const refType = (): RefType => {
    const at = r.at;
    const type = readType(r);
    return type === 'funcref' || type === 'externref' ? type : r.bad('no type of references', at);
  };
  const source = (): ImportSource | null => (flag() ? { module: text(), field: text() } : null);
  const offset = (): number | GlobalRef | null => {
    const form = r.choice(offsetForms, 'form of offset');
    return form === 'none' ? null : form === 'number' ? r.count() : { global: text() };
  };
  const items = (): ElementItem[] =>
    readList(r, () => {
      const form = r.choice(itemForms, 'form of element');
      return form === 'null' ? null : form === 'name' ? text() : { global: text() };
    });
  const blob = (): Uint8Array => r.bytes(r.count()).slice();
  const memory = flag() ? { ...limits(), source: source() } : null;
  const tables = readList(r, (): Table => {
    const symbol = text();
    const type = refType();
    const size = limits();
    const from = source();
    const at = r.at;
    const elements = items().map((item) => (isGlobalRef(item) ? r.bad('a global in a table', at) : item));
    return { name: symbol, type, ...size, source: from, elements };
  });
  const globals = readList(r, (): Global => {
    const symbol = text();
    const type = readType(r);
    const mutable = flag();
    const from = source();
    const init = from !== null ? zeroOf(type) : flag() ? { global: text() } : readValue(r, pools, type);
    return { name: symbol, type, mutable, init, source: from };
  });
  const segments = readList(r, (): ElementSegment => {
    const type = refType();
    const kind = r.choice(elementModes, 'mode of element segment');
    const at = r.at;
    const mode: ElementMode =
      kind === 'active' ? { kind, table: text(), offset: offset() ?? r.bad('no offset', at) } : { kind };
    return { type, items: items(), mode };
  });
  const data = readList(r, () => ({ offset: offset(), bytes: blob() }));
  const exports = readList(r, (): Export => {
    const external = text();
    return { external, kind: r.choice(exportKinds, 'kind of export'), name: text() };
  });
  const start = optionalText();
  const initialiser = optionalText();
  const customs = readList(r, () => ({ name: text(), after: r.byte(), bytes: blob() }));
  r.done();
  return { name, imports, memory, tables, segments, globals, data, exports, start, initialiser, customs };
}

/** A function without what only the debug section knows. */
interface Head {
  readonly at: Span;
  readonly name: string;
  readonly sig: Signature;
  readonly locals: readonly Type[];
  readonly registers: number;
  readonly slots: number;
  readonly code: Instr[];
}

function readHead(r: ByteReader, pools: Pools, machine: Program['machine']): Head {
  const at = r.span();
  const name = r.choice(pools.strings, 'string');
  const sig = r.choice(pools.types, 'signature');
  const locals = machine === 'stack' ? readList(r, readType) : [];
  const registers = machine === 'register' ? r.count() : 0;
  const slots = machine === 'register' ? r.count() : 0;
  const code = readList(r, () => readInstr(r, pools));
  return { at, name, sig, locals, registers, slots, code };
}

function stackFunc({ name, sig, locals, code }: Head, { names, places }: Debug): StackFunc {
  return { name, sig, locals, localNames: names, code: places(code) };
}

function registerFunc({ name, sig, registers, slots, code }: Head, { names, places }: Debug): RegisterFunc {
  return { name, sig, registers, slots, registerNames: names, code: places(code) };
}

const none: readonly Operand[] = [];

function readInstr(r: ByteReader, pools: Pools): Instr {
  const def = r.choice(pools.instrs, 'instruction');
  const { length } = def.operands;
  if (length === 0) return { def, operands: none, loc: null };
  const operands: Operand[] = [];
  for (let k = 0; k < length; k++) operands.push(readOperand(r, pools, def, k));
  return { def, operands, loc: null };
}

function readOperand(r: ByteReader, pools: Pools, def: InstrDef, k: number): Operand {
  switch (def.operands[k]) {
    case 'defs':
    case 'uses':
    case 'labels':
      return readList(r, () => r.count());
    case 'lanes':
      return Array.from({ length: 16 }, () => r.byte());
    case 'cases':
      return readList(r, () => r.int());
    case 'value':
      return readValue(r, pools, constType(def, k));
    case 'imm32':
      return r.int();
    case 'func':
    case 'import':
    case 'global':
    case 'table':
      return r.choice(pools.strings, 'string');
    case 'sig':
      return r.choice(pools.types, 'signature');
    case 'trap':
      return r.choice(trapCodes, 'kind of trap');
    case 'type':
      return readType(r);
    default:
      return r.count();
  }
}

function readValue(r: ByteReader, pools: Pools, type: Type): Value {
  switch (type) {
    case 'i32':
      return r.int();
    case 'i64':
      return r.long();
    case 'f32':
    case 'f64':
    case 'v128':
      return fromBits(type, r.word(type === 'f32' ? 4 : type === 'f64' ? 8 : 16));
    case 'funcref':
      return r.choice(refForms, 'form of reference') === 'null' ? null : r.choice(pools.strings, 'string');
    case 'externref':
      return null;
    case 'any':
      return readAny(r, pools);
  }
}

function readAny(r: ByteReader, pools: Pools): Value {
  const form = r.choice(anyForms, 'form of value');
  switch (form) {
    case 'undefined':
      return undefined;
    case 'null':
      return null;
    case 'false':
    case 'true':
      return form === 'true';
    case 'number': {
      const value = fromBits('f64', r.word(8));
      // A NaN in an `any` has no payload.
      return typeof value === 'bigint' ? Number.NaN : value;
    }
    case 'bigint':
      return r.long();
    case 'string':
      return r.choice(pools.strings, 'string');
  }
}
