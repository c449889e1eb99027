/** The host functions of lifted Bril programs: `print` for the types that it is given. */

import { type Host, type HostFunction, type Module, tagOf, toNumber, unbox, type Value } from '@sluice/ir';
import { formatFloat, pointerText } from './value.ts';

type Show = (value: Value) => string;

const shows: Readonly<Record<string, Show>> = {
  // A number prints much faster than a bigint of the same value.
  int: (value) => String(isSmall(value as bigint) ? Number(value) : value),
  float: (value) => formatFloat(toNumber(value)),
  bool: (value) => (value === 0 ? 'false' : 'true'),
  char: (value) => String.fromCodePoint(Number(value)),
  ptr: () => pointerText,
  any: (value) => {
    const names = ['int', 'float', 'bool', 'char'];
    const show = shows[names[tagOf(value)] ?? 'ptr'];
    return show === undefined ? pointerText : show(unbox(value));
  },
};

/** The host of a module that `liftBril` made; each `print` gives one piece of text to `out`. */
export function brilHost(module: Module, out: (text: string) => void): Host {
  const host = new Map<string, HostFunction>();
  for (const { module: from, field } of module.imports) {
    const [name, ...types] = field.split(' ');
    if (from !== 'bril' || name !== 'print') continue;
    host.set(`${from}.${field}`, printOf(types, out));
  }
  return host;
}

function isSmall(value: bigint): boolean {
  return value >= -0x1fffffffffffffn && value <= 0x1fffffffffffffn;
}

function printOf(types: readonly string[], out: (text: string) => void): HostFunction {
  const parts = types.map((type): Show => shows[type] ?? String);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    return (value) => {
      out(`${only(value)}\n`);
      return undefined;
    };
  }
  const [first, second] = parts;
  if (parts.length === 2 && first !== undefined && second !== undefined) {
    return (a, b) => {
      out(`${first(a)} ${second(b)}\n`);
      return undefined;
    };
  }
  return (...values) => {
    out(`${values.map((value, i) => (parts[i] ?? String)(value)).join(' ')}\n`);
    return undefined;
  };
}
