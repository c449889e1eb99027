/** Writes the bodies of random modules; see generate.ts. */

import { CodeWriter, type Instr, type WasmFunc, type WasmFuncType, type WasmType } from '@sluice/wasm-format';
import { allTypes, computesFloat, op, producers, tableSize, writeConstant, writeInstr } from './generate-instr.ts';
import type { Random } from './random.ts';

/** What a body is made with. */
export interface BodyOptions {
  readonly random: Random;
  readonly size: number;
  readonly sig: WasmFuncType;
  readonly signatures: readonly WasmFuncType[];
  readonly index: number;
  readonly globals: readonly WasmType[];
  readonly typeIndex: (params: readonly WasmType[], results: readonly WasmType[]) => number;
}

/** Writes one body. What is wanted is on the stack when a method returns, on top of what was there. */
export class Body {
  readonly #o: BodyOptions;
  readonly #w = new CodeWriter();
  readonly #locals: WasmType[];
  /** Types that a branch to a label takes, outermost first; null: a loop that counts, no branch but its own. */
  readonly #labels: (readonly WasmType[] | null)[];
  #left: number;
  /** Locals that nothing else reads or sets: what loops count down, NaNs as they were computed. */
  readonly #own = new Set<number>();

  constructor(o: BodyOptions) {
    this.#o = o;
    this.#left = o.size;
    this.#locals = [...o.sig.params];
    this.#labels = [o.sig.results];
    for (let n = 2 + o.random.below(6); n > 0; n--) this.#locals.push(o.random.pick(allTypes));
  }

  make(): { readonly locals: WasmFunc['locals']; readonly code: Uint8Array } {
    const { sig, random } = this.#o;
    for (let n = 1 + random.below(4); n > 0; n--) this.#statement(5);
    this.#all(sig.results, 5);
    const own = this.#locals.slice(sig.params.length);
    return { locals: own.map((type) => ({ count: 1, type })), code: this.#w.take() };
  }

  #fresh(type: WasmType): number {
    return this.#locals.push(type) - 1;
  }

