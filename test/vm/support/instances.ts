/** Instances of text modules on every engine, linked with each other. */

import { lower, presets } from '@sluice/driver';
import {
  type Extern,
  type Instance,
  type InstanceOptions,
  interp,
  type Module,
  parseModule,
  unwrap,
  type Value,
  verifyModule,
} from '@sluice/ir';
import { registerJsVM, type registerVM } from '@sluice/vm';
import { expect } from 'vitest';
import { machines } from '../../support/engines.ts';

/** Makes an instance of a module on an engine. */
export type Make = (m: Module, options: InstanceOptions) => Instance;

function machine(name: string, engine?: typeof registerVM): Make {
  const entry = presets.engines.find((each) => each.name === name);
  if (entry?.executes !== 'program') throw new Error(`no machine ${name}`);
  return (m, options) => {
    const { program } = lower(m, entry.target, presets);
    return (engine ?? entry).instantiate(program as never, options);
  };
}

function generated(name: string): Make {
  const engine = machines().find((each) => each.name === name);
  if (engine === undefined) throw new Error(`no engine ${name}`);
  return (m, options) => engine.lower(m).instantiate(options);
}

/** The engines by name. */
export const engines: readonly (readonly [string, Make])[] = [
  ['interp', (m, options) => interp.instantiate(m, options)],
  ['stack', machine('stack')],
  ['register', machine('register')],
  ['register-js', machine('register', registerJsVM)],
  ['js', generated('js')],
  ['wasm', generated('wasm')],
];

function moduleOf(text: string): Module {
  const m = unwrap(parseModule(text, { file: 'test.ir' }));
  expect(verifyModule(m)).toEqual([]);
  return m;
}

/** An instance whose imports `a.x` are what another one exports as `x`, or what is given under that name. */
export function linked(make: Make) {
  return (text: string, others: Record<string, Instance> = {}, options: InstanceOptions = {}): Instance => {
    const externs = new Map<string, Extern>(options.externs ?? []);
    const m = moduleOf(text);
    const sources = [m.memory, ...m.tables, ...m.globals].flatMap((item) => item?.source ?? []);
    for (const { module, field } of [...m.imports, ...sources]) {
      const found = others[module]?.exported(field);
      if (found !== undefined) externs.set(`${module}.${field}`, found);
    }
    return make(m, { ...options, externs });
  };
}

/** The results of a call, the kind of its trap, or how else it ended. */
export function call(instance: Instance, name: string, ...args: Value[]) {
  const { outcome } = instance.call(name, args);
  return outcome.kind === 'return' ? outcome.values : outcome.kind === 'trap' ? outcome.trap : outcome;
}
