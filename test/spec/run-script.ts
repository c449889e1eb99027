/**
 * Runs a script on one configuration: makes the modules, links what is registered, performs actions, and holds what comes
 * out against what the script expects. What executes is a value (`Maker`), so that engines, round trips and the
 * JavaScript engine's own WebAssembly all run the same scripts.
 *
 * A resource end counts as exhaustion, whichever limit it was: a call of itself in tail position may have become a loop.
 */

import type { Outcome, Result, TrapKind, Type, Value } from '@sluice/ir';
import { formatDiagnostic } from '@sluice/ir';
import type { Action, Command, Script, ScriptValue } from './script.ts';
import { matches, showActual, showExpected, toValue } from './values.ts';

/** A value with its type. */
export interface Typed {
  readonly type: Type;
  readonly value: Value;
}

/** What came out of an action: an outcome, the results with their types. */
export type Answer =
  | { readonly kind: 'return'; readonly results: readonly Typed[] }
  /** A maker that cannot tell the kind gives null, which fits any. */
  | { readonly kind: 'trap'; readonly trap: TrapKind | null }
  | Exclude<Outcome, { readonly kind: 'return' | 'trap' }>;

/** An instance as scripts see it; `E` is what its exports are to other instances of the same maker. */
export interface ScriptInstance<E> {
  /** Why the instance is none that can be called: a segment or the start function trapped. */
  readonly failure: Exclude<Answer, { readonly kind: 'return' }> | null;
  /** Undefined: it exports no such function. */
  readonly invoke: (field: string, args: readonly Value[]) => Answer | undefined;
  /** Undefined: it exports no such global. */
  readonly get: (field: string) => Typed | undefined;
  readonly exported: (field: string) => E | undefined;
}

/** What executes. `M` is a module that was accepted. */
export interface Maker<M, E> {
  /** Reads and validates; diagnostics where the module is refused. */
  readonly load: (bytes: Uint8Array, file: string) => Result<M>;
  /** Makes an instance; `linked` gives the exports of registered instances. Throws an `Error` where imports do not fit. */
  readonly instantiate: (module: M, linked: (module: string, field: string) => E | undefined) => ScriptInstance<E>;
}

/** A command that did not hold. */
export interface Failure {
  /** `source:line`. */
  readonly at: string;
  readonly message: string;
}

/** Commands of a script by how they ended. */
export interface Tally {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

/** Why a command is not for us. */
const skip = Symbol('skipped');
type Verdict = string | typeof skip | null;

/** Runs all commands of a script. An exception of ours is a failure of its command. */
export function runScript<M, E>(script: Script, maker: Maker<M, E>): Tally {
  const session = new Session(script, maker);
  let passed = 0;
  let skipped = 0;
  const failures: Failure[] = [];
  for (const command of script.commands) {
    const verdict = attempt(() => session.perform(command));
    if (verdict === null) passed++;
    else if (verdict === skip) skipped++;
    else failures.push({ at: `${script.source}:${command.line}`, message: `${command.type}: ${verdict}` });
  }
  return { passed, skipped, failures };
}

function attempt(body: () => Verdict): Verdict {
  try {
    return body();
  } catch (error) {
    return `an exception: ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : String(error)}`;
  }
}

/** The state of a script: the latest instance, those with names, those that imports find. Undefined: skipped. */
class Session<M, E> {
  readonly #script: Script;
  readonly #maker: Maker<M, E>;
  #latest: ScriptInstance<E> | undefined;
  readonly #named = new Map<string, ScriptInstance<E> | undefined>();
  readonly #registered = new Map<string, ScriptInstance<E>>();

  constructor(script: Script, maker: Maker<M, E>) {
    this.#script = script;
    this.#maker = maker;
  }

  perform(command: Command): Verdict {
    switch (command.type) {
      case 'module':
        return this.#module(command);
      case 'register':
        return this.#register(command);
      case 'action':
      case 'assert_return':
        return this.#returns(command);
      case 'assert_trap':
        return command.action === undefined ? this.#uninstantiable(command) : this.#traps(command);
      case 'assert_exhaustion':
        return this.#exhausts(command);
      case 'assert_invalid':
      case 'assert_malformed':
        return this.#refused(command);
      case 'assert_unlinkable':
        return this.#unlinkable(command);
      case 'assert_uninstantiable':
        return this.#uninstantiable(command);
      default:
        return skip;
    }
  }

  #load(command: Command): Result<M> | undefined {
    const file = command.module_type === 'text' ? command.binary_filename : command.filename;
    return file === undefined ? undefined : this.#maker.load(this.#script.read(file), file);
  }

