/**
 * Repairs SSA form after blocks were copied: a value has a second definition in another block, and each use must get the
 * one that reaches it.
 *
 *     ^h: %v = ...           ^p: %w = ...    ^h: %v = ...
 *     ^b: use %v      =>     ^b: %x = phi [^p: %w], [^h: %v]
 *                                use %x
 *
 * All values are repaired together, when all edges are final: by pruned iterated frontiers (`placeVariables`), so that
 * nests of loops cost no phis that are removed again.
 */

import {
  type BlockId,
  cfgOf,
  coreOp,
  type Editor,
  type Func,
  type Inst,
  none,
  placeVariables,
  row,
  type Type,
  type ValueId,
  withEdges,
} from '@sluice/ir';

/** A value with one more definition: at the end of block `at` it is `copy`. */
export interface Redefinition {
  readonly value: ValueId;
  readonly at: BlockId;
  readonly copy: ValueId;
}

/** A value to look up at the start of a block, and the operands that want it. */
interface Lookup {
  readonly uses: { readonly user: ValueId; readonly operand: number }[];
  found: ValueId;
}

interface Lookups {
  readonly list: readonly Lookup[];
  readonly blocks: ReadonlyMap<BlockId, BlockUses>;
}

/** Lookups are told to `placeVariables` as values from here on, which no function has. */
const firstPlaceholder = 2 ** 30;

interface BlockUses {
  readonly writes: Map<number, ValueId>;
  readonly reads: Map<number, ValueId>;
}

const nothing: BlockUses = { writes: new Map(), reads: new Map() };

/** Leads the uses of the values to the definitions that reach them. */
export function redefine(edit: Editor, values: readonly Redefinition[]): void {
  const lookups = collect(edit, values);
  const shape = shapeOf(edit);
  const phi = coreOp('phi');
  const placed = placeVariables({
    shape,
    blocks: (b) => lookups.blocks.get(b) ?? nothing,
    variableCount: values.length,
    newPhi: (variable, b) => edit.addPhi(b, edit.inst(nth(values, variable).value).type as Type, phi, none, none),
    unwritten: (variable) => nth(values, variable).value,
    settle: (placeholder, value) => {
      const lookup = nth(lookups.list, placeholder - firstPlaceholder);
      lookup.found = value;
      for (const { user, operand } of lookup.uses) {
        const inst = edit.inst(user);
        edit.setInst(user, withEdges(inst, inst.args.with(operand, value), inst.blocks));
      }
    },
    resolve: (v) => (v < firstPlaceholder ? v : nth(lookups.list, v - firstPlaceholder).found),
  });
  for (const { block, value, preds, args } of placed) {
    // What comes from blocks that are not reached does not matter, but has to be there.
    const rest = [...row(cfgOf(shape).preds, block)].filter((p) => !preds.includes(p));
    const inputs = [...args, ...rest.map(() => args[0] as ValueId)];
    edit.setInst(value, withEdges(edit.inst(value), inputs, [...preds, ...rest]));
  }
}

/** Finds all uses that may need another definition. */
function collect(edit: Editor, values: readonly Redefinition[]): Lookups {
  const list: Lookup[] = [];
  const blocks = new Map<BlockId, BlockUses>();
  const variableOf = new Map(values.map(({ value }, variable) => [value, variable]));
  const usesOf = (b: BlockId): BlockUses => {
    let here = blocks.get(b);
    if (here === undefined) {
      here = { writes: new Map(), reads: new Map() };
      blocks.set(b, here);
    }
    return here;
  };
  const lookUp = (variable: number, b: BlockId): ValueId => {
    const { reads } = usesOf(b);
    let placeholder = reads.get(variable);
    if (placeholder === undefined) {
      placeholder = (firstPlaceholder + list.length) as ValueId;
      list.push({ uses: [], found: placeholder });
      reads.set(variable, placeholder);
    }
    return placeholder;
  };
  values.forEach(({ value, at, copy }, variable) => {
    const home = edit.blockOf(value);
    usesOf(home).writes.set(variable, value);
    // The copy may be a value that is redefined itself: which one reaches this block is to be found out as well.
    const other = variableOf.get(copy);
    usesOf(at).writes.set(variable, other === undefined || edit.blockOf(copy) === at ? copy : lookUp(other, at));
    for (const user of edit.users(value)) {
      const inst = edit.inst(user);
      inst.args.forEach((arg, operand) => {
        const b = whereRead(edit, user, inst, operand);
        if (arg !== value || b === home) return;
        nth(list, lookUp(variable, b) - firstPlaceholder).uses.push({ user, operand });
      });
    }
  });
  return { list, blocks };
}

function nth<T>(list: readonly T[], i: number): T {
  const found = list[i];
  if (found === undefined) throw new Error(`there is no number ${i}`);
  return found;
}

/** The block at whose end (phis) or in which an operand is read. */
function whereRead(edit: Editor, user: ValueId, inst: Inst, operand: number): BlockId {
  return inst.op.kind === 'phi' ? (inst.blocks[operand] as BlockId) : edit.blockOf(user);
}

/** Blocks and edges as they are now, as a function whose analyses can be asked. */
function shapeOf(edit: Editor): Func {
  const { base, order } = edit;
  const insts: (Inst | undefined)[] = [];
  const blocks: Func['blocks'][number][] = [];
  let blockCount = 0;
  for (const b of order) blockCount = Math.max(blockCount, b + 1);
  for (let v = 0; v < edit.valueCount; v++) insts.push(undefined);
  for (let b = 0; b < blockCount; b++) blocks.push(undefined);
  for (const b of order) {
    const term = edit.termId(b);
    insts[term] = edit.inst(term);
    blocks[b] = { phis: none, body: none, term };
  }
  return { ...base, insts, blocks, order, shape: { cache: new Map() }, cache: new Map() };
}
