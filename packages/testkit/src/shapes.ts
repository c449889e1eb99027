/**
 * Modules of any size, in the shapes on which recursion overflows and quadratic algorithms show: long, deep, wide. Each
 * is verified as it comes, runs to its end for small arguments, and has about `n` instructions or blocks.
 */

import {
  type BlockId,
  type Func,
  FuncBuilder,
  type Module,
  makeGlobal,
  makeModule,
  type Type,
  type ValueId,
} from '@sluice/ir';

/** A shape: its name, and the module of a size. */
export interface Shape {
  readonly name: string;
  /** The module of size `n`. */
  readonly make: (n: number) => Module;
}

const unary = { params: ['i32'], results: ['i32'] } as const satisfies { params: Type[]; results: Type[] };

/** A module with one function of one parameter; `body` gives the result. */
function single(body: (b: FuncBuilder, x: ValueId) => ValueId, slots: number = 0): Module {
  const b = new FuncBuilder('f', unary);
  for (let i = 0; i < slots; i++) b.slot('i32');
  b.ret(body(b, b.params[0] as ValueId));
  return around([b.finish()]);
}

function around(funcs: readonly Func[]): Module {
  return makeModule({
    funcs,
    memory: { min: 1, max: 1, source: null },
    globals: [makeGlobal('g', 'i32', true, 0)],
    exports: [{ external: 'f', kind: 'func', name: funcs[0]?.name ?? '' }],
  });
}

const i32 = (b: FuncBuilder, value: number): ValueId => b.constant('i32', value);
const add = (b: FuncBuilder, x: ValueId, y: ValueId): ValueId => b.emit('i32.add', [x, y]);

/** `n` instructions in a block, each of two before it. */
const line: Shape = {
  name: 'a line of instructions',
  make: (n) =>
    single((b, x) => {
      let [before, last] = [x, x];
      for (let i = 0; i < n; i++) [before, last] = [last, add(b, last, before)];
      return last;
    }),
};

/** `n` times the same few computations. */
const repeated: Shape = {
  name: 'equal computations',
  make: (n) =>
    single((b, x) => {
      let sum = x;
      for (let i = 0; i < n; i++) sum = b.emit('i32.xor', [sum, add(b, b.emit('i32.mul', [x, x]), i32(b, i % 7))]);
      return sum;
    }),
};

/** `n` branches in a row, each with a variable that comes out of it. */
const diamonds: Shape = {
  name: 'branches in a row',
  make: (n) =>
    single((b, x) => {
      const v = b.variable('i32');
      b.write(v, x);
      for (let i = 0; i < n; i++) {
        const [then, join] = [b.block(), b.block()];
        b.brIf(b.emit('i32.and', [b.read(v), i32(b, 1)]), then, join);
        b.seal(then);
        b.at(then);
        b.write(v, add(b, b.read(v), i32(b, i)));
        b.br(join);
        b.seal(join);
        b.at(join);
      }
      return b.read(v);
    }),
};

/** `n` branches on conditions that are known, or were tested before. */
const known: Shape = {
  name: 'conditions known before',
  make: (n) =>
    single((b, x) => {
      const v = b.variable('i32');
      b.write(v, i32(b, 1));
      for (let i = 0; i < n; i++) {
        const [then, join] = [b.block(), b.block()];
        b.brIf(i % 2 === 0 ? x : b.read(v), then, join);
        b.seal(then);
        b.at(then);
        b.write(v, i32(b, i % 3));
        b.br(join);
        b.seal(join);
        b.at(join);
      }
      return b.read(v);
    }),
};

/** `n` loops, one after the other or each in the one before. Each turns once for an argument of 1. */
function loops(name: string, nested: boolean): Shape {
  return {
    name,
    make: (n) =>
      single((b, x) => {
        const v = b.variable('i32');
        b.write(v, x);
        const open: BlockId[] = [];
        const close = (): void => {
          const header = open.pop() as BlockId;
          const out = b.block();
          b.write(v, b.emit('i32.sub', [b.read(v), i32(b, 1)]));
          b.brIf(b.emit('i32.gt_s', [b.read(v), x]), header, out);
          b.seal(header);
          b.seal(out);
          b.at(out);
        };
        for (let i = 0; i < n; i++) {
          const header = b.block();
          b.br(header);
          b.at(header);
          open.push(header);
          if (!nested) close();
        }
        while (open.length > 0) close();
        return b.read(v);
      }),
  };
}

/** `n` loops of two blocks that are each entered from outside. */
const irreducible: Shape = {
  name: 'loops with two entries',
  make: (n) =>
    single((b, x) => {
      const v = b.variable('i32');
      b.write(v, x);
      for (let i = 0; i < n; i++) {
        const [one, two, out] = [b.block(), b.block(), b.block()];
        b.brIf(b.emit('i32.and', [b.read(v), i32(b, 1)]), one, two);
        b.at(one);
        b.write(v, b.emit('i32.sub', [b.read(v), i32(b, 1)]));
        b.br(two);
        b.at(two);
        b.write(v, b.emit('i32.sub', [b.read(v), i32(b, 2)]));
        b.brIf(b.emit('i32.gt_s', [b.read(v), x]), one, out);
        for (const block of [one, two, out]) b.seal(block);
        b.at(out);
      }
      return b.read(v);
    }),
};

