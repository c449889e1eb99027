/**
 * Encodes a Wasm module with one exported function for each of many instructions, independent of the framework's own
 * Wasm code. Floats go in and out as the bits of integers, so that JavaScript cannot change a NaN.
 */

import type { Type } from '@sluice/ir';

/** A function that runs one instruction: `code` with its immediates, operands from parameters. */
export interface Probe {
  readonly params: readonly Type[];
  readonly result: Type | 'void';
  readonly code: readonly number[];
}

const typeCode: Record<string, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };
const carrier: Record<string, string> = { i32: 'i32', i64: 'i64', f32: 'i32', f64: 'i64' };
const fromBits: Record<string, readonly number[]> = { i32: [], i64: [], f32: [0xbe], f64: [0xbf] };
const toBits: Record<string, readonly number[]> = { i32: [], i64: [], f32: [0xbc], f64: [0xbd], void: [] };

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
const valueType = (type: string): number => typeCode[carrier[type] ?? ''] ?? 0;

/** The module: functions are exported by their position, memory (1 page, at most 3) as `memory`, data is passive. */
export function opModule(probes: readonly Probe[], data: readonly (readonly number[])[] = []): Uint8Array<ArrayBuffer> {
  const types = probes.map((p) => {
    const results = p.result === 'void' ? [] : [[valueType(p.result)]];
    return [0x60, ...vector(p.params.map((t) => [valueType(t)])), ...vector(results)];
  });
  const bodies = probes.map((p) => {
    const operands = p.params.flatMap((t, i) => [0x20, ...leb(i), ...(fromBits[t] ?? [])]);
    const body = [0, ...operands, ...p.code, ...(toBits[p.result] ?? []), 0x0b];
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
