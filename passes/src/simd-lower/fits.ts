/**
 * Which numbers of 32 bits are no more than 8 or 16 bits, extended: they can be compared, and multiplied in pairs, in lanes as
 * narrow as that.
 */

import { coreOp, type Func, instOf, type ValueId } from '@sluice/ir';

const and = coreOp('i32.and');

/** Whether a value is its lowest `bits` bits, extended with signs or with zeros. */
export function fitsIn(f: Func, v: ValueId, bits: number, signed: boolean): boolean {
  const { op, imm, args, type } = instOf(f, v);
  if (type !== 'i32') return false;
  if (op.kind === 'const') return isWithin(imm as number, bits, signed);
  if (op.access !== null) {
    const loaded = 8 * op.access.bytes;
    if (op.access.signed) return signed && loaded <= bits;
    return signed ? loaded < bits : loaded <= bits;
  }
  if (op !== and) return false;
  const masks = args.map((arg) => instOf(f, arg)).filter((arg) => arg.op.kind === 'const');
  return masks.some((mask) => (mask.imm as number) >= 0 && isWithin(mask.imm as number, bits, signed));
}

function isWithin(k: number, bits: number, signed: boolean): boolean {
  const half = 2 ** (bits - 1);
  return signed ? k >= -half && k < half : k >= 0 && k < 2 * half;
}

/**
 * How two values of 32 bits can be compared in narrower lanes: the verb, and how wide. `least` is the narrowest that there may
 * be. Extending with signs keeps the order of numbers without signs as well.
 */
export function narrowCompare(
  f: Func,
  [a, b]: readonly ValueId[],
  verb: string,
  least: number,
): { readonly verb: string; readonly width: 8 | 16 } | null {
  if (a === undefined || b === undefined) return null;
  for (const width of [8, 16] as const) {
    if (width < least) continue;
    for (const signed of [false, true]) {
      if (!fitsIn(f, a, width, signed) || !fitsIn(f, b, width, signed)) continue;
      const order = verb.endsWith('_s') && !signed ? `${verb.slice(0, -2)}_u` : verb;
      return { verb: order, width };
    }
  }
  return null;
}
