/** Constants of the IR as literals of Bril. */

import { type BrilLiteral, type BrilType, formatType } from '@sluice/bril-format';
import { evalOp, type Func, type Inst, instOf, Trap, toNumber, type Value } from '@sluice/ir';

/** Bril has no literal for what is no number. */
export function isNaNLiteral(value: BrilLiteral | null): boolean {
  return typeof value === 'number' && Number.isNaN(value);
}

/** A constant of the IR as a literal of a type; null: the type has none (a pointer's zero). */
export function literal(type: BrilType, imm: unknown): BrilLiteral | null {
  if (type.ptr > 0 || type.base === 'any') return null;
  switch (type.base) {
    case 'int':
      return BigInt(imm as number | bigint);
    case 'bool':
      return imm !== 0;
    case 'char':
      return String.fromCodePoint(imm as number);
    default:
      // The bits of a NaN, or a number.
      return toNumber(imm as Value);
  }
}

/** What the variable of a constant is called: `i1`, `fm0.5`, `btrue`. */
export function constantName(type: BrilType, shown: string): string {
  const base = formatType(type)[0] as string;
  return `${base}${shown.replace('-', 'm').replace(/[^A-Za-z0-9.]/g, '_')}`;
}

/** The value of an op whose operands are constants (at O0 no pass has run); undefined where it is not known. */
export function folded(f: Func, { op, args, type }: Inst): Value | undefined {
  if (op.eval === null || args.length === 0) return undefined;
  const operands = args.map((arg) => instOf(f, arg));
  if (operands.some((each) => each.op.kind !== 'const')) return undefined;
  const types = operands.map((each) => each.type);
  const value = evalOp(
    op,
    type,
    types,
    operands.map(({ imm }) => imm as Value),
  );
  return value instanceof Trap ? undefined : value;
}
