/**
 * Functions in the form that the reference interpreter runs: operands are positions in the frame, phis are moves on
 * edges, and each instruction says by a small number how its op is to be called. Nothing here knows an op by name.
 *
 * Frame: parameters, then the other values of reachable blocks, then the slots.
 *
 * Made once for a function, whatever the module; calls have numbers (`site`), which an instance binds to functions.
 */

import { type Analysis, defineAnalysis } from './analysis/analysis.ts';
import { orderOf } from './analysis/order.ts';
import { FuncBuilder } from './build.ts';
import { type Conversion, conversionOf, convertIn, convertOut } from './eval.ts';
import { type BlockId, blockOf, type Func, type Inst, instOf, type ValueId } from './func.ts';
import type { Machine } from './machine.ts';
import type { Imm, OpDef } from './op.ts';
import { Trap } from './trap.ts';
import type { ResultType, Signature, Type } from './type.ts';
import { type Value, zeroOf } from './value.ts';

/** How a step runs. Numbers because the loop's `switch` is only fast over literals; the loop repeats these comments. */
const how = {
  eval0: 0,
  eval1: 1,
  eval2: 2,
  eval3: 3,
  /** One or two operands, all of them floats that `eval` wants as plain numbers. */
  float1: 4,
  float2: 5,
  /** `fn` takes the operands as an array. */
  list: 6,
  run0: 7,
  run1: 8,
  run2: 9,
  run3: 10,
  /** `fn` takes the machine and the operands as an array. */
  runList: 11,
  constant: 12,
  result: 13,
  call: 14,
  callIndirect: 15,
} as const;

// biome-ignore lint/suspicious/noExplicitAny: what it takes depends on `how`, which the loop has looked at.
type StepFunction = (...args: any[]) => Value | Trap;

/** One instruction of a block's body. */
export interface Step {
  readonly how: number;
  /** Where the result goes, -1 for nowhere. */
  readonly dest: number;
  /** The first three operands' positions, 0 where there is none. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly args: readonly number[];
  readonly fn: StepFunction;
  readonly imm: Imm;
  /** What `T` in the op's signature stands for. */
  readonly type: ResultType;
  /** Of calls: an index into `Code.sites`. */
  readonly site: number;
  readonly id: ValueId;
}

/** An edge: the block it leads to, and moves for that block's phis, which happen all at once. */
export interface CodeEdge {
  /** Index in `Code.blocks`. */
  readonly block: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Whether a move would overwrite what a later one reads. */
  readonly overlap: boolean;
  /** Costs a unit of fuel. */
  readonly back: boolean;
}

/** A terminator. */
export interface Term {
  readonly kind: 'br' | 'br_if' | 'switch' | 'ret' | 'trap' | 'invoke';
  readonly args: readonly number[];
  readonly edges: readonly CodeEdge[];
  /** Case value to edge; anything else takes the last edge. */
  readonly cases: ReadonlyMap<number, CodeEdge>;
  readonly imm: Imm;
  readonly dest: number;
  readonly site: number;
  readonly id: ValueId;
}

/** A block. */
export interface CodeBlock {
  readonly steps: readonly Step[];
  readonly term: Term;
  readonly id: BlockId;
}

/** A function. */
export interface Code {
  /** In reverse postorder; the entry is first. */
  readonly blocks: readonly CodeBlock[];
  /** The number of parameters; they are the frame's first values. */
  readonly params: number;
  /** Where the slots begin. */
  readonly slotBase: number;
  /** What slots start as. */
  readonly slots: readonly Value[];
  readonly frameSize: number;
  /** Names of called functions and imports; null for calls through the table. */
  readonly sites: readonly (string | null)[];
}

/** A function's code. */
export const codeOf: Analysis<Code> = defineAnalysis({
  name: 'interp-code',
  of: 'func',
  run: decode,
  // Made of closures, which cannot be compared; what it is derived from is compared by other analyses.
  equal: () => true,
});

interface Decoding {
  readonly f: Func;
  /** By `ValueId`. */
  readonly position: Int32Array;
  readonly sites: (string | null)[];
}

