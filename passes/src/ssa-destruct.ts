/**
 * Inserts copies such that each phi and its operands can share one place: then phis cost nothing, and what is left of them
 * are the copies. The function stays in SSA form.
 *
 *     ^entry: br ^loop                           ^entry: br ^loop
 *     ^loop:  %x = phi [^entry: %a], [^l: %y]    ^loop:  %x = phi [^entry: %a], [^l: %y2]
 *             %y = phi [^entry: %b], [^l: %x]            %y = phi [^entry: %b], [^l: %x2]
 *             br_if %c, ^l, ^exit           =>           br_if %c, ^l, ^exit
 *     ^l:     br ^loop                           ^l:     %t  = copy %x
 *                                                        %y2 = copy %y
 *                                                        %x2 = copy %t
 *                                                        br ^loop
 *
 * Papers:  see ssa-destruct/decisions.ts, where it is decided what is copied.
 * Phases:  `phiWebs` ties phis and operands together as if nothing interfered, which is how most functions come, and one
 *          scan (`interferingWebs`) finds the webs for which this is wrong. Only these go through `Decisions`. Then
 *          `copyInputs` puts the copies of an edge one after the other at the end of the predecessor, with a
 *          temporary for a cycle; `copyResults` gives a phi a copy behind the phis.
 *          A constant is no member of a web unless it stands at the end of the edge and serves nothing else: each edge
 *          gets its own constant, behind the copies, since many webs share one and a constant costs what a copy costs.
 * Needs:   no critical edges, no phis with a single input (split-critical-edges).
 * Keeps:   the shape; everything that interfered before is copied, nothing else is touched.
 * Cost:    linear in the function and its liveness; for interfering webs see decisions.ts.
 * Not done: choosing registers; taking copies out whose two sides may share one, which the allocator does.
 */

