/**
 * Traps: defined failures that are part of a program's meaning. `eval` returns them as values, engines report them.
 */

/** The kinds of trap (SPEC.md §4). */
export const trapKinds = [
  'integer-divide-by-zero',
  'integer-overflow',
  'out-of-bounds',
  'unreachable',
  'invalid-conversion',
  'indirect-call-type',
  'null-reference',
  'heap-bounds',
  'heap-dead',
  'heap-uninitialised',
  'throw',
] as const;

/** A kind of trap. */
export type TrapKind = (typeof trapKinds)[number];

/** A trap as a value; there is one object for each kind, so that `===` compares. */
export class Trap {
  readonly kind: TrapKind;

  /** @internal use `trap(kind)` */
  constructor(kind: TrapKind) {
    this.kind = kind;
    Object.freeze(this);
  }
}

const traps: ReadonlyMap<string, Trap> = new Map(trapKinds.map((kind) => [kind, new Trap(kind)]));

/** The trap of a kind. */
export function trap(kind: TrapKind): Trap {
  const found = traps.get(kind);
  if (found === undefined) throw new Error(`no trap of kind '${kind}'`);
  return found;
}

/** Whether `text` names a kind of trap. */
export function isTrapKind(text: string): text is TrapKind {
  return traps.has(text);
}
