/** The builder: programs with variables mean in SSA what they meant before, with no phi too many. */
import {
  type BlockId,
  coreOp,
  type Func,
  FuncBuilder,
  type Inst,
  instOf,
  interpret,
  makeInst,
  makeModule,
  opMethods,
  removeRedundantPhis,
  type ValueId,
  type Variable,
  verifyModule,
} from '@sluice/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const numRuns = process.env.SLUICE_DEEP === '1' ? 20_000 : 500;

/** A program of blocks: assignments `variable = variable op variable`, then a jump by the first variable. */
interface Plan {
  readonly blocks: readonly { readonly steps: readonly (readonly number[])[]; readonly targets: readonly number[] }[];
  /** Whether blocks are sealed as soon as possible, or all at the end. */
  readonly sealEarly: boolean;
}

const variableCount = 4;

const anyPlan: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 9 }).chain((count) => {
  const targets = count === 1 ? fc.constant([]) : fc.array(fc.integer({ min: 1, max: count - 1 }), { maxLength: 2 });
  const steps = fc.array(fc.array(fc.nat(variableCount - 1), { minLength: 3, maxLength: 3 }), { maxLength: 3 });
  const block = fc.record({ steps, targets });
  return fc.record({
    blocks: fc.array(block, { minLength: count, maxLength: count }),
    sealEarly: fc.boolean(),
  });
});

const signature = { params: ['i32', 'i32'], results: ['i32', 'i32', 'i32', 'i32'] } as const;

/** Variables 0 and 1 start as the parameters, the others are never given a value at first. */
function build({ blocks, sealEarly }: Plan): Func {
  const b = new FuncBuilder('f', signature);
  const variables = Array.from({ length: variableCount }, () => b.variable('i32'));
  const ids = blocks.map((_, i) => (i === 0 ? b.entry : b.block()));
  const waiting = blocks.map((_, i) => blocks.filter(({ targets }) => targets.includes(i)).length);
  for (const [i, value] of b.params.entries()) b.write(variables[i] as Variable, value, b.entry);
  for (const [i, { steps, targets }] of blocks.entries()) {
    b.at(ids[i] as BlockId);
    for (const [to = 0, x = 0, y = 0] of steps) {
      const args = [b.read(variables[x] as Variable), b.read(variables[y] as Variable)];
      b.write(variables[to] as Variable, b.emit('i32.sub', args));
    }
    const [then, otherwise] = targets.map((target) => ids[target] as BlockId);
    if (then === undefined) b.ret(...variables.map((v) => b.read(v)));
    else if (otherwise === undefined) b.br(then);
    else b.brIf(b.read(variables[0] as Variable), then, otherwise);
    for (const target of sealEarly ? new Set(targets) : []) {
      waiting[target] = (waiting[target] ?? 0) - 1;
      if (waiting[target] === 0) b.seal(ids[target] as BlockId);
    }
  }
  return b.finish();
}

/** What the program returns, or null when it runs for long. */
function simulate({ blocks }: Plan, params: readonly number[]): readonly number[] | null {
  const values = [...params, 0, 0];
  let at = 0;
  for (let steps = 0; steps < 100; steps++) {
    const block = blocks[at];
    for (const [to = 0, x = 0, y = 0] of block?.steps ?? []) values[to] = ((values[x] ?? 0) - (values[y] ?? 0)) | 0;
    const [then, otherwise] = block?.targets ?? [];
    if (then === undefined) return values;
    at = otherwise === undefined || values[0] !== 0 ? then : otherwise;
  }
  return null;
}

const verified = (f: Func): Func => {
  expect(verifyModule(makeModule({ funcs: [f] }))).toEqual([]);
  return f;
};

const phisOf = (f: Func): readonly ValueId[] => f.order.flatMap((b) => f.blocks[b]?.phis ?? []);

/** Phis that one other value stands before on all ways from values that are no phis: by trying each value. */
function needless(f: Func): readonly ValueId[] {
  const phis = phisOf(f);
  const operands = new Map(phis.map((phi) => [phi, instOf(f, phi).args]));
  const all = new Set([...operands.values()].flat());
  return phis.filter((phi) =>
    [...all].some((cut) => {
      if (cut === phi) return false;
      const reached = new Set([...all].filter((v) => v !== cut && !operands.has(v)));
      for (let size = -1; size !== reached.size; ) {
        size = reached.size;
        for (const [p, args] of operands) if (p !== cut && args.some((arg) => reached.has(arg))) reached.add(p);
      }
      return !reached.has(phi);
    }),
  );
}

