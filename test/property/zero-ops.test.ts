/** A variable that is read before it is written is the zero of its type, of each type that has constants. */

import { type BlockId, FuncBuilder, instOf, type Type, termOf, type ValueId, zeroOf, zeroOpName } from '@sluice/ir';
import { expect, test } from 'vitest';

const types: readonly Type[] = ['i32', 'i64', 'f32', 'f64', 'funcref', 'externref', 'any'];

test.each(types)('zero of %s', (type) => {
  const b = new FuncBuilder('f', { params: [], results: [type] });
  b.ret(b.read(b.variable(type)));
  const f = b.finish();
  const [v] = termOf(f, f.order[0] as BlockId).args;
  const inst = instOf(f, v as ValueId);
  expect(inst.op.name).toBe(zeroOpName(type));
  expect(inst.type).toBe(type);
  expect(inst.op.kind === 'const' ? inst.imm : inst.op.eval?.()).toBe(zeroOf(type));
});
