/**
 * The values of one function while its text is written, and statements in order.
 *
 * A value that is used once, in its own block, and has no effect waits (`pending`) until its user is written, and becomes part
 * of that expression. It is written earlier where something that it reads is about to change: a place that phis share, or a
 * region of state.
 *
 *     %3 = i64.mul %1, %2      waits               L[fp + 2] = BigInt.asIntN(64, BigInt.asIntN(64, L[fp] * L[fp + 1]) + 1n);
 *     %4 = i64.add %3, %one    used twice     =>
 */

import {
  type Func,
  f32Bits,
  f64Bits,
  instOf,
  type RegionSet,
  type Type,
  type Uses,
  usesOf,
  type Value,
  type ValueId,
} from '@sluice/ir';
import { exactFloats } from './floats.ts';
import { type Place, Variables } from './variables.ts';

/** An expression. */
export interface Text {
  readonly text: string;
  /** The slot that it is; -1: it is none. */
  readonly slot: number;
  /** Whether it may stand in several places: a constant, a variable or a slot. */
  readonly simple: boolean;
  /** Where the value is 1 or 0: when it is 1. */
  readonly condition: string | null;
  /** State that it reads, `calleeFrame` among it. */
  readonly regions: RegionSet;
  /** Shared places that it reads. */
  readonly webs: readonly number[];
  /** To be called once it is written. */
  readonly done: readonly (() => void)[];
}

/** In what form a float is wanted or given: its bits as an integer, a plain number, or a value (value.ts). */
export type FloatForm = 'bits' | 'plain' | 'value';

/** Beside the regions of ir/src/effect.ts: the slots in which the last callee left its results. */
export const calleeFrame: RegionSet = 1 << 30;

/** Expressions longer than this get a variable, so that their nesting stays small. */
const longest = 400;

const nothing: readonly never[] = [];

/** An expression that depends on nothing. */
export function literal(text: string): Text {
  return { text, slot: -1, simple: true, condition: null, regions: 0, webs: nothing, done: nothing };
}

/** An expression made of others. */
export function joined(text: string, parts: readonly Text[], more: Partial<Text> = {}): Text {
  return {
    text,
    slot: -1,
    simple: false,
    condition: null,
    regions: parts.reduce((set, part) => set | part.regions, 0),
    webs: parts.flatMap(({ webs }) => webs),
    done: parts.flatMap(({ done }) => done),
    ...more,
  };
}

/** The values and statements of a function. */
export class Scope {
  readonly f: Func;
  readonly vars: Variables;
  readonly lines: string[] = [];
  readonly #exact: Uint8Array;
  readonly #uses: Uses;
  readonly #pending = new Map<ValueId, Text>();
  /** Those of them that read state. */
  readonly #stateful = new Set<ValueId>();
  /** By shared place: pending values that read it. */
  readonly #readers = new Map<number, ValueId[]>();
  readonly #left: Int32Array;
  readonly #elements = new Map<ValueId, Place>();
  readonly #slots: Place[] = [];
  #indent = 1;
  /** Whether it calls functions that take a frame. */
  calls = false;

  constructor(f: Func) {
    this.f = f;
    this.vars = new Variables(f);
    this.#exact = exactFloats(f, this.vars.webOf);
    this.#uses = usesOf(f);
    this.#left = new Int32Array(f.insts.length);
    f.slots.forEach((type, k) => {
      const place = this.vars.reserve(type, `slot${k}`);
      this.#slots.push(place);
      if (place.slot >= 0) this.say(`${place.text} = 0n;`);
    });
  }

  // Statements.

