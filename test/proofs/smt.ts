/** Instances of rules as SMT-LIB: satisfiable means wrong. Traps are part of the question. */

import { type OpDef, type Type, toBits } from '@sluice/ir';
import type { Instance, Term } from './terms.ts';

const widthOf = (type: Type): number => (type.endsWith('64') ? 64 : 32);
const bv = (bits: bigint, width: number): string => `(_ bv${BigInt.asUintN(width, bits)} ${width})`;

/** The script that asks whether some operands show a difference; null where an op has no term. */
export function scriptOf({ left, right }: Instance, rlimit: number): string | null {
  const open = new Map<string, number>();
  const a = termOf(left, open);
  const b = termOf(right, open);
  if (a === null || b === null || left.kind !== 'op') return null;
  // Operands were computed before: none of them trapped.
  const before = and(left.args.map((arg) => not(trapsOf(arg, open))));
  const root = trapOf(left.op, left.args, open);
  const after = trapsOf(right, open);
  const differs = `(or (not (= ${root} ${after})) (and (not ${root}) (not (= ${a} ${b}))))`;
  const names = [...open].map(([name, width]) => `(declare-const ${name} (_ BitVec ${width}))`);
  return `(set-option :rlimit ${rlimit})${names.join('')}(assert (and ${before} ${differs}))(check-sat)`;
}

const not = (term: string): string => `(not ${term})`;
const and = (terms: readonly string[]): string => `(and true ${terms.join(' ')})`;

function termOf(term: Term, open: Map<string, number>): string | null {
  switch (term.kind) {
    case 'open':
      open.set(term.name, widthOf(term.type));
      return term.name;
    case 'constant':
      return bv(toBits(term.type, term.value), widthOf(term.type));
    case 'load': {
      const { bytes, signed } = term.op.access ?? { bytes: 8, signed: false };
      const name = `${term.name}_${bytes}`;
      open.set(name, bytes * 8);
      return `((_ ${signed ? 'sign' : 'zero'}_extend ${widthOf(term.type) - bytes * 8}) ${name})`;
    }
    case 'op': {
      // Of traps only those of division are known here.
      if (term.op.smt === null || (term.op.effect.traps.length > 0 && !/\.(?:div|rem)_/.test(term.op.name)))
        return null;
      const args = term.args.map((arg) => termOf(arg, open));
      if (args.includes(null)) return null;
      return term.op.smt.replace(/\$(\d)/g, (_, i: string) => args[Number(i)] ?? '');
    }
  }
}

/** Whether the term or an operand of it traps. */
function trapsOf(term: Term, open: Map<string, number>): string {
  if (term.kind !== 'op') return 'false';
  return `(or ${trapOf(term.op, term.args, open)} ${term.args.map((arg) => trapsOf(arg, open)).join(' ')})`;
}

function trapOf(op: OpDef, args: readonly Term[], open: Map<string, number>): string {
  if (op.effect.traps.length === 0) return 'false';
  const [a, b] = args.map((arg) => termOf(arg, open) ?? '');
  const width = widthOf(args[0]?.type ?? 'i32');
  const zero = `(= ${b} ${bv(0n, width)})`;
  if (!op.name.endsWith('div_s')) return zero;
  const least = `(= ${a} ${bv(1n << BigInt(width - 1), width)})`;
  return `(or ${zero} (and ${least} (= ${b} ${bv(-1n, width)})))`;
}
