/** Arbitraries of types and signatures. */

import type { Signature, Type } from '@sluice/ir';
import fc from 'fast-check';

/** The types that every engine has in common. */
export const numTypes: readonly ['i32', 'i64', 'f32', 'f64'] = ['i32', 'i64', 'f32', 'f64'];

/** A type among `types`; integers first, so that failures shrink to them. */
export function arbitraryType(types: readonly Type[] = numTypes): fc.Arbitrary<Type> {
  return fc.constantFrom(...types);
}

/** A signature of up to `params` parameters and `results` results. */
export function arbitrarySignature(
  types: readonly Type[] = numTypes,
  params: number = 4,
  results: number = 3,
): fc.Arbitrary<Signature> {
  const list = (maxLength: number): fc.Arbitrary<Type[]> => fc.array(arbitraryType(types), { maxLength });
  return fc.record({ params: list(params), results: list(results) });
}
