/**
 * What this target knows of single ops beside the table's `js` column: forms on plain numbers for ops whose meaning is about
 * bits, and forms that V8 keeps in machine integers.
 */

/** By op: an expression that is right for floats that are no NaN, or whose bits nobody sees. They move all bits but the sign. */
export const plainForms: Readonly<Record<string, string>> = {
  'f32.neg': '(- $0)',
  'f64.neg': '(- $0)',
  'f32.abs': 'Math.abs($0)',
  'f64.abs': 'Math.abs($0)',
};

const flip = (x: string): string => `BigInt.asIntN(64, ${x} ^ -9223372036854775808n)`;
const unsigned = (sign: string): string => `(${flip('$0')} ${sign} ${flip('$1')} ? 1 : 0)`;

/**
 * By op: another expression than the table's. An unsigned BigInt beyond 2^63 would be an object: unsigned order is signed order
 * with the top bits turned.
 */
export const otherForms: Readonly<Record<string, string>> = {
  'i64.lt_u': unsigned('<'),
  'i64.gt_u': unsigned('>'),
  'i64.le_u': unsigned('<='),
  'i64.ge_u': unsigned('>='),
};

/** Puts operands into a template. Names may hold anything. */
export function substitute(template: string, operands: readonly string[]): string {
  return template.replace(/\$(\d+)/g, (_, k: string) => operands[Number(k)] ?? '');
}

/** How often a template names an operand. */
export function occurrences(template: string, operand: number): number {
  let count = 0;
  for (const [, k] of template.matchAll(/\$(\d+)/g)) if (Number(k) === operand) count++;
  return count;
}

/** The condition of a template that gives 1 where it holds and 0 where not; null for another one. */
export function conditionOf(template: string): string | null {
  const match = /^\((.+) \? 1 : 0\)$/.exec(template);
  const inner = match?.[1] ?? '?';
  return inner.includes('?') || !isBalanced(inner) ? null : inner;
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const c of text) {
    if (c === '(') depth++;
    else if (c === ')' && --depth < 0) return false;
  }
  return depth === 0;
}
