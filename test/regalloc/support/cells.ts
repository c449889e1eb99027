/**
 * Executes allocated functions on cells alone: every value lives in its register or slot and nowhere else, phis do
 * nothing, and reading a cell that was never written is an error. What the reference interpreter is for the IR, this is for
 * allocations; it knows only the ops that the tests use.
 */

import type { Allocation } from '@sluice/codegen';
import {
  type BlockId,
  blockOf,
  type Func,
  type Inst,
  instOf,
  orderOf,
  type ResourceEnd,
  Trap,
  type TrapKind,
  type Type,
  termOf,
  trap,
  type Value,
  type ValueId,
  zeroOf,
} from '@sluice/ir';

/** How an execution ended. */
export type CellOutcome =
  | { readonly kind: 'return'; readonly values: readonly Value[] }
  | { readonly kind: 'trap'; readonly trap: TrapKind }
  | { readonly kind: 'resource'; readonly end: ResourceEnd };

/** Allocations by function name, with the number of slots that each function had of its own. */
export type Frames = ReadonlyMap<string, { readonly allocation: Allocation; readonly ownSlots: readonly Type[] }>;

/** Calls a function with so much fuel: back-edges and calls. */
export function runCells(frames: Frames, name: string, args: readonly Value[], fuel: number): CellOutcome {
  const budget = { left: fuel };
  try {
    return call(frames, name, args, budget);
  } catch (error) {
    if (error instanceof OutOfFuel) return { kind: 'resource', end: 'fuel' };
    throw error;
  }
}

class OutOfFuel extends Error {}

function spend(budget: { left: number }): void {
  if (budget.left-- <= 0) throw new OutOfFuel();
}

/** What an instruction gave: its value, several for a tuple. */
type Result = Value | readonly Value[] | undefined | Trap;

function call(frames: Frames, name: string, args: readonly Value[], budget: { left: number }): CellOutcome {
  const frame = frames.get(name);
  if (frame === undefined) throw new Error(`no function @${name}`);
  const { allocation, ownSlots } = frame;
  const { func: f, registers, registerOf, folded } = allocation;
  const cells: (Value | undefined)[] = [];
  // Slots of the program come behind those in which parameters arrive, and start as zero.
  const shift = registers < f.params.length ? f.params.length - registers : 0;
  ownSlots.forEach((type, k) => {
    cells[registers + shift + k] = zeroOf(type);
  });
  args.forEach((value, i) => {
    cells[i] = value;
  });
  /** Tuples have no cell: their call hands them over to the results. */
  const tuples = new Map<ValueId, readonly Value[]>();

  const read = (v: ValueId): Value => {
    const cell = folded.has(v) ? registers + (instOf(f, v).imm as number) : (registerOf[v] as number);
    const value = cells[cell];
    if (value === undefined) throw new Error(`@${name}: %${v} is read from cell ${cell}, which holds nothing`);
    return value;
  };
  const write = (v: ValueId, value: Value): void => {
    const cell = registerOf[v] as number;
    if (cell >= 0) cells[cell] = value;
  };
  const callee = (inst: Inst): CellOutcome => {
    spend(budget);
    return call(frames, String(inst.imm), inst.args.map(read), budget);
  };
  const compute = (inst: Inst): Result => {
    switch (inst.op.name) {
      case 'call': {
        const outcome = callee(inst);
        if (outcome.kind === 'trap') return trap(outcome.trap);
        if (outcome.kind === 'resource') throw new OutOfFuel();
        return inst.type === 'tuple' ? outcome.values : outcome.values[0];
      }
      case 'copy':
        return read(inst.args[0] as ValueId);
      case 'select':
        return read(inst.args[read(inst.args[2] as ValueId) !== 0 ? 0 : 1] as ValueId);
      case 'result':
        return tuples.get(inst.args[0] as ValueId)?.[inst.imm as number];
      case 'slot.get':
        return cells[registers + (inst.imm as number)];
      case 'slot.set':
        cells[registers + (inst.imm as number)] = read(inst.args[0] as ValueId);
        return undefined;
      default:
        if (inst.op.kind === 'const') return inst.imm as Value;
        if (inst.op.eval === null) throw new Error(`this test does not know '${inst.op.name}'`);
        return inst.op.eval(...inst.args.map(read));
    }
  };

  const order = orderOf(f);
  let b = f.order[0] as BlockId;
  const goTo = (to: BlockId): void => {
    if (order.isBackEdge(b, to)) spend(budget);
    b = to;
  };
  for (;;) {
    for (const v of blockOf(f, b).body) {
      if (folded.has(v)) continue;
      const inst = instOf(f, v);
      const result = compute(inst);
      if (result instanceof Trap) return { kind: 'trap', trap: result.kind };
      if (inst.type === 'tuple') tuples.set(v, result as readonly Value[]);
      else if (inst.type !== 'void') write(v, result as Value);
    }
    const term = termOf(f, b);
    switch (term.op.kind) {
      case 'ret':
        return { kind: 'return', values: term.args.map(read) };
      case 'trap':
        return { kind: 'trap', trap: term.imm as TrapKind };
      case 'br':
        goTo(term.blocks[0] as BlockId);
        break;
      case 'br_if':
        goTo(term.blocks[read(term.args[0] as ValueId) !== 0 ? 0 : 1] as BlockId);
        break;
      case 'switch': {
        const at = (term.imm as readonly number[]).indexOf(read(term.args[0] as ValueId) as number);
        goTo((at < 0 ? term.blocks.at(-1) : term.blocks[at]) as BlockId);
        break;
      }
      case 'invoke': {
        const outcome = callee(term);
        if (outcome.kind === 'trap' && outcome.trap !== 'throw') return outcome;
        if (outcome.kind === 'return') write(blockOf(f, b).term, outcome.values[0] as Value);
        goTo(term.blocks[outcome.kind === 'return' ? 0 : 1] as BlockId);
        break;
      }
      default:
        throw new Error(`this test does not know '${term.op.name}'`);
    }
  }
}

/** The function's own slots, and its allocation. */
export function frameOf(original: Func, allocation: Allocation): { allocation: Allocation; ownSlots: readonly Type[] } {
  return { allocation, ownSlots: original.slots };
}
