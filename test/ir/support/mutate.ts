/** Damage to texts and bytes, for properties of readers: what they accept must be valid, the rest a diagnostic. */
import fc from 'fast-check';

/** One edit: where (as a part of the length), how much goes, what comes. */
export interface Damage<T> {
  readonly at: number;
  readonly removed: number;
  readonly added: T;
}

const tokens = [
  ...['%0', '%x', '^0', '^1', '@f', '#0', '#99', 'i32', 'i64', 'tuple', 'void', 'phi', 'ret', 'br ^0', 'call', 'null'],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '=',
    '!',
    '->',
    '"',
    '\\',
    ';',
    '\n',
    ' ',
    '-',
    '0',
    '4294967296',
    'nan:',
  ],
  ...[
    'func @f() {',
    'invoke',
    'result i32',
    'i32.add',
    'i32.const',
    'switch',
    'trap unreachable',
    'slots i32',
    '\u0000',
  ],
];

/** Damage to a text. */
export const textDamage: fc.Arbitrary<readonly Damage<string>[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(80)),
    added: fc.oneof(
      fc.constantFrom(...tokens),
      fc.constantFrom(...tokens),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

/** The text with damage done. */
export function damageText(text: string, edits: readonly Damage<string>[]): string {
  let result = text;
  for (const { at, removed, added } of edits) {
    const from = Math.floor(at * result.length);
    result = result.slice(0, from) + added + result.slice(from + removed);
  }
  return result;
}

/** Damage to bytes. */
export const byteDamage: fc.Arbitrary<readonly Damage<Uint8Array>[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.oneof(fc.constant(1), fc.nat(3), fc.nat(40)),
    added: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 1 }),
      fc.uint8Array({ maxLength: 4 }),
      fc.constant(Uint8Array.of(255, 255, 255, 255, 15)),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

/** The bytes with damage done. */
export function damageBytes(bytes: Uint8Array, edits: readonly Damage<Uint8Array>[]): Uint8Array {
  let result = bytes;
  for (const { at, removed, added } of edits) {
    const from = Math.floor(at * result.length);
    result = Uint8Array.of(...result.subarray(0, from), ...added, ...result.subarray(from + removed));
  }
  return result;
}

/** Runs of a property in the ordinary and in the deep test. */
export const runs: number = process.env.SLUICE_DEEP === '1' ? 100_000 : 1000;
