/**
 * Makes numbers those that Bril has: ops that it lacks become others or calls of the library, i32 values of two kinds that
 * meet are converted.
 *
 *     %r = i32.add %a, %b            %x = i64.extend_i32_s %a; %y = i64.extend_i32_s %b;  %s = i64.add %x, %y
 *                              =>    %m = i64.mul %s, 2^32;  %w = bril.div %m, 2^32;  %r = bril.narrow %w
 *
 * Legal:   each lowering gives the value that the op gives for all operands, and traps where it does (lower-wide.ts,
 *          lower-narrow.ts; the library is held against the ops). Conversions keep the number.
 * Cost:    one look at each instruction; the types of the module.
 * Not done: f32, v128, memory, globals, tables, references: emission refuses them.
 */

import type { BrilType } from '@sluice/bril-format';
import {
  anyTags,
  type BlockId,
  Editor,
  type Func,
  findFunc,
  type Inst,
  type Module,
  orderOf,
  type ValueId,
  withArgs,
} from '@sluice/ir';
import { definePass, type ModuleContext } from '@sluice/pipeline';
import { Library } from './library.ts';
import { narrowLowerings, narrowStays } from './lower-narrow.ts';
import { isProduct, wideLowerings, wideStays } from './lower-wide.ts';
import { type Kept, Lowering, type Lowerings } from './lowering.ts';
import { brilAsChar } from './ops.ts';
import { BrilTypes, printedKinds } from './types.ts';

const lowerings: Lowerings = {
  lower: new Map(Object.entries({ ...wideLowerings, ...narrowLowerings })),
  stays: new Map(Object.entries({ ...wideStays, ...narrowStays })),
};

export default definePass({
  name: 'bril-numbers',
  summary: 'make ops that Bril lacks others or calls of a library, and i32 values what Bril has',
  paper: "Warren, Hacker's Delight, 2nd ed., 2012",
  scope: 'module',
  before: [{ pass: 'bril-legalise', why: 'makes choices, which become branches there' }],
  run(m, cx) {
    const library = new Library(m);
    const types = new BrilTypes(m);
    const funcs = m.funcs.map((f) => numbers(m, f, types, library, cx));
    const first = library.next();
    if (first === undefined) return funcs.every((f, i) => f === m.funcs[i]) ? m : { ...m, funcs };
    const own = new BrilTypes(library.module);
    for (let f: Func | undefined = first; f !== undefined; f = library.next()) {
      funcs.push(library.renamed(numbers(library.module, f, own, library, cx)));
    }
    return { ...m, funcs };
  },
});

function numbers(m: Module, f: Func, types: BrilTypes, library: Library, cx: ModuleContext): Func {
  cx.enter(f);
  return new Numbers(m, f, types, library, cx).run();
}

class Numbers {
  readonly #m: Module;
  readonly #f: Func;
  readonly #types: BrilTypes;
  readonly #cx: ModuleContext;
  readonly #edit: Editor;
  readonly #b: Lowering;

  constructor(m: Module, f: Func, types: BrilTypes, library: Library, cx: ModuleContext) {
    this.#m = m;
    this.#f = f;
    this.#types = types;
    this.#cx = cx;
    this.#edit = new Editor(f);
    this.#b = new Lowering(this.#edit, cx.ops, lowerings, library, (v) => this.#kept(v));
  }

  run(): Func {
    const f = this.#f;
    for (const b of orderOf(f).rpo) {
      const { phis, body, term } = f.blocks[b] as { phis: ValueId[]; body: ValueId[]; term: ValueId };
      for (const v of phis) this.#phi(v);
      for (const v of body) {
        this.#operands(v);
        this.#lower(v);
      }
      this.#operands(term);
    }
    return this.#edit.finish();
  }