describe('variables', () => {
  test('a program means what it meant', () => {
    fc.assert(
      fc.property(anyPlan, fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 2 }), (plan, args) => {
        const m = makeModule({ funcs: [verified(build(plan))] });
        const values = simulate(plan, args);
        if (values !== null) expect(interpret(m, 'f', args).outcome).toEqual({ kind: 'return', values });
      }),
      { numRuns },
    );
  });

  test('no phi is too many, on irreducible graphs too', () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        expect(needless(build(plan))).toEqual([]);
      }),
      { numRuns },
    );
  });

  test('a loop that does not write a variable has no phi for it, entered in two places or not', () => {
    const b = new FuncBuilder('f', { params: ['i32'], results: ['i32'] });
    const x = b.variable('i32');
    b.write(x, b.params[0] as ValueId);
    const [left, right, out] = [b.block(), b.block(), b.block()];
    b.brIf(b.read(x), left, right);
    b.at(left);
    b.brIf(b.read(x), right, out);
    b.at(right);
    b.brIf(b.read(x), left, out);
    b.at(out);
    b.ret(b.read(x));
    const f = verified(b.finish());
    expect(phisOf(f)).toEqual([]);
    expect(instOf(f, f.blocks[out]?.term as ValueId).args).toEqual(b.params);
  });

  test('what was never written is zero, one for each type', () => {
    const b = new FuncBuilder('f', { params: [], results: ['i32', 'i32', 'f64', 'i64'] });
    b.ret(...(['i32', 'i32', 'f64', 'i64'] as const).map((type) => b.read(b.variable(type))));
    const f = verified(b.finish());
    expect(f.blocks[b.entry]?.body.length).toBe(3);
    const values = [0, 0, 0, 0n];
    expect(interpret(makeModule({ funcs: [f] }), 'f', []).outcome).toEqual({ kind: 'return', values });
  });
});

describe('blocks', () => {
  test('what the entry does not reach is dropped, with its inputs of phis', () => {
    const b = new FuncBuilder('f', { params: ['i32'], results: ['i32'] });
    const [x] = b.params as [ValueId];
    const v = b.variable('i32');
    const [dead, loop, join] = [b.block('dead'), b.block('loop'), b.block('join')];
    b.write(v, x);
    b.br(join);
    b.at(dead);
    b.write(v, b.constant('i32', 7));
    const phi = b.phi(join, 'i32');
    b.brIf(x, join, loop);
    b.at(loop);
    b.brIf(b.read(v), loop, dead);
    b.at(join);
    b.setPhi(phi, [
      [b.entry, x],
      [dead, b.read(v, dead)],
    ]);
    b.ret(b.emit('i32.add', [b.read(v), phi]));
    const f = verified(b.finish());
    expect(f.order).toEqual([b.entry, join]);
    expect([...f.blockNames.values()]).toEqual(['entry', 'join']);
    // A phi made by hand stays, whatever it says.
    expect(phisOf(f)).toEqual([phi]);
  });

  test('mistakes are refused', () => {
    const b = new FuncBuilder('f', { params: [], results: [] });
    const open = b.block();
    expect(() => b.br(b.entry)).toThrow('sealed');
    const c = new FuncBuilder('f', { params: [], results: [] });
    c.br(c.block());
    expect(() => c.ret()).toThrow('closed already');
    expect(() => c.finish()).toThrow('no terminator');
    expect(open).not.toBe(b.entry);
  });
});

