/**
 * A builder's variables while its blocks are built. A read sees what the block wrote before (local value numbering: Braun
 * et al. 2013, section 2.1), or what a chain of only predecessors wrote; else it gives a placeholder for the value at
 * the start of the block, which `place` settles at the end (build-phis.ts).
 */

import { type PlacedPhi, placeVariables } from './build-phis.ts';
import type { Forwarding } from './edit-forward.ts';
import type { BlockId, Func, ValueId } from './func.ts';
import { none } from './inst.ts';
import type { Type } from './type.ts';
import { noVariables, VariableMap } from './variable-map.ts';

/** A variable of the source: written and read many times, unlike a value. */
export type Variable = number & { readonly __id: 'variable' };

/** What variables need of the builder. */
export interface VariableHost {
  /** The only predecessor of a block that gets no further ones; undefined where there is none or several. */
  readonly onlyPred: (b: BlockId) => BlockId | undefined;
  /** A new phi of this type, without operands, that stands in no block yet. */
  readonly newPhi: (type: Type) => ValueId;
  readonly zero: (type: Type) => ValueId;
  readonly valueCount: () => number;
}

/** Predecessors that a read looks through at once; further back it takes a placeholder. */
const nearby = 16;

interface Uses {
  writes: VariableMap;
  reads: VariableMap;
}

const nothing: Uses = { writes: noVariables, reads: noVariables };

/** The variables of one function. */
export class Variables {
  readonly #host: VariableHost;
  readonly #types: Type[] = [];
  readonly #uses: (Uses | undefined)[] = [];
  #anyRead = false;

  constructor(host: VariableHost) {
    this.#host = host;
  }

  /** A new variable. */
  add(type: Type): Variable {
    this.#types.push(type);
    return (this.#types.length - 1) as Variable;
  }

  /** The variable has this value at the end of the block so far. */
  write(variable: Variable, value: ValueId, b: BlockId): void {
    const uses = this.#of(b);
    if (uses.writes === noVariables) uses.writes = new VariableMap();
    uses.writes.set(variable, value);
  }

  /** The variable's value at the end of the block so far; it may be a placeholder. */
  read(variable: Variable, from: BlockId): ValueId {
    let b: BlockId | undefined = from;
    for (let steps = 0; b !== undefined && steps < nearby; steps++) {
      const uses = this.#uses[b];
      const known = uses?.writes.get(variable) ?? uses?.reads.get(variable);
      if (known !== undefined) return known;
      b = this.#host.onlyPred(b);
    }
    const placeholder = this.#host.newPhi(this.#typeOf(variable));
    const uses = this.#of(from);
    if (uses.reads === noVariables) uses.reads = new VariableMap();
    uses.reads.set(variable, placeholder);
    this.#anyRead = true;
    return placeholder;
  }

  /**
   * Places phis in a function whose blocks and edges are final, and says in `forward` what placeholders stand for. Null where
   * that costs more than `effort` (see build-phis.ts).
   */
  place(shape: () => Func, forward: Forwarding, effort: number): readonly PlacedPhi[] | null {
    if (!this.#anyRead) return none;
    const typeOf = (variable: number): Type => this.#typeOf(variable as Variable);
    return placeVariables({
      shape: shape(),
      blocks: (b) => this.#uses[b] ?? nothing,
      variableCount: this.#types.length,
      newPhi: (variable) => this.#host.newPhi(typeOf(variable)),
      unwritten: (variable) => this.#host.zero(typeOf(variable)),
      settle: (placeholder, value) => forward.add(placeholder, value, this.#host.valueCount()),
      resolve: (v) => forward.resolve(v),
      effort,
    });
  }

  #of(b: BlockId): Uses {
    let uses = this.#uses[b];
    if (uses === undefined) {
      uses = { writes: noVariables, reads: noVariables };
      this.#uses[b] = uses;
    }
    return uses;
  }

  #typeOf(variable: Variable): Type {
    const type = this.#types[variable];
    if (type === undefined) throw new Error(`no variable ${variable}`);
    return type;
  }
}
