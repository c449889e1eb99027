/**
 * Makes one switch of a chain of tests that compare one value with constants.
 *
 *     ^0: %1 = i32.eq %0, 5                  ^0: switch %0 [5: ^a, 7: ^b, 9: ^c], ^d
 *         br_if %1, ^a, ^1
 *     ^1: %2 = i32.eq %0, 7          =>
 *         br_if %2, ^b, ^2
 *     ^2: %3 = i32.ne %0, 9
 *         br_if %3, ^d, ^c
 *
 * Paper:   folklore; the other way round in Robert Bernstein, Producing Good Code for the Case Statement, 1985.
 * Phases:  from a branch on, `chainFrom` follows the edge on which the value is still unknown as long as the block there is
 *          reached from nowhere else and only tests the same value again; a switch at the end of the chain is taken in.
 * Legal:   all tests are pure. Edges of one switch to one block carry the same values: a test whose edge would bring
 *          another one ends the chain.
 * Profit:  `least` cases, which a machine decides in one step.
 * Cost:    linear: a block is in one chain, for chains are looked for in reverse postorder.
 * Not done: ranges of cases; values of 64 bits, which no switch takes.
 */

import {
  type BlockId,
  blockOf,
  type Func,
  type Inst,
  instOf,
  isPure,
  makeInst,
  type OpDef,
  orderOf,
  rowLength,
  termOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { opOfKind } from './lib/structural.ts';

const options = {
  least: { doc: 'the fewest cases of a switch that is made', default: 3 },
} as const;

type Context = FuncContext<typeof options>;

/** Instructions of a block that are looked at: constants and the test. */
const mostTests = 3;

/** Tests of one chain. */
const longest = 1000;

export default definePass({
  name: 'switch-form',
  summary: 'make a switch of a chain of tests for equality',
  paper: 'Bernstein, Producing Good Code for the Case Statement, Software: Practice and Experience 1985',
  scope: 'func',
  after: [{ pass: 'simplify-cfg', why: 'empty blocks would end chains' }],
  options,
  run(f, cx) {
    if (f.order.length < 4) return;
    const { rpo } = cx.get(orderOf);
    const inChain = new Set<BlockId>();
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      if (inChain.has(b)) continue;
      const test = testOf(f, b);
      if (test === null) continue;
      const chain = chainFrom(f, cx, b, test);
      for (const { block } of chain.tests) inChain.add(block);
      if (chain.tests.length < 2) continue;
      const worth = chain.cases.size >= cx.options.least;
      if (!cx.choose('switch-form.profit', worth)) continue;
      if (cx.rewrite(`made a switch of ${chain.tests.length} tests`, blockOf(f, b).term)) replace(cx, chain);
    }
  },
});

/** A branch that compares a value with constants. */
interface Test {
  readonly block: BlockId;
  readonly on: ValueId;
  /** Constants and where they lead. */
  readonly cases: readonly (readonly [value: number, to: BlockId])[];
  readonly otherwise: BlockId;
}

function isEquality({ laws, sig }: OpDef): boolean {
  return sig.params[0] === 'i32' && laws.commutative === true && laws.selfGives === 1 && laws.negation !== undefined;
}

function isInequality({ laws, sig }: OpDef): boolean {
  return sig.params[0] === 'i32' && laws.commutative === true && laws.selfGives === 0 && laws.negation !== undefined;
}

/** What a block's branch tests; null where it is something else. */
function testOf(f: Func, b: BlockId): Test | null {
  const { op, args, blocks, imm } = termOf(f, b);
  if (op.kind === 'switch') {
    const cases = (imm as readonly number[]).map((value, i) => [value, blocks[i] as BlockId] as const);
    return { block: b, on: args[0] as ValueId, cases, otherwise: blocks.at(-1) as BlockId };
  }
  if (op.kind !== 'br_if') return null;
  const [yes, no] = blocks as readonly [BlockId, BlockId];
  if (yes === no) return null;
  const condition = args[0] as ValueId;
  const inst = f.insts[condition] as Inst;
  const equal = isEquality(inst.op);
  if (!equal && !isInequality(inst.op)) return { block: b, on: condition, cases: [[0, no]], otherwise: yes };
  const [left, right] = inst.args as readonly [ValueId, ValueId];
  const constant = [right, left].find((v) => instOf(f, v).op.kind === 'const');
  if (constant === undefined) return null;
  const value = instOf(f, constant).imm as number;
  const on = constant === right ? left : right;
  return { block: b, on, cases: [[value, equal ? yes : no]], otherwise: equal ? no : yes };
}

