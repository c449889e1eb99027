/** The verifier: what it accepts, what it refuses and where it says so, and that it never fails on what it refuses. */
import {
  type BlockId,
  coreOp,
  type Diagnostic,
  domTree,
  type Func,
  formatDiagnostic,
  type Global,
  type Inst,
  type Module,
  makeGlobal,
  makeInst,
  makeModule,
  parseModule,
  printFunc,
  printModule,
  type ValueId,
  verifyFunc,
  verifyModule,
} from '@sluice/ir';
import * as factories from '@sluice/ir/diag-codes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { casesOf, codesOf, mismatches } from './support/cases.ts';
import { runs } from './support/mutate.ts';

function parsed(text: string): Module {
  const result = parseModule(text, { file: 'test.ir' });
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
  return result.value;
}

const seen = new Set<string>();

function codes(found: readonly Diagnostic[]): readonly string[] {
  for (const d of found) seen.add(d.code);
  return found.map((d) => d.code);
}

describe('fixtures', () => {
  test.for(casesOf('verify'))('$name', ({ text }) => {
    const found = verifyModule(parsed(text), { analyses: true });
    codes(found);
    expect(mismatches(text, found)).toEqual([]);
  });
});

const base = parsed(`
func @f(%x: i32) -> i32 {
^entry:
  %one = i32.const 1
  %sum = i32.add %x, %one
  br_if %sum, ^a, ^b
^a:
  br ^b
^b:
  %y = phi i32 [^entry: %x], [^a: %sum]
  ret %y
}`);
const f = base.funcs[0] as Func;
const [param, one, sum, branch, jump, phi, ret] = [0, 1, 2, 3, 4, 5, 6] as readonly number[] as ValueId[] as [
  ValueId,
  ValueId,
  ValueId,
  ValueId,
  ValueId,
  ValueId,
  ValueId,
];
const [entry, a, b] = f.order as unknown as [BlockId, BlockId, BlockId];

function broken(change: Partial<Func>): Func {
  return { ...f, shape: { cache: new Map() }, cache: new Map(), ...change };
}

function withInst(v: ValueId, inst: Partial<Inst> | undefined): Func {
  const insts = [...f.insts];
  insts[v] = inst === undefined ? undefined : { ...(f.insts[v] as Inst), ...inst };
  return broken({ insts });
}

function withBlock(id: BlockId, change: Partial<Func['blocks'][number]>): Func {
  const blocks = [...f.blocks];
  blocks[id] = { ...(f.blocks[id] as NonNullable<Func['blocks'][number]>), ...change };
  return broken({ blocks });
}

const id = (n: number): ValueId => n as ValueId;
const at = (n: number): BlockId => n as BlockId;