import { type Move, sequentialMoves } from '@sluice/codegen';
import {
  type BlockId,
  blockOfValue,
  type Func,
  type Inst,
  instOf,
  makeInst,
  none,
  orderOf,
  PairList,
  type Type,
  usesOf,
  type ValueId,
  withArgs,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { interferingWebs, type PlannedCopies, phiWebs, type WebOf } from './lib/phi-webs.ts';
import { Decisions } from './ssa-destruct/decide.ts';

/** An input of a phi that gets a value of its own. */
interface Input {
  readonly phi: ValueId;
  readonly k: number;
}

export default definePass({
  name: 'ssa-destruct',
  summary: 'copy inputs of phis where a phi and its operands could not share a register',
  paper: 'Boissinot et al., Revisiting Out-of-SSA Translation, CGO 2009; Sreedhar et al., SAS 1999',
  scope: 'func',
  idempotent: true,
  after: [{ pass: 'split-critical-edges', why: 'copies on an edge need a block of their own' }],
  run(f, cx) {
    const phis = allPhis(f);
    if (phis.length === 0) return;
    const { cloned, edges } = findConstants(f, phis);
    const isCloned = (phi: ValueId, k: number): boolean => cloned.get(phi)?.has(k) === true;
    const web = phiWebs(f, (phi, k) => !isCloned(phi, k));
    const bad = interferingWebs(f, web, edges.length === 0 ? null : plannedFor(f, edges, web));
    if (bad.size === 0 && edges.length === 0) return;
    if (!cx.rewrite(`copied for ${bad.size} phi webs`)) return;
    const mayJoin = (): boolean => cx.choose('ssa-destruct.coalesce', true);
    const troubled = phis.filter((phi) => bad.has(web[phi] as number));
    const decisions = troubled.length === 0 ? null : new Decisions(f, troubled, web, isCloned, mayJoin);
    new Rewriter(f, cx).rewrite(edges, troubled, decisions);
  },
});

/** Whether some phi and its operands cannot share one place: two values of a phi web are live at one point. */
export function phiWebsInterfere(f: Func): boolean {
  return interferingWebs(f, phiWebs(f)).size > 0;
}

function allPhis(f: Func): readonly ValueId[] {
  const phis: ValueId[] = [];
  for (const b of orderOf(f).rpo) for (const phi of f.blocks[b]?.phis ?? none) phis.push(phi);
  return phis;
}

/** The inputs that are constants to be made anew on their edge. */
function findConstants(f: Func, phis: readonly ValueId[]): { cloned: Map<ValueId, Set<number>>; edges: Input[] } {
  const uses = usesOf(f);
  const home = blockOfValue(f);
  const cloned = new Map<ValueId, Set<number>>();
  const edges: Input[] = [];
  for (const phi of phis) {
    const { args, blocks } = instOf(f, phi);
    for (let k = 0; k < args.length; k++) {
      const arg = args[k] as ValueId;
      if (instOf(f, arg).op.kind !== 'const') continue;
      if (home[arg] === blocks[k] && uses.count(arg) === 1) continue;
      const set = cloned.get(phi);
      if (set === undefined) cloned.set(phi, new Set([k]));
      else set.add(k);
      edges.push({ phi, k });
    }
  }
  return { cloned, edges };
}

function plannedFor(f: Func, edges: readonly Input[], web: WebOf): PlannedCopies {
  const pairs = new PairList();
  for (const { phi, k } of edges) pairs.push(instOf(f, phi).blocks[k] as BlockId, web[phi] as number);
  return { atEnd: pairs.rows(f.blocks.length), atStart: null, webs: f.insts.length };
}

/** Puts in what has been decided. */
class Rewriter {
  readonly #f: Func;
  readonly #cx: FuncContext;
  /** New operands of phis that get any. */
  readonly #args = new Map<ValueId, ValueId[]>();
  readonly #places = new Map<unknown, number>();

  constructor(f: Func, cx: FuncContext) {
    this.#f = f;
    this.#cx = cx;
  }

  rewrite(constants: readonly Input[], phis: readonly ValueId[], decisions: Decisions | null): void {
    const { edit } = this.#cx;
    if (decisions !== null) {
      for (const [pred, inputs] of this.#inputsToCopy(phis, decisions)) this.#copyInputs(pred, inputs, decisions);
    }
    for (const input of constants) this.#cloneConstant(input);
    for (const [phi, args] of this.#args) edit.setInst(phi, withArgs(instOf(this.#f, phi), args));
    this.#dropConstants(constants);
    for (const phi of phis) if (decisions?.isIsolated(phi) === true) this.#copyResult(phi);
  }

  #inputsToCopy(phis: readonly ValueId[], decisions: Decisions): ReadonlyMap<BlockId, readonly Input[]> {
    const byPred = new Map<BlockId, Input[]>();
    for (const phi of phis) {
      const { args, blocks } = instOf(this.#f, phi);
      for (let k = 0; k < args.length; k++) {
        if (!decisions.isCopied(phi, k)) continue;
        const pred = blocks[k] as BlockId;
        const list = byPred.get(pred);
        if (list === undefined) byPred.set(pred, [{ phi, k }]);
        else list.push({ phi, k });
      }
    }
    return byPred;
  }

  /** All copies of one edge, as if at once. */
  #copyInputs(pred: BlockId, inputs: readonly Input[], decisions: Decisions): void {
    const { edit } = this.#cx;
    const term = this.#f.blocks[pred]?.term as ValueId;
    const held = new Map<number, ValueId>();
    const moves: Move[] = [];
    for (const { phi, k } of inputs) {
      const source = instOf(this.#f, phi).args[k] as ValueId;
      if (source === term) throw new Error(`@${this.#f.name}: %${phi} reads an invoke; run split-critical-edges first`);
      const from = this.#placeNumber(decisions.placeOf(source));
      held.set(from, source);
      moves.push({ from, to: this.#placeNumber(decisions.placeOfInputs(phi)) });
    }
    let fresh = -1;
    for (const { from, to } of sequentialMoves(moves, () => fresh--)) {
      const source = held.get(from) as ValueId;
      held.set(to, edit.insertBefore(term, this.#copyOf(source)));
    }
    for (const [i, { phi, k }] of inputs.entries()) this.#setArg(phi, k, held.get((moves[i] as Move).to) as ValueId);
  }

  #cloneConstant({ phi, k }: Input): void {
    const { args, blocks } = instOf(this.#f, phi);
    const term = this.#f.blocks[blocks[k] as BlockId]?.term as ValueId;
    const { op, imm, type, loc } = instOf(this.#f, args[k] as ValueId);
    this.#setArg(phi, k, this.#cx.edit.insertBefore(term, makeInst(op, none, { imm, type, loc })));
  }

  /** Constants that served phis alone are not needed any more. */
  #dropConstants(constants: readonly Input[]): void {
    const left = new Map<ValueId, number>();
    for (const { phi, k } of constants) {
      const v = instOf(this.#f, phi).args[k] as ValueId;
      left.set(v, (left.get(v) ?? usesOf(this.#f).count(v)) - 1);
    }
    for (const [v, count] of left) if (count === 0) this.#cx.edit.remove(v);
  }

  #copyResult(phi: ValueId): void {
    const { edit, ops } = this.#cx;
    const inst = edit.inst(phi);
    const home = blockOfValue(this.#f)[phi] as BlockId;
    const place = edit.addPhi(home, inst.type as Type, inst.op, inst.blocks, inst.args);
    const copy = ops.get('copy');
    if (copy === undefined) throw new Error("no op 'copy'");
    edit.replaceWith(phi, edit.prepend(home, makeInst(copy, [place], { type: inst.type, loc: inst.loc })));
  }

  #copyOf(source: ValueId): Inst {
    const copy = this.#cx.ops.get('copy');
    if (copy === undefined) throw new Error("no op 'copy'");
    // Its operand may be a copy that stands in no function yet but the editor's.
    const { type, loc } = this.#cx.edit.inst(source);
    return makeInst(copy, [source], { type, loc });
  }

  #setArg(phi: ValueId, k: number, v: ValueId): void {
    let args = this.#args.get(phi);
    if (args === undefined) {
      args = [...instOf(this.#f, phi).args];
      this.#args.set(phi, args);
    }
    args[k] = v;
  }

  #placeNumber(place: unknown): number {
    let number = this.#places.get(place);
    if (number === undefined) {
      number = this.#places.size;
      this.#places.set(place, number);
    }
    return number;
  }
}
