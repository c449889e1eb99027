/**
 * Orders the code of a function for an operand stack: what is used once, in the right order, needs no local.
 *
 *     %2 = i32.load %0                  local.get 0; i32.load; local.tee 2
 *     %3 = i32.add %2, %1          =>   local.get 1; i32.add
 *     i32.store %0, %3; ... %2          (behind: local.get 0 comes first, for it is the store's first operand)
 *
 * Each block is walked from its end to its start, and the code is written from its end too: an instruction, then its operands,
 * the last one first. An operand that is defined in the block moves to its use if nobody else uses it, or if all other uses come
 * behind (then it is left in a local on the way, `tee`). So each instruction stands right before what takes it, or where it was.
 *
 * Legality: an instruction moves behind all that stood between it and its use and has not moved. Of these only those with
 *           effects matter, and `mayPass` decides; they are a list from which goes what has been written.
 * Constants: are made where they are used. Copies are their operands. Dead instructions vanish.
 * Moves of an edge: where a block has one successor they are part of its code: all values are pushed, then all phis set, which
 *           needs no temporary. On other edges only what may run less often than before moves in.
 * See also: WebAssemblyRegStackify of LLVM, which does the same on registers.
 * Cost:    linear; a search among effects stops after `farthest` steps.
 */

import { type BlockId, blockOf, type Func, type Inst, instOf, orderOf, type ValueId } from '@sluice/ir';
import { type CodeList, edgeKey, item, type Workspace } from './code-list.ts';
import { factsOf, mayPass, type OpFacts } from './op-facts.ts';
import { copyOp, type ValueFacts, valueFacts } from './value-facts.ts';

const farthest = 200;

/** Behind all instructions of a block. */
const atEnd = 0x7fffffff;

/** The code of a function; `resultCount` says how many results a call has. What it gives is valid until the workspace is used again. */
export function stackify(f: Func, ws: Workspace, resultCount: (call: Inst) => number): CodeList {
  return new Stackifier(f, ws, resultCount).run();
}

class Stackifier {
  readonly #f: Func;
  readonly #ws: Workspace;
  readonly #resultCount: (call: Inst) => number;
  readonly #facts: ValueFacts;
  readonly #alias: Int32Array;
  readonly #uses: Int32Array;
  readonly #home: Int32Array;
  readonly #place: Int32Array;
  /** By value: how many of its uses in its block are not written yet. */
  readonly #left: Int32Array;
  readonly #done: Uint8Array;
  readonly #swapped: Uint8Array;
  #items: Int32Array;
  #top = 0;
  #moves = 0;
  #movePhi: Int32Array;
  #moveArg: Int32Array;
  // The block at hand.
  #block = 0 as BlockId;
  #body: readonly ValueId[] = [];
  #lastEffect = -1;
  #before: Int32Array;
  #after: Int32Array;
  /** Whether what is written stands on an edge that is not always taken. */
  #conditional = false;
  // Instructions of which operands are still to be written, with how many.
  readonly #frames: number[] = [];
  readonly #frameLeft: number[] = [];

  constructor(f: Func, ws: Workspace, resultCount: (call: Inst) => number) {
    const count = f.insts.length;
    this.#f = f;
    this.#ws = ws;
    this.#resultCount = resultCount;
    const facts = valueFacts(f, ws);
    this.#facts = facts;
    this.#alias = facts.alias;
    this.#uses = facts.uses;
    this.#home = facts.home;
    this.#place = facts.place;
    this.#left = facts.left;
    this.#done = ws.done(count);
    this.#swapped = ws.swapped(count);
    this.#items = ws.items(facts.mostItems);
    this.#top = facts.mostItems;
    this.#movePhi = ws.movePhi(facts.mostMoves);
    this.#moveArg = ws.moveArg(facts.mostMoves);
    this.#before = ws.before(facts.longestBody);
    this.#after = ws.after(facts.longestBody);
  }

  run(): CodeList {
    const f = this.#f;
    const { rpo } = orderOf(f);
    const { edgeHead, edgeNext, edgeTarget } = this.#facts;
    const regionOf = this.#ws.regionOf(f.blocks.length);
    let regions = 0;
    const edgeRegion = new Map<number, number>();
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      regionOf[b] = regions++;
      if (this.#isJump(b)) continue;
      for (let e = edgeHead[b] as number; e !== -1; e = edgeNext[e] as number)
        edgeRegion.set(edgeKey(f, b, edgeTarget[e] as BlockId), regions++);
    }
    const regionStart = this.#ws.regionStart(regions + 1);
    const regionBlock = this.#ws.regionBlock(regions);
    const regionTarget = this.#ws.regionTarget(regions);
    regionStart[regions] = this.#top;
    for (let i = rpo.length - 1; i >= 0; i--) {
      const b = rpo[i] as BlockId;
      this.#enter(b);
      if (!this.#isJump(b)) {
        this.#conditional = true;
        // The list of edges is in the order of regions.
        const edges: number[] = [];
        for (let e = edgeHead[b] as number; e !== -1; e = edgeNext[e] as number) edges.push(e);
        for (let k = edges.length - 1; k >= 0; k--) {
          this.#moveAll(edges[k] as number);
          const region = (regionOf[b] as number) + 1 + k;
          regionStart[region] = this.#top;
          regionBlock[region] = b;
          regionTarget[region] = edgeTarget[edges[k] as number] as number;
        }
        this.#conditional = false;
      } else if (edgeHead[b] !== -1) this.#moveAll(edgeHead[b] as number);
      this.#writeBlock();
      const region = regionOf[b] as number;
      regionStart[region] = this.#top;
      regionBlock[region] = b;
      regionTarget[region] = -1;
    }
    return {
      func: f,
      items: this.#items,
      regionStart,
      regions,
      regionBlock,
      regionTarget,
      regionOf,
      edgeRegion,
      movePhi: this.#movePhi,
      moveArg: this.#moveArg,
      moves: this.#moves,
      alias: this.#alias,
      swapped: this.#swapped,
      nextResult: this.#facts.nextResult,
      uses: this.#uses,
    };
  }