function decode(f: Func): Code {
  const order = orderOf(f);
  const position = new Int32Array(f.insts.length).fill(-1);
  let next = 0;
  for (const v of f.params) position[v] = next++;
  const place = (v: ValueId): void => {
    if (instOf(f, v).type !== 'void') position[v] = next++;
  };
  for (const b of order.rpo) {
    const block = blockOf(f, b);
    block.phis.forEach(place);
    block.body.forEach(place);
    place(block.term);
  }
  const decoding: Decoding = { f, position, sites: [] };
  const moves = phiMoves(decoding, order.rpo);
  const blocks = Array.from(order.rpo, (b): CodeBlock => {
    const edge = (to: BlockId): CodeEdge => {
      const { from, to: targets } = moves.get(to)?.get(b) ?? noMoves;
      const written = new Set<number>();
      let overlap = false;
      from.forEach((source, i) => {
        overlap ||= written.has(source);
        written.add(targets[i] as number);
      });
      return { block: order.index[to] as number, from, to: targets, overlap, back: order.isBackEdge(b, to) };
    };
    const block = blockOf(f, b);
    return {
      steps: block.body.map((v) => decodeStep(decoding, v)),
      term: decodeTerm(decoding, block.term, edge),
      id: b,
    };
  });
  return {
    blocks,
    params: f.params.length,
    slotBase: next,
    slots: f.slots.map(zeroOf),
    frameSize: next + f.slots.length,
    sites: decoding.sites,
  };
}

interface Moves {
  readonly from: number[];
  readonly to: number[];
}

const noMoves: Moves = { from: [], to: [] };

/** Moves by block and predecessor. */
function phiMoves(
  { f, position }: Decoding,
  blocks: Iterable<BlockId>,
): ReadonlyMap<BlockId, ReadonlyMap<BlockId, Moves>> {
  const result = new Map<BlockId, Map<BlockId, Moves>>();
  for (const b of blocks) {
    const { phis } = blockOf(f, b);
    if (phis.length === 0) continue;
    const byPred = new Map<BlockId, Moves>();
    for (const phi of phis) {
      const { args, blocks: preds } = instOf(f, phi);
      preds.forEach((pred, k) => {
        const moves = byPred.get(pred) ?? { from: [], to: [] };
        byPred.set(pred, moves);
        const from = position[args[k] as number] as number;
        const to = position[phi] as number;
        if (from === to) return;
        moves.from.push(from);
        moves.to.push(to);
      });
    }
    result.set(b, byPred);
  }
  return result;
}

function decodeTerm(d: Decoding, v: ValueId, edge: (to: BlockId) => CodeEdge): Term {
  const inst = instOf(d.f, v);
  const kind = inst.op.kind as Term['kind'];
  const edges = inst.blocks.map(edge);
  const cases = new Map<number, CodeEdge>();
  if (kind === 'switch') {
    (inst.imm as readonly number[]).forEach((value, i) => {
      cases.set(value, edges[i] as CodeEdge);
    });
  }
  return {
    kind,
    args: positions(d, inst),
    edges,
    cases,
    imm: inst.imm,
    dest: d.position[v] as number,
    site: kind === 'invoke' ? siteOf(d, inst) : -1,
    id: v,
  };
}

function decodeStep(d: Decoding, v: ValueId): Step {
  const inst = instOf(d.f, v);
  const args = positions(d, inst);
  const { code, fn } = callOf(d, inst);
  const called = code === how.call || code === how.callIndirect;
  return {
    how: code,
    dest: d.position[v] as number,
    a: args[0] ?? 0,
    b: args[1] ?? 0,
    c: args[2] ?? 0,
    args,
    fn,
    imm: inst.imm,
    type: openType(d.f, inst),
    site: called ? siteOf(d, inst) : -1,
    id: v,
  };
}

function siteOf(d: Decoding, inst: Inst): number {
  return d.sites.push(inst.op.imm === 'sig' ? null : String(inst.imm)) - 1;
}

function positions(d: Decoding, inst: Inst): readonly number[] {
  return inst.args.map((arg) => d.position[arg] as number);
}

/** What `T` stands for: the result's type if that is open, else the type of the first open operand. */
function openType(f: Func, inst: Inst): ResultType {
  const { params, result } = inst.op.sig;
  if (result === 'T') return inst.type;
  const at = params.indexOf('T');
  return at === -1 ? inst.type : instOf(f, inst.args[at] as ValueId).type;
}

