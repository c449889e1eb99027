/**
 * The body of a vector loop: each instruction of the scalar loop that is needed, in lanes. One `PartWriter` writes the turns
 * of one part; values that stay the same are made once, before the loop.
 */

import { coreOp, type Func, type Inst, instOf, type MemImm, type Type, type Value, type ValueId } from '@sluice/ir';
import type { Access } from './accesses.ts';
import type { Code } from './code.ts';
import { compute, maskOf, numberOf } from './compute.ts';
import { fitsIn, narrowCompare } from './fits.ts';
import { integerShape, laneForm, laneWidth, shapeOf, type Width } from './lanes.ts';
import type { LoopPlan } from './plan.ts';
import { type Lanes, maskOfWidth, repeatedBytes, resized } from './vectors.ts';

const product = coreOp('i32.mul');

/** Splats of what does not change in the loop, in the block before it. */
export class Splats {
  readonly #f: Func;
  readonly #code: Code;
  readonly #known = new Map<ValueId, ValueId>();
  readonly #counts = new Map<ValueId, ValueId>();
  readonly #narrow = new Map<string, ValueId>();
  readonly #loaded = new Map<ValueId, ValueId>();

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

  /** The lowest bits of a value in lanes that are narrower than it. */
  narrow(v: ValueId, width: Width): ValueId {
    const key = `${v} ${width}`;
    let made = this.#narrow.get(key);
    if (made === undefined) {
      const { op, type, imm } = instOf(this.#f, v);
      if (op.kind === 'const') {
        const low = repeatedBytes(imm as number | bigint, type).slice(0, width / 8);
        made = this.#code.bytes(Array.from({ length: 16 }, (_, i) => low[i % low.length] as number));
      } else made = this.#code.emit(`${integerShape[width]}.splat`, [type === 'i64' ? this.count(v) : this.here(v)]);
      this.#narrow.set(key, made);
    }
    return made;
  }

  /** What a load gives whose address stays: it is loaded once, from `pointer`. */
  load(v: ValueId, pointer: ValueId, offset: number): void {
    const { op, imm, loc } = instOf(this.#f, v);
    this.#loaded.set(v, this.#code.emit(op.name, [pointer], { imm: { ...(imm as MemImm), offset }, loc }));
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
    return op.kind === 'const' ? this.#code.edit.constant(op, imm as Value) : (this.#loaded.get(v) ?? v);
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
  readonly gather: (link: ValueId, part: number, value: (sums: boolean, width: Width) => Lanes) => void;
}

/** Writes one part. Loads and stores keep their order; all else is made when it is asked for. */
export class PartWriter {
  readonly #shared: Shared;
  readonly #part: number;
  /** Loads, as they are in memory. */
  readonly #rows = new Map<ValueId, readonly ValueId[]>();
  readonly #values = new Map<ValueId, Lanes>();
  readonly #numbers = new Map<ValueId, readonly ValueId[]>();
  readonly #narrow = new Map<string, readonly ValueId[]>();
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
      const operand = this.#links.get(v);
      const access = plan.accesses.of.get(v);
      if (operand !== undefined) {
        this.#shared.gather(v, this.#part, (sums, width) => this.#gathered(operand, sums, width));
      } else if (access?.store === true) this.#store(instOf(f, v), access);
      else if (access !== undefined && access.group.step !== 0) this.#rows.set(v, this.#load(instOf(f, v), access));
    }
  }

  /** An operand of a reduction: masks stay what they are; where it is summed, neighbours may be summed before. */
  #gathered(v: ValueId, sums: boolean, width: Width): Lanes {
    const pairs = sums && width === 32 ? this.#pairs(v) : null;
    if (pairs !== null) return { registers: pairs, width, mask: false };
    const lanes = this.#lanes(v);
    if (!lanes.mask) return lanes;
    return { registers: maskOfWidth(this.#shared.code, lanes, width), width, mask: true };
  }

  /** Sums of neighbours in lanes twice as wide: of what is loaded, and of products; null for all else. */
  #pairs(v: ValueId): readonly ValueId[] | null {
    const { f, plan, code } = this.#shared;
    const { op, args } = instOf(f, v);
    const row = this.#rows.get(v);
    if (row !== undefined && op.access !== null && op.access.bytes < 4) {
      const sign = op.access.signed ? 's' : 'u';
      const halves =
        op.access.bytes === 2 ? row : row.map((x) => code.emit(`i16x8.extadd_pairwise_i8x16_${sign}`, [x]));
      return halves.map((x) => code.emit(`i32x4.extadd_pairwise_i16x8_${sign}`, [x]));
    }
    if (op !== product || plan.lanes < 8 || this.#isConstant(v) || !args.every((arg) => fitsIn(f, arg, 16, true)))
      return null;
    const [a, b] = args.map((arg) => this.#narrowed(arg, 16)) as [readonly ValueId[], readonly ValueId[]];
    return a.map((x, r) => code.emit('i32x4.dot_i16x8_s', [x, b[r] as ValueId]));
  }

  /** Whether a value is the same on all turns. */
  #isConstant(v: ValueId): boolean {
    const { plan } = this.#shared;
    return plan.evolution.isInvariant(v) || plan.accesses.of.get(v)?.group.step === 0;
  }

  #lanes(v: ValueId): Lanes {
    let made = this.#values.get(v);
    if (made === undefined) {
      made = this.#made(v);
      this.#values.set(v, made);
    }
    return made;
  }

  #made(v: ValueId): Lanes {
    const { f, plan, code, splats, countOf } = this.#shared;
    const inst = instOf(f, v);
    const width = laneWidth(inst.type) as Width;
    const row = this.#rows.get(v);
    if (row !== undefined && inst.op.access !== null) {
      const { bytes, signed } = inst.op.access;
      return { registers: resized(code, row, (8 * bytes) as Width, width, signed), width, mask: false };
    }
    const isCount = plan.inductions.has(v) && !plan.evolution.isInvariant(v);
    if (!isCount && !this.#isConstant(v)) return this.#compute(inst);
    const registers = Array.from({ length: (plan.lanes * width) / 128 }, (_, r) =>
      isCount ? countOf(v, this.#part, r) : splats.of(v),
    );
    return { registers, width, mask: false };
  }

  /** The registers of a value as a number of its type. */
  #number(v: ValueId): readonly ValueId[] {
    const lanes = this.#lanes(v);
    if (!lanes.mask) return lanes.registers;
    let made = this.#numbers.get(v);
    if (made === undefined) {
      made = numberOf(this.#shared.code, lanes);
      this.#numbers.set(v, made);
    }
    return made;
  }

  #compute(inst: Inst): Lanes {
    const { f, code, splats, plan } = this.#shared;
    const operand = (k: number): ValueId => inst.args[k] as ValueId;
    const form = laneForm(inst);
    if (form?.kind === 'compare') {
      const narrow = narrowCompare(f, inst.args, form.verb, 128 / plan.lanes);
      if (narrow !== null) {
        const [a, b] = [this.#narrowed(operand(0), narrow.width), this.#narrowed(operand(1), narrow.width)];
        const name = `${integerShape[narrow.width]}.${narrow.verb}`;
        const registers = a.map((x, r) => code.emit(name, [x, b[r] as ValueId]));
        return { registers, width: narrow.width, mask: true };
      }
    }
    return compute(code, inst, {
      lanes: (k) => this.#lanes(operand(k)),
      number: (k) => this.#number(operand(k)),
      count: (k) => splats.count(operand(k)),
      typeOf: (k) => instOf(f, operand(k)).type as Type,
    });
  }

  /** The lowest bits of a value, in lanes that are narrower than it. */
  #narrowed(v: ValueId, width: Width): readonly ValueId[] {
    const key = `${v} ${width}`;
    let made = this.#narrow.get(key);
    if (made === undefined) {
      made = this.#computeNarrow(v, width);
      this.#narrow.set(key, made);
    }
    return made;
  }

  #computeNarrow(v: ValueId, width: Width): readonly ValueId[] {
    const { f, plan, code, splats } = this.#shared;
    const inst = instOf(f, v);
    const full = laneWidth(inst.type) as Width;
    if (full === width) return this.#number(v);
    const truncated = (): readonly ValueId[] => resized(code, this.#number(v), full, width, false);
    if (this.#isConstant(v)) {
      return Array.from({ length: (plan.lanes * width) / 128 }, () => splats.narrow(v, width));
    }
    const row = this.#rows.get(v);
    if (row !== undefined && inst.op.access !== null) {
      const { bytes, signed } = inst.op.access;
      return 8 * bytes > width ? truncated() : resized(code, row, (8 * bytes) as Width, width, signed);
    }
    if (plan.inductions.has(v)) return truncated();
    const form = laneForm(inst);
    const shape = integerShape[width];
    const operands = (count: number): readonly (readonly ValueId[])[] =>
      inst.args.slice(0, count).map((arg) => this.#narrowed(arg, width));
    const each = (name: string): readonly ValueId[] => {
      const [a = [], b = []] = operands(2);
      return a.map((x, r) => code.emit(name, [x, b[r] as ValueId]));
    };
    switch (form?.kind) {
      case 'map':
        if (!form.closed) return truncated();
        // Bytes have no product.
        if (form.verb === 'mul' && width === 8) return resized(code, this.#narrowed(v, 16), 16, 8, false);
        return each(`${shape}.${form.verb}`);
      case 'bits':
        return this.#lanes(v).mask ? this.#bit(v, width) : each(`v128.${form.verb}`);
      case 'compare':
      case 'zero':
        return this.#bit(v, width);
      case 'widen':
      case 'wrap':
        return this.#narrowed(inst.args[0] as ValueId, width);
      case 'select': {
        const [a = [], b = []] = operands(2);
        const masks = maskOf(code, this.#lanes(inst.args[2] as ValueId), width);
        return a.map((x, r) => code.emit('v128.bitselect', [x, b[r] as ValueId, masks[r] as ValueId]));
      }
      default:
        return truncated();
    }
  }

  /** A mask as 1 and 0 in narrow lanes. */
  #bit(v: ValueId, width: Width): readonly ValueId[] {
    const { code } = this.#shared;
    const one = code.bytes(Array.from({ length: 16 }, (_, i) => (i % (width / 8) === 0 ? 1 : 0)));
    return maskOfWidth(code, this.#lanes(v), width).map((register) => code.emit('v128.and', [register, one]));
  }

  #load({ loc }: Inst, access: Access): readonly ValueId[] {
    const { code, plan, pointerOf } = this.#shared;
    return Array.from({ length: (plan.lanes * access.bytes) / 16 }, (_, r) =>
      code.emit('v128.load', [pointerOf(access)], { imm: this.#place(access, r), loc }),
    );
  }

  #store({ args, loc }: Inst, access: Access): void {
    const { code, pointerOf } = this.#shared;
    const registers = this.#narrowed(args[1] as ValueId, (8 * access.bytes) as Width);
    for (const [r, v] of registers.entries()) {
      code.emit('v128.store', [pointerOf(access), v], { imm: this.#place(access, r), loc });
    }
  }

  #place({ start, bytes }: Access, r: number): { readonly offset: number; readonly align: number } {
    const turns = this.#part * this.#shared.plan.lanes;
    return { offset: start + turns * bytes + 16 * r, align: Math.log2(bytes) };
  }
}