  #isJump(b: BlockId): boolean {
    return instOf(this.#f, blockOf(this.#f, b).term).op.kind === 'br';
  }

  // A block.

  #enter(b: BlockId): void {
    this.#block = b;
    this.#body = blockOf(this.#f, b).body;
    let last = -1;
    for (let k = 0; k < this.#body.length; k++) {
      const { op } = instOf(this.#f, this.#body[k] as ValueId);
      if (factsOf(op).pure) continue;
      this.#before[k] = last;
      if (last >= 0) this.#after[last] = k;
      this.#after[k] = -1;
      last = k;
    }
    this.#lastEffect = last;
  }

  #writeBlock(): void {
    const f = this.#f;
    const { term } = blockOf(f, this.#block);
    this.#operands(term, atEnd);
    for (let k = this.#body.length - 1; k >= 0; k--) {
      const v = this.#body[k] as ValueId;
      if (this.#done[v] === 1) continue;
      const inst = instOf(f, v);
      const { op } = inst;
      if (op === copyOp || op.kind === 'const' || op.kind === 'result') continue;
      const facts = factsOf(op);
      const used = inst.type === 'tuple' || (this.#uses[v] as number) > 0;
      if (!used && facts.removable) {
        this.#forget(inst);
        this.#unlink(v, facts);
        continue;
      }
      this.#unlink(v, facts);
      this.#writeResults(v, inst);
      this.#write(item.op, v);
      this.#operands(v, k);
    }
  }

  /** Where the results of an instruction go that stands for itself. */
  #writeResults(v: ValueId, inst: Inst): void {
    if (inst.type === 'void') return;
    if (inst.type !== 'tuple') {
      if (this.#uses[v] === 0) this.#write(item.drop, v);
      else this.#write(item.set, v);
      return;
    }
    // The last one lies on top; this is written from its end.
    const byIndex: number[][] = Array.from({ length: this.#resultCount(inst) }, () => []);
    for (let r = this.#facts.nextResult[v] as number; r !== -1; r = this.#facts.nextResult[r] as number) {
      if (this.#uses[r] !== 0) byIndex[instOf(this.#f, r as ValueId).imm as number]?.push(r);
    }
    for (const results of byIndex) {
      if (results.length === 0) this.#write(item.drop, v);
      results.forEach((r, i) => {
        this.#write(i === 0 ? item.set : item.tee, r);
      });
    }
  }

  /** An instruction vanishes: its operands have one use less. */
  #forget(inst: Inst): void {
    for (let k = 0; k < inst.args.length; k++) {
      const v = this.#alias[inst.args[k] as number] as number;
      this.#uses[v] = (this.#uses[v] as number) - 1;
      if (this.#home[v] === this.#block) this.#left[v] = (this.#left[v] as number) - 1;
    }
  }

  #write(kind: number, about: number): void {
    this.#items[--this.#top] = (about << 3) | kind;
  }

  #unlink(v: ValueId, facts: OpFacts): void {
    this.#done[v] = 1;
    if (facts.pure) return;
    const k = this.#place[v] as number;
    const before = this.#before[k] as number;
    const after = this.#after[k] as number;
    if (after >= 0) this.#before[after] = before;
    else this.#lastEffect = before;
    if (before >= 0) this.#after[before] = after;
  }

  // Operands.

  /** Writes the operands of an instruction at position `at` of the block. */
  #operands(v: ValueId, at: number): void {
    this.#open(v);
    this.#finish(at);
  }

  /** Writes the operands of all that is open. */
  #finish(at: number): void {
    const frames = this.#frames;
    const left = this.#frameLeft;
    while (frames.length > 0) {
      const k = (left[left.length - 1] as number) - 1;
      const user = frames[frames.length - 1] as ValueId;
      if (k < 0) {
        frames.pop();
        left.pop();
        continue;
      }
      left[left.length - 1] = k;
      const { args } = instOf(this.#f, user);
      const arg = args[this.#swapped[user] === 1 ? args.length - 1 - k : k] as number;
      this.#operand(this.#alias[arg] as ValueId, at);
    }
  }

  #open(v: ValueId): void {
    const { args } = instOf(this.#f, v);
    if (args.length === 0) return;
    if (args.length === 2 && this.#isBetterSwapped(v)) this.#swapped[v] = 1;
    this.#frames.push(v);
    this.#frameLeft.push(args.length);
  }

  /** Writes one value, in its place or from its local; opens it where its operands are to follow. */
  #operand(v: ValueId, at: number): void {
    const inst = instOf(this.#f, v);
    if (inst.op.kind === 'const') {
      this.#write(item.constant, v);
      return;
    }
    if (!this.#comesHere(v, inst, at)) {
      this.#write(item.get, v);
      this.#took(v);
      return;
    }
    if ((this.#uses[v] as number) > 1) this.#write(item.tee, v);
    this.#write(item.op, v);
    this.#unlink(v, factsOf(inst.op));
    this.#open(v);
  }

  #took(v: ValueId): void {
    if (this.#home[v] === this.#block) this.#left[v] = (this.#left[v] as number) - 1;
  }

  /** Whether a value is computed right here: defined in this block, not written, and all other uses come behind. */
  #comesHere(v: ValueId, inst: Inst, at: number): boolean {
    if (!this.#isPending(v, inst, at) || this.#left[v] !== 1) return false;
    const facts = factsOf(inst.op);
    if (this.#conditional && ((this.#uses[v] as number) > 1 || !facts.removable)) return false;
    return facts.pure || this.#reaches(v, facts);
  }

  #isPending(v: ValueId, inst: Inst, at: number): boolean {
    if (this.#home[v] !== this.#block || this.#done[v] === 1) return false;
    const place = this.#place[v] as number;
    return place >= 0 && place < at && inst.op.kind !== 'result';
  }

  /** Whether a value may move behind all that has effects and is not written yet. */
  #reaches(v: ValueId, facts: OpFacts): boolean {
    const place = this.#place[v] as number;
    let k = this.#lastEffect;
    for (let steps = 0; k > place; steps++) {
      if (steps === farthest) return false;
      if (!mayPass(facts, factsOf(instOf(this.#f, this.#body[k] as ValueId).op))) return false;
      k = this.#before[k] as number;
    }
    return true;
  }

  /** Whether the second operand comes first, and could not move behind the first one. */
  #isBetterSwapped(v: ValueId): boolean {
    const { op, args } = instOf(this.#f, v);
    if (op.laws.commutative !== true && op.laws.swapped === undefined) return false;
    const a = this.#alias[args[0] as number] as ValueId;
    const b = this.#alias[args[1] as number] as ValueId;
    if (a === b || this.#home[a] !== this.#block || this.#home[b] !== this.#block) return false;
    if ((this.#place[b] as number) < 0 || (this.#place[b] as number) >= (this.#place[a] as number)) return false;
    if (this.#done[a] === 1 || this.#done[b] === 1 || this.#left[a] !== 1 || this.#left[b] !== 1) return false;
    const [factsA, factsB] = [factsOf(instOf(this.#f, a).op), factsOf(instOf(this.#f, b).op)];
    return !mayPass(factsB, factsA);
  }

  // Moves of an edge.

  #moveAll(edge: number): void {
    const f = this.#f;
    const { phis } = blockOf(f, this.#facts.edgeTarget[edge] as BlockId);
    const input = this.#facts.edgeInput[edge] as number;
    const moves: { readonly phi: ValueId; readonly arg: ValueId; readonly place: number }[] = [];
    for (let k = 0; k < phis.length; k++) {
      const phi = phis[k] as ValueId;
      const { args, blocks } = instOf(f, phi);
      const at = blocks[input] === this.#block ? input : blocks.indexOf(this.#block);
      const arg = this.#alias[args[at] as number] as ValueId;
      if (arg === phi || this.#uses[phi] === 0) {
        this.#uses[arg] = (this.#uses[arg] as number) - 1;
        this.#took(arg);
        continue;
      }
      const own = this.#home[arg] === this.#block && instOf(f, arg).op.kind !== 'const';
      moves.push({ phi, arg, place: own ? (this.#place[arg] as number) : -1 });
    }
    // What was computed first is pushed first.
    if (moves.length > 1) moves.sort((a, b) => a.place - b.place);
    const first = this.#moves;
    for (const { phi, arg } of moves) {
      this.#movePhi[this.#moves] = phi;
      this.#moveArg[this.#moves] = arg;
      this.#write(item.moveSet, this.#moves++);
    }
    for (let m = this.#moves - 1; m >= first; m--) {
      const top = this.#top;
      this.#operand(this.#moveArg[m] as ValueId, atEnd);
      if (this.#top === top - 1 && ((this.#items[this.#top] as number) & 7) === item.get) {
        this.#items[this.#top] = (m << 3) | item.moveGet;
        continue;
      }
      this.#moveArg[m] = -1;
      this.#finish(atEnd);
    }
  }
}
