/**
 * Blocks and edges of a function that is being lifted: Bril's blocks as blocks of the builder, sealed as soon as their
 * last edge is there; the depth of speculation, which must be the same on all edges to a block; and checks, which go on
 * in a new block or trap.
 */

import type { BrilFunction, BrilInstr } from '@sluice/bril-format';
import type { BlockId, Diagnostic, FuncBuilder, TrapKind, ValueId } from '@sluice/ir';
import { speculationDepth } from './diag-codes.ts';
import { type BrilBlock, type BrilBlocks, splitBlocks } from './lift-blocks.ts';

/** The flow of one function; see the head of this file. Blocks are named by their index in `blocks`. */
export class LiftFlow {
  readonly blocks: BrilBlocks;
  /** The depth of speculation where the lifter is. */
  depth = 0;
  readonly #func: BrilFunction;
  readonly #b: FuncBuilder;
  readonly #file: string;
  readonly #findings: Diagnostic[];
  readonly #labels = new Map<number, BlockId>();
  /** Edges to each block that are still to come. */
  readonly #pending: Int32Array;
  /** Depth of speculation at the start of each block; -1: not known yet. */
  readonly #depthAt: Int32Array;
  /** One block that traps, for each kind. */
  readonly #traps = new Map<TrapKind, BlockId>();

  constructor(func: BrilFunction, b: FuncBuilder, file: string, findings: Diagnostic[]) {
    this.#func = func;
    this.#b = b;
    this.#file = file;
    this.#findings = findings;
    this.blocks = splitBlocks(func);
    this.#pending = new Int32Array(this.blocks.blocks.length);
    this.#depthAt = new Int32Array(this.blocks.blocks.length).fill(-1);
    this.#countEdges();
  }

  /** Instructions go to this block from now on. */
  enter(index: number): void {
    // The function's first block may be a target only by a label of its own, so that it is the builder's entry.
    if (index === 0) this.#depthAt[0] = 0;
    this.#b.at(index === 0 ? this.#b.entry : this.#blockOf(index));
    this.depth = Math.max(0, this.#depthAt[index] ?? 0);
  }

  /** The block that a label of the instruction names. */
  targetOf(instr: BrilInstr, position: number): number {
    const label = instr.labels[position];
    const index = label === undefined ? undefined : this.blocks.byLabel.get(label);
    if (index === undefined) throw new Error(`liftBril: unchecked label in @${this.#func.name}`);
    return index;
  }

  /** The block of a target, its depth checked. `arrived` must follow once the edge is there. */
  target(index: number, instr: BrilInstr | null): BlockId {
    const known = this.#depthAt[index] ?? -1;
    if (known < 0) this.#depthAt[index] = this.depth;
    else if (known !== this.depth && instr !== null) {
      const at = { file: this.#file, line: instr.at.line, col: instr.at.col };
      this.#findings.push(speculationDepth(at, this.blocks.blocks[index]?.label ?? ''));
    }
    return this.#blockOf(index);
  }

  /** Says that an edge to the block is there. */
  arrived(index: number): void {
    const left = (this.#pending[index] ?? 0) - 1;
    this.#pending[index] = left;
    if (left === 0) this.#b.seal(this.#blockOf(index));
  }

  /** Ends the current block with a jump. */
  jump(index: number, instr: BrilInstr | null): void {
    this.#b.br(this.target(index, instr));
    this.arrived(index);
  }

  /** Ends the current block with a jump to one of two targets. */
  branch(instr: BrilInstr, condition: ValueId): void {
    const then = this.targetOf(instr, 0);
    const otherwise = this.targetOf(instr, 1);
    if (then === otherwise) {
      this.jump(then, instr);
      return;
    }
    this.#b.brIf(condition, this.target(then, instr), this.target(otherwise, instr));
    this.arrived(then);
    this.arrived(otherwise);
  }

  /** Goes on in a new block where `condition` is not zero; traps where it is. */
  require(condition: ValueId, kind: TrapKind): void {
    const b = this.#b;
    const next = b.block();
    let trap = this.#traps.get(kind);
    if (trap === undefined) {
      trap = b.block();
      this.#traps.set(kind, trap);
      const back = b.current;
      b.at(trap);
      b.trap(kind);
      b.at(back);
    }
    b.brIf(condition, next, trap);
    b.seal(next);
    b.at(next);
  }

  #blockOf(index: number): BlockId {
    let b = this.#labels.get(index);
    if (b === undefined) {
      b = this.#b.block(this.blocks.blocks[index]?.label ?? undefined);
      this.#labels.set(index, b);
    }
    return b;
  }

  #countEdges(): void {
    for (const index of this.blocks.order) {
      const block = this.blocks.blocks[index] as BrilBlock;
      for (const instr of block.instrs) {
        for (const target of new Set(instr.labels)) this.#count(this.blocks.byLabel.get(target));
      }
      this.#count(block.fallsTo ?? undefined);
    }
  }

  #count(index: number | undefined): void {
    if (index !== undefined) this.#pending[index] = (this.#pending[index] ?? 0) + 1;
  }
}
