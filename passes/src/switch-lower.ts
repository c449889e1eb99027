/**
 * Makes tests of switches: a chain where there are few cases, a balanced tree where there are many.
 *
 *     ^0: switch %0 [1: ^a, 9: ^b], ^c        ^0: %2 = i32.eq %0, 1
 *                                                 br_if %2, ^a, ^1
 *                                       =>    ^1: %3 = i32.eq %0, 9
 *                                                 br_if %3, ^b, ^c
 *
 * Paper:   Arthur Sale, The Implementation of Case Statements in Pascal, Software: Practice and Experience 1981.
 * Phases:  cases are sorted; `lower` splits them in halves by a comparison, down to `chain` cases, which are tested one
 *          after the other, or to what may stay a switch. Cases that lead where the default does need no test.
 * Profit:  both machines take a switch as one instruction, dense or not (a table, or a search inside it), so that by default
 *          only a switch with one case is lowered, which a comparison that jumps decides faster. A target without switches
 *          asks for all: `least` beyond any number of cases. One that has nothing but tables says by `spread` how many entries it
 *          takes for one case.
 * Cost:    O(n log n) in the cases.
 * Not done: tests in order of frequency; runs of cases with one target as ranges.
 */

import {
  type BlockId,
  coreOp,
  type Editor,
  type Inst,
  makeInst,
  type OpTable,
  termOf,
  type ValueId,
  withEdges,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { constantOf, jumpTo } from './lib/structural.ts';

const options = {
  least: { doc: 'the fewest cases of a switch that stays', default: 2 },
  chain: { doc: 'the most cases that are tested one after the other', default: 3 },
  spread: { doc: 'how many numbers for each case a switch may span that stays; 0: any', default: 0 },
} as const;

/** No table is longer than this, however dense: engines have limits (V8's is 65,520 entries). */
const longest = 50_000;

const brIf = coreOp('br_if');
const equal = coreOp('i32.eq');
const less = coreOp('i32.lt_s');

export default definePass({
  name: 'switch-lower',
  summary: 'make tests of switches that have few cases, of sparse ones, or of all',
  paper: 'Sale, The Implementation of Case Statements in Pascal, Software: Practice and Experience 1981',
  scope: 'func',
  idempotent: true,
  options,
  run(f, cx) {
    for (const b of f.order) {
      const term = termOf(f, b);
      if (term.op.kind !== 'switch') continue;
      const cases = term.imm as readonly number[];
      if (mayStay(cases.toSorted(ascending), cx.options)) continue;
      if (cx.rewrite(`made tests of ${cases.length} cases`, f.blocks[b]?.term)) lower(cx, b, term, cx.options);
    }
  },
});

type Options = { readonly least: number; readonly chain: number; readonly spread: number };

const ascending = (x: number, y: number): number => x - y;

/** Whether a switch on these numbers, ascending, is what the target takes. */
function mayStay(values: readonly number[], { least, spread }: Options): boolean {
  if (values.length < least || spread === 0) return values.length >= least;
  const span = (values.at(-1) as number) - (values[0] as number) + 1;
  return span <= Math.min(longest, spread * values.length);
}

interface Case {
  readonly value: number;
  readonly to: BlockId;
}

/** New predecessors of a block, which all bring what the switch brought. */
type Edges = Map<BlockId, BlockId[]>;

function lower(cx: FuncContext, b: BlockId, term: Inst, options: Options): void {
  const { chain, spread } = options;
  const { edit, ops } = cx;
  const otherwise = term.blocks.at(-1) as BlockId;
  const cases = (term.imm as readonly number[])
    .map((value, i): Case => ({ value, to: term.blocks[i] as BlockId }))
    .filter(({ to }) => to !== otherwise)
    .sort((x, y) => x.value - y.value);
  const inputs = inputsFrom(edit, b, new Set(term.blocks));
  const edges: Edges = new Map();
  const on = edit.term(b).args[0] as ValueId;
  // What is decided where; the first stands in the block itself.
  const work = [{ block: b, low: 0, high: cases.length }];
  let last = b;
  const place = (): BlockId => {
    last = edit.addBlock(jumpTo(ops, otherwise, term), last);
    return last;
  };
  const end = (block: BlockId, inst: Inst): void => {
    edit.setTerm(block, inst);
    if (block === b) return;
    for (const to of new Set(inst.blocks)) {
      const list = edges.get(to);
      if (list === undefined) edges.set(to, [block]);
      else list.push(block);
    }
  };
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { block, low, high } = next;
    // Without tables of a bounded size there is no reason to look at parts.
    if (spread > 0 && high - low > Math.max(1, chain)) {
      const part = cases.slice(low, high);
      const values = part.map(({ value }) => value);
      if (mayStay(values, options)) {
        const blocks = [...part.map(({ to }) => to), otherwise];
        end(block, makeInst(term.op, [on], { imm: values, blocks, loc: term.loc }));
        continue;
      }
    }
    if (high - low > Math.max(1, chain)) {
      const middle = (low + high) >> 1;
      const [left, right] = [place(), place()];
      const holds = compare(edit, ops, block, less, on, (cases[middle] as Case).value);
      end(block, makeInst(brIf, [holds], { blocks: [left, right], loc: term.loc }));
      work.push({ block: right, low: middle, high }, { block: left, low, high: middle });
      continue;
    }
    let at = block;
    for (let i = low; i < high; i++) {
      const { value, to } = cases[i] as Case;
      const holds = compare(edit, ops, at, equal, on, value);
      const rest = i + 1 < high ? place() : otherwise;
      end(at, makeInst(brIf, [holds], { blocks: [to, rest], loc: term.loc }));
      at = rest;
    }
    if (low === high) end(block, jumpTo(ops, otherwise, term));
  }
  fillPhis(edit, inputs, edges);
}

function compare(edit: Editor, ops: OpTable, b: BlockId, op: typeof less | typeof equal, on: ValueId, value: number) {
  const constant = edit.append(b, constantOf(ops, 'i32', value));
  return edit.append(b, makeInst(op, [on, constant]));
}

/** What the phis of blocks take from one predecessor. */
function inputsFrom(edit: Editor, b: BlockId, targets: ReadonlySet<BlockId>): ReadonlyMap<ValueId, ValueId> {
  const inputs = new Map<ValueId, ValueId>();
  for (const target of targets) {
    for (const phi of edit.phis(target)) {
      const { args, blocks } = edit.inst(phi);
      inputs.set(phi, args[blocks.indexOf(b)] as ValueId);
    }
  }
  return inputs;
}

function fillPhis(edit: Editor, inputs: ReadonlyMap<ValueId, ValueId>, edges: Edges): void {
  for (const [to, blocks] of edges) {
    for (const phi of edit.phis(to)) {
      const input = inputs.get(phi);
      // Blocks that are made here have no phis.
      if (input === undefined) continue;
      const inst = edit.inst(phi);
      edit.setInst(phi, withEdges(inst, inst.args.concat(blocks.map(() => input)), inst.blocks.concat(blocks)));
    }
  }
}
