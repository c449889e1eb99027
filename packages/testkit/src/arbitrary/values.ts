/**
 * The values that a function under construction can use at a place, and single ops over them.
 *
 * Two stores: the pool holds values whose definitions dominate the place (it grows and shrinks with the structure of the
 * program), variables hold what may come over several edges (the builder makes phis of them).
 *
 * A NaN is canonicalised before its bits can be seen (SPEC §3), unless its bits are exact: constants, loads and
 * reinterpretations move bits, and engines must not change them. In a vector all ops see bits, so that there lanes that are NaN are
 * made 0 right behind the op that may have made them. Pointers have a pool, a variable and a global of their own,
 * for their bits are not to be seen either (SPEC §6), and numbers are not to become pointers to objects.
 */

import {
  evalOp,
  FuncBuilder,
  type Imm,
  type OpDef,
  type OpName,
  Trap,
  type Type,
  type Value,
  type ValueId,
  type Variable,
  zeroOpName,
} from '@sluice/ir';
import { cornersOf } from './const.ts';
import { type OpForm, roleOf } from './op-forms.ts';
import type { Plan } from './plan.ts';
import type { Draw } from './program.ts';
import { tableImmediate } from './tables.ts';

/** How much of each pool there was at a place. */
export type Mark = ReadonlyMap<string, number>;

/** The values of one function, see the head of this file. */
export class Values {
  readonly b: FuncBuilder;
  readonly plan: Plan;
  /** Position of the function in the plan. */
  readonly index: number;
  readonly #pool = new Map<string, ValueId[]>();
  readonly #variables = new Map<Type, readonly Variable[]>();
  readonly #exact = new Set<ValueId>();
  /** Values of the pool that nothing uses yet. */
  readonly #unused = new Set<ValueId>();
  /** Whether values without a use stay without: what failures shrink to. */
  readonly #quiet: boolean;
  /** What was seen of the values of this activation so far, an i64. */
  readonly #seen: Variable;
  /** A pointer, which may come over several edges. */
  readonly #held: Variable;

  constructor(plan: Plan, index: number, draw: Draw) {
    const func = plan.funcs[index];
    if (func === undefined) throw new Error(`no function ${index} in the plan`);
    this.plan = plan;
    this.index = index;
    this.b = new FuncBuilder(func.name, func.sig, plan.features.ops);
    this.#quiet = draw.below(8) === 0;
    this.#seen = this.b.variable('i64');
    this.#held = this.b.variable('i64');
    for (const [i, type] of func.sig.params.entries()) this.push(type, this.b.params[i] as ValueId);
    for (const type of plan.features.types) {
      if (plan.features.slots) this.b.slot(type);
      const variables = [this.b.variable(type), this.b.variable(type)];
      this.#variables.set(type, variables);
      // A variable that was never written is zero.
      const first = this.#fromPool(type, draw);
      if (first !== undefined) this.b.write(variables[0] as Variable, first);
    }
  }

  // Where values are kept.

  /** Makes a value usable wherever its definition dominates. */
  push(kind: string, v: ValueId): void {
    const list = this.#pool.get(kind);
    if (list === undefined) this.#pool.set(kind, [v]);
    else list.push(v);
    if (kind !== 'pointer') this.#unused.add(v);
  }

