/** The cold half of the direct interpreter: what a slot looks like in print, and which operand of an instruction is wrong. */

import type { BrilInstr } from '@sluice/bril-format';
import type { Span } from '@sluice/ir';
import {
  type Decoded,
  type DecodedFunction,
  firstPointer,
  tagBool,
  tagChar,
  tagFloat,
  tagInt,
  width,
} from './decode.ts';
import { type BrilFault, mismatch, undefinedValue } from './fault.ts';
import type { Frames } from './frames.ts';
import { findBrilOp } from './ops.ts';
import { formatFloat, pointerText } from './value.ts';

/** What `print` writes for a slot; `name` is the variable's, for the error where it holds nothing. */
export function showSlot(frames: Frames, slot: number, name: string): string {
  // Slots are made by `decode`, so that they are within the views.
  const tag = frames.T[slot]!;
  if (tag === tagInt) return frames.I[slot]!.toString();
  if (tag === tagFloat) return formatFloat(frames.F[slot]!);
  if (tag === tagBool) return frames.X[slot * 2] === 0 ? 'false' : 'true';
  if (tag === tagChar) return String.fromCodePoint(frames.X[slot * 2]!);
  if (tag < tagInt) throw undefinedValue(tag, 'print', name);
  return pointerText;
}

/** The instruction at a position; null for the end of a function. */
export function instrAt(decoded: Decoded, position: number): BrilInstr | null {
  return decoded.sources[position / width] ?? null;
}

/** Where the instruction at a position is in the text; for the end of a function, where the function is. */
export function spanAt(decoded: Decoded, func: DecodedFunction, position: number): Span {
  const { line, col } = instrAt(decoded, position)?.at ?? func.source.at;
  return { file: decoded.program.file, line, col };
}

/** The error of an instruction whose operands' tags are not those that its signature wants. */
export function badOperands(
  decoded: Decoded,
  func: DecodedFunction,
  frames: Frames,
  position: number,
  base: number,
): BrilFault {
  const instr = instrAt(decoded, position);
  const op = instr?.op ?? 'end';
  const wanted = findBrilOp(op)?.args;
  for (const [i, name] of (instr?.args ?? []).entries()) {
    // The first operand of `set` is written and not read.
    if (op === 'set' && i === 0) continue;
    const tag = frames.T[base + (func.slots.get(name) ?? 0)]!;
    if (tag < tagInt) return undefinedValue(tag, op, name);
    const sig = wanted?.[i] ?? 'T';
    const right = sig === 'T' || (sig === 'ptr<T>' ? tag >= firstPointer : sig === decoded.typeNames[tag]);
    if (!right) return mismatch(`${op} argument ${i}`, sig, decoded.typeNames[tag]!);
  }
  throw new Error(`interpret: ${op} has no wrong operand`);
}