  /** Writes a line. */
  say(line: string): void {
    this.lines.push('  '.repeat(this.#indent) + line);
  }

  /** Writes a line that opens a block. */
  open(line: string): void {
    this.say(line);
    this.#indent++;
  }

  /** Writes a line that closes a block. */
  close(line = '}'): void {
    this.#indent--;
    this.say(line);
  }

  /** What follows stands in an inner block. */
  indent(): void {
    this.#indent++;
  }

  /** Writes a statement made of expressions. */
  statement(line: string, parts: readonly Text[]): void {
    this.say(line);
    this.finish(parts);
  }

  /** Says that expressions are written. */
  finish(parts: readonly Text[]): void {
    for (const { done } of parts) for (const each of done) each();
  }

  // Values.

  typeOf(v: ValueId): Type {
    return instOf(this.f, v).type as Type;
  }

  useCount(v: ValueId): number {
    return this.#uses.count(v);
  }

  /** Whether a float must keep the bits of a NaN. */
  isExact(v: ValueId): boolean {
    return this.#exact[v] === 1;
  }

  slotPlace(k: number): Place {
    const place = this.#slots[k];
    if (place === undefined) throw new Error(`@${this.f.name}: no slot ${k}`);
    return place;
  }

  /** A block's body begins: nothing waits. */
  begin(): void {
    for (const text of this.#pending.values()) this.finish([text]);
    this.#pending.clear();
    this.#stateful.clear();
    this.#readers.clear();
  }

  /** A value as an operand. Each operand is to be asked for once. */
  use(v: ValueId, form: FloatForm = 'plain'): Text {
    const { op, imm, type } = instOf(this.f, v);
    const isFloat = type === 'f32' || type === 'f64';
    if (op.kind === 'const') return literal(isFloat ? floatLiteral(type, imm as Value, form) : literalOf(imm as Value));
    const text = this.#take(v);
    return isFloat ? this.#formed(text, type, this.isExact(v), form) : text;
  }

  /** A value as an operand that is written several times. */
  useOften(v: ValueId, form: FloatForm = 'plain'): Text {
    const text = this.use(v, form);
    if (text.simple) return text;
    const { type } = instOf(this.f, v);
    return this.keep(form !== 'bits' ? (type as Type) : type === 'f32' ? 'i32' : 'i64', text);
  }

  /** An expression in a place of its own. */
  keep(type: Type, text: Text): Text {
    const place = this.vars.take(type);
    this.statement(`${place.text} = ${text.text};`, [text]);
    return {
      ...literal(place.text),
      slot: place.slot,
      done: [() => this.vars.giveBack(type, place)],
    };
  }

  /** The condition that a value is not zero. */
  condition(v: ValueId, negate: boolean): Text {
    const text = this.use(v);
    if (text.condition === null) return { ...text, text: `${text.text} ${negate ? '===' : '!=='} 0` };
    return { ...text, text: negate ? `!(${text.condition})` : text.condition };
  }

  /** Defines a value that has no effect: it may wait. `form`: in which form a float is given. */
  define(v: ValueId, given: Text, form: FloatForm = 'plain'): void {
    const text = this.#given(v, given, form);
    this.#left[v] = this.#uses.count(v);
    if (!this.vars.isLocal(v) || this.#left[v] !== 1 || text.text.length > longest) {
      this.#assign(v, text);
      return;
    }
    this.#pending.set(v, text);
    if (text.regions !== 0) this.#stateful.add(v);
    for (const web of text.webs) {
      const readers = this.#readers.get(web);
      if (readers === undefined) this.#readers.set(web, [v]);
      else readers.push(v);
    }
  }

  /** Defines a value that must be computed now. */
  defineNow(v: ValueId, given: Text, form: FloatForm = 'plain'): void {
    this.#left[v] = this.#uses.count(v);
    if (this.#left[v] === 0) this.statement(`${given.text};`, [given]);
    else this.#assign(v, this.#given(v, given, form));
  }

  /** The place of a value that statements of its own will set; what reads the place is written before. */
  target(v: ValueId): Place {
    this.#left[v] = this.#uses.count(v);
    const web = this.vars.webOf[v] as number;
    if (web >= 0) this.#writeReaders(web);
    const place = this.vars.placeOf(v);
    if (this.#left[v] === 0) this.vars.release(v);
    return place;
  }

  /** Says where a tuple's element is found now. What shares a place with others is kept aside until it is defined. */
  element(tuple: ValueId, k: number, text: string): void {
    for (const v of new Set(this.#uses.of(tuple))) {
      if (instOf(this.f, v).imm !== k || this.#uses.count(v) === 0) continue;
      if ((this.vars.webOf[v] as number) < 0) {
        this.defineNow(v, literal(text), 'value');
        continue;
      }
      const type = this.typeOf(v);
      const place = this.#elements.get(v) ?? this.vars.reserve(type, `e${v}`);
      this.#elements.set(v, place);
      this.say(`${place.text} = ${text};`);
    }
  }

  /** The instruction `result`. */
  defineElement(v: ValueId): void {
    const place = this.#elements.get(v);
    if (place !== undefined) this.defineNow(v, literal(place.text), 'value');
  }

  /** Writes what waits and reads these regions. */
  flush(regions: RegionSet): void {
    if (regions === 0) return;
    for (const v of this.#stateful) {
      const text = this.#pending.get(v);
      if (text !== undefined && (text.regions & regions) !== 0) this.#write(v, text);
    }
  }

  #writeReaders(web: number): void {
    const readers = this.#readers.get(web);
    if (readers === undefined) return;
    this.#readers.delete(web);
    for (const v of readers) {
      const text = this.#pending.get(v);
      if (text !== undefined) this.#write(v, text);
    }
  }

  #write(v: ValueId, text: Text): void {
    this.#pending.delete(v);
    this.#stateful.delete(v);
    this.#assign(v, text);
  }

  #assign(v: ValueId, text: Text): void {
    const web = this.vars.webOf[v] as number;
    if (web >= 0) this.#writeReaders(web);
    const place = this.vars.placeOf(v);
    if (place.text === text.text) this.finish([text]);
    else this.statement(`${place.text} = ${text.text};`, [text]);
    if (this.#left[v] === 0) this.vars.release(v);
  }

  #take(v: ValueId): Text {
    const pending = this.#pending.get(v);
    if (pending !== undefined) {
      this.#pending.delete(v);
      this.#stateful.delete(v);
      return pending;
    }
    const { text, slot } = this.vars.placeOf(v);
    const web = this.vars.webOf[v] as number;
    return {
      text,
      slot,
      simple: true,
      condition: null,
      regions: 0,
      webs: web < 0 ? nothing : [web],
      done: this.vars.isLocal(v) ? [() => this.#used(v)] : nothing,
    };
  }

  #used(v: ValueId): void {
    const left = (this.#left[v] as number) - 1;
    this.#left[v] = left;
    if (left === 0) this.vars.release(v);
  }

  /** An operand in the form that is wanted of it. */
  #formed(text: Text, type: 'f32' | 'f64', exact: boolean, form: FloatForm): Text {
    const scratch = type === 'f32' ? ['SF', 'SI'] : ['SD', 'SL'];
    switch (form) {
      case 'value':
        return text;
      case 'plain':
        return exact ? joined(`num(${text.text})`, [text]) : text;
      case 'bits':
        return exact
          ? joined(`${type}Bits(${text.text})`, [text])
          : joined(`(${scratch[0]}[0] = ${text.text}, ${scratch[1]}[0])`, [text]);
    }
  }

  /** What defines a value, in the form that its place has. */
  #given(v: ValueId, text: Text, form: FloatForm): Text {
    const type = this.typeOf(v);
    if (type !== 'f32' && type !== 'f64') return text;
    if (form === 'plain') return text;
    const exact = this.isExact(v);
    if (form === 'value') return exact ? text : joined(`num(${text.text})`, [text]);
    if (exact) return joined(`${type}FromBits(${text.text})`, [text]);
    const scratch = type === 'f32' ? ['SI', 'SF'] : ['SL', 'SD'];
    return joined(`(${scratch[0]}[0] = ${text.text}, ${scratch[1]}[0])`, [text]);
  }
}

/** A value as JavaScript, as an operand. */
export function literalOf(value: Value): string {
  if (typeof value === 'bigint') return value < 0n ? `(${value}n)` : `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'number') return String(value);
  if (Object.is(value, -0)) return '(-0)';
  return value < 0 ? `(${value})` : String(value);
}

function floatLiteral(type: 'f32' | 'f64', value: Value, form: FloatForm): string {
  if (form === 'bits') return literalOf(type === 'f32' ? f32Bits(value) : f64Bits(value));
  return form === 'plain' && typeof value === 'bigint' ? 'NaN' : literalOf(value);
}
