/**
 * Encodes a Wasm module with one exported function for each of many instructions, independent of the framework's own
 * Wasm code. Floats go in and out as the bits of integers, so that JavaScript cannot change a NaN; a v128 as two i64.
 */

import type { Type } from '@sluice/ir';

/** A function that runs one instruction: `code` with its immediates, operands from parameters. */
export interface Probe {
  readonly params: readonly Type[];
  readonly result: Type | 'void';
  readonly code: readonly number[];
}

const carriers: Record<string, readonly number[]> = {
  void: [],
  i32: [0x7f],
  i64: [0x7e],
  f32: [0x7f],
  f64: [0x7e],
  v128: [0x7e, 0x7e],
};
const fromBits: Record<string, readonly number[]> = { i32: [], i64: [], f32: [0xbe], f64: [0xbf] };
/** To the carriers; a vector by way of local `k`. */
const toBits = (type: string, k: number): readonly number[] => {
  if (type === 'v128') return [0x22, ...leb(k), 0xfd, 29, 0, 0x20, ...leb(k), 0xfd, 29, 1];
  return type === 'f32' ? [0xbc] : type === 'f64' ? [0xbd] : [];
};

/** An unsigned LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

const vector = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];
const text = (value: string): number[] => [...leb(value.length), ...new TextEncoder().encode(value)];
const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body];
const carried = (types: readonly string[]): readonly number[] => types.flatMap((type) => carriers[type] ?? []);

/** The module: functions are exported by their position, memory (1 page, at most 3) as `memory`, data is passive. */
export function opModule(probes: readonly Probe[], data: readonly (readonly number[])[] = []): Uint8Array<ArrayBuffer> {
  const types = probes.map((p) => {
    const codes = (list: readonly number[]) => vector(list.map((code) => [code]));
    return [0x60, ...codes(carried(p.params)), ...codes(carried([p.result]))];
  });
  const bodies = probes.map((p) => {
    let next = 0;
    const operands = p.params.flatMap((t) => {
      const first = [0x20, ...leb(next++)];
      // A splat of the low half, its upper lane replaced.
      if (t === 'v128') return [...first, 0xfd, 18, 0x20, ...leb(next++), 0xfd, 30, 1];
      return [...first, ...(fromBits[t] ?? [])];
    });
    const locals = p.result === 'v128' ? [1, 1, 0x7b] : [0];
    const body = [...locals, ...operands, ...p.code, ...toBits(p.result, next), 0x0b];
    return [...leb(body.length), ...body];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(3, vector(probes.map((_, i) => leb(i)))),
    ...section(5, vector([[0x01, 1, 3]])),
    ...section(7, vector([[...text('memory'), 2, 0], ...probes.map((_, i) => [...text(String(i)), 0, ...leb(i)])])),
    ...section(12, leb(data.length)),
    ...section(10, vector(bodies)),
    ...section(11, vector(data.map((bytes) => [1, ...vector([...bytes].map((b) => [b]))]))),
  ]);
}

/** What the engine says when it traps, as the kind of trap; throws on other errors. */
export function trapKindOf(error: unknown): string {
  const message = error instanceof WebAssembly.RuntimeError ? error.message : '';
  if (/divide by zero|remainder by zero/.test(message)) return 'integer-divide-by-zero';
  if (/divide result unrepresentable/.test(message)) return 'integer-overflow';
  if (/float unrepresentable/.test(message)) return 'float-unrepresentable';
  if (/out of bounds/.test(message)) return 'out-of-bounds';
  throw error;
}