  #instantiate(module: M): ScriptInstance<E> {
    return this.#maker.instantiate(module, (from, field) => this.#registered.get(from)?.exported(field));
  }

  #module(command: Command): Verdict {
    this.#latest = undefined;
    if (command.name !== undefined) this.#named.set(command.name, undefined);
    const loaded = this.#load(command);
    if (loaded === undefined) return skip;
    if (!loaded.ok) return `refused: ${loaded.diagnostics.map(formatDiagnostic).join('; ')}`;
    const instance = this.#instantiate(loaded.value);
    if (instance.failure !== null) return `ended while it was made: ${showAnswer(instance.failure)}`;
    this.#latest = instance;
    if (command.name !== undefined) this.#named.set(command.name, instance);
    return null;
  }

  #register(command: Command): Verdict {
    const instance = this.#instanceOf(command.name);
    if (instance === undefined) return skip;
    this.#registered.set(command.as ?? '', instance);
    return null;
  }

  #instanceOf(name: string | undefined): ScriptInstance<E> | undefined {
    return name === undefined ? this.#latest : this.#named.get(name);
  }

  /** The answer of an action; text where it cannot be performed. */
  #answer({ type, module, field, args = [] }: Action): Answer | string | typeof skip {
    const instance = this.#instanceOf(module);
    if (instance === undefined) return 'there is no instance';
    if (type === 'get') {
      const found = instance.get(field);
      return found === undefined ? `no global '${field}'` : { kind: 'return', results: [found] };
    }
    return instance.invoke(field, args.map(toValue)) ?? `no function '${field}'`;
  }

  #perform(command: Command): Answer | string | typeof skip {
    return command.action === undefined ? 'no action' : this.#answer(command.action);
  }

  #returns(command: Command): Verdict {
    const answer = this.#perform(command);
    if (typeof answer !== 'object') return answer;
    const { expected = [] } = command;
    if (answer.kind !== 'return') return `${showCall(command)} ended: ${showAnswer(answer)}`;
    if (command.type === 'action') return null;
    const { results } = answer;
    const same = results.length === expected.length && expected.every((each, i) => holds(each, results[i]));
    return same ? null : `${showCall(command)} gave ${showAnswer(answer)}, expected ${expected.map(showExpected)}`;
  }

  #traps(command: Command): Verdict {
    const answer = this.#perform(command);
    if (typeof answer !== 'object') return answer;
    const fits = answer.kind === 'trap' && trapFits(command.text ?? '', answer.trap);
    return fits ? null : `${showCall(command)} ended: ${showAnswer(answer)}, expected '${command.text}'`;
  }

  #exhausts(command: Command): Verdict {
    const answer = this.#perform(command);
    if (typeof answer !== 'object') return answer;
    return answer.kind === 'resource' ? null : `${showCall(command)} ended: ${showAnswer(answer)}`;
  }

  #refused(command: Command): Verdict {
    const loaded = this.#load(command);
    if (loaded === undefined) return skip;
    return loaded.ok ? `${command.filename} was accepted; wrong is: ${command.text}` : null;
  }

  #unlinkable(command: Command): Verdict {
    const loaded = this.#load(command);
    if (loaded === undefined) return skip;
    if (!loaded.ok) return `refused: ${loaded.diagnostics.map(formatDiagnostic).join('; ')}`;
    try {
      this.#instantiate(loaded.value);
    } catch (error) {
      // A bug has another class; what does not link is said with a plain error.
      if (error instanceof Error && error.constructor !== Error && error.name !== 'LinkError') throw error;
      return null;
    }
    return `${command.filename} was linked; wrong is: ${command.text}`;
  }

  #uninstantiable(command: Command): Verdict {
    const loaded = this.#load(command);
    if (loaded === undefined) return skip;
    if (!loaded.ok) return `refused: ${loaded.diagnostics.map(formatDiagnostic).join('; ')}`;
    const { failure } = this.#instantiate(loaded.value);
    if (failure === null) return `${command.filename} was instantiated; wrong is: ${command.text}`;
    const fits = failure.kind === 'trap' ? trapFits(command.text ?? '', failure.trap) : failure.kind === 'resource';
    return fits ? null : `ended: ${showAnswer(failure)}, expected '${command.text}'`;
  }
}

function holds(expected: ScriptValue, actual: Typed | undefined): boolean {
  return actual !== undefined && matches(expected, actual.type, actual.value);
}

/** What the reference implementation says of a trap, and the kind that it is here. */
const trapTexts: readonly (readonly [string, TrapKind])[] = [
  ['integer divide by zero', 'integer-divide-by-zero'],
  ['integer overflow', 'integer-overflow'],
  ['invalid conversion to integer', 'invalid-conversion'],
  ['out of bounds', 'out-of-bounds'],
  ['undefined element', 'out-of-bounds'],
  ['uninitialized element', 'null-reference'],
  ['null', 'null-reference'],
  ['indirect call type mismatch', 'indirect-call-type'],
  ['unreachable', 'unreachable'],
];

/** Whether a kind of trap is what a script names; a text that is not known here says nothing. */
function trapFits(text: string, kind: TrapKind | null): boolean {
  if (kind === null) return true;
  const known = trapTexts.find(([start]) => text.startsWith(start));
  return known === undefined || known[1] === kind;
}

function showCall({ action }: Command): string {
  if (action === undefined) return '?';
  return action.type === 'get' ? action.field : `${action.field}(${(action.args ?? []).map(showExpected)})`;
}

function showAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'return':
      return answer.results.length === 0
        ? 'nothing'
        : answer.results.map((r) => showActual(r.type, r.value)).join(', ');
    case 'trap':
      return `trap ${answer.trap ?? 'of some kind'}`;
    case 'exit':
      return `exit ${answer.code}: ${answer.message}`;
    case 'resource':
      return `out of ${answer.end}`;
  }
}
