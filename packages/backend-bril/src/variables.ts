/**
 * Variables: one for each phi web (`ssa-destruct` has made sure that its values never live at one time), one for each other
 * value. Copies between webs that do not get in each other's way share one too. Bril has as many variables as one likes,
 * so that nothing else is gained by sharing.
 */

import { isIdentifier } from '@sluice/bril-format';
import { blockOf, type Func, instOf, type ValueId } from '@sluice/ir';

/** Names that are taken, and new ones. */
export class Names {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  /** `wanted` where it is free and a name of Bril, else a name like it. */
  fresh(wanted: string): string {
    const clean = isIdentifier(wanted)
      ? wanted
      : wanted.replace(/[^_%.A-Za-z0-9]/g, '_').replace(/^(?![_%A-Za-z])/, '_');
    let name = clean;
    for (let n = this.#next.get(clean) ?? 1; this.#taken.has(name); n++) {
      name = `${clean}.${n}`;
      this.#next.set(clean, n + 1);
    }
    this.#taken.add(name);
    return name;
  }
}

/** The variable of each value; null where it has none of its own. */
export class Variables {
  readonly names: Names = new Names();
  readonly #f: Func;
  readonly #web: Int32Array;
  readonly #byWeb = new Map<number, string>();

  constructor(f: Func) {
    this.#f = f;
    this.#web = webs(f);
    for (const [i, v] of f.params.entries()) {
      this.#byWeb.set(this.#web[v] as number, this.names.fresh(f.valueNames.get(v) ?? `a${i}`));
    }
  }

  /** The variable that holds a value. */
  of(v: ValueId): string {
    const web = this.#web[v] as number;
    let name = this.#byWeb.get(web);
    if (name === undefined) {
      name = this.names.fresh(this.#f.valueNames.get(v) ?? `v${web}`);
      this.#byWeb.set(web, name);
    }
    return name;
  }

  /** Whether a value shares its variable with others. */
  isShared(v: ValueId): boolean {
    return this.#web[v] !== v || this.#sharedRoots.has(v);
  }

  get #sharedRoots(): ReadonlySet<number> {
    this.#roots ??= new Set(Array.from(this.#web).filter((web, v) => web !== v));
    return this.#roots;
  }
  #roots: Set<number> | null = null;
}

/** By value: a value that stands for its web, itself for values outside of phis. */
function webs(f: Func): Int32Array {
  const web = Int32Array.from({ length: f.insts.length }, (_, v) => v);
  const find = (v: number): number => {
    let at = v;
    for (let up = web[at] as number; up !== at; up = web[at] as number) {
      const above = web[up] as number;
      web[at] = above;
      at = above;
    }
    return at;
  };
  for (const b of f.order) {
    for (const phi of blockOf(f, b).phis) for (const arg of instOf(f, phi).args) web[find(arg)] = find(phi);
  }
  for (let v = 0; v < web.length; v++) web[v] = find(v);
  return web;
}
