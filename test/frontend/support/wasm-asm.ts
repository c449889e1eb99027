/**
 * Bodies and constant expressions of Wasm from text, for tests: instructions as the text format names them, each on a line or
 * behind `;`, with their immediates as plain numbers. Nothing is checked: the code may be as wrong as a test wants it.
 *
 *   block | block i32 | block 3 (index of a type)      br_table 0 1 2 (the last is the default)
 *   i32.load 4 2 (offset, alignment)                   call_indirect 1 0 (type, table)
 */

import {
  CodeWriter,
  encodeModule,
  instrNamed,
  opcode,
  valueTypeCode,
  type WasmFuncType,
  type WasmModule,
  type WasmType,
} from '@sluice/wasm-format';

/** The bytes of code. */
export function code(text: string): Uint8Array {
  const w = new CodeWriter();
  for (const line of text.split(/[\n;]/)) {
    const [name = '', ...words] = line.trim().split(/\s+/);
    if (name !== '') instruction(w, name, words);
  }
  return w.take();
}

function instruction(w: CodeWriter, name: string, words: readonly string[]): void {
  if (name === 'select' && words.length > 0) {
    w.byte(opcode.select_typed);
    w.u32(words.length);
    for (const word of words) w.byte(typeCode(word));
    return;
  }
  const { bytes, form } = instrNamed(name);
  const numbers = words.map(Number);
  w.bytes(bytes);
  switch (form) {
    case 'none':
      return;
    case 'block': {
      const [word] = words;
      if (word === undefined) w.byte(0x40);
      else if (word in valueTypeCode) w.byte(typeCode(word));
      else w.s32(Number(word));
      return;
    }
    case 'ref-type':
      w.byte(typeCode(words[0] as string));
      return;
    case 'label-table':
      w.u32(numbers.length - 1);
      for (const label of numbers) w.u32(label);
      return;
    case 'access':
    case 'access-lane':
      w.u32(numbers[1] ?? 0);
      w.u32(numbers[0] ?? 0);
      if (form === 'access-lane') w.byte(numbers[2] ?? 0);
      return;
    case 'i32':
      w.s32(numbers[0] ?? 0);
      return;
    case 'i64':
      w.s64(BigInt(words[0] ?? 0));
      return;
    case 'f32':
      w.bytes(new Uint8Array(new Float32Array(numbers).buffer));
      return;
    case 'f64':
      w.bytes(new Uint8Array(new Float64Array(numbers).buffer));
      return;
    case 'lane':
      w.byte(numbers[0] ?? 0);
      return;
    case 'lanes':
    case 'v128':
      w.bytes(numbers);
      return;
    case 'memory':
      w.u32(numbers[0] ?? 0);
      return;
    case 'memory-copy':
    case 'memory-init':
      for (const k of [0, 1]) w.u32(numbers[k] ?? 0);
      return;
    default:
      for (const number of numbers) w.u32(number);
  }
}

function typeCode(word: string): number {
  return valueTypeCode[word as keyof typeof valueTypeCode];
}

/** A type `params -> results`, as in `i32 i64 -> f32`. */
export function type(text: string): WasmFuncType {
  const [params = [], results = []] = text.split('->').map(words);
  return { params: params as readonly WasmType[], results: results as readonly WasmType[] };
}

/** A function: its type, its code, and the types of its locals. */
export type TextFunc = readonly [type: string, body: string, locals?: string];

/** A module in which function k has type k (imported functions would come first). Other items by `parts`. */
export function functions(funcs: readonly TextFunc[], parts: Partial<WasmModule> = {}): Uint8Array<ArrayBuffer> {
  return encodeModule({
    ...parts,
    types: [...funcs.map(([text]) => type(text)), ...(parts.types ?? [])],
    funcs: funcs.map(([, body, locals = ''], k) => ({
      type: k,
      locals: words(locals).map((name) => ({ count: 1, type: name as WasmType })),
      code: code(body),
    })),
  });
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
