/**
 * A function of the IR with its allocation to stack code.
 *
 * Blocks stand in reverse postorder (block-layout.ts) and fall through where they can; inside a block values stay on the
 * operand stack (stackify.ts). Cells of the allocation's frame are locals: registers, then slots; those that nothing
 * refers to are left out. Phis cost nothing: they share a local with their operands.
 *
 * Not done: `invoke`, which has no instruction; `lower-invoke` comes before.
 */

import type { Instr, Operand, StackFunc } from '@sluice/bytecode';
import { type Allocation, type BlockLayout, layoutBlocks } from '@sluice/codegen';
import {
  type BlockId,
  blockOf,
  coreOp,
  type Func,
  type Inst,
  instOf,
  orderOf,
  type Span,
  type Type,
  termOf,
  type ValueId,
} from '@sluice/ir';
import type { CodeList } from './code-list.ts';
import type { Forms } from './forms.ts';
import { BlockCode, type FuncFacts } from './stackify.ts';

/** Code whose labels are still blocks. */
interface Draft {
  readonly instrs: Instr[];
  /** By index in `instrs`: blocks that the labels stand for. */
  readonly targets: Map<number, readonly BlockId[]>;
}

/** Emits a function; `resultCount` gives the number of results of a function or import. */
export function emitFunc(allocation: Allocation, forms: Forms, resultCount: (name: string) => number): StackFunc {
  const f = allocation.func;
  const types = cellTypes(allocation);
  const parked = new Map<ValueId, number>();
  const facts: FuncFacts = {
    f,
    allocation,
    forms,
    phiUse: phiUses(f),
    resultCount,
    parked,
    park: (result) => {
      const cell = types.push(instOf(f, result).type as Type) - 1;
      parked.set(result, cell);
      return cell;
    },
  };
  checkParameters(allocation);
  const layout = layoutBlocks(f, (b) => isEmpty(facts, b));
  const draft: Draft = { instrs: [], targets: new Map() };
  const starts = new Map<BlockId, number>();
  layout.blocks.forEach((b, i) => {
    starts.set(b, draft.instrs.length);
    emitBlock(facts, layout, b, layout.blocks[i + 1], draft);
  });
  const code = draft.instrs.map((instr, i) => {
    const targets = draft.targets.get(i);
    return targets === undefined
      ? instr
      : withLabels(
          instr,
          targets.map((b) => starts.get(b) as number),
        );
  });
  return compact(f, types, code, names(allocation));
}

/** The types of the frame's cells: parameters, registers, slots. */
function cellTypes({ func, registers, registerTypes }: Allocation): Type[] {
  if (registerTypes === null) throw new Error(`@${func.name}: the stack machine needs registers with types`);
  const types: Type[] = [];
  for (let cell = 0; cell < registers + func.slots.length; cell++) {
    types.push((cell < registers ? registerTypes[cell] : func.slots[cell - registers]) as Type);
  }
  func.sig.params.forEach((type, i) => {
    types[i] = type;
  });
  return types;
}

function checkParameters({ func, registerOf }: Allocation): void {
  func.params.forEach((v, i) => {
    const register = registerOf[v] as number;
    if (register >= 0 && register !== i) throw new Error(`@${func.name}: parameter ${i} must arrive in register ${i}`);
  });
}

/** Values that phis use: they must stand in their locals when the block ends. */
function phiUses(f: Func): Uint8Array {
  const used = new Uint8Array(f.insts.length);
  for (const b of orderOf(f).rpo) {
    for (const phi of blockOf(f, b).phis) for (const arg of instOf(f, phi).args) used[arg] = 1;
  }
  return used;
}

/** Whether a block emits nothing but a jump. */
function isEmpty({ f, allocation, phiUse }: FuncFacts, b: BlockId): boolean {
  const { body } = blockOf(f, b);
  if (termOf(f, b).op.kind !== 'br') return false;
  return body.every((v) => {
    const inst = instOf(f, v);
    if (inst.op.kind === 'const') return phiUse[v] === 0;
    if (allocation.folded.has(v)) return true;
    const arg = inst.args[0] as ValueId;
    const { registerOf } = allocation;
    return inst.op.name === 'copy' && registerOf[v] === registerOf[arg] && instOf(f, arg).op.kind !== 'const';
  });
}

