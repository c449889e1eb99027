/**
 * Random programs of the stack machine: any jumps between blocks (loops with several entries, jumps to the first
 * instruction, code that nothing reaches), values that stay on the stack over jumps, every op over numbers. They are valid
 * by construction and end by themselves: each block takes a step off a counter.
 *
 * No program shows the bits of a NaN that arithmetic made: these differ between engines (SPEC §3).
 */

import type { Instr, Operand, StackFunc, StackProgram } from '@sluice/bytecode';
import { coreTable, makeGlobal, type Type, type Value, zeroOf } from '@sluice/ir';
import { casesOf, corners, isNumType, type OpCase } from '../../property/support/operands.ts';
import { func, i, program } from '../../vm/support/stack-program.ts';

/** Whether it moves the bits of a scalar or of lanes where they can be seen. */
const showsBits = ({ op, params, result }: OpCase): boolean =>
  op.name.includes('reinterpret') ||
  (op.sig.result === 'v128' &&
    result === 'v128' &&
    (!op.bits || params.some((type) => type === 'f32' || type === 'f64')));
const cases = [...coreTable.values()].flatMap(casesOf).filter((c) => c.op.name !== 'copy' && !showsBits(c));
const types: readonly Type[] = ['i32', 'i64', 'f32', 'f64', 'v128'];
const globals = types.map((type) => makeGlobal(`g_${type}`, type, true, zeroOf(type)));
const steps = 60;

/** Numbers from a seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  value(type: Type): Value {
    return isNumType(type) ? this.pick(corners[type]) : null;
  }
}

/** A program with `@main (i32, i64, f32, f64) -> results`, which calls `@helper`. */
export function randomProgram(seed: number): StackProgram {
  const dice = new Dice(seed);
  const main = new Writer(
    dice,
    'main',
    dice.below(7) + 1,
    Array.from({ length: dice.below(3) }, () => dice.pick(types)),
  );
  const helper = new Writer(dice, 'helper', dice.below(2) + 1, ['i64']);
  return program([main.write(true), helper.write(false)], { memory: { min: 1, max: 2, source: null }, globals });
}

/** Arguments of `@main`. */
export function randomArguments(seed: number): readonly Value[] {
  const dice = new Dice(seed);
  return types.map((type) => dice.value(type));
}

class Writer {
  readonly #dice: Dice;
  readonly #name: string;
  readonly #results: readonly Type[];
  /** The stack at the start of each block. */
  readonly #shapes: readonly (readonly Type[])[];
  readonly #locals: readonly Type[];
  readonly #code: Instr[] = [];
  readonly #starts: number[] = [];
  /** Jumps whose labels are numbers of blocks so far. */
  readonly #open: number[] = [];
  #stack: Type[] = [];
  #calls = false;

  constructor(dice: Dice, name: string, blocks: number, results: readonly Type[]) {
    this.#dice = dice;
    this.#name = name;
    this.#results = results;
    const shape = () => Array.from({ length: dice.below(4) }, () => dice.pick(types));
    this.#shapes = Array.from({ length: blocks }, (_, k) => (k === 0 ? [] : shape()));
    // Parameters, a counter, two of each type.
    this.#locals = [...types, 'i32', ...types, ...types];
  }

