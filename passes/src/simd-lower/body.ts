/**
 * The body of a vector loop: each instruction of the scalar loop that is needed, in lanes. One `PartWriter` writes the turns
 * of one part; values that stay the same are made once, before the loop.
 */

import { type Func, type Inst, instOf, type Type, type Value, type ValueId } from '@sluice/ir';
import type { Access } from './accesses.ts';
import type { Code } from './code.ts';
import { compute, numberOf } from './compute.ts';
import { laneWidth, shapeOf, type Width } from './lanes.ts';
import type { LoopPlan } from './plan.ts';
import { type Lanes, maskOfWidth, repeatedBytes, resized } from './vectors.ts';

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
  readonly #numbers = new Map<ValueId, readonly ValueId[]>();
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
      made = numberOf(this.#shared.code, lanes);
      this.#numbers.set(v, made);
    }
    return made;
  }

  #compute(inst: Inst): Lanes {
    const { f, code, splats } = this.#shared;
    const operand = (k: number): ValueId => inst.args[k] as ValueId;
    return compute(code, inst, {
      lanes: (k) => this.#lanes(operand(k)),
      number: (k) => this.#number(operand(k)),
      count: (k) => splats.count(operand(k)),
      typeOf: (k) => instOf(f, operand(k)).type as Type,
    });
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
    const width = laneWidth(instOf(this.#shared.f, args[1] as ValueId).type) as Width;
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
