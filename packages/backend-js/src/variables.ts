/**
 * Where the values of a function live: JavaScript variables, and slots of the frame for those of type i64.
 *
 * Phis and their operands share one place (ssa-destruct made that possible), so that edges move nothing. A value that is used
 * in its own block alone needs a place only where it does not become part of an expression; such places are used again
 * (`take`, `release`), for a JavaScript function's frame has room for each variable that it names.
 */

import { blockOfValue, type Func, type Inst, instOf, type Type, usesOf, type ValueId, zeroOf } from '@sluice/ir';
import { identifier } from './names.ts';

/** A place: the text that reads and writes it, and for a slot its number. */
export interface Place {
  readonly text: string;
  readonly slot: number;
}

/** By `ValueId`: the least member of the set of values that share a place because of phis; -1: it is alone. */
export function websOf(f: Func): Int32Array {
  const parent = new Int32Array(f.insts.length).fill(-1);
  const find = (v: number): number => {
    let root = v;
    while ((parent[root] as number) >= 0 && parent[root] !== root) root = parent[root] as number;
    for (let n = v; n !== root; ) {
      const next = parent[n] as number;
      parent[n] = root;
      n = next;
    }
    return root;
  };
  f.insts.forEach((inst, phi) => {
    if (inst?.op.kind !== 'phi') return;
    if (parent[phi] === -1) parent[phi] = phi;
    for (const arg of inst.args) {
      if (parent[arg] === -1) parent[arg] = arg;
      const a = find(phi);
      const b = find(arg);
      parent[Math.max(a, b)] = Math.min(a, b);
    }
  });
  return parent.map((p, v) => (p === -1 ? -1 : find(v)));
}

/** The text of a slot of the frame. */
export function slotText(slot: number): string {
  return slot === 0 ? 'L[fp]' : `L[fp + ${slot}]`;
}

/** The text of the low half of a slot, as an i32. */
export function lowText(slot: number): string {
  return slot === 0 ? 'I[fp << 1]' : `I[fp + ${slot} << 1]`;
}

/** The text of the high half of a slot, as an i32. */
export function highText(slot: number): string {
  return `I[(fp + ${slot} << 1) + 1]`;
}

/** V8 gives a variable one representation: integers and floats have places of their own. */
type Pool = 'integer' | 'float' | 'slot' | 'other';

function poolOf(type: Type): Pool {
  if (type === 'i64') return 'slot';
  if (type === 'i32') return 'integer';
  return type === 'f32' || type === 'f64' ? 'float' : 'other';
}

/** The places of one function. */
export class Variables {
  /** By `ValueId`: see `websOf`. */
  readonly webOf: Int32Array;
  /** Names of the parameters that are JavaScript's, in order. */
  readonly parameters: readonly string[];
  readonly #f: Func;
  readonly #fixed: (Place | undefined)[] = [];
  readonly #local: Uint8Array;
  readonly #temporaries = new Map<ValueId, Place>();
  readonly #free: Readonly<Record<Pool, Place[]>> = { integer: [], float: [], slot: [], other: [] };
  readonly #declared: string[] = [];
  #slots: number;
  #count = 0;

  constructor(f: Func) {
    this.#f = f;
    this.webOf = websOf(f);
    this.#local = localValues(f, this.webOf);
    const wide = (types: readonly Type[]): number => types.filter((type) => type === 'i64').length;
    this.#slots = wide(f.sig.params) + wide(f.sig.results);
    const parameters: string[] = [];
    let slot = 0;
    for (const p of f.params) {
      const { type } = instOf(f, p);
      const text = type === 'i64' ? slotText(slot) : this.#nameOf(p);
      if (type !== 'i64') parameters.push(text);
      this.#fixed[this.#key(p)] = { text, slot: type === 'i64' ? slot++ : -1 };
    }
    this.parameters = parameters;
  }

  /** Slots of the frame. */
  get slots(): number {
    return this.#slots;
  }

  /** Variables to be declared, with what they start as. */
  get declarations(): readonly string[] {
    return this.#declared;
  }

  /** Whether all uses are in the value's own block, so that it may become part of an expression there. */
  isLocal(v: ValueId): boolean {
    return this.#local[v] === 1;
  }

  /** The place of a value. */
  placeOf(v: ValueId): Place {
    const place = this.#temporaries.get(v) ?? this.#fixed[this.#key(v)];
    if (place !== undefined) return place;
    const { type } = instOf(this.#f, v);
    if (type === 'void' || type === 'tuple') throw new Error(`%${v} has no place`);
    const pool = poolOf(type);
    const local = this.isLocal(v);
    const made = (local ? this.#free[pool].pop() : undefined) ?? this.#make(type, local ? null : this.#nameOf(v));
    if (local) this.#temporaries.set(v, made);
    else this.#fixed[this.#key(v)] = made;
    return made;
  }

  /** A place for what is no value of the function; give it back with `giveBack`. */
  take(type: Type): Place {
    return this.#free[poolOf(type)].pop() ?? this.#make(type, null);
  }

  /** Gives back what `take` gave. */
  giveBack(type: Type, place: Place): void {
    this.#free[poolOf(type)].push(place);
  }

  /** A slot or variable that is never used for anything else: a slot of the IR's. */
  reserve(type: Type, name: string): Place {
    return this.#make(type, name);
  }

  /** Says that a local value is not used any more. */
  release(v: ValueId): void {
    const place = this.#temporaries.get(v);
    if (place === undefined) return;
    this.#temporaries.delete(v);
    this.#free[poolOf(instOf(this.#f, v).type as Type)].push(place);
  }

  #make(type: Type, name: string | null): Place {
    if (type === 'i64') {
      const slot = this.#slots++;
      return { text: slotText(slot), slot };
    }
    const text = name ?? `t${this.#count++}`;
    const zero = zeroOf(type);
    this.#declared.push(
      zero === undefined ? text : `${text} = ${typeof zero === 'bigint' ? `${zero}n` : String(zero)}`,
    );
    return { text, slot: -1 };
  }

  #key(v: ValueId): number {
    const web = this.webOf[v] as number;
    return web < 0 ? v : web;
  }

  #nameOf(v: ValueId): string {
    const key = this.#key(v) as ValueId;
    const name = this.#f.valueNames.get(v) ?? this.#f.valueNames.get(key);
    return name === undefined ? `v${key}` : `${identifier(name)}_${key}`;
  }
}

/** By `ValueId`: 1 where it shares no place and is used in its own block alone. */
function localValues(f: Func, webOf: Int32Array): Uint8Array {
  const homes = blockOfValue(f);
  const uses = usesOf(f);
  const local = new Uint8Array(f.insts.length);
  f.insts.forEach((inst: Inst | undefined, v) => {
    if (inst === undefined || (homes[v] as number) < 0 || (webOf[v] as number) >= 0) return;
    const home = homes[v];
    const users = uses.of(v as ValueId);
    for (let i = 0; i < users.length; i++) if (homes[users[i] as number] !== home) return;
    local[v] = 1;
  });
  return local;
}
