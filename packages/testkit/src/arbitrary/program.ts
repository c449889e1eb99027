/**
 * Programs as trees of choices: what is drawn and shrunk. A tree says what stands in what, and carries numbers (`picks`) from
 * which the builder (emit-*.ts) chooses ops, operands and targets among what is there; every tree gives a well-formed
 * module. So shrinking a tree (fewer statements, smaller numbers) shrinks the program: 0 is the simplest choice everywhere.
 */

import fc from 'fast-check';
import type { Features } from '../features.ts';

/** The statements of a tree. Bodies: none but where said. */
export type StmtKind =
  /** One op of the table, its result to the pool. */
  | 'op'
  /** A variable is written. */
  | 'set'
  | 'call'
  /** A call of any function, itself included, while a global budget lasts. */
  | 'recurse'
  | 'indirect'
  | 'host'
  /** Conditional: out of the loop, to its next turn, out of the function, a trap. */
  | 'leave'
  /** The same without a condition; what follows in its body is dropped. */
  | 'jump'
  /** then, else */
  | 'if'
  /** then; otherwise straight to the join. */
  | 'when'
  /** A body for each case. */
  | 'switch'
  /** A body with a bounded number of turns. */
  | 'loop'
  /** A body that repeats as long as some value says so. */
  | 'endless'
  /** Bodies that jump among each other a bounded number of times. */
  | 'graph'
  /** A body across which many values stay alive. */
  | 'pressure'
  /** What happens when the called function throws. */
  | 'invoke';

/** A statement. */
export interface Stmt {
  readonly kind: StmtKind;
  readonly picks: readonly number[];
  readonly bodies: readonly (readonly Stmt[])[];
}

/** A function: choices for its signature and its end, and its body. */
export interface FuncTree {
  readonly picks: readonly number[];
  readonly body: readonly Stmt[];
}

/** A program: functions, the first one is called from outside; choices for the rest of the module, and for arguments. */
export interface ProgramTree {
  readonly picks: readonly number[];
  readonly funcs: readonly FuncTree[];
  readonly inputs: readonly (readonly number[])[];
}

const pick = fc.nat({ max: 4095 });
const picks = (length: number): fc.Arbitrary<number[]> => fc.array(pick, { minLength: length, maxLength: length });

const leafOp = fc.record({ kind: fc.constant<StmtKind>('op'), picks: picks(6), bodies: fc.constant([]) });

/** Program trees. */
export function arbitraryProgram(features: Features): fc.Arbitrary<ProgramTree> {
  const body = arbitraryBody(features);
  const func = fc.record({ picks: picks(6), body });
  // Small functions too, which are worth putting in place of their calls.
  const small = fc.record({ picks: picks(6), body: fc.array(leafOp, { maxLength: 2 }) });
  const others = fc.array(fc.oneof(small, func), { maxLength: features.calls ? 2 : 0 });
  return fc.record({
    picks: picks(8),
    funcs: fc.tuple(func, others).map(([first, rest]) => [first, ...rest]),
    inputs: fc.array(picks(4), { minLength: 3, maxLength: 3 }),
  });
}

function arbitraryBody(features: Features): fc.Arbitrary<readonly Stmt[]> {
  const { body } = fc.letrec<{ stmt: Stmt; body: readonly Stmt[] }>((tie) => {
    const leaf = (kind: StmtKind, weight: number) => ({
      weight,
      arbitrary: fc.record({ kind: fc.constant(kind), picks: picks(6), bodies: fc.constant([]) }),
    });
    const tree = (kind: StmtKind, weight: number, minLength: number, maxLength: number) => ({
      weight,
      arbitrary: fc.record({
        kind: fc.constant(kind),
        picks: picks(4),
        bodies: fc.array(tie('body'), { minLength, maxLength }),
      }),
    });
    const when = <T>(on: boolean, ...list: readonly T[]): readonly T[] => (on ? list : []);
    return {
      stmt: fc.oneof(
        // As depth grows the first alternative is preferred, so that trees end.
        { maxDepth: 4, depthIdentifier: 'program', depthSize: 'small' },
        leaf('op', 16),
        leaf('set', 8),
        leaf('leave', 2),
        leaf('jump', 1),
        ...when(features.calls, leaf('call', 2), leaf('recurse', 1)),
        ...when(features.indirect, leaf('indirect', 1)),
        ...when(features.host, leaf('host', 1)),
        tree('if', 3, 2, 2),
        tree('when', 2, 1, 1),
        tree('switch', 1, 1, 4),
        ...when(features.loops, tree('loop', 4, 1, 1)),
        ...when(features.endless, tree('endless', 1, 1, 1)),
        ...when(features.graphs, tree('graph', 2, 2, 4)),
        ...when(features.pressure, tree('pressure', 1, 1, 1)),
        ...when(features.exceptions && features.calls, tree('invoke', 1, 1, 1)),
      ),
      body: fc.array(tie('stmt'), { minLength: 1, maxLength: 5, depthIdentifier: 'program' }),
    };
  });
  return fc
    .array(body, { minLength: 1, maxLength: Math.max(1, Math.ceil(features.size / 5)) })
    .map((parts) => parts.flat());
}

/** Draws numbers from a list of picks; when they are used up, from what follows from them. */
export class Draw {
  readonly #picks: readonly number[];
  #at = 0;

  constructor(list: readonly number[]) {
    this.#picks = list;
  }

  /** A number from 0 up to `n - 1`. */
  below(n: number): number {
    const { length } = this.#picks;
    const at = this.#at++;
    const found = this.#picks[at % Math.max(1, length)] ?? 0;
    const round = Math.floor(at / Math.max(1, length));
    return n <= 1 ? 0 : mix(found, round) % n;
  }

  /** True once in `n`. Never for 0. */
  oneIn(n: number): boolean {
    return this.below(n) === n - 1;
  }

  /** An element; throws of an empty list. */
  of<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('nothing to draw from');
    return list[this.below(list.length)] as T;
  }
}

// 0 stays 0, so that a shrunk pick makes all that follows from it simple.
function mix(pick: number, round: number): number {
  return round === 0 ? pick : (Math.imul(pick, 0x9e3779b1 + 2 * round) >>> 7) & 0xffff;
}
