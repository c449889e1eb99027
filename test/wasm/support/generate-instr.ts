/** Instructions of random modules: which give what, and how they are written with random immediates. */

import { type CodeWriter, type Instr, instrNamed, instrs, type WasmType } from '@sluice/wasm-format';
import type { Random } from './random.ts';

export const numeric: readonly WasmType[] = ['i32', 'i64', 'f32', 'f64'];
const scalars: readonly WasmType[] = [...numeric, 'i32', 'i64', 'externref', 'funcref'];
export const allTypes: readonly WasmType[] = [...scalars, 'v128', 'v128'];
export const tableSize = 12;

/** Instructions of the op table that give a value of a type (void: none), with operands that are on the stack only. */
export const producers = new Map<string, Instr[]>();
for (const instr of instrs) {
  const sig = instr?.op?.sig;
  if (instr === null || sig === undefined || sig.variadic || instr.name.endsWith('.const')) continue;
  if (instr.name.startsWith('memory.') && instr.name !== 'memory.size') continue;
  if (/^(table|elem|ref|select)/.test(instr.name) || sig.params.includes('T') || sig.result === 'T') continue;
  producers.set(sig.result, [...(producers.get(sig.result) ?? []), instr]);
}

/** Whether a result may be a NaN that was computed. */
export function computesFloat({ name, form }: Instr): boolean {
  if (form !== 'none' || /reinterpret|extract_lane|splat|copysign|\.abs$|\.neg$|pmin|pmax/.test(name)) return false;
  return /^f(32|64)/.test(name) && !/\.(eq|ne|lt|gt|le|ge)$/.test(name);
}

/** Writes the opcode of an instruction. */
export function op(w: CodeWriter, name: string): CodeWriter {
  return w.op(...instrNamed(name).bytes);
}

/** Writes a constant; a function is one with a number up to `index`. */
export function writeConstant(w: CodeWriter, random: Random, type: WasmType, index: number): void {
  const wide = (): bigint => (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32));
  switch (type) {
    case 'i32':
      w.i32Const(random.pick([0, 1, -1, 2, 7, 31, 255, 65_535, 0x7fffffff, -0x80000000, random.below(2 ** 32) | 0]));
      break;
    case 'i64':
      w.i64Const(random.pick([0n, 1n, -1n, 63n, 0x7fffffffffffffffn, -(2n ** 63n), BigInt.asIntN(64, wide())]));
      break;
    case 'f32':
      w.f32Bits(
        random.pick([0, 0x80000000, 0x3f800000, 0xbf000000, 0x7f800000, 0x7fc00000, 1, 0x4f000000, 0x4b000001]) | 0,
      );
      break;
    case 'f64':
      w.f64Bits(
        random.pick([
          0n,
          1n << 63n,
          0x3ff8000000000000n,
          0x7ff0000000000000n,
          0x7ff8000000000000n,
          0xc1e0000000000000n,
          0x43e0000000000000n,
        ]),
      );
      break;
    case 'v128':
      op(w, 'v128.const');
      for (let i = 0; i < 16; i++) w.byte(random.pick([0, 0, 1, 0x7f, 0x80, 0xff, random.below(256)]));
      break;
    case 'funcref':
      if (random.below(2) === 0) w.refNull('funcref');
      else w.refFunc(random.below(index + 1));
      break;
    case 'externref':
      w.refNull('externref');
  }
}

/** Writes an instruction of the op table. */
export function writeInstr(w: CodeWriter, random: Random, instr: Instr): void {
  w.op(...instr.bytes);
  switch (instr.form) {
    case 'none':
      return;
    case 'access':
      w.u32(0);
      w.u32(random.pick([0, 1, 8, 300]));
      return;
    case 'access-lane': {
      w.u32(0);
      w.u32(random.below(20));
      w.byte(random.below(128 / Number(/\d+/.exec(instr.name.slice(5))?.[0] ?? 64)));
      return;
    }
    case 'lane':
      w.byte(random.below(Number(/x(\d+)/.exec(instr.name)?.[1] ?? 2)));
      return;
    case 'lanes':
      for (let i = 0; i < 16; i++) w.byte(random.below(32));
      return;
    case 'memory':
      w.byte(0);
      return;
    case 'data':
      w.byte(1);
      return;
    default:
      throw new Error(`${instr.name}: not generated`);
  }
}
