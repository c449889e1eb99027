/**
 * Rules at a width of 8 bits, where all operands and constants can be tried: for products and quotients, of which a solver
 * knows little at 32 bits. The ops' meaning is written here once more, apart from the op table.
 */

import { coreOp, coreTable, type OpDef, type Value } from '@sluice/ir';
import { rulesAt } from '@sluice/passes/rules/index';
import type { Width } from '@sluice/passes/rules/shape';
import { literal, type Pattern, type Rule } from '@sluice/pipeline';
import { constantsOf, instanceOf, type Term } from './terms.ts';

const wrap = (k: bigint): number => Number(BigInt.asIntN(8, k));
const narrowOps = new Map<string, OpDef>();

/** The op of i32 under another name: its laws and signature are the same at 8 bits. */
function narrowOp(name: string): OpDef {
  let op = narrowOps.get(name);
  if (op === undefined) {
    const known = coreTable.get(`i32.${name}`);
    op = { ...(known ?? coreOp('i32.add')), name: known === undefined || /extend/.test(name) ? 'none' : `i8.${name}` };
    narrowOps.set(name, op);
  }
  return op;
}

/** Eight bits, in the shape of an i32: constants are signed numbers. */
const eight: Width = {
  t: 'i32',
  bits: 8n,
  mask: 255n,
  op: narrowOp,
  lit: (k) => literal(wrap(BigInt(k)), 'i32'),
  make: (b, k) => b.constant('i32', wrap(k)),
  get: (m, name) => BigInt(m.literal(name) as number),
  getU: (m, name) => BigInt.asUintN(8, BigInt(m.literal(name) as number)),
};

/** The rules that can be tried at 8 bits, by name. */
export function narrowRules(): ReadonlyMap<string, readonly Rule[]> {
  const byName = new Map<string, Rule[]>();
  for (const rule of rulesAt(eight)) {
    if (!isNarrow(rule.pattern)) continue;
    byName.set(rule.name, [...(byName.get(rule.name) ?? []), rule]);
  }
  return byName;
}

const isNarrow = (pattern: Pattern): boolean =>
  pattern.kind !== 'op' || (pattern.op.name.startsWith('i8.') && pattern.args.every(isNarrow));

// As JavaScript over signed numbers of 8 bits; what divides is asked for traps first.
const meanings: Readonly<Record<string, string>> = {
  add: '($0 + $1) << 24 >> 24',
  sub: '($0 - $1) << 24 >> 24',
  mul: 'Math.imul($0, $1) << 24 >> 24',
  div_s: '($0 / $1) << 24 >> 24',
  div_u: '(($0 & 255) / ($1 & 255)) << 24 >> 24',
  rem_s: '($0 % $1) << 24 >> 24',
  rem_u: '(($0 & 255) % ($1 & 255)) << 24 >> 24',
  and: '$0 & $1',
  or: '$0 | $1',
  xor: '$0 ^ $1',
  shl: '($0 << ($1 & 7)) << 24 >> 24',
  shr_s: '$0 >> ($1 & 7)',
  shr_u: '(($0 & 255) >> ($1 & 7)) << 24 >> 24',
  rotl: '((($0 & 255) << ($1 & 7)) | (($0 & 255) >> (-$1 & 7))) << 24 >> 24',
  rotr: '((($0 & 255) >> ($1 & 7)) | (($0 & 255) << (-$1 & 7))) << 24 >> 24',
  clz: 'Math.clz32($0 & 255) - 24',
  ctz: '31 - Math.clz32(($0 | 256) & -($0 | 256))',
  popcnt: '[...($0 & 255).toString(2)].filter((bit) => bit === "1").length',
  eqz: '$0 === 0 ? 1 : 0',
  eq: '$0 === $1 ? 1 : 0',
  ne: '$0 !== $1 ? 1 : 0',
  lt_s: '$0 < $1 ? 1 : 0',
  gt_s: '$0 > $1 ? 1 : 0',
  le_s: '$0 <= $1 ? 1 : 0',
  ge_s: '$0 >= $1 ? 1 : 0',
  lt_u: '($0 & 255) < ($1 & 255) ? 1 : 0',
  gt_u: '($0 & 255) > ($1 & 255) ? 1 : 0',
  le_u: '($0 & 255) <= ($1 & 255) ? 1 : 0',
  ge_u: '($0 & 255) >= ($1 & 255) ? 1 : 0',
};

