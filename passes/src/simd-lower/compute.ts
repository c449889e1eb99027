/** One op in lanes, whatever its operands come from: turns of a loop or neighbours in straight-line code. */

import type { Inst, Type, ValueId } from '@sluice/ir';
import type { Code } from './code.ts';
import { integerShape, type LaneForm, laneForm, laneWidth, shapeOf, type Width } from './lanes.ts';
import { joined, type Lanes, maskOfWidth, narrowed, repeatedBytes, spread, widened } from './vectors.ts';

/** The operands of an instruction, by their number. */
export interface Operands {
  /** As they are: numbers or masks. */
  readonly lanes: (k: number) => Lanes;
  /** As numbers of their type. */
  readonly number: (k: number) => readonly ValueId[];
  /** Not the lanes of an operand, but its one value, as an i32. */
  readonly count: (k: number) => ValueId;
  readonly typeOf: (k: number) => Type;
}

/** A number in every lane. */
export function everywhere(code: Code, type: string, value: bigint | number): ValueId {
  return code.bytes(repeatedBytes(value, type));
}

/** Lanes as a number of an i32, where a mask stands for 1 and 0. */
export function numberOf(code: Code, lanes: Lanes): readonly ValueId[] {
  if (!lanes.mask) return lanes.registers;
  const one = everywhere(code, 'i32', 1);
  return maskOfWidth(code, lanes, 32).map((register) => code.emit('v128.and', [register, one]));
}

/** Whether lanes are not 0, as a mask for lanes of a width. */
export function maskOf(code: Code, lanes: Lanes, width: Width): readonly ValueId[] {
  if (lanes.mask) return maskOfWidth(code, lanes, width);
  const zero = everywhere(code, 'i32', 0);
  const registers = lanes.registers.map((v) => code.emit(`${integerShape[lanes.width]}.ne`, [v, zero]));
  return maskOfWidth(code, { registers, width: lanes.width, mask: true }, width);
}

/** Writes the instruction in lanes; it must have a form. */
export function compute(code: Code, inst: Inst, operands: Operands): Lanes {
  const form = laneForm(inst) as LaneForm;
  const width = laneWidth(inst.type) as Width;
  const shape = shapeOf[inst.type] as string;
  const number = (registers: readonly ValueId[]): Lanes => ({ registers, width, mask: false });
  const each = (name: string): readonly ValueId[] => {
    const all = inst.args.map((_, k) => operands.number(k));
    return (all[0] ?? []).map((_, r) =>
      code.emit(
        name,
        all.map((registers) => registers[r] as ValueId),
      ),
    );
  };
  switch (form.kind) {
    case 'map':
      return number(each(`${shape}.${form.verb}`));
    case 'bits':
      return bits(code, form.verb, operands.lanes(0), operands.lanes(1)) ?? number(each(`v128.${form.verb}`));
    case 'compare':
      return { registers: each(`${shapeOf[operands.typeOf(0)]}.${form.verb}`), width: form.width, mask: true };
    case 'zero':
      return isZero(code, operands.lanes(0), form.width);
    case 'shift': {
      const count = operands.count(1);
      return number(operands.number(0).map((v) => code.emit(`${shape}.${form.verb}`, [v, count])));
    }
    case 'rotate': {
      // Both shifts take their counts modulo the width.
      const count = operands.count(1);
      const back = code.emit('i32.sub', [code.constant('i32', 0), count]);
      const [up, down] = form.left ? [count, back] : [back, count];
      const turned = (v: ValueId): ValueId =>
        code.emit('v128.or', [code.emit(`${shape}.shl`, [v, up]), code.emit(`${shape}.shr_u`, [v, down])]);
      return number(operands.number(0).map(turned));
    }
    case 'extend': {
      const count = code.constant('i32', width - form.bits);
      const extended = (v: ValueId): ValueId =>
        code.emit(`${shape}.shr_s`, [code.emit(`${shape}.shl`, [v, count]), count]);
      return number(operands.number(0).map(extended));
    }
    case 'copysign': {
      const sign = everywhere(code, width === 32 ? 'i32' : 'i64', -(2n ** BigInt(width - 1)));
      const signs = operands.number(1);
      return number(operands.number(0).map((v, r) => code.emit('v128.bitselect', [signs[r] as ValueId, v, sign])));
    }
    case 'widen':
      return number(widened(code, operands.number(0), 32, form.signed));
    case 'wrap':
      return number(narrowed(code, operands.number(0), 64));
    case 'spread':
      return number(spread(code, operands.number(0), form.op));
    case 'join':
      return number(joined(code, operands.number(0), form.op));
    case 'same':
      return number(operands.number(0));
    case 'select': {
      const other = operands.number(1);
      const masks = maskOf(code, operands.lanes(2), width);
      const chosen = (v: ValueId, r: number): ValueId =>
        code.emit('v128.bitselect', [v, other[r] as ValueId, masks[r] as ValueId]);
      return number(operands.number(0).map(chosen));
    }
  }
}

/** Of two masks; null where they are not. */
function bits(code: Code, verb: string, a: Lanes, b: Lanes): Lanes | null {
  if (!a.mask || !b.mask) return null;
  const common = Math.max(a.width, b.width) as Width;
  const other = maskOfWidth(code, b, common);
  const registers = maskOfWidth(code, a, common).map((v, r) => code.emit(`v128.${verb}`, [v, other[r] as ValueId]));
  return { registers, width: common, mask: true };
}

function isZero(code: Code, lanes: Lanes, width: Width): Lanes {
  if (lanes.mask) return { ...lanes, registers: lanes.registers.map((v) => code.emit('v128.not', [v])) };
  const zero = everywhere(code, 'i32', 0);
  const registers = lanes.registers.map((v) => code.emit(`${integerShape[width]}.eq`, [v, zero]));
  return { registers, width, mask: true };
}
