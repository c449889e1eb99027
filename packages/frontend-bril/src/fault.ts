/**
 * How a run of the direct interpreter ends early: an error of the program, or a limit. Both are thrown inside and become an
 * outcome at the boundary (`interpret`).
 */

/** What went wrong in a program; the first five are the names that traps of the IR have too. */
export type BrilErrorKind =
  | 'integer-divide-by-zero'
  | 'invalid-conversion'
  | 'heap-bounds'
  | 'heap-dead'
  | 'heap-uninitialised'
  /** A variable was read that was never assigned in this call, or that holds `undef`. */
  | 'undefined-value'
  /** An `any` was not of the type that was wanted. */
  | 'type-mismatch'
  /** `call` or `ret` in speculation, `commit` or a failing `guard` outside. */
  | 'speculation'
  /** A function with a type ended without `ret`. */
  | 'missing-return'
  /** Memory was not freed at the end. */
  | 'leak';

/** Which limit ended a run. */
export type BrilLimit = 'fuel' | 'call-depth' | 'memory';

/** An error of the program. */
export class BrilFault extends Error {
  readonly kind: BrilErrorKind;

  constructor(kind: BrilErrorKind, message: string) {
    super(message);
    this.name = 'BrilFault';
    this.kind = kind;
  }
}

/** A limit was reached. */
export class BrilStop extends Error {
  readonly limit: BrilLimit;

  constructor(limit: BrilLimit) {
    super(`out of ${limit}`);
    this.name = 'BrilStop';
    this.limit = limit;
  }
}

/** Runs `allocate`; where the host has no memory left for it, that is the program's memory limit and no exception. */
export function orOutOfMemory<T>(allocate: () => T): T {
  try {
    return allocate();
  } catch (error) {
    if (error instanceof RangeError) throw new BrilStop('memory');
    throw error;
  }
}

/** The error of reading a variable that holds nothing; `tag` 0: never assigned, 1: `undef`. */
export function undefinedValue(tag: number, op: string, name: string): BrilFault {
  const message = tag === 0 ? `undefined variable ${name}` : `${op} of undefined value ${name}`;
  return new BrilFault('undefined-value', message);
}

/** The error of an `any` that is not what is wanted. */
export function mismatch(what: string, wanted: string, found: string): BrilFault {
  return new BrilFault('type-mismatch', `${what} must be of type ${wanted}, but is ${found}`);
}

/** The error of a run that ends with memory not freed. */
export function leak(): BrilFault {
  return new BrilFault('leak', 'some memory locations have not been freed by the end of execution');
}

/** The error of `get` where the call never did `set`. */
export function noSet(name: string): BrilFault {
  return new BrilFault('undefined-value', `get without corresponding set for ${name}`);
}