  #local(type: WasmType): number {
    const found = this.#locals.flatMap((each, i) => (each === type && !this.#own.has(i) ? [i] : []));
    return found.length > 0 ? this.#o.random.pick(found) : this.#fresh(type);
  }

  #op(name: string): CodeWriter {
    return op(this.#w, name);
  }

  #all(types: readonly WasmType[], depth: number): void {
    for (const type of types) this.#value(type, depth - 1);
  }

  #drop(count: number): void {
    for (let i = 0; i < count; i++) this.#op('drop');
  }

  /** A value of a type. */
  #value(type: WasmType, depth: number): void {
    const { random } = this.#o;
    if (depth <= 0 || this.#left-- <= 0) return this.#leaf(type);
    switch (random.below(16)) {
      case 0:
        return this.#leaf(type);
      case 1:
        return this.#blockValue(type, depth);
      case 2:
        return this.#ifValue(type, depth);
      case 3: {
        this.#all([type, type, 'i32'], depth);
        if (type === 'funcref' || type === 'externref') this.#w.op(0x1c, 1, type === 'funcref' ? 0x70 : 0x6f);
        else this.#w.op(0x1b);
        return;
      }
      case 4:
        this.#value(type, depth - 1);
        this.#w.localTee(this.#local(type));
        return;
      case 5:
        return this.#callValue(type, depth);
      case 6:
        this.#statement(depth - 1);
        return this.#value(type, depth - 1);
      case 7:
        if (type === 'funcref') {
          this.#tableIndex();
          this.#w.tableGet(0);
          return;
        }
        break;
      case 8:
        if (type === 'i32') {
          this.#value(random.pick(['funcref', 'externref']), depth - 1);
          this.#op('ref.is_null');
          return;
        }
    }
    this.#produce(type, depth);
  }

  #leaf(type: WasmType): void {
    const { random, globals, index } = this.#o;
    if (random.below(3) === 0) this.#w.localGet(this.#local(type));
    else if (random.below(5) === 0) this.#w.globalGet(globals.indexOf(type));
    else writeConstant(this.#w, random, type, index);
  }

  /** An instruction of the table that gives the type. */
  #produce(type: WasmType, depth: number): void {
    const known = producers.get(type);
    if (known === undefined) return this.#leaf(type);
    const instr = this.#o.random.pick(known);
    this.#operands(instr, depth);
    writeInstr(this.#w, this.#o.random, instr);
    if (computesFloat(instr)) this.#canonicalise(type, instr.name);
  }

  #operands(instr: Instr, depth: number): void {
    const params = (instr.op?.sig.params ?? []) as readonly WasmType[];
    const access = instr.form === 'access' || instr.form === 'access-lane';
    for (const [i, type] of params.entries()) {
      this.#value(type, depth - 1);
      // Mostly within memory.
      if (access && i === 0 && this.#o.random.below(12) > 0) {
        this.#w.i32Const(0xff);
        this.#op('i32.and');
      }
    }
  }

  #canonicalise(type: WasmType, name: string): void {
    const t = this.#fresh(type);
    this.#own.add(t);
    this.#w.localTee(t);
    if (type === 'f32') this.#w.f32Bits(0x7fc00000);
    else if (type === 'f64') this.#w.f64Bits(0x7ff8000000000000n);
    else {
      this.#op('v128.const');
      const lane = name.startsWith('f32x4') ? [0, 0, 0xc0, 0x7f] : [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
      for (let i = 0; i < 16; i++) this.#w.byte(lane[i % lane.length] ?? 0);
    }
    this.#w.localGet(t).localGet(t);
    if (type === 'v128') {
      this.#op(`${name.slice(0, 5)}.eq`);
      this.#op('v128.bitselect');
    } else {
      this.#op(`${type}.eq`);
      this.#w.op(0x1b);
    }
  }

  #blockType(params: readonly WasmType[], results: readonly WasmType[]): number | WasmType | null {
    const [only] = results;
    if (params.length === 0 && results.length === 0 && this.#o.random.below(2) === 0) return null;
    if (params.length === 0 && results.length === 1 && only !== undefined && this.#o.random.below(2) === 0) return only;
    return this.#o.typeIndex(params, results);
  }

  /** Inside of a label's construct. */
  #inside(label: readonly WasmType[] | null, body: () => void): void {
    this.#labels.push(label);
    body();
    this.#labels.pop();
  }

  /** Takes parameters off the stack into locals. */
  #take(params: readonly WasmType[]): void {
    for (const type of params.toReversed()) this.#w.localSet(this.#local(type));
  }

  #someTypes(most: number): readonly WasmType[] {
    return Array.from({ length: this.#o.random.below(most) }, () => this.#o.random.pick(allTypes));
  }

  #blockValue(type: WasmType, depth: number): void {
    const params = this.#someTypes(3);
    this.#all(params, depth);
    const results = [type];
    this.#w.block(this.#blockType(params, results) as number);
    this.#inside(results, () => {
      this.#take(params);
      for (let n = this.#o.random.below(3); n > 0; n--) this.#statement(depth - 1);
      if (this.#o.random.below(5) === 0) this.#leave(depth - 1);
      else this.#value(type, depth - 1);
    });
    this.#w.end();
  }

  #ifValue(type: WasmType, depth: number): void {
    const params = this.#someTypes(2);
    this.#all(params, depth);
    this.#value('i32', depth - 1);
    this.#w.if(this.#blockType(params, [type]) as number);
    const arm = (): void => {
      this.#take(params);
      if (this.#o.random.below(6) === 0) this.#leave(depth - 1);
      else this.#value(type, depth - 1);
    };
    this.#inside([type], arm);
    this.#w.else();
    this.#inside([type], arm);
    this.#w.end();
  }

  #callValue(type: WasmType, depth: number): void {
    const { random, index, signatures } = this.#o;
    const callees = signatures.slice(0, index).flatMap(({ results }, i) => (results[0] === type ? [i] : []));
    const callee = callees.length === 0 ? undefined : random.pick(callees);
    const sig = callee === undefined ? undefined : signatures[callee];
    if (callee === undefined || sig === undefined) return this.#produce(type, depth);
    this.#all(sig.params, depth);
    if (random.below(2) === 0) this.#w.call(callee);
    else {
      // Sometimes another function's, null, or outside of the table; never one that could call back.
      this.#w.i32Const(
        random.below(8) === 0 ? random.pick([tableSize, -1, tableSize - 1, random.below(index)]) : callee,
      );
      this.#w.callIndirect(this.#o.typeIndex(sig.params, sig.results), 0);
    }
    this.#drop(sig.results.length - 1);
  }

  #tableIndex(): void {
    // Calls look at the lower half and the last, which stay as they are.
    this.#w.i32Const(this.#o.random.pick([6, 7, 8, 9, 10, 10, tableSize]));
  }

  /** Leaves the block at hand; what follows is dead. */
  #leave(depth: number): void {
    const { random } = this.#o;
    const targets = this.#labels.flatMap((types, i) => (types === null ? [] : [i]));
    const label = (i: number): number => this.#labels.length - 1 - i;
    const chosen = random.pick(targets);
    const types = this.#labels[chosen] ?? [];
    switch (random.below(7)) {
      case 0:
        this.#op('unreachable');
        break;
      case 1:
        this.#all(this.#o.sig.results, depth);
        this.#op('return');
        break;
      case 2: {
        const same = targets.filter((i) => `${this.#labels[i]}` === `${types}`);
        this.#all(types, depth);
        this.#value('i32', depth - 1);
        this.#w.brTable(
          Array.from({ length: random.below(5) }, () => label(random.pick(same))),
          label(chosen),
        );
        break;
      }
      default:
        this.#all(types, depth);
        this.#w.br(label(chosen));
    }
    // Dead: operands come from anywhere.
    for (let n = random.below(3); n > 0; n--) {
      const dead = random.pick(['drop', 'i32.add', 'select', 'i64.eqz', 'f64.neg', 'local.set', 'br_if']);
      if (dead === 'local.set') this.#w.localSet(random.below(this.#locals.length));
      else if (dead === 'br_if') this.#w.brIf(label(chosen));
      else if (dead === 'select') this.#w.op(0x1b);
      else this.#op(dead);
      if (dead !== 'drop' && dead !== 'local.set' && dead !== 'br_if') this.#op('drop');
      if (dead === 'br_if') this.#drop(types.length);
    }
    this.#op('unreachable');
  }

  /** Leaves the stack as it was. */
  #statement(depth: number): void {
    const { random, globals } = this.#o;
    if (depth <= 0 || this.#left-- <= 0) return void this.#op('nop');
    switch (random.below(13)) {
      case 0:
      case 1: {
        const type = random.pick(allTypes);
        this.#value(type, depth - 1);
        this.#w.localSet(this.#local(type));
        return;
      }
      case 2: {
        const global = random.below(globals.length);
        this.#value(globals[global] ?? 'i32', depth - 1);
        this.#w.globalSet(global);
        return;
      }
      case 3:
      case 4: {
        const instr = random.pick(producers.get('void') ?? []);
        this.#operands(instr, depth);
        return writeInstr(this.#w, this.#o.random, instr);
      }
      case 5:
        return this.#loop(depth);
      case 6: {
        const types = this.#someTypes(3);
        this.#w.block(this.#blockType([], types) as number);
        this.#inside(types, () => {
          this.#statement(depth - 1);
          this.#branchIf(depth - 1);
          this.#all(types, depth);
        });
        this.#w.end();
        return this.#drop(types.length);
      }
      case 7:
        this.#value('i32', depth - 1);
        this.#w.if(null);
        this.#inside([], () => {
          this.#statement(depth - 1);
          if (random.below(4) === 0) this.#leave(depth - 1);
        });
        this.#w.end();
        return;
      case 8:
        return this.#branchIf(depth);
      case 9:
        this.#tableIndex();
        if (random.below(4) === 0) {
          this.#value('funcref', depth - 1);
          this.#w.i32Const(random.below(2));
          this.#op('table.fill').byte(0);
        } else {
          this.#value('funcref', depth - 1);
          this.#w.tableSet(0);
        }
        return;
      case 10:
        this.#bounded(depth);
        this.#value('i32', depth - 1);
        this.#w.i32Const(random.below(40));
        this.#op('memory.fill').byte(0);
        return;
      case 11:
        this.#bounded(depth);
        this.#bounded(depth);
        this.#w.i32Const(random.below(40));
        this.#op('memory.copy').bytes([0, 0]);
        return;
      default:
        this.#bounded(depth);
        this.#w.i32Const(random.below(12));
        this.#w.i32Const(random.below(12));
        this.#op('memory.init').bytes([1, 0]);
    }
  }

  #bounded(depth: number): void {
    this.#value('i32', depth - 1);
    this.#w.i32Const(0x1ff);
    this.#op('i32.and');
  }

  #branchIf(depth: number): void {
    const targets = this.#labels.flatMap((types, i) => (types === null ? [] : [i]));
    const chosen = this.#o.random.pick(targets);
    const types = this.#labels[chosen] ?? [];
    this.#all(types, depth);
    this.#value('i32', depth - 1);
    this.#w.brIf(this.#labels.length - 1 - chosen);
    this.#drop(types.length);
  }

  /** A loop that runs at most a few times, with values that go round. */
  #loop(depth: number): void {
    const { random } = this.#o;
    const counter = this.#fresh('i32');
    this.#own.add(counter);
    const types = this.#someTypes(3);
    this.#w.i32Const(1 + random.below(5)).localSet(counter);
    this.#all(types, depth);
    this.#w.loop(this.#blockType(types, types) as number);
    this.#inside(null, () => {
      this.#take(types);
      this.#statement(depth - 1);
      this.#statement(depth - 1);
      this.#all(types, depth);
      this.#w.localGet(counter).i32Const(1);
      this.#op('i32.sub');
      this.#w.localTee(counter).brIf(0);
    });
    this.#w.end();
    this.#drop(types.length);
  }
}