/** What the text form cannot say. */
const functions: readonly (readonly [string, Func, string])[] = [
  ['a lone surrogate in the name', broken({ name: '\ud800' }), 'SL0206'],
  ['a lone surrogate in the name of a value', broken({ valueNames: new Map([[one, '\udc00']]) }), 'SL0206'],
  ['a type that there is none of', broken({ slots: ['i16' as 'i32'] }), 'SL0207'],
  ['a tuple in the signature', broken({ sig: { params: ['i32'], results: ['tuple' as 'i32'] } }), 'SL0207'],
  ['no block', broken({ order: [], blocks: [] }), 'SL0210'],
  ['a block twice in order', broken({ order: [entry, a, b, a] }), 'SL0211'],
  ['a block that is not in order', broken({ order: [entry, a] }), 'SL0211'],
  ['no block where the order says so', broken({ order: [entry, a, b, at(7)] }), 'SL0211'],
  ['a block that is gone', broken({ blocks: [f.blocks[0], undefined, f.blocks[2]] }), 'SL0211'],
  ['a body that names nothing', withBlock(entry, { body: [one, sum, id(99)] }), 'SL0212'],
  ['a body that names what is gone', withInst(one, undefined), 'SL0212'],
  ['a parameter that is gone', withInst(param, undefined), 'SL0212'],
  ['an instruction in two blocks', withBlock(a, { body: [one] }), 'SL0213'],
  ['an instruction twice in a block', withBlock(entry, { body: [one, sum, one] }), 'SL0213'],
  ['an instruction nowhere', withBlock(entry, { body: [one] }), 'SL0213'],
  ['a parameter in a block', withBlock(a, { body: [param] }), 'SL0213'],
  ['a parameter twice', broken({ params: [param, param] }), 'SL0213'],
  ['a terminator in a body', withBlock(entry, { body: [one, sum, ret] }), 'SL0214'],
  ['a body instruction as terminator', withBlock(b, { term: one }), 'SL0214'],
  ['a body instruction among phis', withBlock(b, { phis: [phi, one] }), 'SL0214'],
  ['a constant as parameter', broken({ params: [one] }), 'SL0214'],
  ['a parameter too few', broken({ params: [] }), 'SL0215'],
  ['a parameter of another type', withInst(param, { type: 'i64' }), 'SL0215'],
  ['a parameter at another position', withInst(param, { imm: 1 }), 'SL0215'],
  ['an operand out of range', withInst(sum, { args: [param, id(99)] }), 'SL0216'],
  ['a negative operand', withInst(sum, { args: [param, id(-1)] }), 'SL0216'],
  ['half an operand', withInst(sum, { args: [param, id(0.5)] }), 'SL0216'],
  ['a parameter with an operand', withInst(param, { args: [one] }), 'SL0220'],
  ['a target out of range', withInst(jump, { blocks: [at(9)] }), 'SL0217'],
  ['two targets of a br', withInst(jump, { blocks: [b, b] }), 'SL0217'],
  ['one target of a br_if', withInst(branch, { blocks: [a] }), 'SL0217'],
  ['targets of a constant', withInst(one, { blocks: [a] }), 'SL0217'],
  ['a parameter with targets', withInst(param, { blocks: [a] }), 'SL0217'],
  ['a phi with fewer operands than blocks', withInst(phi, { args: [param] }), 'SL0225'],
  ['an operand too few', withInst(sum, { args: [param] }), 'SL0220'],
  ['a branch without an operand', withInst(branch, { args: [] }), 'SL0220'],
  ['an operand that is void', withInst(ret, { args: [jump] }), 'SL0223'],
  ['another type of result', withInst(sum, { type: 'i64' }), 'SL0222'],
  ['an unexpected immediate', withInst(sum, { imm: 4 }), 'SL0224'],
  ['a bigint as an i32', withInst(one, { imm: 1n }), 'SL0203'],
  ['minus zero as an i32', withInst(one, { imm: -0 }), 'SL0203'],
  ['an unsigned i32', withInst(one, { imm: 2 ** 31 }), 'SL0203'],
  ['no constant', withInst(one, { imm: undefined }), 'SL0203'],
  ['an f32 that is not rounded', withInst(one, { op: coreOp('f32.const'), type: 'f32', imm: 0.1 }), 'SL0203'],
  ['the canonical NaN as bits', withInst(one, { op: coreOp('f32.const'), type: 'f32', imm: 0x7fc00000n }), 'SL0203'],
  ['bits that are no NaN', withInst(one, { op: coreOp('f64.const'), type: 'f64', imm: 1n }), 'SL0203'],
  ['an i64 out of range', withInst(one, { op: coreOp('i64.const'), type: 'i64', imm: 1n << 63n }), 'SL0203'],
  ['a half index', withInst(one, { op: coreOp('slot.get'), imm: 0.5 }), 'SL0224'],
  ['a negative index', withInst(one, { op: coreOp('slot.get'), imm: -1 }), 'SL0224'],
  ['no name of a global', withInst(one, { op: coreOp('global.get'), imm: 1 }), 'SL0224'],
  ['no name of a function', withInst(one, { op: coreOp('call'), imm: null }), 'SL0224'],
  ['no signature', withInst(one, { op: coreOp('call_indirect'), imm: { params: ['i32'] } as never }), 'SL0224'],
  ['no offset', withInst(one, { op: coreOp('i32.load'), args: [param], imm: { align: 0 } as never }), 'SL0224'],
  ['cases twice', withInst(ret, { op: coreOp('switch'), args: [param], imm: [1, 1], blocks: [a, a, a] }), 'SL0224'],
  [
    'cases beyond i32',
    withInst(ret, { op: coreOp('switch'), args: [param], imm: [2 ** 31], blocks: [a, a] }),
    'SL0224',
  ],
  ['no cases', withInst(ret, { op: coreOp('switch'), args: [param], imm: undefined, blocks: [a] }), 'SL0224'],
  ['no kind of trap', withInst(ret, { op: coreOp('trap'), args: [], imm: 'boom' }), 'SL0224'],
];

describe('functions that the text form cannot say', () => {
  test('the base is fine', () => {
    expect(verifyModule(base, { analyses: true })).toEqual([]);
  });

  test.for(functions)('%s', ([, f, code]) => {
    const m = { ...base, funcs: [f] };
    const found = verifyModule(m);
    expect(codes(found)).toContain(code);
    for (const d of found) expect(d.message).toMatch(/^(?:@|function @|.*: )/);
    // Dumps of such functions are wanted most of all.
    expect(printFunc(f)).toContain('func @');
  });
});

function globalOf(type: string, init: Global['init']): Module {
  return makeModule({ globals: [makeGlobal('g', type as 'i32', false, init)] });
}

