/** What stackification has to know of values: where they are defined, what copies are, how often they are used, and edges. */

import { type BlockId, blockOf, coreOp, type Func, instOf, orderOf, type ValueId } from '@sluice/ir';
import type { Workspace } from './code-list.ts';

/** The op that stackification looks through. */
export const copyOp = coreOp('copy');

/** Facts about a function's values, in reachable blocks. */
export interface ValueFacts {
  /** By value: what stands for it (copies are their operands). */
  readonly alias: Int32Array;
  /** By value: how many operands it is, in all and in its own block (inputs of phis: at the end of the predecessor). */
  readonly uses: Int32Array;
  readonly left: Int32Array;
  /** By value: its block, and its position there (-1: a phi). */
  readonly home: Int32Array;
  readonly place: Int32Array;
  /** By call with several results: the first of its `result`s; by `result`: the next one; -1: none. */
  readonly nextResult: Int32Array;
  /** By block: its edges to blocks with phis, as a list of numbers of edges; of each its target, and which input it is. */
  readonly edgeHead: Int32Array;
  readonly edgeNext: readonly number[];
  readonly edgeTarget: readonly number[];
  readonly edgeInput: readonly number[];
  /** Bounds of what there can be. */
  readonly longestBody: number;
  readonly mostItems: number;
  readonly mostMoves: number;
}

/** Finds them. */
export function valueFacts(f: Func, ws: Workspace): ValueFacts {
  return new Finder(f, ws).run();
}

class Finder {
  readonly #f: Func;
  readonly #alias: Int32Array;
  readonly #uses: Int32Array;
  readonly #home: Int32Array;
  readonly #place: Int32Array;
  readonly #left: Int32Array;
  readonly #nextResult: Int32Array;
  readonly #edgeHead: Int32Array;
  readonly #edgeNext: number[] = [];
  readonly #edgeTarget: number[] = [];
  readonly #edgeInput: number[] = [];
  #mostMoves = 0;

  constructor(f: Func, ws: Workspace) {
    const count = f.insts.length;
    this.#f = f;
    this.#alias = ws.alias(count);
    this.#uses = ws.uses(count);
    this.#home = ws.home(count);
    this.#place = ws.place(count);
    this.#left = ws.left(count);
    this.#nextResult = ws.nextResult(count);
    for (let v = 0; v < count; v++) {
      this.#alias[v] = v;
      this.#uses[v] = 0;
      this.#home[v] = -1;
      this.#left[v] = 0;
      this.#nextResult[v] = -1;
    }
    this.#edgeHead = ws.edgeHead(f.blocks.length).fill(-1, 0, f.blocks.length);
  }

  run(): ValueFacts {
    const longestBody = this.#findHomes();
    const mostItems = this.#countUses();
    return {
      alias: this.#alias,
      uses: this.#uses,
      left: this.#left,
      home: this.#home,
      place: this.#place,
      nextResult: this.#nextResult,
      edgeHead: this.#edgeHead,
      edgeNext: this.#edgeNext,
      edgeTarget: this.#edgeTarget,
      edgeInput: this.#edgeInput,
      longestBody,
      mostItems,
      mostMoves: this.#mostMoves,
    };
  }

  /** Blocks and positions of values, what copies are; the length of the longest body. */
  #findHomes(): number {
    const f = this.#f;
    let longest = 0;
    const { rpo } = orderOf(f);
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      const { phis, body, term } = blockOf(f, b);
      for (let k = 0; k < phis.length; k++) {
        this.#home[phis[k] as number] = b;
        this.#place[phis[k] as number] = -1;
      }
      for (let k = 0; k < body.length; k++) {
        const v = body[k] as ValueId;
        this.#home[v] = b;
        this.#place[v] = k;
        const { op, args } = instOf(f, v);
        if (op === copyOp) this.#alias[v] = this.#alias[args[0] as number] as number;
        else if (op.kind === 'result') {
          const call = args[0] as number;
          this.#nextResult[v] = this.#nextResult[call] as number;
          this.#nextResult[call] = v;
        }
      }
      this.#home[term] = b;
      this.#place[term] = body.length;
      if (body.length > longest) longest = body.length;
    }
    return longest;
  }

  /** Counts uses and lists edges; the most items that there can be. */
  #countUses(): number {
    const f = this.#f;
    const { rpo, index } = orderOf(f);
    let items = 8;
    let moves = 0;
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      const { phis, body, term } = blockOf(f, b);
      for (let k = 0; k < phis.length; k++) {
        const { args, blocks } = instOf(f, phis[k] as ValueId);
        for (let j = 0; j < args.length; j++) {
          const pred = blocks[j] as BlockId;
          if ((index[pred] as number) < 0) continue;
          if (k === 0) this.#addEdge(pred, b, j);
          this.#use(args[j] as number, pred);
          moves++;
        }
      }
      for (let k = 0; k < body.length; k++) {
        const { op, args } = instOf(f, body[k] as ValueId);
        items += 3 + args.length;
        if (op === copyOp || op.kind === 'result') continue;
        for (let j = 0; j < args.length; j++) this.#use(args[j] as number, b);
      }
      const { args } = instOf(f, term);
      items += 1 + args.length;
      for (let j = 0; j < args.length; j++) this.#use(args[j] as number, b);
    }
    this.#mostMoves = moves;
    return items + 3 * moves;
  }

  #addEdge(from: BlockId, to: BlockId, input: number): void {
    const edge = this.#edgeTarget.push(to) - 1;
    this.#edgeInput.push(input);
    this.#edgeNext.push(this.#edgeHead[from] as number);
    this.#edgeHead[from] = edge;
  }

  #use(arg: number, at: BlockId): void {
    const v = this.#alias[arg] as number;
    this.#uses[v] = (this.#uses[v] as number) + 1;
    if (this.#home[v] === at) this.#left[v] = (this.#left[v] as number) + 1;
  }
}