interface Chain {
  readonly tests: readonly Test[];
  /** The first test of a value decides. */
  readonly cases: ReadonlyMap<number, BlockId>;
  readonly otherwise: BlockId;
  /** By target: the block of the chain from which its phis take their inputs. */
  readonly from: ReadonlyMap<BlockId, BlockId>;
}

/** The tests of one value that follow each other. */
function chainFrom(f: Func, cx: Context, b: BlockId, first: Test): Chain {
  const { preds } = cx.get(orderOf);
  const tests: Test[] = [];
  const cases = new Map<number, BlockId>();
  const from = new Map<BlockId, BlockId>();
  let otherwise = b;
  for (let next: Test | null = first; next !== null && tests.length < longest; ) {
    const { block } = next;
    const before = from.get(block);
    from.delete(block);
    if (!addEdges(f, cases, from, next)) {
      if (before !== undefined) from.set(block, before);
      cx.declined('two tests bring different values to one block', blockOf(f, block).term);
      break;
    }
    for (const [value, to] of next.cases) if (!cases.has(value)) cases.set(value, to);
    tests.push(next);
    otherwise = next.otherwise;
    // A case that leads there too would lose its block.
    const ends: boolean = rowLength(preds, otherwise) !== 1 || next.cases.some(([, to]) => to === otherwise);
    next = ends || !onlyTests(f, otherwise) ? null : testOf(f, otherwise);
    if (next?.on !== first.on) next = null;
  }
  return { tests, cases, otherwise, from };
}

/** Notes the edges of a test; false, and nothing noted, where an earlier one to the same block brings other values. */
function addEdges(f: Func, cases: ReadonlyMap<number, BlockId>, from: Map<BlockId, BlockId>, test: Test): boolean {
  const added: BlockId[] = [];
  const leads = test.cases.flatMap(([value, to]) => (cases.has(value) ? [] : [to]));
  for (const to of [...leads, test.otherwise]) {
    const earlier = from.get(to);
    if (earlier === undefined) {
      from.set(to, test.block);
      added.push(to);
    } else if (!agree(f, to, earlier, test.block)) {
      for (const target of added) from.delete(target);
      return false;
    }
  }
  return true;
}

/** Whether two edges to a block bring the same values. */
function agree(f: Func, to: BlockId, a: BlockId, b: BlockId): boolean {
  return blockOf(f, to).phis.every((phi) => {
    const { args, blocks } = instOf(f, phi);
    return args[blocks.indexOf(a)] === args[blocks.indexOf(b)];
  });
}

/** Whether a block holds nothing but what its branch tests, and may run early. */
function onlyTests(f: Func, b: BlockId): boolean {
  const { phis, body } = blockOf(f, b);
  return phis.length === 0 && body.length <= mostTests && body.every((v) => isPure(instOf(f, v).op.effect));
}

function replace({ edit, ops }: Context, { tests, cases, otherwise, from }: Chain): void {
  const [first] = tests as readonly [Test, ...Test[]];
  const home = first.block;
  const inputs: (readonly [phi: ValueId, value: ValueId])[] = [];
  for (const to of new Set([...cases.values(), otherwise])) {
    const block = from.get(to) as BlockId;
    if (block === home) continue;
    for (const phi of edit.phis(to)) {
      const { args, blocks } = edit.inst(phi);
      inputs.push([phi, args[blocks.indexOf(block)] as ValueId]);
    }
  }
  // What the tests are made of may be used elsewhere too.
  for (const { block } of tests.slice(1)) for (const v of edit.body(block)) edit.moveToEnd(v, home);
  const term = edit.term(home);
  const imm = [...cases.keys()];
  const blocks = [...cases.values(), otherwise];
  edit.setTerm(home, makeInst(opOfKind(ops, 'switch'), [first.on], { imm, blocks, loc: term.loc }));
  for (const [phi, value] of inputs) edit.setPhiInput(phi, home, value);
  for (const { block } of tests.slice(1)) edit.removeBlock(block);
}
