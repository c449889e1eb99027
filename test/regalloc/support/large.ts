/** Functions of any size with a simple pattern: what generators emit, and what algorithms stumble over when it is long. */

import { type BlockId, type Func, FuncBuilder, type ValueId } from '@sluice/ir';

function last(values: readonly ValueId[], back = 0): ValueId {
  return values[Math.max(0, values.length - 1 - back)] as ValueId;
}

/** One block of `count` instructions; each reads the one before it and one up to `window` back. */
export function line(count: number, window: number): Func {
  const b = new FuncBuilder('f', { params: ['i32', 'i32'], results: ['i32'] });
  const values = [...b.params];
  for (let i = 0; i < count; i++) {
    values.push(b.emit(i % 2 === 0 ? 'i32.add' : 'i32.xor', [last(values), last(values, (i * 7919) % window)]));
  }
  b.ret(last(values));
  return b.finish();
}

/** A chain of blocks, each with two ways to the next one and a phi there; ten values live through. */
export function chain(count: number): Func {
  const b = new FuncBuilder('f', { params: ['i32', 'i32'], results: ['i32'] });
  const [x] = b.params as [ValueId];
  const through = Array.from({ length: 10 }, () => b.emit('i32.add', [x, x]));
  const variable = b.variable('i32');
  b.write(variable, x);
  for (let i = 0; i < count / 2; i++) {
    const [side, next] = [b.block(), b.block()];
    b.brIf(b.read(variable), side, next);
    b.at(side);
    b.write(variable, b.emit('i32.sub', [b.read(variable), x]));
    b.br(next);
    b.at(next);
    b.seal(side);
    b.seal(next);
  }
  let sum = b.read(variable);
  for (const v of through) sum = b.emit('i32.add', [sum, v]);
  b.ret(sum);
  return b.finish();
}

/** Loops inside each other, one counter for all of them. */
export function nest(depth: number): Func {
  const b = new FuncBuilder('f', { params: ['i32'], results: ['i32'] });
  const [x] = b.params as [ValueId];
  const variable = b.variable('i32');
  b.write(variable, x);
  const headers: BlockId[] = [];
  for (let i = 0; i < depth; i++) {
    const header = b.block();
    b.br(header);
    b.at(header);
    headers.push(header);
  }
  for (let i = depth - 1; i >= 0; i--) {
    b.write(variable, b.emit('i32.sub', [b.read(variable), x]));
    const exit = b.block();
    b.brIf(b.read(variable), headers[i] as BlockId, exit);
    b.seal(headers[i] as BlockId);
    b.at(exit);
    b.seal(exit);
  }
  b.ret(b.read(variable));
  return b.finish();
}

/** A loop with many values that are rotated by one on each turn. */
export function rotation(count: number): Func {
  const b = new FuncBuilder('f', { params: ['i32'], results: ['i32'] });
  const [x] = b.params as [ValueId];
  const variables = Array.from({ length: count }, (_, i) => {
    const variable = b.variable('i32');
    b.write(variable, b.emit('i32.add', [x, b.constant('i32', i)]));
    return variable;
  });
  const [loop, exit] = [b.block(), b.block()];
  b.br(loop);
  b.at(loop);
  const values = variables.map((variable) => b.read(variable));
  for (const [i, variable] of variables.entries()) b.write(variable, values[(i + 1) % count] as ValueId);
  b.brIf(values[0] as ValueId, loop, exit);
  b.at(exit);
  b.ret(values[0] as ValueId);
  return b.finish();
}

/** A block that many others enter, with a phi of as many inputs. */
export function wide(count: number): Func {
  const b = new FuncBuilder('f', { params: ['i32', 'i32'], results: ['i32'] });
  const [x, y] = b.params as [ValueId, ValueId];
  const [start, join] = [b.block(), b.block()];
  const result = b.variable('i32');
  b.br(start);
  b.at(start);
  for (let i = 0; i < count; i++) {
    const next = b.block();
    b.write(result, i % 2 === 0 ? x : y);
    b.brIf(b.emit('i32.sub', [x, y]), join, next);
    b.at(next);
  }
  b.br(join);
  b.at(join);
  b.ret(b.emit('i32.add', [b.read(result), y]));
  return b.finish();
}