const nameOf = (op: OpDef): string => op.name.slice(op.name.indexOf('.') + 1);

/** A term as JavaScript; `constants` collects the constants, which become parameters `k[i]`. */
function codeOf(term: Term, open: Set<string>, constants: Value[]): string {
  if (term.kind === 'open') {
    open.add(term.name);
    return term.name;
  }
  if (term.kind === 'constant') {
    constants.push(term.value);
    return `k${constants.length - 1}`;
  }
  if (term.kind === 'load') throw new Error('no loads at 8 bits');
  const args = term.args.map((arg) => codeOf(arg, open, constants));
  const name = nameOf(term.op);
  const meaning = meanings[name];
  if (meaning === undefined) throw new Error(`no meaning of ${term.op.name} at 8 bits`);
  const value = `(${meaning.replace(/\$(\d)/g, (_, i: string) => args[Number(i)] ?? '')})`;
  const [a = '', b = ''] = args;
  if (name === 'div_s') return `(${b} === 0 || (${a} === -128 && ${b} === -1) ? NaN : ${value})`;
  return /^(?:div|rem)_/.test(name) ? `(${b} === 0 ? NaN : ${value})` : value;
}

// A trap is a NaN here, which must come out of the operators of an operand: they would make 0 of it.
type Test = (...constants: readonly Value[]) => string | null;
const tests = new Map<string, Test>();

/** The test of a shape of instance for all operands: the operands that differ, or null. */
function testOf(left: Term & { readonly kind: 'op' }, right: Term, constants: Value[]): Test {
  const open = new Set<string>();
  const operands = left.args.map((arg) => codeOf(arg, open, constants));
  const inner = left.args.map((_, i): Term => ({ kind: 'open', name: `o${i}`, type: 'i32' }));
  const a = codeOf({ ...left, args: inner }, new Set(), constants);
  const b = codeOf(right, open, constants);
  const text = [
    ...[...open].map((name) => `for (let ${name} = -128; ${name} < 128; ${name}++)`),
    '{',
    ...operands.map((code, i) => `const o${i} = ${code};`),
    operands.length > 0 ? `if (${operands.map((_, i) => `o${i} !== o${i}`).join(' || ')}) continue;` : '',
    `const a = ${a}, b = ${b};`,
    `if (!Object.is(a, b)) return [${[...open].join(', ')}].join(', ');`,
    '}',
    'return null;',
  ].join('\n');
  const key = `${text} ${constants.length}`;
  const known = tests.get(key);
  if (known !== undefined) return known;
  const made = new Function(
    ...constants.map((_, i) => `k${i}`),
    open.size > 0 ? text : text.replaceAll('continue', 'return null'),
  ) as Test;
  tests.set(key, made);
  return made;
}

/** What trying found: the number of instances, and one that differs. */
export interface Tried {
  readonly instances: number;
  readonly wrong: string | null;
  /** All constants and all operands were tried. */
  readonly complete: boolean;
}

/** Tries a rule at 8 bits; every `stride`-th pair of constants where all would be too many. */
export function tryNarrow(rule: Rule): Tried {
  const names = constantsOf(rule.pattern);
  const values = new Set(openOf(rule.pattern)).size;
  const complete = names.length + values <= 3;
  const stride = complete ? 1 : names.length > 1 ? 7 : 5;
  let instances = 0;
  for (let c = -128; c < (names.length > 0 ? 128 : -127); c += stride) {
    for (let d = -128; d < (names.length > 1 ? 128 : -127); d += stride) {
      const constants = { [names[0] ?? '']: () => c, [names[1] ?? '']: () => d };
      const instance = instanceOf(rule, { open: 'i32', leaf: 'any', constants });
      if (instance === null || instance.left.kind !== 'op') continue;
      instances++;
      const used: Value[] = [];
      const differ = testOf(instance.left, instance.right, used)(...used);
      if (differ !== null) return { instances, wrong: `${rule.name}: c ${c}, d ${d}, operands ${differ}`, complete };
    }
  }
  return { instances, wrong: null, complete };
}

const openOf = (pattern: Pattern): readonly string[] =>
  pattern.kind === 'value' ? [pattern.name] : pattern.kind === 'op' ? pattern.args.flatMap(openOf) : [];