  write(calls: boolean): StackFunc {
    this.#calls = calls;
    const counter = types.length;
    this.#shapes.forEach((shape, k) => {
      this.#starts.push(this.#code.length);
      this.#stack = [...shape];
      // Steps are counted up from zero, so that a jump to the first instruction starts nothing anew.
      this.#put('local.get', counter);
      this.#put('i32.const', 1);
      this.#put('i32.add');
      this.#put('local.tee', counter);
      this.#put('i32.const', steps);
      this.#put('i32.gt_s');
      const skip = this.#code.length;
      this.#put('jump_unless', skip + 1 + this.#stack.length + this.#leaveLength());
      this.#leave();
      this.#stack = [...shape];
      const length = this.#dice.below(9);
      for (let n = 0; n < length; n++) this.#step();
      this.#end(k);
    });
    const { length } = types;
    return func(
      this.#name,
      { params: this.#locals.slice(0, length), results: this.#results },
      this.#locals.slice(length),
      this.#code.map((instr, at) => this.#labelled(instr, at)),
    );
  }

  #labelled(instr: Instr, at: number): Instr {
    if (!this.#open.includes(at)) return instr;
    const place = (block: number): number => this.#starts[block] as number;
    if (instr.def.role !== 'switch') return { ...instr, operands: [place(instr.operands[0] as number)] };
    return { ...instr, operands: [instr.operands[0] as Operand, (instr.operands[1] as readonly number[]).map(place)] };
  }

  #put(name: string, ...operands: readonly Operand[]): void {
    this.#code.push(i(name, ...operands));
  }

  #leaveLength(): number {
    return this.#results.length + 1;
  }

  /** Returns, whatever is on the stack. */
  #leave(): void {
    for (let n = this.#stack.length; n > 0; n--) this.#put('drop');
    for (const type of this.#results) this.#put('local.get', this.#localOf(type));
    this.#put('return');
  }

  #localOf(type: Type): number {
    const found = this.#locals.flatMap((t, k) => (t === type && k !== types.length ? [k] : []));
    return this.#dice.pick(found);
  }

  /** Pushes a value of a type. */
  #operand(type: Type): void {
    if (this.#dice.below(3) === 0) this.#put(`${type}.const`, this.#dice.value(type) as Operand);
    else this.#put('local.get', this.#localOf(type));
    this.#stack.push(type);
  }

  /** Makes the top of the stack these types, with as little change as possible. */
  #bring(wanted: readonly Type[]): void {
    const have = this.#stack.slice(this.#stack.length - wanted.length);
    if (have.length === wanted.length && have.every((type, k) => type === wanted[k])) return;
    const last = this.#stack.at(-1);
    if (wanted.length > 1 && last === wanted[0]) for (const type of wanted.slice(1)) this.#operand(type);
    else for (const type of wanted) this.#operand(type);
  }

  #step(): void {
    const { below, pick } = {
      below: (n: number) => this.#dice.below(n),
      pick: <T>(list: readonly T[]) => this.#dice.pick(list),
    };
    switch (below(12)) {
      case 0:
        if (this.#stack.length > 0) {
          this.#put('dup');
          this.#stack.push(this.#stack.at(-1) as Type);
        }
        return;
      case 1:
        if (this.#stack.pop() !== undefined) this.#put('drop');
        return;
      case 2:
      case 3: {
        const type = this.#stack.at(-1);
        if (type === undefined) return this.#operand(pick(types));
        const tee = below(2) === 0;
        this.#put(tee ? 'local.tee' : 'local.set', this.#localOf(type));
        if (!tee) this.#stack.pop();
        return;
      }
      case 4:
        return this.#operand(pick(types));
      case 5:
        return this.#state();
      case 6:
        if (this.#calls) this.#call();
        return;
      default:
        return this.#op(pick(cases));
    }
  }

  #op({ op, params, result }: OpCase): void {
    this.#bring(params);
    this.#stack.splice(this.#stack.length - params.length);
    const generic = op.sig.result === 'T' ? [result] : op.sig.params.includes('T') ? [params[0] as Type] : [];
    this.#put(op.name, ...generic);
    this.#stack.push(result);
  }

  #state(): void {
    const type = this.#dice.pick(types);
    switch (this.#dice.below(4)) {
      case 0:
        this.#put('global.get', `g_${type}`, type);
        this.#stack.push(type);
        return;
      case 1:
        this.#bring([type]);
        this.#stack.pop();
        this.#put('global.set', `g_${type}`, type);
        return;
      case 2:
        this.#put('i32.const', this.#dice.pick([0, 8, 1000, 65532, 65536]));
        this.#put('i32.load16_s', this.#dice.pick([0, 3, 65535]), 0);
        this.#stack.push('i32');
        return;
      default:
        this.#put('i32.const', this.#dice.pick([0, 8, 1000, 65532]));
        this.#put('local.get', this.#localOf('i64'));
        this.#put('i64.store32', this.#dice.pick([0, 3]), 0);
    }
  }

  #call(): void {
    this.#bring(types);
    this.#stack.splice(this.#stack.length - types.length);
    this.#put('call', 'helper');
    this.#stack.push('i64');
  }

  /** Makes the whole stack a block's. */
  #adapt(shape: readonly Type[]): void {
    let same = 0;
    while (same < this.#stack.length && this.#stack[same] === shape[same]) same++;
    while (this.#stack.length > same) {
      this.#stack.pop();
      this.#put('drop');
    }
    for (const type of shape.slice(same)) this.#operand(type);
  }

  #jump(name: string, ...operands: readonly Operand[]): void {
    this.#open.push(this.#code.length);
    this.#put(name, ...operands);
  }

  #end(block: number): void {
    const count = this.#shapes.length;
    const target = this.#dice.below(count);
    const shape = this.#shapes[target] as readonly Type[];
    const next = this.#shapes[block + 1];
    const how = this.#dice.below(6);
    if (how === 0) {
      this.#leave();
      return;
    }
    if (how === 1) {
      this.#put('trap', 'unreachable');
      return;
    }
    this.#adapt(shape);
    const alike = [...this.#shapes.keys()].filter((k) => String(this.#shapes[k]) === String(shape));
    if (how === 2) {
      this.#put('local.get', this.#localOf('i32'));
      const chosen = [this.#dice.pick(alike), this.#dice.pick(alike), target];
      this.#jump(
        'switch',
        this.#dice.pick([
          [0, 1],
          [-5, 1000],
        ]),
        chosen,
      );
      return;
    }
    if (next === undefined || how === 3) {
      this.#jump('jump', target);
      return;
    }
    const type = this.#dice.pick(types.filter((t) => t !== 'v128'));
    const comparison = this.#dice.pick(
      cases.filter(({ params, result }) => params[0] === type && result === 'i32' && params.length === 2),
    );
    const depth = this.#stack.length;
    this.#operand(type);
    this.#operand(type);
    this.#put(comparison.op.name);
    this.#stack.length = depth;
    this.#jump(this.#dice.pick(['jump_if', 'jump_unless']), target);
    this.#adapt(next);
  }
}