/** Whether a step is a call through a table. */
export function isIndirectCall(step: Step): boolean {
  return step.how === how.callIndirect;
}

const nothing = (): undefined => undefined;

function callOf({ f }: Decoding, inst: Inst): { readonly code: number; readonly fn: StepFunction } {
  const { op } = inst;
  switch (op.kind) {
    case 'const':
      return { code: how.constant, fn: nothing };
    case 'result':
      return { code: how.result, fn: nothing };
    case 'call':
      return { code: op.imm === 'sig' ? how.callIndirect : how.call, fn: nothing };
    case 'value':
      return valueCall(
        op,
        inst.type,
        inst.args.map((arg) => instOf(f, arg).type),
      );
    default:
      throw new Error(`@${f.name}: '${op.name}' in the body of a block`);
  }
}

function valueCall(op: OpDef, type: ResultType, argTypes: readonly ResultType[]): { code: number; fn: StepFunction } {
  const arity = argTypes.length;
  if (op.eval !== null) {
    const conversions = argTypes.map((argType) => conversionOf(op, argType));
    const out = conversionOf(op, type);
    const plain = conversions.every((c) => c === 'none') && !out.startsWith('bits');
    if (plain && arity <= 3) return { code: how.eval0 + arity, fn: op.eval };
    const floats = conversions.every((c) => c === 'number');
    if (floats && (arity === 1 || arity === 2)) return { code: how.float1 + arity - 1, fn: op.eval };
    return { code: how.list, fn: converting(op.eval, conversions, out) };
  }
  const { run } = op;
  if (run !== null) {
    if (arity <= 3) return { code: how.run0 + arity, fn: run };
    return {
      code: how.runList,
      fn: (m: Machine, imm: Imm, args: readonly Value[], t: Type) => run(m, imm, ...args, t),
    };
  }
  return { code: how.runList, fn: expanded(op, type, argTypes) };
}

function converting(
  fn: NonNullable<OpDef['eval']>,
  conversions: readonly Conversion[],
  out: Conversion,
): (args: Value[]) => Value | Trap {
  return (args) => {
    const result = fn(...args.map((arg, i) => convertIn(conversions[i] as Conversion, arg)));
    return result instanceof Trap ? result : convertOut(out, result);
  };
}

/** The meaning of an op that has only `expand`: its fragment, which is one block, run on a frame of its own. */
function expanded(
  op: OpDef,
  type: ResultType,
  argTypes: readonly ResultType[],
): (m: Machine, imm: Imm, args: readonly Value[]) => Value | Trap {
  const sig: Signature = { params: argTypes as readonly Type[], results: type === 'void' ? [] : [type as Type] };
  const b = new FuncBuilder(op.name, sig);
  const result = op.expand?.(b, ...b.params);
  b.terminate('ret', result === undefined || type === 'void' ? [] : [result as ValueId], []);
  const code = codeOf(b.finish());
  const [block] = code.blocks;
  if (block === undefined || block.term.kind !== 'ret') throw new Error(`op '${op.name}' expands to more than a block`);
  return (m, _imm, args) => {
    const frame: Value[] = [...args];
    for (const step of block.steps) {
      const value = runStep(step, m, frame);
      if (value instanceof Trap) return value;
      if (step.dest >= 0) frame[step.dest] = value;
    }
    return frame[block.term.args[0] ?? -1];
  };
}

function runStep(step: Step, m: Machine, frame: readonly Value[]): Value | Trap {
  const args = step.args.map((at) => frame[at]);
  switch (step.how) {
    case how.constant:
      return step.imm;
    case how.list:
      return step.fn(args);
    case how.float1:
    case how.float2:
      return step.fn(...args.map((arg) => convertIn('number', arg)));
    case how.run0:
    case how.run1:
    case how.run2:
    case how.run3:
      return step.fn(m, step.imm, ...args, step.type);
    case how.runList:
      return step.fn(m, step.imm, args, step.type);
    case how.eval0:
    case how.eval1:
    case how.eval2:
    case how.eval3:
      return step.fn(...args);
    default:
      throw new Error('an expansion calls a function');
  }
}
