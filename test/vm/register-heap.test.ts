/** The heap of checked objects: random histories of allocations, accesses and frees against the reference interpreter. */
import { FuncBuilder, interp, makeModule, type OpName, type Type, type Value, type ValueId } from '@sluice/ir';
import { registerJsVM, registerVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';
import { Random } from './random.ts';
import { program } from './register-support.ts';

const text = `
.func @alloc (i64) -> i64
  .registers 1
  heap.alloc r0, r0
  return [r0]
.end
.func @free (i64) -> ()
  .registers 1
  heap.free r0
  return []
.end
.func @move (i64, i64) -> i64
  .registers 2
  heap.offset r0, r0, r1
  return [r0]
.end
.func @next (i64) -> i64
  .registers 2
  heap.offset.i r0, r0, 1
  return [r0]
.end
.func @read (i64) -> i64
  .registers 1
  heap.load_checked i64 r0, r0
  return [r0]
.end
.func @known (i64) -> i64
  .registers 1
  heap.load_initialised i64 r0, r0
  return [r0]
.end
.func @write (i64, i64) -> ()
  .registers 2
  heap.store_checked i64 r0, r1
  return []
.end
.func @peek (i64) -> i64
  .registers 1
  heap.load i64 r0, r0
  return [r0]
.end
.func @poke (i64, i64) -> ()
  .registers 2
  heap.store i64 r0, r1
  return []
.end
.func @check (i64) -> ()
  .registers 1
  heap.check r0
  heap.check_init r0
  return []
.end`;

function irFunc(name: string, params: number, result: Type | null, ops: readonly (readonly [OpName, number])[]) {
  const results = result === null ? [] : [result];
  const b = new FuncBuilder(name, { params: Array.from({ length: params }, (): Type => 'i64'), results });
  let last: ValueId | null = null;
  for (const [op, arity] of ops) {
    const args = b.params.slice(0, arity);
    if (name === 'next') args.push(b.constant('i64', 1n));
    last = b.emit(op, args, undefined, op === 'heap.load' ? 'i64' : undefined);
  }
  b.ret(...(result === null || last === null ? [] : [last]));
  return b.finish();
}

const module = makeModule({
  funcs: [
    irFunc('alloc', 1, 'i64', [['heap.alloc', 1]]),
    irFunc('free', 1, null, [['heap.free', 1]]),
    irFunc('move', 2, 'i64', [['heap.offset', 2]]),
    irFunc('next', 1, 'i64', [['heap.offset', 1]]),
    irFunc('read', 1, 'i64', [
      ['heap.check', 1],
      ['heap.check_init', 1],
      ['heap.load', 1],
    ]),
    irFunc('known', 1, 'i64', [
      ['heap.check_init', 1],
      ['heap.load', 1],
    ]),
    irFunc('write', 2, null, [
      ['heap.check', 1],
      ['heap.store', 2],
    ]),
    irFunc('peek', 1, 'i64', [['heap.load', 1]]),
    irFunc('poke', 2, null, [['heap.store', 2]]),
    irFunc('check', 1, null, [
      ['heap.check', 1],
      ['heap.check_init', 1],
    ]),
  ],
});

const steps = process.env.SLUICE_DEEP === undefined ? 3000 : 60_000;

for (const engine of [registerVM, registerJsVM]) {
  describe(engine.name, () => {
    for (const seed of [1, 2, 3]) {
      test(`history ${seed}`, () => {
        const random = new Random(seed);
        const reference = interp.instantiate(module);
        const instance = engine.instantiate(program(text));
        const pointers: bigint[] = [0n, -1n, 1n << 32n, 2n ** 62n];
        const pointer = (): bigint => random.pick(random.below(2) === 0 ? pointers.slice(-6) : pointers);
        const calls: readonly (() => [string, ...Value[]])[] = [
          () => ['alloc', BigInt([1, 1, 3, 8, 40, 300, 0, -5][random.below(8)] as number)],
          () => ['free', pointer()],
          () => ['move', pointer(), BigInt(random.pick([1, -1, 2, 7, 2 ** 31, 2 ** 40, -(2 ** 31)]))],
          () => ['next', pointer()],
          () => ['read', pointer()],
          () => ['known', pointer()],
          () => ['write', pointer(), random.value('i64')],
          () => ['write', pointer(), random.value('i64')],
          () => ['peek', pointer()],
          () => ['poke', pointer(), random.value('i64')],
          () => ['check', pointer()],
        ];
        for (let i = 0; i < steps; i++) {
          const [name, ...args] = random.pick(calls)();
          const want = reference.call(name, args).outcome;
          const got = instance.call(name, args).outcome;
          const where = `${i}: ${name}(${args.join(', ')})`;
          if (want.kind === 'trap') expect(got, where).toMatchObject({ kind: 'trap', trap: want.trap });
          else expect(got, where).toEqual(want);
          if (got.kind !== 'return' || !['alloc', 'move', 'next'].includes(name)) continue;
          pointers.push(got.values[0] as bigint);
        }
        expect(instance.liveAllocations()).toBe(reference.liveAllocations());
        expect(instance.liveAllocations()).toBeGreaterThan(0);
      });
    }

    test('the heap ends at the limit of memory, freed blocks are used again', () => {
      const instance = engine.instantiate(program(text), { limits: { memory: 1 << 20 } });
      for (let i = 0; i < 2000; i++) {
        const { outcome } = instance.call('alloc', [10_000n]);
        if (outcome.kind !== 'return') throw new Error(`allocation ${i} failed`);
        instance.call('free', outcome.values);
      }
      let live = 0;
      while (instance.call('alloc', [1000n]).outcome.kind === 'return') live++;
      expect(live).toBeGreaterThan(80);
      expect(live).toBeLessThan(117);
      expect(instance.call('alloc', [1000n]).outcome).toEqual({ kind: 'resource', end: 'memory' });
      expect(instance.call('alloc', [2n ** 40n]).outcome).toEqual({ kind: 'resource', end: 'memory' });
      expect(instance.liveAllocations()).toBe(live);
    });
  });
}
