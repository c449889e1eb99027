/** A variable that is read before it is written is the zero of its type, of each type that has constants. */

import { FuncBuilder, instOf, type Type, zeroOf, zeroOpName } from '@sluice/ir';
import { expect, test } from 'vitest';

const types: readonly Type[] = ['i32', 'i64', 'f32', 'f64', 'funcref', 'externref', 'any'];

test.each(types)('zero of %s', (type) => {
  const b = new FuncBuilder('f', { params: [], results: [type] });
  const v = b.read(b.variable(type));
  b.ret(v);
  const inst = instOf(b.finish(), v);
  expect(inst.op.name).toBe(zeroOpName(type));
  expect(inst.type).toBe(type);
  expect(inst.op.kind === 'const' ? inst.imm : inst.op.eval?.()).toBe(zeroOf(type));
});
