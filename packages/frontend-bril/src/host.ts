/** The host functions of lifted Bril programs: `print` for the types that it is given. */

import {
  type Host,
  type HostFunction,
  type LaterCall,
  type Module,
  tagOf,
  toNumber,
  unbox,
  type Value,
} from '@sluice/ir';
import { TextSink } from './text-sink.ts';
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

const space = 32;
const newline = 10;

/** Writes a value that stands in a cell (ir outcome.ts): its halves are words `at` and `at + 1`. */
type Write = (sink: TextSink, cells: Int32Array, at: number) => void;

const floatBits = new Int32Array(2);
const floats = new Float64Array(floatBits.buffer);

const writes: Readonly<Record<string, Write>> = {
  int: (sink, cells, at) => sink.int64(cells[at] as number, cells[at + 1] as number),
  float: (sink, cells, at) => {
    floatBits[0] = cells[at] as number;
    floatBits[1] = cells[at + 1] as number;
    sink.ascii(formatFloat(floats[0] as number));
  },
  bool: (sink, cells, at) => sink.ascii(cells[at] === 0 ? 'false' : 'true'),
  char: (sink, cells, at) => sink.text(String.fromCodePoint(cells[at] as number)),
  ptr: (sink) => sink.ascii(pointerText),
};

/** The host of a module that `liftBril` made; text goes to `out` in pieces, all of it before a call ends. */
export function brilHost(module: Module, out: (text: string) => void): Host {
  const host = new Map<string, HostFunction>();
  const sink = new TextSink(out);
  const settle = (): void => sink.flush();
  for (const { module: from, field } of module.imports) {
    const [name, ...types] = field.split(' ');
    if (from !== 'bril' || name !== 'print') continue;
    const print = printOf(types, out);
    const carryOut = writerOf(types, sink);
    host.set(`${from}.${field}`, carryOut === null ? print : Object.assign(print, { later: { carryOut, settle } }));
  }
  return host;
}

/** What prints a row of values in cells; null: one of them never stands in a cell. */
function writerOf(types: readonly string[], sink: TextSink): LaterCall['carryOut'] | null {
  const parts = types.flatMap((type): Write | readonly Write[] => writes[type] ?? []);
  if (parts.length !== types.length) return null;
  return (cells, at) => {
    for (let i = 0; i < parts.length; i++) {
      if (i > 0) sink.byte(space);
      (parts[i] as Write)(sink, cells, at + 2 * i);
    }
    sink.byte(newline);
  };
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
