/**
 * What a pass is: facts about itself and one function that does the work. Everything else (time, remarks, dumps,
 * verification, bisection, being switched off) the manager gives to every pass alike.
 */

import type { Analysis, Editor, Func, Module, OpTable, ValueId } from '@sluice/ir';

/** A reason why a pass comes after or before another one; a test holds the pipelines against them. */
export interface OrderReason {
  readonly pass: string;
  readonly why: string;
}

/** A value that a user may set: `gvn(loads=false)` on the command line. */
export type OptionValue = boolean | number | string;

/** An option of a pass. The default's type is the option's type. */
export interface OptionSpec {
  readonly doc: string;
  readonly default: OptionValue;
}

/** Options by name. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** The values of options as a pass reads them. */
export type OptionValues<O extends OptionSpecs> = { readonly [K in keyof O]: Widen<O[K]['default']> };

type Widen<T> = T extends boolean ? boolean : T extends number ? number : string;

/** What passes of either scope may ask and say. */
export interface PassContext<O extends OptionSpecs = OptionSpecs> {
  /** The module as it stands; functions other than the one at hand may change later. */
  readonly module: Module;
  readonly ops: OpTable;
  readonly options: OptionValues<O>;
  /**
   * Asks to do one rewrite, and says what it is. False: the budget of rewrites is spent, and the pass must leave
   * this place as it is. Every change that a pass makes stands behind one of these.
   */
  rewrite(what: string, at?: ValueId): boolean;
  /** Says why something that looked possible was not done. */
  declined(why: string, at?: ValueId): void;
  /**
   * Passes a decision about profit through: the manager may answer otherwise, to test that such decisions never matter
   * for correctness. Never ask it about legality.
   */
  choose(heuristic: string, answer: boolean): boolean;
}

/** What a pass over one function gets. */
export interface FuncContext<O extends OptionSpecs = OptionSpecs> extends PassContext<O> {
  /** The function before the pass. */
  readonly func: Func;
  /** The Editor of `func`; what it finishes is the result of the pass. */
  readonly edit: Editor;
  /** The result of an analysis of `func` (of the function before the pass, not of the edits). */
  get<T>(analysis: Analysis<T>): T;
}

/** What a pass over a module gets. */
export interface ModuleContext<O extends OptionSpecs = OptionSpecs> extends PassContext<O> {
  /** Says in which function the rewrites that follow are, for remarks. */
  enter(func: Func): void;
}

interface Facts<O extends OptionSpecs> {
  /** Kebab-case; the same as the file and the fixture. */
  readonly name: string;
  /** One line for the command and the reference. */
  readonly summary: string;
  /** Where it comes from, or 'folklore'. */
  readonly paper: string;
  readonly after: readonly OrderReason[];
  readonly before: readonly OrderReason[];
  readonly options: O;
  /** A second run right after the first changes nothing. */
  readonly idempotent: boolean;
}

/** A pass over one function at a time. */
export interface FuncPass<O extends OptionSpecs = OptionSpecs> extends Facts<O> {
  readonly scope: 'func';
  // As methods, since a method's parameters may be narrower: a pass with options of its own is a `Pass`.
  /** Edits through `cx.edit`. */
  run(f: Func, cx: FuncContext<O>): void;
}

/** A pass over the module; gives the new module (the same object when nothing changed). */
export interface ModulePass<O extends OptionSpecs = OptionSpecs> extends Facts<O> {
  readonly scope: 'module';
  /** Gives the new module. */
  run(m: Module, cx: ModuleContext<O>): Module;
}

/** A pass. */
export type Pass = FuncPass | ModulePass;

type Optional<T> = Partial<Pick<T, Extract<keyof T, 'after' | 'before' | 'options' | 'idempotent'>>>;
type Spec<P> = Omit<P, 'after' | 'before' | 'options' | 'idempotent'> & Optional<P>;

/** Defines a pass over functions or over the module; fills in what most passes leave out. */
export function definePass<const O extends OptionSpecs = Record<never, never>>(spec: Spec<FuncPass<O>>): FuncPass<O>;
export function definePass<const O extends OptionSpecs = Record<never, never>>(
  spec: Spec<ModulePass<O>>,
): ModulePass<O>;
export function definePass(spec: Spec<FuncPass> | Spec<ModulePass>): Pass {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(spec.name)) throw new Error(`pass '${spec.name}': a name is kebab-case`);
  return { after: [], before: [], options: {}, idempotent: false, ...spec } as Pass;
}
