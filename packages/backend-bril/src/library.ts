/**
 * Functions for what Bril has no instruction for and no few: they come into the program when it calls them. Written as IR, so
 * that they run in every engine and are held against the ops that they stand for; what they use themselves is lowered like
 * the rest of the program.
 *
 * Paper:   Henry Warren, Hacker's Delight, 2nd ed., 2012 (9-3: unsigned division by signed; 17: conversions by the bits of
 *          2^52); root: bit by bit as in Woo Yong Lee et al., A Fast Square Root, as fdlibm has it.
 */

import { Editor, type Func, type Inst, type Module, makeInst, parseModule, type Type, unwrap } from '@sluice/ir';
import { floatFunctions } from './library/floats.ts';
import { intFunctions } from './library/ints.ts';

const sources = { ...intFunctions, ...floatFunctions } as const;

/** A function of the library. */
export type LibraryName = keyof typeof sources;

/** All of them. */
export const libraryNames = Object.keys(sources) as readonly LibraryName[];

/** The library as a module of its own, whose functions have their plain names. */
export function libraryModule(): Module {
  return unwrap(parseModule(`module "library"\n${Object.values(sources).join('')}`, { file: 'library' }));
}

/** The functions that a program uses. */
export class Library {
  readonly #taken: ReadonlySet<string>;
  readonly #names = new Map<LibraryName, string>();
  readonly #waiting: Func[] = [];
  #module: Module | null = null;

  constructor(m: Module) {
    this.#taken = new Set(m.funcs.map(({ name }) => name));
  }

  /** Says that the program calls it: what the call names, and its type. */
  use(name: LibraryName): { readonly imm: string; readonly type: Type } {
    const f = this.module.funcs.find((each) => each.name === name);
    if (f === undefined) throw new Error(`no function '${name}' in the library`);
    let imm = this.#names.get(name);
    if (imm === undefined) {
      imm = `sluice.${name}`;
      for (let n = 1; this.#taken.has(imm); n++) imm = `sluice.${name}.${n}`;
      this.#names.set(name, imm);
      this.#waiting.push(f);
    }
    return { imm, type: f.sig.results[0] as Type };
  }

  /** The library as a module of its own. */
  get module(): Module {
    this.#module ??= libraryModule();
    return this.#module;
  }

  /** The next function that is used and was not given before, as the library has it. */
  next(): Func | undefined {
    return this.#waiting.pop();
  }

  /** A function under the name that the program calls it by, its own calls too. */
  renamed(f: Func): Func {
    const edit = new Editor(f);
    for (const b of f.order) {
      for (const v of edit.body(b)) {
        const inst: Inst = edit.inst(v);
        const { op, args, imm, type, loc } = inst;
        const to = op.name === 'call' && (imm as string) in sources ? this.use(imm as LibraryName).imm : imm;
        if (to !== imm) edit.setInst(v, makeInst(op, args, { imm: to as string, type, loc }));
      }
    }
    return { ...edit.finish(), name: this.use(f.name as LibraryName).imm };
  }
}
