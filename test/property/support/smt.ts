/** Evaluates the bit-vector terms of the op table over BigInt: enough of SMT-LIB to hold the column against `eval`. */

interface BitVector {
  readonly width: number;
  readonly bits: bigint;
}

type Term = string | readonly Term[];
type Sort = BitVector | boolean;

/** The value of a term; `$0 $1 ...` are the operands. */
export function evalSmt(text: string, operands: readonly BitVector[]): BitVector {
  return vectorOf(evaluate(parse(text), operands));
}

function parse(text: string): Term {
  const stack: Term[][] = [[]];
  for (const token of text.match(/[()]|[^\s()]+/g) ?? []) {
    if (token === '(') stack.push([]);
    else if (token === ')') {
      const done = stack.pop();
      stack.at(-1)?.push(done ?? []);
    } else stack.at(-1)?.push(token);
  }
  const top = stack[0]?.[0];
  if (stack.length !== 1 || stack[0]?.length !== 1 || top === undefined) throw new Error(`malformed term ${text}`);
  return top;
}

function vectorOf(value: Sort): BitVector {
  if (typeof value === 'boolean') throw new Error('a bool where a bit-vector is expected');
  return value;
}

function evaluate(term: Term, operands: readonly BitVector[]): Sort {
  if (typeof term === 'string') return atom(term, operands);
  const [head, ...rest] = term;
  if (head === '_') return { width: Number(rest[1]), bits: BigInt(String(rest[0]).slice(2)) };
  if (head === 'ite') return evaluate(rest[evaluate(rest[0] ?? '', operands) === true ? 1 : 2] ?? '', operands);
  const args = rest.map((t) => evaluate(t, operands));
  if (typeof head !== 'string') return indexed(head ?? [], vectorOf(args[0] ?? false));
  if (head === 'not') return args[0] !== true;
  return apply(head, args.map(vectorOf));
}

function atom(text: string, operands: readonly BitVector[]): BitVector {
  if (text.startsWith('#b')) return { width: text.length - 2, bits: BigInt(`0b${text.slice(2)}`) };
  if (text.startsWith('#x')) return { width: 4 * (text.length - 2), bits: BigInt(`0x${text.slice(2)}`) };
  const operand = text.startsWith('$') ? operands[Number(text.slice(1))] : undefined;
  if (operand === undefined) throw new Error(`unknown atom ${text}`);
  return operand;
}

function indexed(head: Term, a: BitVector): BitVector {
  const [, name, i, j] = head;
  const n = Number(i);
  if (name === 'zero_extend') return { width: a.width + n, bits: a.bits };
  if (name === 'sign_extend') return vector(a.width + n, BigInt.asIntN(a.width, a.bits));
  if (name === 'extract') return vector(n - Number(j) + 1, a.bits >> BigInt(Number(j)));
  throw new Error(`unknown function ${String(name)}`);
}

const vector = (width: number, bits: bigint): BitVector => ({ width, bits: BigInt.asUintN(width, bits) });

function apply(name: string, args: readonly BitVector[]): Sort {
  const [a, b = a] = args;
  if (a === undefined || b === undefined) throw new Error(`${name} without operands`);
  if (name === 'concat') return vector(a.width + b.width, (a.bits << BigInt(b.width)) | b.bits);
  if (a.width !== b.width) throw new Error(`${name} of widths ${a.width} and ${b.width}`);
  const w = a.width;
  const [x, y] = [a.bits, b.bits];
  const [s, t] = [BigInt.asIntN(w, x), BigInt.asIntN(w, y)];
  const shift = y < BigInt(w) ? y : BigInt(w);
  const functions: Record<string, () => bigint | boolean> = {
    bvadd: () => x + y,
    bvsub: () => x - y,
    bvmul: () => x * y,
    bvneg: () => -x,
    bvand: () => x & y,
    bvor: () => x | y,
    bvxor: () => x ^ y,
    bvshl: () => x << shift,
    bvlshr: () => x >> shift,
    bvashr: () => s >> shift,
    bvudiv: () => (y === 0n ? -1n : x / y),
    bvurem: () => (y === 0n ? x : x % y),
    bvsdiv: () => s / t,
    bvsrem: () => s % t,
    '=': () => x === y,
    bvult: () => x < y,
    bvule: () => x <= y,
    bvugt: () => x > y,
    bvuge: () => x >= y,
    bvslt: () => s < t,
    bvsle: () => s <= t,
    bvsgt: () => s > t,
    bvsge: () => s >= t,
  };
  const result = functions[name]?.();
  if (result === undefined) throw new Error(`unknown function ${name}`);
  return typeof result === 'boolean' ? result : vector(w, result);
}
