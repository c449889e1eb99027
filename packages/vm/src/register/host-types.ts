/** Which types of host values a program computes with: those that do not fit a cell. */

import type { RegisterProgram } from '@sluice/bytecode';
import { isType, type Signature, type Type, type Value, zeroOf } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import { typeOf } from './operands.ts';

/** Stands for the zero of every type of host values, in a program that has several with different zeroes. */
export const anyZero: object = Object.freeze({});

/** The types, from signatures, globals and instructions. What only moves values adds none. */
export function hostTypes({ funcs, imports, globals }: RegisterProgram): ReadonlySet<Type> {
  const found = new Set<Type>();
  const add = (type: string | null): void => {
    if (type !== null && isType(type) && !bitsType(type)) found.add(type);
  };
  const addAll = ({ params, results }: Signature): void => {
    params.forEach(add);
    results.forEach(add);
  };
  for (const { type } of globals) add(type);
  for (const { sig } of [...funcs, ...imports]) addAll(sig);
  const seen = new Set<unknown>();
  for (const { code } of funcs) {
    for (const instr of code) {
      add(typeOf(instr));
      if (instr.def.role === 'call-indirect') addAll(instr.operands[1] as Signature);
      const { def } = instr;
      if (seen.has(def)) continue;
      seen.add(def);
      for (const op of def.op === null ? def.parts : [def.op]) {
        op.sig.params.forEach(add);
        add(op.sig.result);
      }
    }
  }
  return found;
}

/** What cells start with: the zero that all the types share, else `anyZero`. */
export function hostZero(types: ReadonlySet<Type>): Value {
  const zeroes = new Set([...types].map(zeroOf));
  return zeroes.size > 1 ? anyZero : [...zeroes][0];
}

/**
 * A host value as it was read, with `anyZero` made the zero of its type. What is read as a vector is one, whatever a register
 * held that nothing was written to: ops compute with its bits.
 */
export function readHostValue(type: Type, value: Value): Value {
  if (type === 'v128') return typeof value === 'bigint' ? BigInt.asUintN(128, value) : 0n;
  return value === anyZero ? zeroOf(type) : value;
}
