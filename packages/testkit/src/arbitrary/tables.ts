/** Immediates of ops on tables. */

import type { Imm, OpDef, Type } from '@sluice/ir';
import type { Plan } from './plan.ts';
import type { Draw } from './program.ts';

/**
 * The immediate of an op on tables whose operands and result have these types; null: there is nothing to work on. Writes mostly
 * go to the table that is there to change: where the first one does, calls trap.
 */
export function tableImmediate(
  { tables, segments, features }: Plan,
  op: OpDef,
  types: readonly (Type | 'void')[],
  draw: Draw,
): Imm | null {
  const type = types.find((each) => each === 'externref' || each === 'funcref') ?? 'funcref';
  const fit = tables.filter((table) => table.type === type);
  const pick = (): string => {
    const changes = op.effect.writes !== 0 && !(features.traps && draw.oneIn(8));
    return (changes ? fit[fit.length - 1] : draw.of(fit))?.name ?? '';
  };
  switch (op.imm) {
    case 'table':
      return pick();
    case 'tables':
      return { to: pick(), from: draw.of(fit).name };
    case 'tableseg': {
      const segment = segments.findIndex((each) => each.type === type && each.mode.kind === 'passive');
      return segment < 0 ? null : { table: pick(), segment };
    }
    default:
      return features.traps && draw.oneIn(4) ? draw.below(segments.length) : null;
  }
}