function emitBlock(facts: FuncFacts, layout: BlockLayout, b: BlockId, next: BlockId | undefined, draft: Draft): void {
  const { f } = facts;
  const block = blockOf(f, b);
  const term = termOf(f, b);
  const { code } = finished(new BlockCode(facts, block), term);
  const targets = term.blocks.map((to) => layout.target(b, to));
  const negated = term.op.kind === 'br_if' && stripNegations(code);
  for (let node = code.first; node !== null; node = node.after) draft.instrs.push(node.instr);
  const jump = (name: string, to: readonly BlockId[], operands: readonly Operand[] = []): void => {
    draft.targets.set(draft.instrs.length, to);
    draft.instrs.push({ def: facts.forms.named(name), operands, loc: term.loc });
  };
  const plain = (name: string, operands: readonly Operand[], loc: Span | null): void => {
    draft.instrs.push({ def: facts.forms.named(name), operands, loc });
  };
  switch (term.op.kind) {
    case 'br':
      if (targets[0] !== next) jump('jump', targets);
      return;
    case 'br_if': {
      const [then, otherwise] = (negated ? [targets[1], targets[0]] : targets) as [BlockId, BlockId];
      if (then === otherwise) {
        plain('drop', [], term.loc);
        if (then !== next) jump('jump', [then]);
      } else if (then === next) {
        jump('jump_unless', [otherwise]);
      } else {
        jump('jump_if', [then]);
        if (otherwise !== next) jump('jump', [otherwise]);
      }
      return;
    }
    case 'switch':
      jump('switch', targets, [term.imm as readonly number[]]);
      return;
    case 'ret':
      plain('return', [], term.loc);
      return;
    case 'trap':
      plain('trap', [term.imm as string], term.loc);
      return;
    default:
      throw new Error(`@${f.name}: the stack machine has no instruction for '${term.op.name}'`);
  }
}

function finished(block: BlockCode, term: Inst): BlockCode {
  block.finish(term);
  return block;
}

/** Takes tests for zero off the end of a condition; whether it is negated now. */
function stripNegations(code: CodeList): boolean {
  const eqz = coreOp('i32.eqz');
  let negated = false;
  for (let { last } = code; last !== null && last.instr.def.op === eqz; { last } = code) {
    code.remove(last);
    negated = !negated;
  }
  return negated;
}

function withLabels({ def, operands, loc }: Instr, labels: readonly number[]): Instr {
  return { def, operands: def.role === 'switch' ? [...operands, labels] : labels, loc };
}

/** Names of cells: of the first value there that has one. */
function names({ func, registerOf }: Allocation): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  const taken = new Set<string>();
  for (const [v, name] of func.valueNames) {
    const cell = registerOf[v] ?? -1;
    if (cell < 0 || found.has(cell) || taken.has(name)) continue;
    found.set(cell, name);
    taken.add(name);
  }
  return found;
}

/** Numbers the cells that are in use as locals; parameters keep their places. */
function compact(
  f: Func,
  types: readonly Type[],
  code: readonly Instr[],
  cellNames: ReadonlyMap<number, string>,
): StackFunc {
  const localOf = new Int32Array(types.length).fill(-1);
  const params = f.sig.params.length;
  for (let i = 0; i < params; i++) localOf[i] = i;
  const locals: Type[] = [];
  const localNames = new Map<number, string>();
  const renamed = code.map((instr): Instr => {
    if (instr.def.operands[0] !== 'local') return instr;
    const cell = instr.operands[0] as number;
    if (localOf[cell] === -1) localOf[cell] = params + locals.push(types[cell] as Type) - 1;
    return { def: instr.def, operands: [localOf[cell] as number], loc: instr.loc };
  });
  for (const [cell, name] of cellNames) {
    const local = localOf[cell] as number;
    if (local >= 0) localNames.set(local, name);
  }
  return { name: f.name, sig: f.sig, locals, localNames, code: renamed };
}
