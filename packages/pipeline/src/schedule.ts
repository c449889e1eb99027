/**
 * Schedules: which passes run, in which order, as data. A pipeline is an explicit list of instances; `gvn@late` is the
 * instance `late` of pass `gvn`. Nothing here computes an order (DESIGN §1.4): `violations` only holds a list against
 * the reasons that passes give.
 */

import type { OptionValue, Pass } from './pass.ts';

/** One entry of a pipeline. */
export interface PassInstance {
  readonly pass: Pass;
  /** `gvn`, or `gvn@late`. Unique in a pipeline. */
  readonly id: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** A list of pass instances, in order. */
export interface Pipeline {
  readonly name: string;
  readonly instances: readonly PassInstance[];
}

/** Finds passes by name. */
export type PassLookup = ReadonlyMap<string, Pass>;

/** An entry as people write it: `gvn`, `gvn@late`, `licm(loads=false)`, or a pass itself. */
export type PassSpec = string | Pass;

/** A pipeline cannot be made as asked; the message says why and what there is. */
export class ScheduleError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScheduleError';
  }
}

/** Makes a pipeline. A pass that occurs several times without instance names gets `@2`, `@3`, ... */
export function pipeline(name: string, specs: readonly PassSpec[], passes: PassLookup): Pipeline {
  const taken = new Set<string>();
  const instances = specs.map((spec) => {
    const made = typeof spec === 'string' ? parseInstance(spec, passes) : { pass: spec, id: spec.name, options: {} };
    let { id } = made;
    for (let n = 2; taken.has(id); n++) id = `${made.id.split('@')[0]}@${n}`;
    taken.add(id);
    return { ...made, id };
  });
  return { name, instances };
}

/** Parses `name`, `name@tag`, `name(option=value, ...)`, `name@tag(...)`. */
export function parseInstance(text: string, passes: PassLookup): PassInstance {
  const match = /^\s*([a-z0-9-]+)(@[a-z0-9-]+)?\s*(?:\(([^)]*)\))?\s*$/.exec(text);
  if (match === null) throw new ScheduleError(`'${text}' is no pass; write name, name@tag or name(option=value)`);
  const [, name = '', tag = '', list = ''] = match;
  const pass = passes.get(name);
  if (pass === undefined) throw new ScheduleError(`there is no pass '${name}'${suggestion(name, [...passes.keys()])}`);
  const options: Record<string, OptionValue> = {};
  for (const part of list.split(',').filter((word) => word.trim() !== '')) {
    const [key = '', value = 'true'] = part.split('=').map((word) => word.trim());
    options[key] = parseOption(pass, key, value);
  }
  return { pass, id: name + tag, options };
}

function parseOption(pass: Pass, key: string, text: string): OptionValue {
  const spec = pass.options[key];
  if (spec === undefined) {
    const known = Object.keys(pass.options).join(', ') || 'none';
    throw new ScheduleError(`pass '${pass.name}' has no option '${key}'; it has: ${known}`);
  }
  switch (typeof spec.default) {
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true';
      throw new ScheduleError(`option '${key}' of '${pass.name}' is true or false, not '${text}'`);
    case 'number':
      if (text !== '' && Number.isFinite(Number(text))) return Number(text);
      throw new ScheduleError(`option '${key}' of '${pass.name}' is a number, not '${text}'`);
    default:
      return text;
  }
}

/** Where to put a pass: before or after an instance. */
export type Anchor = { readonly after: string } | { readonly before: string };

/** The pipeline with one more instance. The anchor is an instance id, or a pass name that occurs once. */
export function insert(into: Pipeline, spec: PassSpec, anchor: Anchor, passes: PassLookup): Pipeline {
  const wanted = 'after' in anchor ? anchor.after : anchor.before;
  const at = find(into, wanted);
  const [added] = pipeline('', [spec], passes).instances;
  if (added === undefined) throw new ScheduleError('nothing to insert');
  let { id } = added;
  for (let n = 2; into.instances.some((instance) => instance.id === id); n++) id = `${added.pass.name}@${n}`;
  const instances = into.instances.toSpliced('after' in anchor ? at + 1 : at, 0, { ...added, id });
  return { name: `${into.name}+${id}`, instances };
}

/** The pipeline without some instances; a pass name takes all of its instances out. */
export function without(from: Pipeline, ids: readonly string[]): Pipeline {
  const gone = new Set(ids);
  const instances = from.instances.filter(({ id, pass }) => !gone.has(id) && !gone.has(pass.name));
  return { name: from.name, instances };
}

/** The pipeline with an option set in all passes that have it: `fastMath` is a matter of the program and not of one pass. */
export function withOption(from: Pipeline, option: string, value: OptionValue): Pipeline {
  const instances = from.instances.map((instance) =>
    option in instance.pass.options ? { ...instance, options: { ...instance.options, [option]: value } } : instance,
  );
  return { name: from.name, instances };
}

function find(within: Pipeline, wanted: string): number {
  const exact = within.instances.findIndex(({ id }) => id === wanted);
  if (exact >= 0) return exact;
  const named = within.instances.filter(({ pass }) => pass.name === wanted);
  if (named.length > 1) {
    const list = named.map(({ id }) => id).join(', ');
    throw new ScheduleError(`'${wanted}' is ambiguous in ${within.name}: it has ${list}; name one of them`);
  }
  const [only] = named;
  if (only === undefined) {
    const list = within.instances.map(({ id }) => id).join(', ');
    throw new ScheduleError(`${within.name} has no '${wanted}'; it has: ${list}`);
  }
  return within.instances.indexOf(only);
}

/**
 * The reasons that a pipeline breaks: `A must come after B: why`. A reason is kept when some instance of the other pass
 * stands on the right side; passes that do not occur ask nothing.
 */
export function violations(p: Pipeline): readonly string[] {
  const position = new Map<string, { first: number; last: number }>();
  p.instances.forEach(({ pass }, i) => {
    const known = position.get(pass.name);
    position.set(pass.name, { first: known?.first ?? i, last: i });
  });
  const broken: string[] = [];
  for (const { pass } of new Map(p.instances.map((instance) => [instance.pass.name, instance])).values()) {
    const mine = position.get(pass.name);
    if (mine === undefined) continue;
    for (const { pass: other, why } of pass.after) {
      const theirs = position.get(other);
      if (theirs !== undefined && theirs.first > mine.last)
        broken.push(`${pass.name} must come after ${other}: ${why}`);
    }
    for (const { pass: other, why } of pass.before) {
      const theirs = position.get(other);
      if (theirs !== undefined && theirs.last < mine.first)
        broken.push(`${pass.name} must come before ${other}: ${why}`);
    }
  }
  return broken;
}

function suggestion(name: string, known: readonly string[]): string {
  const near = known.find((other) => other.startsWith(name.slice(0, 3)));
  return near === undefined ? `; there are: ${known.join(', ')}` : `; did you mean '${near}'?`;
}
