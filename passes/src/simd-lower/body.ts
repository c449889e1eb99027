/**
 * The body of a vector loop: each instruction of the scalar loop that is needed, in lanes. One `PartWriter` writes the turns
 * of one part; values that stay the same are made once, before the loop.
 */

import { type Func, type Inst, instOf, type Type, type Value, type ValueId } from '@sluice/ir';
import type { Access } from './accesses.ts';
import type { Code } from './code.ts';
import { integerShape, type LaneForm, laneForm, laneWidth, shapeOf, type Width } from './lanes.ts';
import type { LoopPlan } from './plan.ts';
import { joined, type Lanes, maskOfWidth, narrowed, repeatedBytes, resized, spread, widened } from './vectors.ts';

/** Splats of what does not change in the loop, in the block before it. */
export class Splats {
  readonly #f: Func;
  readonly #code: Code;
  readonly #known = new Map<ValueId, ValueId>();
  readonly #counts = new Map<ValueId, ValueId>();

  constructor(f: Func, code: Code) {
    this.#f = f;
    this.#code = code;
  }

  /** A value in every lane of its type. */
  of(v: ValueId): ValueId {
    let made = this.#known.get(v);
    if (made === undefined) {
      const { op, type, imm } = instOf(this.#f, v);
      made =
        op.kind === 'const'
          ? this.#code.bytes(repeatedBytes(imm as number | bigint, type))
          : this.#code.emit(`${shapeOf[type]}.splat`, [this.here(v)]);
      this.#known.set(v, made);
    }
    return made;
  }

  /** A number in every lane. */
  constant(type: string, value: bigint | number): ValueId {
    return this.#code.bytes(repeatedBytes(value, type));
  }

  /** A count of shifts, as an i32. */
  count(v: ValueId): ValueId {
    let made = this.#counts.get(v);
    if (made === undefined) {
      const inst = instOf(this.#f, v);
      const value = this.here(v);
      made = inst.type === 'i64' ? this.#code.emit('i32.wrap_i64', [value]) : value;
      this.#counts.set(v, made);
    }
    return made;
  }

  /** The value where the splats stand: constants may be written in the loop. */
  here(v: ValueId): ValueId {
    const { op, imm } = instOf(this.#f, v);
    return op.kind === 'const' ? this.#code.edit.constant(op, imm as Value) : v;
  }
}

/** What the parts share. */
export interface Shared {
  readonly f: Func;
  readonly plan: LoopPlan;
  readonly code: Code;
  readonly splats: Splats;
  /** The pointer of an access's group on this turn. */
  readonly pointerOf: (access: Access) => ValueId;
  /** Register `r` of part `part` of a count. */
  readonly countOf: (phi: ValueId, part: number, r: number) => ValueId;
  /** Takes a step of a reduction. */
  readonly gather: (link: ValueId, part: number, value: (width: Width) => Lanes) => void;
}

/** Writes one part. */
export class PartWriter {
  readonly #shared: Shared;
  readonly #part: number;
  readonly #values = new Map<ValueId, Lanes>();
  readonly #numbers = new Map<ValueId, Lanes>();
  readonly #links: ReadonlyMap<ValueId, ValueId>;

  constructor(shared: Shared, part: number) {
    this.#shared = shared;
    this.#part = part;
    this.#links = new Map(
      shared.plan.reductions.flatMap(({ links }) => links.map(({ inst, operand }) => [inst, operand] as const)),
    );
  }

  /** Writes all that is needed. */
  write(): void {
    const { f, plan } = this.#shared;
    for (const v of plan.body) {
      const inst = instOf(f, v);
      const operand = this.#links.get(v);
      const access = plan.accesses.of.get(v);
      if (operand !== undefined) this.#shared.gather(v, this.#part, (width) => this.#gathered(operand, width));
      else if (access?.store === true) this.#store(inst, access);
      else this.#values.set(v, access === undefined ? this.#compute(inst) : this.#load(inst, access));
    }
  }

  /** An operand of a reduction: masks stay what they are. */
  #gathered(v: ValueId, width: Width): Lanes {
    const lanes = this.#lanes(v);
    if (!lanes.mask) return lanes;
    return { registers: maskOfWidth(this.#shared.code, lanes, width), width, mask: true };
  }

  #lanes(v: ValueId): Lanes {
    const { f, plan, splats, countOf } = this.#shared;
    const made = this.#values.get(v);
    if (made !== undefined) return made;
    const width = laneWidth(instOf(f, v).type) as Width;
    const count = (plan.lanes * width) / 128;
    const isCount = plan.inductions.has(v) && !plan.evolution.isInvariant(v);
    const registers = Array.from({ length: count }, (_, r) => (isCount ? countOf(v, this.#part, r) : splats.of(v)));
    const lanes: Lanes = { registers, width, mask: false };
    this.#values.set(v, lanes);
    return lanes;
  }

  /** The registers of a value as a number of its type. */
  #number(v: ValueId): readonly ValueId[] {
    const lanes = this.#lanes(v);
    if (!lanes.mask) return lanes.registers;
    let made = this.#numbers.get(v);
    if (made === undefined) {
      const { code, splats } = this.#shared;
      const one = splats.constant('i32', 1);
      const registers = maskOfWidth(code, lanes, 32).map((register) => code.emit('v128.and', [register, one]));
      made = { registers, width: 32, mask: false };
      this.#numbers.set(v, made);
    }
    return made.registers;
  }

  /** Whether a value is not 0, as a mask for lanes of a width. */
  #mask(v: ValueId, width: Width): readonly ValueId[] {
    const { code, splats } = this.#shared;
    const lanes = this.#lanes(v);
    if (lanes.mask) return maskOfWidth(code, lanes, width);
    const shape = integerShape[lanes.width];
    const zero = splats.constant('i32', 0);
    const registers = lanes.registers.map((register) => code.emit(`${shape}.ne`, [register, zero]));
    return maskOfWidth(code, { registers, width: lanes.width, mask: true }, width);
  }

  #compute(inst: Inst): Lanes {
    const form = laneForm(inst) as LaneForm;
    const { args, type } = inst;
    const { code, splats } = this.#shared;
    const [a, b] = args as readonly [ValueId, ValueId];
    const width = laneWidth(type) as Width;
    const shape = shapeOf[type] as string;
    const number = (registers: readonly ValueId[]): Lanes => ({ registers, width, mask: false });
    switch (form.kind) {
      case 'map':
        return number(this.#each(`${shape}.${form.verb}`, args));
      case 'bits':
        return this.#bits(form.verb, a, b, width);
      case 'compare': {
        const registers = this.#each(`${shapeOf[this.#typeOf(a)]}.${form.verb}`, args);
        return { registers, width: form.width, mask: true };
      }
      case 'zero':
        return this.#isZero(a, form.width);
      case 'shift': {
        const count = splats.count(b);
        return number(this.#number(a).map((v) => code.emit(`${shape}.${form.verb}`, [v, count])));
      }
      case 'rotate':
        return number(this.#rotated(a, splats.count(b), shape, form.left));
      case 'extend': {
        const count = code.constant('i32', width - form.bits);
        return number(
          this.#number(a).map((v) => code.emit(`${shape}.shr_s`, [code.emit(`${shape}.shl`, [v, count]), count])),
        );
      }
      case 'copysign': {
        const sign = splats.constant(width === 32 ? 'i32' : 'i64', -(2n ** BigInt(width - 1)));
        const signs = this.#number(b);
        return number(this.#number(a).map((v, r) => code.emit('v128.bitselect', [signs[r] as ValueId, v, sign])));
      }
      case 'widen':
        return number(widened(code, this.#number(a), 32, form.signed));
      case 'wrap':
        return number(narrowed(code, this.#number(a), 64));
      case 'spread':
        return number(spread(code, this.#number(a), form.op));
      case 'join':
        return number(joined(code, this.#number(a), form.op));
      case 'same':
        return number(this.#number(a));
      case 'select': {
        const other = this.#number(b);
        const masks = this.#mask(args[2] as ValueId, width);
        return number(
          this.#number(a).map((v, r) => code.emit('v128.bitselect', [v, other[r] as ValueId, masks[r] as ValueId])),
        );
      }
    }
  }

  #typeOf(v: ValueId): Type {
    return instOf(this.#shared.f, v).type as Type;
  }

  /** An op on the registers of its operands. */
  #each(name: string, args: readonly ValueId[]): readonly ValueId[] {
    const operands = args.map((v) => this.#number(v));
    const [first = []] = operands;
    return first.map((_, r) =>
      this.#shared.code.emit(
        name,
        operands.map((registers) => registers[r] as ValueId),
      ),
    );
  }

  #bits(verb: string, a: ValueId, b: ValueId, width: Width): Lanes {
    const [x, y] = [this.#lanes(a), this.#lanes(b)];
    if (!x.mask || !y.mask) return { registers: this.#each(`v128.${verb}`, [a, b]), width, mask: false };
    const { code } = this.#shared;
    const common = Math.max(x.width, y.width) as Width;
    const other = maskOfWidth(code, y, common);
    const registers = maskOfWidth(code, x, common).map((v, r) => code.emit(`v128.${verb}`, [v, other[r] as ValueId]));
    return { registers, width: common, mask: true };
  }

  #isZero(a: ValueId, width: Width): Lanes {
    const { code, splats } = this.#shared;
    const lanes = this.#lanes(a);
    if (lanes.mask) return { ...lanes, registers: lanes.registers.map((v) => code.emit('v128.not', [v])) };
    const zero = splats.constant('i32', 0);
    const registers = lanes.registers.map((v) => code.emit(`${integerShape[width]}.eq`, [v, zero]));
    return { registers, width, mask: true };
  }

  /** Both shifts take their counts modulo the width. */
  #rotated(a: ValueId, count: ValueId, shape: string, left: boolean): readonly ValueId[] {
    const { code } = this.#shared;
    const back = code.emit('i32.sub', [code.constant('i32', 0), count]);
    const [up, down] = left ? [count, back] : [back, count];
    return this.#number(a).map((v) =>
      code.emit('v128.or', [code.emit(`${shape}.shl`, [v, up]), code.emit(`${shape}.shr_u`, [v, down])]),
    );
  }

  #load({ op, type, loc }: Inst, access: Access): Lanes {
    const { code, plan } = this.#shared;
    const width = laneWidth(type) as Width;
    const count = (plan.lanes * access.bytes) / 16;
    const loaded = Array.from({ length: count }, (_, r) =>
      code.emit('v128.load', [this.#shared.pointerOf(access)], { imm: this.#place(access, r), loc }),
    );
    const signed = op.access?.signed ?? false;
    return { registers: resized(code, loaded, (8 * access.bytes) as Width, width, signed), width, mask: false };
  }

  #store({ args, loc }: Inst, access: Access): void {
    const { code } = this.#shared;
    const width = laneWidth(this.#typeOf(args[1] as ValueId)) as Width;
    const registers = resized(code, this.#number(args[1] as ValueId), width, (8 * access.bytes) as Width, false);
    for (const [r, v] of registers.entries()) {
      code.emit('v128.store', [this.#shared.pointerOf(access), v], { imm: this.#place(access, r), loc });
    }
  }

  #place({ start, bytes }: Access, r: number): { readonly offset: number; readonly align: number } {
    const turns = this.#part * this.#shared.plan.lanes;
    return { offset: start + turns * bytes + 16 * r, align: Math.log2(bytes) };
  }
}