  #lower(v: ValueId): void {
    const { op, args } = this.#edit.inst(v);
    // What emission computes has no need of it.
    if (!lowerings.lower.has(op.name) || this.#b.folded(op, args) !== undefined) return;
    if (op.name === 'f64.neg' && isProduct(this.#b, v)) return;
    const lower = this.#b.lowering(op, args);
    if (lower === null || !this.#cx.rewrite(`'${op.name}' made of what Bril has`, v)) return;
    this.#b.before(v);
    this.#edit.replaceWith(v, lower(this.#b, args));
  }

  #phi(v: ValueId): void {
    const { args, blocks, type } = this.#edit.inst(v);
    if (type !== 'i32') return;
    if (this.#types.diagnostics.length > 0) return;
    const want = this.#kept(v);
    for (const [k, arg] of args.entries()) {
      const end = this.#edit.termId(blocks[k] as BlockId);
      const by = this.#converted(arg, want, end);
      if (by !== arg) this.#edit.setPhiInput(v, blocks[k] as BlockId, by);
    }
  }

  /** Converts the i32 operands that an instruction passes on. */
  #operands(v: ValueId): void {
    if (this.#types.diagnostics.length > 0) return;
    const inst = this.#edit.inst(v);
    const changed: [number, ValueId][] = [];
    for (const [k, arg] of inst.args.entries()) {
      if (this.#edit.inst(arg).type !== 'i32') continue;
      const want = this.#wanted(v, inst, k);
      const by = want === null ? arg : this.#converted(arg, want, v);
      if (by !== arg) changed.push([k, by]);
    }
    if (changed.length === 0) return;
    const args = [...inst.args];
    for (const [k, by] of changed) args[k] = by;
    if (inst.op.kind === 'ret') this.#edit.setTerm(this.#edit.blockOf(v), withArgs(inst, args));
    else this.#edit.setInst(v, withArgs(inst, args));
  }

  /** How an operand is to be kept; null where it does not matter. */
  #wanted(v: ValueId, { op, imm, args }: Inst, k: number): Kept | null {
    const f = this.#f;
    switch (op.name) {
      case 'call': {
        const callee = findFunc(this.#m, imm as string);
        return callee === undefined ? null : keptAs(this.#types.of(callee, callee.params[k] as ValueId));
      }
      case 'call_host':
        return nameOf(printedKinds(this.#m, { op, imm } as Inst)?.[k]);
      case 'ret': {
        const result = this.#types.result(f);
        return result === null ? null : keptAs(result);
      }
      case 'copy':
      case 'select':
        return op.name === 'select' && k === 2 ? null : this.#kept(v);
      case 'slot.set':
        return keptAs(this.#types.slot(f, imm as number));
      case 'heap.store': {
        const { base, ptr } = this.#types.of(f, args[0] as ValueId);
        return ptr === 1 ? nameOf(base) : null;
      }
      case 'any.box':
        return imm === anyTags.char ? 'char' : 'bool';
      default:
        return null;
    }
  }

  #converted(v: ValueId, want: Kept, anchor: ValueId): ValueId {
    const b = this.#b;
    if (b.known(v) !== undefined) return v;
    const kept = b.kept(v);
    if (kept === want || !this.#cx.rewrite(`a ${kept} made ${want === 'int' ? 'an int' : `a ${want}`}`, v)) return v;
    b.before(anchor);
    if (want === 'bool') return b.emit('i64.ne', [b.wide(v), b.int(0n)]);
    if (want === 'int') return b.narrow(b.wide(v));
    return b.emit(brilAsChar, [kept === 'int' ? v : b.narrow(b.wide(v))]);
  }

  /** What has no one type in Bril is a number. */
  #kept(v: ValueId): Kept {
    // What was made here is a test, or has been asked for by `Lowering`.
    if (v >= this.#f.insts.length) return this.#edit.inst(v).op === brilAsChar ? 'char' : 'bool';
    return this.#types.diagnostics.length > 0 ? 'int' : keptAs(this.#types.of(this.#f, v));
  }
}

function keptAs({ base }: BrilType): Kept {
  return base === 'bool' || base === 'char' ? base : 'int';
}

function nameOf(base: string | undefined): Kept | null {
  return base === 'bool' || base === 'char' || base === 'int' ? base : null;
}