/** A switch of `n` cases that come together in one block. */
const wide: Shape = {
  name: 'a switch of many cases',
  make: (n) =>
    single((b, x) => {
      const v = b.variable('i32');
      const join = b.block();
      const cases = Array.from({ length: n }, () => b.block());
      b.switch(
        x,
        cases.map((_, i) => i),
        [...cases, cases[0] as BlockId],
      );
      for (const [i, block] of cases.entries()) {
        b.seal(block);
        b.at(block);
        b.write(v, i % 5 === 0 ? x : i32(b, i));
        b.br(join);
      }
      b.seal(join);
      b.at(join);
      return b.read(v);
    }),
};

/** Many variables around one loop with many ways back: the phis alone have `n` inputs. */
const phis: Shape = {
  name: 'many phis with many inputs',
  make: (n) => {
    const k = Math.max(2, Math.floor(Math.sqrt(n)));
    return single((b, x) => {
      const vs = Array.from({ length: k }, () => b.variable('i32'));
      for (const [i, v] of vs.entries()) b.write(v, add(b, x, i32(b, i)));
      const [header, out] = [b.block(), b.block()];
      b.br(header);
      b.at(header);
      for (let i = 0; i < k; i++) {
        const on = b.block();
        const [one, other] = [vs[i], vs[(i + 1) % k]] as [(typeof vs)[number], (typeof vs)[number]];
        const [a, c] = [b.read(one), b.read(other)];
        b.write(one, b.emit('i32.sub', [c, i32(b, 1)]));
        b.write(other, a);
        b.brIf(b.emit('i32.gt_s', [b.read(one), i32(b, n)]), header, on);
        b.seal(on);
        b.at(on);
      }
      b.br(out);
      b.seal(header);
      b.seal(out);
      b.at(out);
      return vs.reduce((sum, v) => add(b, sum, b.read(v)), x);
    });
  },
};

/** `n` writes and reads of memory, of a global and of slots, by turns. */
const state: Shape = {
  name: 'writes and reads',
  make: (n) =>
    single((b, x) => {
      let sum = x;
      for (let i = 0; i < n; i++) {
        b.emit('i32.store', [i32(b, 4 * (i % 1000)), sum], { offset: 0, align: 2 });
        b.emit('slot.set', [sum], i % 50);
        b.emit('global.set', [sum], 'g');
        sum = add(b, sum, b.emit('i32.load', [i32(b, 4 * ((i * 7) % 1000))], { offset: 0, align: 2 }));
        sum = add(b, sum, b.emit('slot.get', [], (i * 3) % 50, 'i32'));
        sum = add(b, sum, b.emit('global.get', [], 'g', 'i32'));
      }
      return sum;
    }, 50),
};

/** `n` slots, each set in a block of its own and read at the end. */
const slots: Shape = {
  name: 'many slots',
  make: (n) =>
    single((b, x) => {
      for (let i = 0; i < n; i++) {
        const next = b.block();
        b.emit('slot.set', [add(b, x, i32(b, i))], i);
        b.brIf(x, next, next);
        b.seal(next);
        b.at(next);
      }
      let sum = x;
      for (let i = 0; i < n; i++) sum = add(b, sum, b.emit('slot.get', [], i, 'i32'));
      return sum;
    }, n),
};

/** `n` checks and accesses of one heap object. */
const checks: Shape = {
  name: 'checks of an object',
  make: (n) =>
    single((b, x) => {
      const p = b.emit('heap.alloc', [b.constant('i64', 8n)]);
      let sum = x;
      for (let i = 0; i < n; i++) {
        const at = b.emit('heap.offset', [p, b.constant('i64', BigInt(i % 8))]);
        b.emit('heap.check', [at]);
        b.emit('heap.store', [at, sum]);
        b.emit('heap.check_init', [at]);
        sum = add(b, sum, b.emit('heap.load', [at], undefined, 'i32'));
      }
      b.emit('heap.free', [p]);
      return sum;
    }),
};

/** `n` functions, each of which calls the next. */
const callChain: Shape = {
  name: 'a chain of calls',
  make: (n) => {
    const make = (i: number): Func => {
      const b = new FuncBuilder(`f${i}`, unary);
      const x = b.params[0] as ValueId;
      b.ret(i + 1 < n ? b.emit('call', [add(b, x, i32(b, 1))], `f${i + 1}`, 'i32') : x);
      return b.finish();
    };
    return around(Array.from({ length: n }, (_, i) => make(i)));
  },
};

/** `n` calls of one small function, which branches. */
const manyCalls: Shape = {
  name: 'many calls of one function',
  make: (n) => {
    const small = new FuncBuilder('small', unary);
    const x = small.params[0] as ValueId;
    const [then, otherwise] = [small.block(), small.block()];
    small.brIf(small.emit('i32.and', [x, i32(small, 1)]), then, otherwise);
    small.at(then);
    small.ret(add(small, x, x));
    small.at(otherwise);
    small.ret(x);
    const { funcs } = single((b, first) => {
      let v = first;
      for (let i = 0; i < n; i++) v = b.emit('call', [v], 'small', 'i32');
      return v;
    });
    return around([...funcs, small.finish()]);
  },
};

/** All shapes. */
export const shapes: readonly Shape[] = [
  line,
  repeated,
  diamonds,
  known,
  loops('loops in a row', false),
  loops('loops in each other', true),
  irreducible,
  wide,
  phis,
  state,
  slots,
  checks,
  callChain,
  manyCalls,
];
