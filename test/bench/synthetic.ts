/**
 * Functions of any size that look like programs: segments of arithmetic, memory accesses, a branch and a small loop, each
 * using what earlier ones computed. Deterministic, so that figures can be compared.
 */

import { type Func, FuncBuilder, type Module, makeModule, sizeOf, type ValueId } from '@sluice/ir';

/** A function of about `size` instructions. */
export function syntheticFunc(name: string, size: number): Func {
  const b = new FuncBuilder(name, { params: ['i64', 'i32'], results: ['i64'] });
  let seed = 1;
  const next = (limit: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed >>> 8) % limit;
  };
  const pool = Array.from({ length: 8 }, () => b.variable('i64'));
  const pick = (): ValueId => b.read(pool[next(pool.length)] ?? pool[0]!);
  const put = (value: ValueId): void => b.write(pool[next(pool.length)] ?? pool[0]!, value);
  for (const [i, variable] of pool.entries()) {
    b.write(variable, b.emit('i64.add', [b.params[0]!, b.constant('i64', BigInt(i))]));
  }
  const ops = ['i64.add', 'i64.sub', 'i64.mul', 'i64.xor', 'i64.and', 'i64.or'] as const;
  for (let made = 0; made < size; made += 30) {
    for (let i = 0; i < 6; i++) put(b.emit(ops[next(ops.length)] ?? 'i64.add', [pick(), pick()]));
    put(b.emit('i64.mul', [pick(), b.constant('i64', BigInt(1 << next(5)))]));
    const address = b.emit('i32.and', [b.params[1]!, b.constant('i32', 0xff8)]);
    b.emit('i64.store', [address, pick()], { offset: next(64) * 8, align: 3 });
    put(b.emit('i64.load', [address], { offset: next(64) * 8, align: 3 }));
    const [then, join, head, exit] = [b.block(), b.block(), b.block(), b.block()];
    b.brIf(b.emit('i64.lt_s', [pick(), pick()]), then, join);
    b.seal(then);
    b.at(then);
    put(b.emit('i64.add', [pick(), pick()]));
    b.br(join);
    b.seal(join);
    b.at(join);
    const counter = b.variable('i32');
    b.write(counter, b.constant('i32', 0));
    b.br(head);
    b.at(head);
    put(b.emit('i64.add', [pick(), b.emit('i64.mul', [b.params[0]!, b.constant('i64', 3n)])]));
    const turn = b.emit('i32.add', [b.read(counter), b.constant('i32', 1)]);
    b.write(counter, turn);
    b.brIf(b.emit('i32.lt_s', [turn, b.constant('i32', 3)]), head, exit);
    b.seal(head);
    b.seal(exit);
    b.at(exit);
  }
  b.ret(pool.map((variable) => b.read(variable)).reduce((sum, value) => b.emit('i64.add', [sum, value])));
  return b.finish();
}

/** A module of `count` functions of about `size` instructions; the first is exported, so is every other. */
export function syntheticModule(count: number, size: number): Module {
  const funcs = Array.from({ length: count }, (_, i) => syntheticFunc(`f${i}`, size));
  return makeModule({
    name: 'synthetic',
    memory: { min: 1, max: 1, source: null },
    funcs,
    exports: funcs.map(({ name }) => ({ external: name, kind: 'func', name })),
  });
}

/** Instructions of a module. */
export function moduleSize(m: Module): number {
  return m.funcs.reduce((sum, f) => sum + sizeOf(f), 0);
}
