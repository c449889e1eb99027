/**
 * The two forms of references to functions: inside of a module names, outside `FuncRef`s. One object for each function of an
 * instance, made when it is first shown.
 */

import { type FuncRef, isFuncRef, TrapError } from './extern.ts';
import { acceptArguments, acceptResults } from './host-values.ts';
import { HostExit, type Outcome, ResourceError } from './outcome.ts';
import type { Signature, Type } from './type.ts';
import type { Value } from './value.ts';

/** What an instance gives to make references of its functions. */
export interface Callees {
  /** The signature of a function or import. */
  readonly signatureOf: (name: string) => Signature;
  /** What an import was given as, where that is a reference. */
  readonly importedRef: (name: string) => FuncRef | undefined;
  /** Calls a function or import, with values in the form that they have inside. */
  readonly call: (name: string, args: readonly Value[]) => Outcome;
}

/** The references of one instance. */
export class References {
  readonly #callees: Callees;
  readonly #refs = new Map<string, FuncRef>();

  constructor(callees: Callees) {
    this.#callees = callees;
  }

  /** Whether a reference is to a function of this instance. */
  owns(ref: FuncRef): boolean {
    return ref.owner === this;
  }

  /** The function or import of a name as others hold it. */
  refOf(name: string): FuncRef {
    const known = this.#refs.get(name) ?? this.#callees.importedRef(name);
    if (known !== undefined) return known;
    const sig = this.#callees.signatureOf(name);
    const call: FuncRef['call'] = (args) => this.#call(name, sig, args);
    const ref: FuncRef = { sig, owner: this, name, call };
    this.#refs.set(name, ref);
    return ref;
  }

  /** A value of a type as it is outside. */
  outer(type: Type, value: Value): Value {
    return type === 'funcref' && typeof value === 'string' ? this.refOf(value) : value;
  }

  /** A value of a type as it is inside. */
  inner(type: Type, value: Value): Value {
    return type === 'funcref' && isFuncRef(value) && this.owns(value) ? value.name : value;
  }

  /** Calls what belongs to others, with values as they are inside. */
  callOther(ref: FuncRef, args: readonly Value[]): readonly Value[] {
    const { params, results } = ref.sig;
    const given = ref.call(args.map((arg, i) => this.outer(params[i] as Type, arg)));
    return acceptResults(ref.sig, given, `@${ref.name}`).map((value, i) => this.inner(results[i] as Type, value));
  }

  #call(name: string, sig: Signature, args: readonly Value[]): readonly Value[] {
    const { params, results } = sig;
    const values = acceptArguments(sig, args, `@${name}`).map((arg, i) => this.inner(params[i] as Type, arg));
    return resultsOf(deepOrOutcome(() => this.#callees.call(name, values))).map((value, i) =>
      this.outer(results[i] as Type, value),
    );
  }
}

/** The values that an execution returned; every other end as the exception that stands for it. */
export function resultsOf(outcome: Outcome): readonly Value[] {
  switch (outcome.kind) {
    case 'return':
      return outcome.values;
    case 'trap':
      throw new TrapError(outcome.trap);
    case 'exit':
      throw new HostExit(outcome.code, outcome.message);
    case 'resource':
      throw new ResourceError(outcome.end);
  }
}

/** The end of an execution that one of these exceptions stands for; others are thrown again. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof TrapError) return { kind: 'trap', trap: error.kind, at: null };
  if (error instanceof HostExit) return { kind: 'exit', code: error.code, message: error.message };
  if (error instanceof ResourceError) return { kind: 'resource', end: error.end };
  throw error;
}

// Instances that call each other nest on the host's stack, which ends before the limit of calls does. No regular
// expression here: there is no stack left to compile one.
function deepOrOutcome(run: () => Outcome): Outcome {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError && error.message.includes('call stack'))
      return { kind: 'resource', end: 'call-depth' };
    throw error;
  }
}
