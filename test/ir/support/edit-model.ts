/**
 * A function in the plainest form, with the edits of the Editor done at once and one after the other: what the Editor,
 * which does them later and together, must come out with.
 */
import { type Block, type BlockId, coreOp, type Func, type Inst, instOf, type ValueId } from '@sluice/ir';

export interface ModelBlock {
  phis: ValueId[];
  body: ValueId[];
  term: ValueId;
  /** How many instructions at the start of the body are there by `prepend`, or before such. */
  lead: number;
}

/** See the head of this file. Methods are those of the Editor. */
export class EditModel {
  insts: (Inst | undefined)[];
  blocks: (ModelBlock | undefined)[];
  order: BlockId[];
  readonly #replaced = new Map<ValueId, ValueId>();

  constructor(base: Func) {
    this.insts = [...base.insts];
    this.blocks = base.blocks.map((b) => b && { phis: [...b.phis], body: [...b.body], term: b.term, lead: 0 });
    this.order = [...base.order];
  }

  block(b: BlockId): ModelBlock {
    const block = this.blocks[b];
    if (block === undefined) throw new Error(`no block ^${b}`);
    return block;
  }

  inst(v: ValueId): Inst {
    const inst = this.insts[v];
    if (inst === undefined) throw new Error(`no instruction %${v}`);
    return inst;
  }

  blockOf(v: ValueId): BlockId {
    return this.order.find((b) => {
      const { phis, body, term } = this.block(b);
      return phis.includes(v) || body.includes(v) || term === v;
    }) as BlockId;
  }

  resolve(v: ValueId): ValueId {
    const next = this.#replaced.get(v);
    return next === undefined ? v : this.resolve(next);
  }

  setInst(v: ValueId, inst: Inst): void {
    this.insts[v] = { ...inst, args: inst.args.map((arg) => this.resolve(arg)) };
  }

  replaceAllUses(from: ValueId, to: ValueId): void {
    if (this.resolve(from) !== this.resolve(to)) this.#replaced.set(this.resolve(from), this.resolve(to));
    for (const [v, inst] of this.insts.entries()) if (inst !== undefined) this.setInst(v as ValueId, inst);
  }

  users(v: ValueId): number[] {
    const root = this.resolve(v);
    return this.insts.flatMap((inst, user) => (inst?.args.includes(root) ? [user] : []));
  }

  create(inst: Inst): ValueId {
    this.setInst(this.insts.length as ValueId, inst);
    return (this.insts.length - 1) as ValueId;
  }

  take(v: ValueId): void {
    const block = this.block(this.blockOf(v));
    const at = block.body.indexOf(v);
    if (at < 0) block.phis.splice(block.phis.indexOf(v), 1);
    else block.body.splice(at, 1);
    if (at >= 0 && at < block.lead) block.lead--;
  }

  remove(v: ValueId): void {
    this.take(v);
    this.insts[v] = undefined;
  }

  append(b: BlockId, inst: Inst): void {
    this.block(b).body.push(this.create(inst));
  }

  prepend(b: BlockId, inst: Inst): void {
    const block = this.block(b);
    block.body.splice(block.lead++, 0, this.create(inst));
  }

  insertBefore(anchor: ValueId, inst: Inst): void {
    const block = this.block(this.blockOf(anchor));
    const at = anchor === block.term ? block.body.length : block.body.indexOf(anchor);
    block.body.splice(at, 0, this.create(inst));
    if (at < block.lead) block.lead++;
  }

  moveToEnd(v: ValueId, b: BlockId): void {
    this.take(v);
    this.block(b).body.push(v);
  }

  reorder(b: BlockId, body: readonly ValueId[]): void {
    Object.assign(this.block(b), { body: [...body], lead: 0 });
  }

  setTerm(b: BlockId, inst: Inst): void {
    const { term } = this.block(b);
    const gone = this.inst(term).blocks.filter((target) => !inst.blocks.includes(target));
    this.setInst(term, inst);
    for (const target of gone) this.removePhiInputs(target, b);
  }

  removePhiInputs(b: BlockId, pred: BlockId): void {
    for (const phi of this.blocks[b]?.phis ?? []) {
      const inst = this.inst(phi);
      const keep = inst.blocks.map((from) => from !== pred);
      this.setInst(phi, {
        ...inst,
        args: inst.args.filter((_, i) => keep[i]),
        blocks: inst.blocks.filter((_, i) => keep[i]),
      });
    }
  }

  renamePred(b: BlockId, from: BlockId, to: BlockId): void {
    for (const phi of this.block(b).phis) {
      const inst = this.inst(phi);
      this.setInst(phi, { ...inst, blocks: inst.blocks.map((pred) => (pred === from ? to : pred)) });
    }
  }

  addBlock(term: Inst, after: BlockId | null): BlockId {
    const b = this.blocks.length as BlockId;
    this.blocks.push({ phis: [], body: [], term: this.create(term), lead: 0 });
    this.order.splice(after === null ? this.order.length : this.order.indexOf(after) + 1, 0, b);
    return b;
  }

  removeBlock(b: BlockId): void {
    const { phis, body, term } = this.block(b);
    for (const target of this.inst(term).blocks) if (target !== b) this.removePhiInputs(target, b);
    for (const v of [...phis, ...body, term]) this.insts[v] = undefined;
    this.blocks[b] = undefined;
    this.order.splice(this.order.indexOf(b), 1);
  }

  setOrder(order: readonly BlockId[]): void {
    this.order = [...order];
  }

  splitEdge(from: BlockId, to: BlockId): void {
    const middle = this.addBlock(br(to), from);
    const { term } = this.block(from);
    this.renamePred(to, from, middle);
    const inst = this.inst(term);
    this.setInst(term, { ...inst, blocks: inst.blocks.map((target) => (target === to ? middle : target)) });
  }

  splitBlock(b: BlockId, at: ValueId): void {
    const block = this.block(b);
    const rest = this.addBlock(br(), b);
    const tail = this.block(rest);
    tail.body = block.body.splice(at === block.term ? block.body.length : block.body.indexOf(at));
    [block.term, tail.term] = [tail.term, block.term];
    block.lead = Math.min(block.lead, block.body.length);
    this.setInst(block.term, br(rest));
    for (const target of this.inst(tail.term).blocks) this.renamePred(target, b, rest);
  }
}

/** A jump, or the start of one. */
export function br(...targets: readonly number[]): Inst {
  return { op: coreOp('br'), type: 'void', args: [], imm: undefined, blocks: targets as BlockId[], loc: null };
}

/** What counts of a function (or a model) in a form to compare: instructions and blocks in order, without trailing gaps. */
export function contentOf(
  f: Pick<Func, 'insts' | 'order'> & { blocks: readonly (Block | ModelBlock | undefined)[] },
): unknown {
  const say = (v: ValueId): unknown => {
    const inst = f.insts[v];
    return inst && `%${v} ${inst.op.name} ${inst.type} [${inst.args}] ${String(inst.imm)} [${inst.blocks}]`;
  };
  return f.order.map((b) => {
    const block = f.blocks[b];
    return { b, phis: block?.phis.map(say), body: block?.body.map(say), term: block && say(block.term) };
  });
}

/** The blocks of a function in order, each with its targets: what its shape stands for. */
export function edgesOf(f: Func): unknown {
  return f.order.map((b) => [b, ...instOf(f, (f.blocks[b] as Block).term).blocks]);
}
