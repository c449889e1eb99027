/**
 * The ops of Bril: one table, from which the checker, the direct interpreter, the lifter and the reference page read.
 *
 * Source: the language pages of github.com/sampsyo/bril (core, float, memory, char, bitcast, ssa, spec, dynamic). The dynamic
 * extension adds the type `any` and no op. `phi` was replaced by `get`/`set` upstream and is not here.
 */

/** The extension of Bril that an op belongs to. */
export type BrilExtension = 'core' | 'float' | 'memory' | 'char' | 'bitcast' | 'ssa' | 'speculation';

/** A type in a signature; `T` is any type, the same wherever it stands in the signature. */
export type SigType = 'int' | 'bool' | 'float' | 'char' | 'T' | 'ptr<T>';

/**
 * What an op's operands are. `args` null: what is allowed depends on more than the op (`const`, `print`, `call`, `ret`), see
 * `check.ts`. `dest` null: the op has no result; `call` has one where its function has one.
 */
export interface BrilOp {
  readonly name: string;
  readonly extension: BrilExtension;
  readonly args: readonly SigType[] | null;
  readonly dest: SigType | null;
  readonly labels: number;
  readonly funcs: number;
  readonly doc: string;
}

type Shape = Partial<Pick<BrilOp, 'labels' | 'funcs'>>;

function op(
  extension: BrilExtension,
  name: string,
  args: readonly SigType[] | null,
  dest: SigType | null,
  doc: string,
  { labels = 0, funcs = 0 }: Shape = {},
): BrilOp {
  return { name, extension, args, dest, labels, funcs, doc };
}

const ii: readonly SigType[] = ['int', 'int'];
const ff: readonly SigType[] = ['float', 'float'];
const cc: readonly SigType[] = ['char', 'char'];

/** All ops, in the order of the reference page. */
export const brilOps: readonly BrilOp[] = [
  op('core', 'const', null, 'T', 'A literal of type int, bool, float, char or any.'),
  op('core', 'add', ii, 'int', 'x + y, wrapping at 64 bits.'),
  op('core', 'mul', ii, 'int', 'x * y, wrapping at 64 bits.'),
  op('core', 'sub', ii, 'int', 'x - y, wrapping at 64 bits.'),
  op('core', 'div', ii, 'int', 'x / y, truncated; -2^63 / -1 wraps to -2^63. Error: y is 0.'),
  op('core', 'eq', ii, 'bool', 'x = y.'),
  op('core', 'lt', ii, 'bool', 'x < y, signed.'),
  op('core', 'gt', ii, 'bool', 'x > y, signed.'),
  op('core', 'le', ii, 'bool', 'x <= y, signed.'),
  op('core', 'ge', ii, 'bool', 'x >= y, signed.'),
  op('core', 'not', ['bool'], 'bool', 'Not x.'),
  op('core', 'and', ['bool', 'bool'], 'bool', 'x and y; both are read.'),
  op('core', 'or', ['bool', 'bool'], 'bool', 'x or y; both are read.'),
  op('core', 'jmp', [], null, 'Goes on at the label.', { labels: 1 }),
  op('core', 'br', ['bool'], null, 'Goes on at the first label where x holds, else at the second.', { labels: 2 }),
  op('core', 'call', null, 'T', 'Calls a function; a result is kept where the function has a type.', { funcs: 1 }),
  op('core', 'ret', null, null, 'Returns, with a value where the function has a type.'),
  op('core', 'id', ['T'], 'T', 'A copy of x, also where x is undefined by `undef`.'),
  op('core', 'print', null, null, 'Prints any number of values with one space between them, and a newline.'),
  op('core', 'nop', [], null, 'Does nothing; it counts as an instruction.'),

  op('float', 'fadd', ff, 'float', 'x + y, IEEE 754 double precision.'),
  op('float', 'fmul', ff, 'float', 'x * y.'),
  op('float', 'fsub', ff, 'float', 'x - y.'),
  op('float', 'fdiv', ff, 'float', 'x / y.'),
  op('float', 'feq', ff, 'bool', 'x = y; false where one is a NaN.'),
  op('float', 'flt', ff, 'bool', 'x < y; false where one is a NaN.'),
  op('float', 'fle', ff, 'bool', 'x <= y; false where one is a NaN.'),
  op('float', 'fgt', ff, 'bool', 'x > y; false where one is a NaN.'),
  op('float', 'fge', ff, 'bool', 'x >= y; false where one is a NaN.'),

  op('memory', 'alloc', ['int'], 'ptr<T>', 'A pointer to n new uninitialised cells. Error: n is not over 0.'),
  op('memory', 'free', ['ptr<T>'], null, 'Frees an allocation. Error: offset not 0, freed before.'),
  op('memory', 'store', ['ptr<T>', 'T'], null, 'Writes a cell. Error: out of bounds, freed.'),
  op('memory', 'load', ['ptr<T>'], 'T', 'Reads a cell. Error: out of bounds, freed, never written.'),
  op('memory', 'ptradd', ['ptr<T>', 'int'], 'ptr<T>', 'p moved by n cells. Error: the offset leaves 32 bits (signed).'),

  op('char', 'ceq', cc, 'bool', 'x = y.'),
  op('char', 'clt', cc, 'bool', 'x < y, by code point.'),
  op('char', 'cle', cc, 'bool', 'x <= y, by code point.'),
  op('char', 'cgt', cc, 'bool', 'x > y, by code point.'),
  op('char', 'cge', cc, 'bool', 'x >= y, by code point.'),
  op('char', 'char2int', ['char'], 'int', 'The code point of x.'),
  op('char', 'int2char', ['int'], 'char', 'The character of a code point. Error: a surrogate, out of range.'),

  op('bitcast', 'float2bits', ['float'], 'int', 'The 64 bits of x.'),
  op('bitcast', 'bits2float', ['int'], 'float', 'The float of these 64 bits.'),

  op('ssa', 'set', ['T', 'T'], null, 'Gives the shadow of the first variable the value of the second.'),
  op('ssa', 'get', [], 'T', 'The value of the shadow of the destination. Error: never set in this call.'),
  op('ssa', 'undef', [], 'T', 'An undefined value: it may be copied, any other use is an error.'),

  op('speculation', 'speculate', [], null, 'Begins speculation: remembers all variables of the function.'),
  op('speculation', 'commit', [], null, 'Ends speculation and keeps what was done. Error: not in speculation.'),
  op(
    'speculation',
    'guard',
    ['bool'],
    null,
    'Where x is false: variables go back to what they were, on at the label.',
    {
      labels: 1,
    },
  ),
];

const byName: ReadonlyMap<string, BrilOp> = new Map(brilOps.map((entry) => [entry.name, entry]));

/** The entry of an op; undefined where Bril has none of this name. */
export function findBrilOp(name: string): BrilOp | undefined {
  return byName.get(name);
}
