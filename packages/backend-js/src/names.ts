/** Identifiers from names of the program: only letters, digits and underscores are left of them. */

import type { Imm, OpDef, Signature, Type } from '@sluice/ir';

/** A name as part of an identifier. */
export function identifier(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_');
  return /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
}

/** Distinct identifiers for functions, in order: `$main`, `$print_int`, `$print_int$2`. */
export function functionNames(names: readonly string[]): readonly string[] {
  const used = new Set<string>();
  return names.map((name) => {
    const plain = `$${identifier(name)}`;
    let unique = plain;
    for (let k = 2; used.has(unique); k++) unique = `${plain}$${k}`;
    used.add(unique);
    return unique;
  });
}

/** What names of the module are called in its code. */
export interface Names {
  /** A function of the module, and whether it takes a frame; undefined for imports. */
  readonly func: (name: string) => { readonly text: string; readonly framed: boolean } | undefined;
  /** An import's host function. */
  readonly host: (name: string) => string;
  /** A global, to read or set. */
  readonly global: (name: string) => string;
  /** An op that is left to its meaning. */
  readonly op: (op: OpDef, type: Type | null, imm: Imm) => string;
  /** A table: its number, of functions and signatures. */
  readonly table: (name: string | undefined) => number;
  /** A view of the memory that begins at an offset, of bytes or of floats; null: none does. */
  readonly view: (offset: number, type?: 'f32' | 'f64') => string | null;
  /** The number of a signature in tables. */
  readonly signature: (sig: Signature) => number;
}