  /** The state of the pool, for `release`. */
  mark(): Mark {
    return new Map([...this.#pool].map(([kind, list]) => [kind, list.length]));
  }

  /** Forgets what was pushed since: its definitions do not dominate what follows. */
  release(mark: Mark): void {
    for (const [kind, list] of this.#pool) list.length = mark.get(kind) ?? 0;
  }

  variable(type: Type, draw: Draw): Variable {
    return draw.of(this.#variables.get(type) ?? []);
  }

  // Recent values twice as often, and those without a use: chains of computations rather than heaps of them.
  #fromPool(kind: string, draw: Draw): ValueId | undefined {
    const list = this.#pool.get(kind);
    if (list === undefined || list.length === 0) return undefined;
    const fresh = draw.below(2) === 0 ? list.findLast((v) => this.#unused.has(v)) : undefined;
    const back = Math.min(draw.below(list.length), draw.below(list.length));
    const v = fresh ?? list[list.length - 1 - back];
    if (v !== undefined) this.#unused.delete(v);
    return v;
  }

  // What shows.

  /** Mixes the values that were pushed since `mark` and have no use into what the activation shows at its end. */
  sink(mark: Mark): void {
    if (this.#quiet) return;
    for (const type of this.plan.features.types) {
      for (const v of (this.#pool.get(type) ?? []).slice(mark.get(type) ?? 0))
        if (this.#unused.has(v)) this.#show(type, v);
    }
  }

  #show(type: Type, v: ValueId): void {
    const { b } = this;
    this.#unused.delete(v);
    const turned = b.emit('i64.rotl', [b.read(this.#seen), b.constant('i64', 7n)]);
    b.write(this.#seen, b.emit('i64.xor', [turned, this.#bits(type, v)]));
  }

  /** A value as an i64 in which it shows. */
  #bits(type: Type, v: ValueId): ValueId {
    const { b } = this;
    switch (type) {
      case 'i64':
        return v;
      case 'i32':
        return b.emit('i64.extend_i32_u', [v]);
      case 'f64':
        return b.emit('i64.reinterpret_f64', [this.#canonical('f64', v)]);
      case 'f32':
        return this.#bits('i32', b.emit('i32.reinterpret_f32', [this.#canonical('f32', v)]));
      case 'v128':
        return b.emit('i64.add', [b.emit('i64x2.extract_lane', [v], 0), b.emit('i64x2.extract_lane', [v], 1)]);
      case 'any':
        return this.#bits('i32', b.emit('any.tag', [v]));
      default:
        return this.#bits('i32', b.emit('ref.is_null', [v]));
    }
  }

  /** Writes what the activation has seen to a global: before it returns or traps. */
  flush(): void {
    if (this.#quiet) return;
    const { b, plan } = this;
    const before = b.emit('global.get', [], plan.witness, 'i64');
    b.emit('global.set', [b.emit('i64.add', [before, b.read(this.#seen)])], plan.witness);
  }

  // Values.

  /** Some value of a type: a constant, a variable's, or one of the pool. */
  value(type: Type, draw: Draw): ValueId {
    const how = draw.below(8);
    if (how === 0) return this.constant(type, draw);
    if (how < 3) return this.b.read(this.variable(type, draw));
    return this.#fromPool(type, draw) ?? this.b.read(this.variable(type, draw));
  }

  /** A constant; an op without operands for types that have none. */
  constant(type: Type, draw: Draw): ValueId {
    const zero = this.b.opNamed(zeroOpName(type));
    if (zero.kind !== 'const') return this.b.emit(zero, [], undefined, type);
    return this.literal(type, constantOf(type, draw));
  }

  /** This constant. */
  literal(type: Type, value: Value): ValueId {
    const v = this.b.constant(type, value);
    this.#exact.add(v);
    return v;
  }

  /** An i32 from 0 to `mask` (all ones). */
  bounded(mask: number, draw: Draw): ValueId {
    return this.b.emit('i32.and', [this.value('i32', draw), this.literal('i32', mask)]);
  }

  /** A pointer that a heap op gave, most of the time. */
  pointer(draw: Draw): ValueId {
    // To no object: ids are positive.
    if (draw.oneIn(32)) return this.b.emit('i64.or', [this.value('i64', draw), this.literal('i64', -(1n << 63n))]);
    if (draw.oneIn(8)) return this.b.read(this.#held);
    if (draw.oneIn(16)) return this.b.emit('global.get', [], this.plan.keeper, 'i64');
    const known = this.#fromPool('pointer', draw);
    if (known !== undefined) return known;
    const made = this.b.emit('heap.alloc', [this.literal('i64', BigInt(2 + draw.below(4)))]);
    this.#keep(made, draw);
    return made;
  }

  /** Makes a pointer usable: where its definition dominates, some over other edges as well, some in all functions. */
  #keep(pointer: ValueId, draw: Draw): void {
    this.push('pointer', pointer);
    if (draw.oneIn(4)) this.b.write(this.#held, pointer);
    if (draw.oneIn(12)) this.b.emit('global.set', [pointer], this.plan.keeper);
  }

  /** The value with a canonical NaN in place of one whose bits engines may choose. */
  #canonical(type: 'f32' | 'f64', v: ValueId): ValueId {
    if (this.#exact.has(v)) return v;
    const ordered = this.b.emit(`${type}.eq` as OpName, [v, v]);
    return this.b.emit('select', [v, this.literal(type, Number.NaN), ordered], undefined, type);
  }

  /** The vector with zeros in place of lanes that are NaN; the dialect says how wide they are. */
  #ordered(dialect: string, v: ValueId): ValueId {
    return this.b.emit('v128.and', [v, this.b.emit(`${dialect}.eq` as OpName, [v, v])]);
  }

  // Ops.

  /** One op of the table; its result goes to the pool. The result, or null of ops without one. */
  op(draw: Draw): { readonly type: Type; readonly v: ValueId } | null {
    const form = draw.of(draw.of(this.plan.groups));
    const { op, params, result } = form;
    const imm = this.#immediate(form, draw);
    if (imm === skip) return null;
    const args = op.kind === 'const' ? [] : this.#operands(form, draw);
    const made = this.b.emit(op, args, imm, result);
    if (result === 'void') return null;
    const v = op.sig.result === 'v128' && op.eval !== null && !op.bits ? this.#ordered(op.dialect, made) : made;
    if (op.kind === 'const' || op.access !== null || (op.bits && !params.includes(result))) this.#exact.add(v);
    if (op.dialect === 'heap' && result === 'i64' && params.length > 0 && op.effect.traps.length > 0) {
      this.#keep(v, draw);
      return null;
    }
    this.push(result, v);
    return { type: result, v };
  }

  #immediate({ op, params, result, tag }: OpForm, draw: Draw): Imm | typeof skip {
    const { plan } = this;
    switch (roleOf(op)) {
      case 'const':
        return constantOf(result as Type, draw);
      case 'access':
        return accessOf(op, draw);
      case 'segment':
        // Active segments are empty by now; dropping the others too often would leave nothing to copy.
        if (plan.data.length === 0 || (params.length === 0 && !draw.oneIn(3))) return skip;
        return draw.oneIn(4) ? 0 : plan.data.length - 1;
      case 'table':
        return tableImmediate(plan, op, [...params, result], draw) ?? skip;
      case 'slot':
        return plan.features.types.indexOf((params[0] ?? result) as Type);
      case 'global': {
        const type = params[0] ?? result;
        const fit = plan.globals.filter(
          (g) => g.type === type && !plan.reserved.has(g.name) && (g.mutable || params.length === 0),
        );
        return fit.length === 0 ? skip : draw.of(fit).name;
      }
      case 'func':
        return draw.of([...plan.funcs, ...plan.imports]).name;
      default:
        return tag ?? lanesOf(op, draw);
    }
  }

  /** Mostly within the smallest table. */
  #tableOperand(type: Type, last: boolean, draw: Draw): ValueId {
    if (type !== 'i32') return this.value(type, draw);
    if (this.plan.features.traps && draw.oneIn(24)) return this.value('i32', draw);
    return this.literal('i32', draw.below(last ? 2 : 3));
  }

  #operands(form: OpForm, draw: Draw): readonly ValueId[] {
    const { op, params } = form;
    switch (roleOf(op)) {
      case 'table':
        return params.map((type, i) => this.#tableOperand(type, i > 0 && i === params.length - 1, draw));
      case 'access':
        return params.map((type, i) => (i === 0 ? this.#address(draw) : this.#visible(op, type, draw)));
      case 'grow':
        return params.map(() => this.bounded(1, draw));
      case 'bulk':
      case 'segment': {
        const mask = op.imm === 'index' ? 3 : 15;
        return params.map((_, i) =>
          draw.oneIn(48) ? this.value('i32', draw) : this.bounded(i === 0 ? 255 : mask, draw),
        );
      }
      case 'heap':
        return params.map((type, i) => this.#heapOperand(op, type, i, draw));
      default:
        return op.effect.traps.length > 0
          ? this.#trapping(form, draw)
          : params.map((type) => this.#visible(op, type, draw));
    }
  }

  #visible(op: OpDef, type: Type, draw: Draw): ValueId {
    return this.visible(op, type, this.value(type, draw));
  }

  /** An operand of an op, canonical if the op may show a NaN's bits: a store, a reinterpretation, a copied sign. */
  visible(op: OpDef, type: Type, v: ValueId): ValueId {
    if (type !== 'f32' && type !== 'f64') return v;
    const { params, result } = op.sig;
    const shows =
      op.access?.store === true || (op.bits && (params.filter((p) => p === type).length > 1 || result !== type));
    return shows && !params.includes('T') ? this.#canonical(type, v) : v;
  }

  /** Mostly within the memory, of any alignment; some at its end, some anywhere. */
  #address(draw: Draw): ValueId {
    const how = draw.below(64);
    if (how === 63 && this.plan.features.traps) return this.value('i32', draw);
    if (how > 60 && this.plan.features.traps) return this.literal('i32', 65536 * (63 - how) - draw.below(10));
    return this.bounded(draw.of([31, 255, 24, 65528]), draw);
  }

  #heapOperand(op: OpDef, type: Type, i: number, draw: Draw): ValueId {
    if (type !== 'i64') return this.value(type, draw);
    const allocates = op.sig.result === 'i64' && op.sig.params.length === 1;
    if (i === 0 && !allocates) {
      const pointer = this.pointer(draw);
      // Most elements that are read were written.
      if (op.effect.traps.includes('heap-uninitialised') && !draw.oneIn(8)) {
        this.b.emit('heap.store', [pointer, this.value(this.plan.element, draw)]);
      }
      return pointer;
    }
    if (op.sig.result === 'void') return this.value(type, draw);
    return this.literal('i64', BigInt(allocates ? (draw.oneIn(24) ? 0 : 2 + draw.below(4)) : draw.below(3)));
  }

  /** Operands of an op that traps on some of them: mostly with a last one that it never traps on. */
  #trapping({ op, params }: OpForm, draw: Draw): readonly ValueId[] {
    const free = this.plan.features.traps && draw.oneIn(5);
    const last = params.length - 1;
    const safe = free || op.eval === null ? undefined : safeConstant(op, params, draw);
    return params.map((type, i) => {
      return i === last && safe !== undefined ? this.literal(type, safe) : this.#visible(op, type, draw);
    });
  }
}

/** Said of an op that has nothing to work on in this module. */
const skip: unique symbol = Symbol('skip');

/** A constant of a type: small numbers, corner values, bits at random. */
export function constantOf(type: Type, draw: Draw): Value {
  const how = draw.below(6);
  const small = [0, 1, 2, 3, 4, 5, 7, 8, 10, -1, -2, -3][draw.below(12)] as number;
  if (how === 5) return draw.of(cornersOf(type));
  if (how === 4 && type === 'i32') return Math.imul(draw.below(4096), 0x01003c17);
  if (how === 4 && type === 'i64') return BigInt.asIntN(64, BigInt(draw.below(4096)) * 0x1003c17_1003c17n);
  if (type === 'i64') return BigInt(small);
  if (type === 'v128') return vectorOf(small, how, draw);
  return type === 'f32' || type === 'f64' ? small / (how === 4 ? 4 : 1) : small;
}

/** A small number in each lane, or in turns with another; of any width. */
function vectorOf(small: number, how: number, draw: Draw): bigint {
  const width = draw.of([8, 16, 32, 64]);
  const other = how === 4 ? draw.below(4096) : small;
  let vector = 0n;
  for (let at = 0; at < 128; at += width) {
    vector |= BigInt.asUintN(width, BigInt((at / width) % 2 === 0 ? small : other)) << BigInt(at);
  }
  return vector;
}

function accessOf(op: OpDef, draw: Draw): Imm {
  const far = draw.oneIn(64) ? draw.of([65530, 131070, 2 ** 31, 2 ** 32 - 32]) : 0;
  const offset = draw.below(4) === 3 ? draw.below(24) : 0;
  const imm = { offset: far + offset, align: draw.below(Math.log2(op.access?.bytes ?? 1) + 1) };
  return op.imm === 'memlane' ? { ...imm, lane: draw.below(op.lanes) } : imm;
}

/** The immediate of an op on lanes; undefined for others. */
function lanesOf(op: OpDef, draw: Draw): Imm {
  if (op.imm === 'lane') return draw.below(op.lanes);
  return op.imm === 'lanes' ? Array.from({ length: 16 }, () => draw.below(32)) : undefined;
}

/** A constant for the last operand with which the op traps for no corner value of the first one; undefined: none found. */
function safeConstant(op: OpDef, params: readonly Type[], draw: Draw): Value | undefined {
  const first = params[0] as Type;
  const last = params.at(-1) as Type;
  for (let tries = 0; tries < 6; tries++) {
    const c = constantOf(last, draw);
    const lists = params.length === 1 ? [[c]] : cornersOf(first).map((corner) => [corner, c]);
    if (!lists.some((args) => evalOp(op, 'i32', params, args) instanceof Trap)) return c;
  }
  return undefined;
}
