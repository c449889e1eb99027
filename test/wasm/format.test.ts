/** The binary format of Wasm: real modules come out as they came in, malformed ones are told by offset and reason. */

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { coreTable, formatDiagnostic, unwrap } from '@sluice/ir';
import { budget } from '@sluice/testkit';
import {
  constantExpr,
  constantOf,
  decodeModule,
  decodeNames,
  encodeModule,
  encodeNames,
  InstrReader,
  instrNamed,
  instrs,
  nameSection,
  opcode,
  printWasm,
  type WasmElement,
  type WasmModule,
} from '@sluice/wasm-format';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { corpus } from '../corpus.ts';

const { resolve } = createRequire(import.meta.url);
const packaged = [
  'source-map/lib/mappings.wasm',
  'sql.js/dist/sql-wasm.wasm',
  'web-tree-sitter/web-tree-sitter.wasm',
  'web-tree-sitter/debug/web-tree-sitter.wasm',
  '@jsquash/webp/codec/enc/webp_enc.wasm',
].map((name) => ({ name, bytes: new Uint8Array(readFileSync(resolve(name))) }));

const root = corpus();
const folder = root === null ? null : join(root, 'wasm');
const specified =
  folder === null
    ? []
    : readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.wasm'))
        .sort()
        .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }));

const decoded = (bytes: Uint8Array, file = 'm.wasm'): WasmModule => unwrap(decodeModule(bytes, { file }));

/** Reads all code: how many instructions there are. */
function countInstrs(m: WasmModule, file = 'm.wasm'): number {
  let count = 0;
  for (const func of m.funcs) {
    const r = new InstrReader(func.code, file, func.at ?? 0, m.dataCount);
    while (r.next()) count++;
  }
  return count;
}

/** The complaint about a module that is malformed; null: there is none. */
function complaint(bytes: Uint8Array): string | null {
  const m = decodeModule(bytes, { file: 'm.wasm' });
  if (!m.ok) return formatDiagnostic(m.diagnostics[0] as never);
  const text = printWasm(m.value, { file: 'm.wasm' });
  return text.ok ? null : formatDiagnostic(text.diagnostics[0] as never);
}

test.each(packaged)('$name: decoded and encoded, it is the same bytes', ({ name, bytes }) => {
  const m = decoded(bytes, name);
  expect(countInstrs(m, name)).toBeGreaterThan(20_000);
  expect(Buffer.compare(encodeModule(m), bytes)).toBe(0);
  for (const section of m.customs.filter((custom) => custom.name === nameSection)) {
    expect(Buffer.compare(encodeNames(unwrap(decodeNames(section, name))).bytes, section.bytes)).toBe(0);
  }
});

test.skipIf(folder === null)(
  "the specification's modules come out as they came in; valid ones are never refused",
  () => {
    for (const { name, bytes } of specified) {
      const m = decodeModule(bytes, { file: name });
      if (m.ok) expect(Buffer.compare(encodeModule(m.value), bytes), name).toBe(0);
      if (WebAssembly.validate(bytes)) expect(complaint(bytes), name).toBeNull();
    }
  },
);

test('disassembly is the text format: binaryen makes the same functions of it', async () => {
  const { default: binaryen } = await import('binaryen');
  const small = specified.filter(({ name, bytes }) => /\.0\.wasm$/.test(name) && WebAssembly.validate(bytes));
  for (const { name, bytes } of [...small, ...packaged.slice(0, 1)]) {
    const text = unwrap(printWasm(decoded(bytes, name), { file: name, offsets: true }));
    const parsed = binaryen.parseText(text);
    const read = binaryen.readBinary(bytes);
    expect(parsed.getNumFunctions(), name).toBe(read.getNumFunctions());
    const again = decoded(parsed.emitBinary());
    expect(countInstrs(again), name).toBe(countInstrs(decoded(read.emitBinary())));
    parsed.dispose();
    read.dispose();
  }
});

test('every op with a wasm column is an instruction, and the written opcodes are those of the table', () => {
  for (const op of coreTable.values()) {
    if (op.wasm === null) continue;
    expect(instrNamed(op.name).op).toBe(op);
    expect(instrNamed(op.name).bytes).toEqual(op.wasm);
  }
  for (const [name, code] of Object.entries(opcode)) {
    if (name === 'select_typed') continue;
    const plain = name.replaceAll('_', '.');
    const spelt = [...name].flatMap((c, i) => (c === '_' ? [`${name.slice(0, i)}.${name.slice(i + 1)}`] : []));
    expect([name, plain, ...spelt]).toContain(instrs[code]?.name);
  }
});

const many = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f];
const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const oneFunc = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0];
const body = (...code: readonly number[]): number[] => {
  const size = code.length + 1;
  return [...header, ...oneFunc, 10, size + 2, 1, size, 0, ...code];
};

