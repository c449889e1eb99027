/**
 * The alias analysis: answers that are written beside the code, `; alias: %a %b no`, where values stand for loads, or for
 * pointers to elements; and that no answer is contradicted by addresses as they come out.
 */
import {
  coreTable,
  type Func,
  FuncBuilder,
  instOf,
  interpret,
  makeModule,
  parseModule,
  unwrap,
  type ValueId,
} from '@sluice/ir';
import { aliasBytes, bytesOf } from '@sluice/passes/lib/alias';
import { objectsOf } from '@sluice/passes/lib/objects';
import { aliasHeap, heapPlaceOf } from '@sluice/passes/lib/places';
import { budget } from '@sluice/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const cases: Readonly<Record<string, string>> = {
  'bytes from one base': `func @f(%p: i32) {
^entry:
  %a = i32.load %p
  %b = i32.load %p offset=4
  %c = i64.load %p offset=2
  %d = i32.load %p
  ret
}
; alias: %a %b no
; alias: %a %c may
; alias: %b %c may
; alias: %a %d must`,
  'sums of one root, which wrap': `func @f(%p: i32, %q: i32) {
^entry:
  %four = i32.const 4
  %minus = i32.const -4
  %r = i32.add %p, %four
  %s = i32.add %p, %minus
  %t = i32.add %r, %minus
  %a = i32.load %p
  %b = i32.load %r
  %c = i32.load %s
  %d = i32.load %t
  %e = i32.load %q
  %f = i32.load %s offset=4294967292
  %g = i32.load %s offset=8
  ret
}
; alias: %a %b no
; alias: %a %c no
; alias: %b %c no
; alias: %a %d may
; alias: %b %d no
; alias: %a %e may
; alias: %b %f no
; alias: %b %g may
; alias: %a %g no`,
  'constant addresses': `func @f(%p: i32) {
^entry:
  %c8 = i32.const 8
  %c12 = i32.const 12
  %a = i32.load %c8
  %b = i32.load %c12
  %c = i32.load %c8 offset=4
  %d = i32.load %p
  ret
}
; alias: %a %b no
; alias: %b %c must
; alias: %a %d may`,
  'elements of one object': `func @f(%p: i64, %i: i64, %j: i64) {
^entry:
  %one = i64.const 1
  %a = heap.offset %p, %one
  %b = heap.offset %a, %one
  %c = heap.offset %p, %i
  %d = heap.offset %c, %one
  %i1 = i64.add %i, %one
  %e = heap.offset %p, %i1
  %g = heap.offset %p, %j
  ret
}
; alias: %p %a no
; alias: %a %b no
; alias: %a %c may
; alias: %c %d no
; alias: %c %e no
; alias: %d %e must
; alias: %d %g may`,
  'objects that this function makes': `import @h(i64) -> () from "host" "h"
func @f(%p: i64, %c: i32) {
^entry:
  %n = i64.const 2
  %a = heap.alloc %n
  %b = heap.alloc %n
  %e = heap.alloc %n
  %x = heap.offset %b, %p
  %m = select i64 %a, %b, %c
  call_host @h(%e)
  %u = heap.load i64 %p
  %v = heap.offset %u, %n
  ret
}
; alias: %a %b no
; alias: %a %x no
; alias: %b %x may
; alias: %p %a no
; alias: %p %e no
; alias: %a %m may
; alias: %b %m may
; alias: %e %m may
; alias: %u %a no
; alias: %v %b no
; alias: %u %e may
; alias: %u %p may`,
};

function answer(f: Func, a: ValueId, b: ValueId): string {
  const read = { ops: coreTable, inst: (v: ValueId) => instOf(f, v) };
  const [x, y] = [instOf(f, a), instOf(f, b)];
  if (x.op.access !== null && y.op.access !== null) return aliasBytes(bytesOf(x, read), bytesOf(y, read));
  const view = { f, read, objects: objectsOf(f) };
  return aliasHeap(heapPlaceOf(a, view), heapPlaceOf(b, view), view.objects);
}

describe('answers', () => {
  test.each(Object.entries(cases))('%s', (_, text) => {
    const m = unwrap(parseModule(`memory 1 1\n${text}`));
    const f = m.funcs[0] as Func;
    const named = (name: string): ValueId => {
      const found = [...f.valueNames].find(([, known]) => known === name);
      if (found === undefined) throw new Error(`no value %${name}`);
      return found[0];
    };
    for (const [, a = '', b = '', wanted = ''] of text.matchAll(/; alias: %(\w+) %(\w+) (\w+)/g)) {
      expect(`%${a} %${b} ${answer(f, named(a), named(b))}`).toBe(`%${a} %${b} ${wanted}`);
      expect(answer(f, named(b), named(a))).toBe(wanted);
    }
  });
});

/** An address: sums of constants from a parameter, and the offset of the access. */
interface Address {
  readonly sums: readonly number[];
  readonly offset: number;
  readonly op: 'i32.load8_u' | 'i32.load' | 'i64.load';
}

const near = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(0x7fffffff, -0x80000000, 65536));
const anAddress: fc.Arbitrary<Address> = fc.record({
  sums: fc.array(near, { maxLength: 3 }),
  offset: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(0xfffffff8, 0x80000000)),
  op: fc.constantFrom('i32.load8_u', 'i32.load', 'i64.load'),
});

test('no answer about bytes is contradicted by the addresses', () => {
  fc.assert(
    fc.property(anAddress, anAddress, fc.oneof(near, fc.integer()), (a, b, p) => {
      const fb = new FuncBuilder('f', { params: ['i32'], results: ['i32', 'i32'] });
      const address = ({ sums }: Address): ValueId =>
        sums.reduce<ValueId>((at, k) => fb.emit('i32.add', [at, fb.constant('i32', k)]), fb.params[0] as ValueId);
      const [x, y] = [address(a), address(b)];
      const loads = [
        fb.emit(a.op, [x], { offset: a.offset, align: 0 }),
        fb.emit(b.op, [y], { offset: b.offset, align: 0 }),
      ];
      fb.ret(x, y);
      const f = fb.finish();
      const read = { ops: coreTable, inst: (v: ValueId) => instOf(f, v) };
      const [one, two] = loads.map((v) => bytesOf(instOf(f, v), read)) as [never, never];
      const said = aliasBytes(one, two);
      const bare = new FuncBuilder('g', { params: ['i32'], results: ['i32', 'i32'] });
      const plain = ({ sums }: Address): ValueId =>
        sums.reduce<ValueId>((at, k) => bare.emit('i32.add', [at, bare.constant('i32', k)]), bare.params[0] as ValueId);
      bare.ret(plain(a), plain(b));
      const { outcome } = interpret(makeModule({ funcs: [bare.finish()] }), 'g', [p]);
      if (outcome.kind !== 'return') throw new Error('sums do not trap');
      const [from, to] = outcome.values as [number, number];
      const bytes = { 'i32.load8_u': 1, 'i32.load': 4, 'i64.load': 8 } as const;
      const start = (from >>> 0) + a.offset;
      const other = (to >>> 0) + b.offset;
      // What does not lie within the largest memory is not accessed.
      if (start + bytes[a.op] > 2 ** 32 || other + bytes[b.op] > 2 ** 32) return;
      const overlap = start < other + bytes[b.op] && other < start + bytes[a.op];
      if (said === 'no') expect(overlap).toBe(false);
      if (said === 'must') expect([start, bytes[a.op]]).toEqual([other, bytes[b.op]]);
    }),
    budget(2000),
  );
});