/** What the text form cannot say of a module. */
const modules: readonly (readonly [string, Module, string])[] = [
  ['a type of a global that there is none of', globalOf('i8', 0), 'SL0207'],
  ['a global without a value', globalOf('i32', undefined), 'SL0203'],
  ['an object as a reference', globalOf('externref', {}), 'SL0203'],
  ['a lone surrogate in a name', makeModule({ name: '\ud800' }), 'SL0206'],
  ['half a page', makeModule({ memory: { min: 0.5, max: null, source: null } }), 'SL0204'],
  [
    'a signature with a type that there is none of',
    makeModule({ imports: [{ name: 'p', module: '', field: '', sig: { params: ['void' as 'i32'], results: [] } }] }),
    'SL0207',
  ],
];

describe('modules that the text form cannot say', () => {
  test.for(modules)('%s', ([, m, code]) => {
    expect(codes(verifyModule(m))).toContain(code);
  });
});

describe('what is reported', () => {
  test('names function, block and instruction, at its location', () => {
    const m = parsed('func @f(%x: i64) {\n^in:\n  %y = i32.eqz %x !"a.c":7:5\n  ret\n}');
    expect(verifyModule(m).map(formatDiagnostic)).toEqual([
      "a.c:7:5: error[SL0221]: @f, block ^in, '%y = i32.eqz %x': operand 0 is i64, must be i32; convert the operand, or use the op of its type",
    ]);
  });

  test('without a location: the function', () => {
    const broken = withInst(sum, { type: 'i64', loc: null });
    const [first] = verifyFunc(broken, base);
    expect(first?.at).toEqual({ file: '@f', line: 0, col: 0 });
  });

  test('at most 100 findings a function', () => {
    const lines = Array.from({ length: 5000 }, (_, k) => `  %a${k} = i32.eqz %x`);
    const m = parsed(`func @f(%x: i64) {\n^0:\n${lines.join('\n')}\n  ret\n}`);
    expect(verifyModule(m)).toHaveLength(100);
  });

  test('a result of an analysis that a pass wrote into', () => {
    const g = broken({});
    const m = { ...base, funcs: [g] };
    domTree(g);
    expect(verifyModule(m, { analyses: true })).toEqual([]);
    (domTree(g).idom as unknown as number[])[b] = a;
    const found = verifyModule(m, { analyses: true });
    expect(codes(found)).toEqual(['SL0241']);
    expect(found[0]?.message).toContain("'dom'");
  });

  test('a shape that was kept though an edge changed', () => {
    const g = broken({});
    domTree(g);
    const insts = [...g.insts];
    insts[branch] = makeInst(coreOp('br'), [], { blocks: [a] });
    insts[phi] = makeInst(coreOp('phi'), [param], { type: 'i32', blocks: [a] });
    const next: Func = { ...g, insts, cache: new Map() };
    expect(codes(verifyFunc(next, { ...base, funcs: [next] }, { analyses: true }))).toContain('SL0241');
  });
});

describe('damaged functions', () => {
  const pick = fc.nat(12).map((n) => n - 2);
  const ids = fc.array(pick, { maxLength: 3 });
  const op = fc.constantFrom(
    'i32.add',
    'phi',
    'br',
    'br_if',
    'switch',
    'ret',
    'call',
    'result',
    'param',
    'invoke',
    'slot.get',
  );
  const imm = fc.oneof(
    fc.constant(undefined),
    fc.nat(3),
    fc.constantFrom('f', 'g'),
    fc.array(fc.nat(3), { maxLength: 3 }),
  );
  const type = fc.constantFrom('i32', 'i64', 'void', 'tuple');
  const inst = fc.record({ op, type, args: ids, imm, blocks: ids }, { requiredKeys: [] });
  const block = fc.record({ phis: ids, body: ids, term: pick }, { requiredKeys: [] });

  test('give diagnostics or are fine; nothing is thrown', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(6), inst), { maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(2), block), { maxLength: 2 }),
        fc.option(ids),
        (changes, moves, order) => {
          const insts = [...f.insts];
          for (const [v, { op, ...rest }] of changes) {
            insts[v] = { ...(insts[v] as Inst), ...(op && { op: coreOp(op) }), ...rest } as Inst;
          }
          const blocks = [...f.blocks];
          for (const [k, change] of moves) blocks[k] = { ...blocks[k], ...change } as Func['blocks'][number];
          const g = broken({ insts, blocks, ...(order && { order: order as number[] as BlockId[] }) });
          const m = { ...base, funcs: [g] };
          const found = verifyModule(m);
          for (const d of found) seen.add(d.code);
          const text = printModule(m);
          if (found.length === 0) expect(printModule(parsed(text))).toBe(text);
        },
      ),
      { numRuns: runs },
    );
  });
});

test('every code is reported somewhere above', () => {
  expect(codesOf(factories, 'SL02').filter((code) => !seen.has(code))).toEqual([]);
});
