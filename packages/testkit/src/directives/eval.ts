/**
 * `; eval: @f(1, 2) == 3`: calls a function and says what must be seen. After the call, in this order, each optional:
 *
 *   == 3      == 3, 4      == ()          results (of a function without results: `== ()` or nothing)
 *   traps integer-divide-by-zero         the kind of trap
 *   ends fuel                            the limit that it meets
 *   calls [@p(1), @q(2)]                 the calls of imports, in order
 */

import { findFunc, isTrapKind, type Module, parseModule, signatureOf, type Type, type Value } from '@sluice/ir';
import { describe, printHostCall, printValue } from '../equiv.ts';
import type { Call, Observation } from '../observe.ts';

/** What an `eval` asks for. */
export interface Eval {
  readonly call: Call;
  /** As text, in the words of `describe`. */
  readonly outcome: string;
  /** As text; null: not said. */
  readonly hostCalls: readonly string[] | null;
}

/** Reads the text of an `eval`; gives a message where it is wrong. */
export function parseEval(text: string, m: Module): Eval | string {
  const match =
    /^@([\w.$+-]+)\((.*?)\)\s*(?:==\s*(.*?)|traps\s+([\w-]+)|ends\s+([\w-]+))?\s*(?:calls\s*\[(.*)\])?$/.exec(text);
  if (match === null) return `'${text}' is no eval: write @f(1, 2) == 3, or @f(0) traps KIND, then calls [...] if any`;
  const [, name = '', list = '', results, kind, end, calls] = match;
  const sig = findFunc(m, name)?.sig;
  if (sig === undefined) return `there is no function @${name}`;
  const args = parseValues(list, sig.params, m);
  if (typeof args === 'string') return args;
  const hostCalls = calls === undefined ? null : parseCalls(calls, m);
  if (typeof hostCalls === 'string') return hostCalls;
  const call = { func: name, args };
  if (kind !== undefined) {
    return isTrapKind(kind) ? { call, outcome: `trapped ${kind}`, hostCalls } : `there is no trap '${kind}'`;
  }
  if (end !== undefined) return { call, outcome: `ran out of ${end}`, hostCalls };
  const values = parseValues((results ?? '').replace(/^\((.*)\)$/, '$1'), sig.results, m);
  if (typeof values === 'string') return values;
  return { call, outcome: describe({ outcome: { kind: 'return', values }, types: sig.results }), hostCalls };
}

/** What is not as the `eval` says; null when all is. */
export function checkEval(wanted: Eval, seen: Observation): string | null {
  const outcome = describe(seen);
  if (outcome !== wanted.outcome) return `${outcome}, not ${wanted.outcome.replace(/^(returned|trapped) /, '')}`;
  if (wanted.hostCalls === null) return null;
  const calls = seen.hostCalls.map(printHostCall).join(', ');
  return calls === wanted.hostCalls.join(', ') ? null : `called [${calls}], not [${wanted.hostCalls.join(', ')}]`;
}

// The text form reads constants where a module has them: as the initial value of a global.
function parseValues(list: string, types: readonly Type[], m: Module): readonly Value[] | string {
  const words = list.trim() === '' ? [] : list.split(',').map((word) => word.trim());
  if (words.length !== types.length) return `'${list}' has ${words.length} values where ${types.length} are wanted`;
  const values: Value[] = [];
  for (const [i, type] of types.entries()) {
    const word = words[i] as string;
    if (type === 'funcref' && word.startsWith('@') && signatureOf(m, word.slice(1)) !== undefined) {
      values.push(word.slice(1));
      continue;
    }
    const parsed = parseModule(`global @g: ${type} = ${word}`);
    const global = parsed.ok ? parsed.value.globals[0] : undefined;
    if (global === undefined) return `'${word}' is no ${type}`;
    values.push(global.init);
  }
  return values;
}

function parseCalls(text: string, m: Module): readonly string[] | string {
  const calls: string[] = [];
  for (const [whole, name = '', list = ''] of text.matchAll(/@?([\w.$+-]+)\(([^)]*)\)/g)) {
    const sig = signatureOf(m, name);
    if (sig === undefined) return `there is no import for ${whole}`;
    const args = parseValues(list, sig.params, m);
    if (typeof args === 'string') return args;
    calls.push(`@${name}(${args.map((value, i) => printValue(sig.params[i] ?? 'any', value)).join(', ')})`);
  }
  return calls;
}