test.each<readonly [string, readonly number[], string]>([
  ['nothing', [], 'm.wasm:0:0: error[SL0701]: magic header not detected'],
  ['a component', [0, 0x61, 0x73, 0x6d, 13, 0, 1, 0], 'm.wasm:0:4: error[SL0702]: unknown binary version'],
  ['half a header', header.slice(0, 6), 'unexpected end'],
  ['an unknown section', [...header, 14, 0], 'm.wasm:0:8: error[SL0705]: malformed section id'],
  ['a section beyond the end', [...header, 1, 9, 0], 'length out of bounds'],
  ['more types than bytes', [...header, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f], 'unexpected end'],
  ['a number of six bytes', [...header, 1, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0], 'integer representation too long'],
  ['a number of 33 bits', [...header, 1, 5, 0x80, 0x80, 0x80, 0x80, 0x10], 'integer too large'],
  ['bytes behind a vector', [...header, 1, 2, 0, 0], 'section size mismatch'],
  ['sections in disorder', [...header, 3, 1, 0, 1, 1, 0], 'unexpected content after last section'],
  ['a section twice', [...header, 1, 1, 0, 1, 1, 0], 'unexpected content after last section'],
  ['functions without code', [...header, ...oneFunc], 'function and code section have inconsistent lengths'],
  ['code without functions', [...header, 10, 4, 1, 2, 0, 0x0b], 'function and code section have inconsistent lengths'],
  ['a name that is no text', [...header, 0, 3, 1, 0xff, 0], 'malformed UTF-8 encoding'],
  ['too few data segments', [...header, 12, 1, 2], 'data count and data section have inconsistent lengths'],
  ['2^32-1 locals', [...header, ...oneFunc, 10, 10, 1, 8, 1, ...many, 0x0b], 'too many locals'],
  ['no end', body(0x01), 'END opcode expected'],
  ['an open block', body(0x02, 0x40, 0x0b), 'END opcode expected'],
  ['an end too much', body(0x0b, 0x0b), 'section size mismatch'],
  ['an unknown opcode', body(0x06, 0x0b), 'm.wasm:0:23: error[SL0706]: illegal opcode 06'],
  ['an unknown vector opcode', body(0xfd, 0xff, 0x03, 0x0b), 'illegal opcode fd ff 03'],
  ['memory.init without a data count', body(0xfc, 8, 0, 0, 0x0b), 'data count section required'],
  ['an i32 of 33 bits', body(0x41, 0x80, 0x80, 0x80, 0x80, 0x70, 0x1a, 0x0b), 'integer too large'],
  ['an i64 of 65 bits', body(0x42, ...new Array<number>(9).fill(0x80), 0x7e, 0x1a, 0x0b), 'integer too large'],
  ['a table of labels beyond the end', body(0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0b), 'unexpected end'],
])('%s is malformed', (_, bytes, reason) => {
  expect(complaint(Uint8Array.from(bytes))).toContain(reason);
});

test('numbers of every width are read as they are written', () => {
  const wide = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(fc.integer(), wide, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (narrow, long, index) => {
      for (const constant of [
        { kind: 'i32', value: narrow },
        { kind: 'i64', value: long },
        { kind: 'f32', value: narrow },
        { kind: 'f64', value: long },
        { kind: 'global', index },
      ] as const) {
        expect(unwrap(constantOf(constantExpr(constant), 'm.wasm'))).toEqual(constant);
      }
    }),
    budget(300),
  );
});

test('segments of every form are written in the shortest one', () => {
  const offset = constantExpr({ kind: 'i32', value: 3 });
  const item = { at: 0, ...constantExpr({ kind: 'func', index: 0 }) };
  const forms: readonly (readonly [number, Partial<WasmElement>])[] = [
    [0, { mode: { kind: 'active', target: 0, offset }, items: [0] }],
    [1, { mode: { kind: 'passive' }, items: [0] }],
    [2, { mode: { kind: 'active', target: 1, offset }, items: [0] }],
    [3, { mode: { kind: 'declared' }, items: [0] }],
    [4, { mode: { kind: 'active', target: 0, offset }, items: [item] }],
    [5, { mode: { kind: 'passive' }, items: [item] }],
    [6, { mode: { kind: 'active', target: 1, offset }, items: [item] }],
    [7, { mode: { kind: 'declared' }, items: [item] }],
  ];
  const table = { type: 'funcref', limits: { min: 4, max: null } } as const;
  const elements = forms.map(
    ([, element]) => ({ type: 'funcref', items: [], mode: { kind: 'passive' }, ...element }) as const,
  );
  const bytes = encodeModule({
    types: [{ params: [], results: [] }],
    funcs: [{ type: 0, locals: [], code: new Uint8Array() }],
    tables: [table, table],
    elements,
  });
  expect(WebAssembly.validate(bytes)).toBe(true);
  const again = decoded(bytes).elements;
  expect(again.map(({ at = 0 }) => bytes[at])).toEqual(forms.map(([form]) => form));
  expect(again.map(({ mode, items }) => [mode.kind, items.length])).toEqual(
    elements.map(({ mode, items }) => [mode.kind, items.length]),
  );
});

test('mutants of real modules are decoded or refused, and what is decoded is encoded again', () => {
  const samples = [...specified.slice(0, 200), ...packaged.slice(0, 1)];
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.nat(samples.length - 1), edits, fc.boolean(), (k, changes, cut) => {
      const bytes = (samples[k] ?? { bytes: new Uint8Array() }).bytes.slice();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      const mutant = cut ? bytes.subarray(0, (changes[0]?.[0] ?? 0) % bytes.length) : bytes;
      const m = decodeModule(mutant, { file: 'm.wasm' });
      const said = complaint(mutant);
      if (said !== null) expect(said).toMatch(/^m\.wasm:0:\d+: error\[SL07/);
      if (said !== null) expect(WebAssembly.validate(mutant as never)).toBe(false);
      if (m.ok) expect(encodeModule(decoded(encodeModule(m.value)))).toEqual(encodeModule(m.value));
    }),
    budget(1000),
  );
});
