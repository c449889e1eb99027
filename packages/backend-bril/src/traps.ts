/** Traps: Bril has no instruction that fails, but many that do so in the same way. */

import { type BrilType, baseType } from '@sluice/bril-format';
import type { Constant, Draft, Operand } from './draft.ts';

const int = baseType('int');

/** Instructions that end in the error that a kind of trap stands for. */
export function failure(kind: string, fresh: () => string, constant: (value: bigint) => Constant): readonly Draft[] {
  const made = fresh();
  const pointer = { base: 'int', ptr: 1 };
  const draft = (op: string, dest: string | null, type: BrilType | null, ...args: Operand[]): Draft => {
    return { op, dest, type, args, func: null, value: null };
  };
  switch (kind) {
    case 'integer-divide-by-zero':
      return [draft('div', made, int, constant(0n), constant(0n))];
    case 'invalid-conversion':
      return [draft('int2char', made, baseType('char'), constant(-1n))];
    case 'heap-bounds':
      return [draft('alloc', made, pointer, constant(0n))];
    case 'heap-uninitialised':
      return [draft('alloc', made, pointer, constant(1n)), draft('load', fresh(), int, made)];
    case 'heap-dead':
      return [
        draft('alloc', made, pointer, constant(1n)),
        draft('free', null, null, made),
        draft('load', fresh(), int, made),
      ];
    default:
      // A variable that gets its value too late.
      return [draft('id', fresh(), int, made), draft('undef', made, int)];
  }
}
