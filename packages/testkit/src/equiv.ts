/**
 * Whether two executions are equal as SPEC §11 says: any NaN equals any NaN; an execution that met a limit gives no
 * verdict, but what it showed until then must be a prefix of what the other one shows.
 *
 * Stricter than the SPEC in one point: memory and globals are compared also where they are not exported, since the host may
 * call again. Not compared: locations of traps, fuel, time.
 */

import { equalResult, type Outcome, type Type, type Value } from '@sluice/ir';
import type { HostCall, Observation, Typed } from './observe.ts';

/** Whether the observations are equal, or compatible where one met a limit. */
export function sameObservation(a: Observation, b: Observation): boolean {
  return difference(a, b) === null;
}

/** Whether an execution met a limit, so that it gives no verdict. */
export function isInconclusive(o: Observation): boolean {
  return o.outcome.kind === 'resource';
}

/** How two observations differ, as `returned 0 before, trapped unreachable after`; null when they don't. */
export function difference(
  a: Observation,
  b: Observation,
  names: readonly [string, string] = ['before', 'after'],
): string | null {
  const [first, second] = names;
  const calls = differentCalls(a, b, first, second);
  if (calls !== null) return calls;
  if (isInconclusive(a) || isInconclusive(b)) return null;
  if (!sameOutcome(a, b)) return `${describe(a)} ${first}, ${describe(b)} ${second}`;
  if (a.memory !== b.memory) return `memory at the end is ${a.memory} ${first}, ${b.memory} ${second}`;
  for (const [i, one] of a.globals.entries()) {
    const other = b.globals[i];
    if (other === undefined || equalResult(one.type, one.value, other.value)) continue;
    return `global @${one.name} is ${printTyped(one)} ${first}, ${printTyped(other)} ${second}`;
  }
  for (const [i, one] of a.tables.entries()) {
    const other = b.tables[i];
    if (one !== other) return `an exported table holds ${one} ${first}, ${other} ${second}`;
  }
  if (a.liveAllocations === b.liveAllocations || a.outcome.kind !== 'return') return null;
  return `${a.liveAllocations} heap objects are alive ${first}, ${b.liveAllocations} ${second}`;
}

function differentCalls(a: Observation, b: Observation, first: string, second: string): string | null {
  const both = Math.min(a.hostCalls.length, b.hostCalls.length);
  for (let i = 0; i < both; i++) {
    const one = a.hostCalls[i] as HostCall;
    const other = b.hostCalls[i] as HostCall;
    const what = `host call ${i + 1} is`;
    if (!sameCall(one, other)) return `${what} ${printHostCall(one)} ${first}, ${printHostCall(other)} ${second}`;
    if (one.memory !== other.memory) return `${what} ${printHostCall(one)} with other memory ${first} than ${second}`;
  }
  const shorter = a.hostCalls.length < b.hostCalls.length ? a : b;
  const longer = shorter === a ? b : a;
  if (longer.hostCalls.length === both || isInconclusive(shorter)) return null;
  const [more, fewer] = longer === a ? [first, second] : [second, first];
  return `host call ${both + 1} is ${printHostCall(longer.hostCalls[both] as HostCall)} ${more}, there is none ${fewer}`;
}

function sameCall(a: HostCall, b: HostCall): boolean {
  return (
    a.name === b.name &&
    a.args.length === b.args.length &&
    a.args.every((arg, i) => arg.type === b.args[i]?.type && equalResult(arg.type, arg.value, b.args[i]?.value))
  );
}

function sameOutcome(a: Observation, b: Observation): boolean {
  const one = a.outcome;
  const other = b.outcome;
  if (one.kind === 'return' && other.kind === 'return') {
    return (
      one.values.length === other.values.length &&
      one.values.every((v, i) => equalResult(a.types[i] ?? 'any', v, other.values[i]))
    );
  }
  if (one.kind === 'trap' && other.kind === 'trap') return one.trap === other.trap;
  if (one.kind === 'exit' && other.kind === 'exit') return one.code === other.code;
  return one.kind === other.kind;
}

/** `returned 3`, `trapped unreachable`, `exited with 1`, `ran out of fuel`. */
export function describe(o: Pick<Observation, 'outcome' | 'types'>): string {
  const { outcome } = o;
  switch (outcome.kind) {
    case 'return':
      return `returned ${printValues(outcome, o.types)}`;
    case 'trap':
      return `trapped ${outcome.trap}`;
    case 'exit':
      return `exited with ${outcome.code}`;
    case 'resource':
      return `ran out of ${outcome.end}`;
  }
}

function printValues(outcome: Outcome & { readonly kind: 'return' }, types: readonly Type[]): string {
  const list = outcome.values.map((value, i) => printValue(types[i] ?? 'any', value));
  return list.length === 1 ? String(list[0]) : `(${list.join(', ')})`;
}

/** `@p(1, 2)`. */
export function printHostCall(call: HostCall): string {
  return `@${call.name}(${call.args.map(printTyped).join(', ')})`;
}

/** A call as fixtures write it: `@f(1, 2)`. */
export function printCall(func: string, types: readonly Type[], args: readonly Value[]): string {
  return `@${func}(${args.map((value, i) => printValue(types[i] ?? 'any', value)).join(', ')})`;
}

function printTyped({ type, value }: Typed): string {
  return printValue(type, value);
}

/** A value in the form of the text IR. */
export function printValue(type: Type, value: Value): string {
  if (type === 'f32' || type === 'f64') {
    if (typeof value === 'bigint') return `nan:0x${value.toString(16)}`;
    if (Number.isNaN(value)) return 'nan';
    if (Object.is(value, -0)) return '-0';
    return String(value).replace('Infinity', 'inf');
  }
  if (type === 'any' && typeof value === 'bigint') return `${value}n`;
  return typeof value === 'object' && value !== null
    ? JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v))
    : String(value);
}
