/** Ops of the IR that are one instruction of Bril. */

type Kind = 'int' | 'bool' | 'char' | 'other';

const ints: Readonly<Record<string, string>> = {
  'i64.add': 'add',
  'i64.sub': 'sub',
  'i64.mul': 'mul',
  'bril.div': 'div',
  'i64.eq': 'eq',
  'i64.lt_s': 'lt',
  'i64.gt_s': 'gt',
  'i64.le_s': 'le',
  'i64.ge_s': 'ge',
  'f64.add': 'fadd',
  'f64.sub': 'fsub',
  'f64.mul': 'fmul',
  'f64.div': 'fdiv',
  'f64.eq': 'feq',
  'f64.lt': 'flt',
  'f64.gt': 'fgt',
  'f64.le': 'fle',
  'f64.ge': 'fge',
  'i64.reinterpret_f64': 'float2bits',
  'f64.reinterpret_i64': 'bits2float',
  'bril.int2char': 'int2char',
  'bril.narrow': 'id',
};

const bools: Readonly<Record<string, string>> = { 'i32.and': 'and', 'i32.or': 'or', 'i32.eqz': 'not' };

const chars: Readonly<Record<string, string>> = {
  'i32.eq': 'ceq',
  'i32.lt_u': 'clt',
  'i32.gt_u': 'cgt',
  'i32.le_u': 'cle',
  'i32.ge_u': 'cge',
  // Code points are not negative, so that the sign does not matter.
  'i32.lt_s': 'clt',
  'i32.gt_s': 'cgt',
  'i32.le_s': 'cle',
  'i32.ge_s': 'cge',
  'i64.extend_i32_u': 'char2int',
  'i64.extend_i32_s': 'char2int',
};

/** Of i32 values that are kept as ints, with their sign. */
const narrow: Readonly<Record<string, string>> = {
  'i32.eq': 'eq',
  'i32.lt_s': 'lt',
  'i32.gt_s': 'gt',
  'i32.le_s': 'le',
  'i32.ge_s': 'ge',
  'i64.extend_i32_s': 'id',
  'bril.as_char': 'int2char',
};

/** The Bril op that does what an op of the IR does on operands of a kind; null where there is none. */
export function direct(name: string, kind: Kind): string | null {
  const byKind = kind === 'bool' ? bools : kind === 'char' ? chars : kind === 'int' ? narrow : bools;
  return ints[name] ?? byKind[name] ?? null;
}