describe('scale', () => {
  const count = 20_000;
  const limit = 5000;

  function timed(run: () => Func): Func {
    const began = performance.now();
    const f = run();
    expect(performance.now() - began).toBeLessThan(limit);
    return f;
  }

  test('a chain of 20,000 blocks with variables read at its end', () => {
    for (const early of [true, false]) {
      const f = timed(() => {
        const b = new FuncBuilder('f', { params: ['i32'], results: ['i32'] });
        const variables = Array.from({ length: 10 }, () => b.variable('i32'));
        for (const v of variables) b.write(v, b.params[0] as ValueId);
        for (let i = 0; i < count; i++) {
          const next = b.block();
          b.br(next);
          if (early) b.seal(next);
          b.at(next);
        }
        b.ret(variables.map((v) => b.read(v)).reduce((x, y) => b.emit('i32.add', [x, y])));
        return b.finish();
      });
      expect(phisOf(f)).toEqual([]);
    }
  });

  test('10,000 loops inside each other, with a variable that the innermost one writes', () => {
    const depth = count / 2;
    const f = timed(() => {
      const b = new FuncBuilder('f', { params: ['i32'], results: ['i32'] });
      const v = b.variable('i32');
      b.write(v, b.params[0] as ValueId);
      const headers: BlockId[] = [];
      for (let i = 0; i < depth; i++) {
        const header = b.block();
        b.br(header);
        b.at(header);
        headers.push(header);
      }
      b.write(v, b.emit('i32.add', [b.read(v), b.read(v)]));
      for (const header of headers.reverse()) {
        const after = b.block();
        b.brIf(b.read(v), header, after);
        b.seal(header);
        b.seal(after);
        b.at(after);
      }
      b.ret(b.read(v));
      return b.finish();
    });
    expect(phisOf(f).length).toBe(depth);
  });

  test('a switch of 20,000 cases that all write a variable', () => {
    const f = timed(() => {
      const b = new FuncBuilder('f', { params: ['i32'], results: ['i32'] });
      const v = b.variable('i32');
      const cases = Array.from({ length: count }, () => b.block());
      const join = b.block();
      b.switch(
        b.params[0] as ValueId,
        Array.from({ length: count - 1 }, (_, i) => i),
        cases,
      );
      for (const block of cases) {
        b.at(block);
        b.seal(block);
        b.write(v, b.constant('i32', 1));
        b.br(join);
      }
      b.at(join);
      b.ret(b.read(v));
      return b.finish();
    });
    expect(phisOf(f).length).toBe(1);
  });

  const size = 100_000;
  const graphs: Record<string, { operands: (i: number) => number[]; replaced: number }> = {
    'a chain from one value': { operands: (i) => [i === 0 ? size : i - 1, i], replaced: size },
    'a cycle that one value enters': { operands: (i) => [(i + 1) % size, i === 0 ? size : i], replaced: size },
    'a cycle that two values enter': {
      operands: (i) => [(i + 1) % size, i === 0 ? size : i === size / 2 ? size + 1 : i],
      replaced: size - 2,
    },
    'a nest: each refers to both neighbours': {
      operands: (i) => [i === 0 ? size : i - 1, i === size - 1 ? size + 1 : i + 1],
      replaced: 0,
    },
    'a cycle that nothing enters': { operands: (i) => [(i + 1) % size], replaced: 0 },
  };
  for (const [name, { operands, replaced }] of Object.entries(graphs)) {
    test(`100,000 phis: ${name}`, () => {
      const lists = Array.from({ length: size }, (_, i) => operands(i) as ValueId[]);
      const phis = lists.map((_, i) => i as ValueId);
      const by = new Map<ValueId, ValueId>();
      const began = performance.now();
      removeRedundantPhis(
        phis,
        (v) => lists[v],
        (phi, value) => by.set(phi, value),
      );
      expect(performance.now() - began).toBeLessThan(limit);
      expect(by.size).toBe(replaced);
    });
  }
});

test('a terminator with a result, and instructions with locations', () => {
  const b = new FuncBuilder('f', { params: [], results: [] });
  b.loc = { file: 'a', line: 2, col: 3 };
  const v = b.constant('i32', 1);
  b.nameValue(v, 'one');
  expect(b.inst(v)).toEqual<Inst>({ ...makeInst(coreOp('i32.const'), [], { imm: 1 }), loc: b.loc });
  b.trap('unreachable');
  const f = verified(b.finish());
  expect([...f.valueNames]).toEqual([[v, 'one']]);
});

test('ops are methods, by dialect and verb', () => {
  const b = new FuncBuilder('f', { params: ['i32', 'i64'], results: ['i64'] });
  const { i32, i64 } = opMethods(b);
  const [x, y] = b.params as [ValueId, ValueId];
  b.ret(i64.add(i64.extend_i32_s(i32.sub(x, i32.const(2))), y));
  const m = makeModule({ funcs: [verified(b.finish())] });
  expect(interpret(m, 'f', [5, 10n]).outcome).toEqual({ kind: 'return', values: [13n] });
  expect(() => i32.sub(x)).toThrow('i32.sub takes 2 arguments, got 1');
});
