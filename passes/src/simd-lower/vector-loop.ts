/**
 * Writes a vector loop before a loop, which does what is left:
 *
 *     ^pre:     n = turns (turns.ts)               br_if n >= lanes * parts, ^check, ^rest
 *     ^check:   m = n rounded down; rows within memory, rows apart?     br_if, ^vectors, ^rest
 *     ^vectors: splats
 *     ^turn:    pointers, counts, accumulators; the body in lanes       br_if pointer != end, ^turn, ^done
 *     ^done:    accumulators joined; what phis are after m turns
 *     ^rest:    phis of both ways                                       br to the loop
 *
 * The loop itself always does at least its last turn, so that nothing behind it changes.
 */

import { type BlockId, blockOf, instOf, makeInst, type Type, type ValueId } from '@sluice/ir';
import { inputFrom } from '../lib/copy-loop.ts';
import { jumpTo, opOfKind } from '../lib/structural.ts';
import { type Accesses, type AliasCheck, endOf, type Group, startOf } from './accesses.ts';
import { PartWriter, Splats } from './body.ts';
import { Code } from './code.ts';
import { Gatherer } from './gather.ts';
import { laneWidth, shapeOf, type Width } from './lanes.ts';
import type { Linear } from './linear.ts';
import type { Context, LoopPlan } from './plan.ts';
import { emitTurns } from './turns.ts';
import { repeatedBytes } from './vectors.ts';

/** Writes the loop of a plan. */
export function writeVectorLoop(cx: Context, plan: LoopPlan): void {
  const { edit, ops, func: f } = cx;
  const { loop, lanes, parts } = plan;
  const { preheader, header } = loop;
  const { phis } = blockOf(f, header);
  const atOnce = lanes * parts;
  const placeholder = jumpTo(ops, header);
  const check = edit.addBlock(placeholder, preheader);
  const before = edit.addBlock(placeholder, check);
  const turn = edit.addBlock(placeholder, before);
  const done = edit.addBlock(placeholder, turn);
  const rest = edit.addBlock(placeholder, done);
  const brIf = opOfKind(ops, 'br_if');

  const pre = new Code(edit, ops, preheader);
  const turns = emitTurns(pre, plan.turns);
  const enough = pre.emit('i64.ge_u', [turns, pre.constant('i64', atOnce)]);

  const asking = new Code(edit, ops, check);
  const whole = asking.emit('i64.and', [turns, asking.constant('i64', -atOnce)]);
  const pointers = new Map(plan.accesses.groups.map((group) => [group, asking.linear(group.pointer)]));
  const fine = askAll(asking, plan.accesses, plan.checks, pointers, whole);

  const ready = new Code(edit, ops, before);
  const code = new Code(edit, ops, turn);
  const splats = new Splats(f, ready);
  const ends = (start: ValueId, type: Type): ValueId =>
    edit.addPhi(turn, type, opOfKind(ops, 'phi'), [before], [start]);
  const rows = plan.accesses.groups.filter(({ step }) => step !== 0);
  const moving = new Map(rows.map((group) => [group, ends(pointers.get(group) as ValueId, 'i32')]));
  const needed = new Set(plan.body);
  for (const { group, inst, start } of plan.accesses.of.values()) {
    if (group.step === 0 && needed.has(inst)) splats.load(inst, pointers.get(group) as ValueId, start);
  }
  const counts = new Counts(plan, ready, code, (start) => ends(start, 'v128'));
  const gatherer = new Gatherer(f, plan, ready, code, splats, (start) => ends(start, 'v128'));
  for (let part = 0; part < parts; part++) {
    new PartWriter(
      {
        f,
        plan,
        code,
        splats,
        pointerOf: ({ group }) => moving.get(group) as ValueId,
        countOf: (phi, p, r) => counts.of(phi, p, r),
        gather: (link, p, value) => gatherer.take(link, p, value),
      },
      part,
    ).write();
  }
  let goesOn: ValueId | null = null;
  for (const [group, phi] of moving) {
    const next = code.emit('i32.add', [phi, code.constant('i32', group.step * atOnce)]);
    edit.setPhiInput(phi, turn, next);
    if (goesOn !== null) continue;
    const bytes = ready.emit('i64.mul', [whole, ready.constant('i64', group.step)]);
    const end = ready.emit('i32.add', [pointers.get(group) as ValueId, ready.emit('i32.wrap_i64', [bytes])]);
    goesOn = code.emit('i32.ne', [next, end]);
  }
  counts.close(turn);
  gatherer.close(turn);

  const after = new Code(edit, ops, done);
  const joins = phis.map((phi) => {
    const inst = instOf(f, phi);
    const start = inputFrom(inst, preheader);
    const linear = plan.inductions.get(phi);
    const resumed = linear === undefined ? gatherer.joined(phi, start, after) : moved(after, start, linear, whole);
    return { phi, start, resumed, type: inst.type as Type };
  });
  edit.setTerm(preheader, makeInst(brIf, [enough], { blocks: [check, rest] }));
  edit.setTerm(check, makeInst(brIf, [fine], { blocks: [before, rest] }));
  edit.setTerm(before, jumpTo(ops, turn));
  edit.setTerm(turn, makeInst(brIf, [goesOn as ValueId], { blocks: [turn, done] }));
  edit.setTerm(done, jumpTo(ops, rest));
  edit.setTerm(rest, jumpTo(ops, header));
  for (const { phi, start, resumed, type } of joins) {
    const join = edit.addPhi(rest, type, opOfKind(ops, 'phi'), [preheader, check, done], [start, start, resumed]);
    edit.setPhiInput(phi, rest, join);
  }
}

/** What a count is after so many turns. */
function moved(code: Code, start: ValueId, { bits, step }: Linear, turns: ValueId): ValueId {
  if (step === 0n) return start;
  const type = bits === 32 ? 'i32' : 'i64';
  const many = bits === 32 ? code.emit('i32.wrap_i64', [turns]) : turns;
  const by = step === 1n ? many : code.emit(`${type}.mul`, [many, code.constant(type, step)]);
  return code.emit(`${type}.add`, [start, by]);
}

/** Whether all rows are within the memory on all `turns` turns, and as far apart as the plan wants. */
function askAll(
  code: Code,
  { groups }: Accesses,
  checks: readonly AliasCheck[],
  pointers: ReadonlyMap<Group, ValueId>,
  turns: ValueId,
): ValueId {
  const pages = code.emit('i64.extend_i32_u', [code.emit('memory.size', [])]);
  const size = code.emit('i64.shl', [pages, code.constant('i64', 16)]);
  const wide = new Map(groups.map((g) => [g, code.emit('i64.extend_i32_u', [pointers.get(g) as ValueId])] as const));
  /** The first byte, and the one behind the last, of all turns. */
  const firstOf = (group: Group): ValueId => shifted(code, wide.get(group) as ValueId, startOf(group));
  const lastOf = (group: Group): ValueId => {
    const bytes = code.emit('i64.mul', [turns, code.constant('i64', group.step)]);
    return shifted(code, code.emit('i64.add', [wide.get(group) as ValueId, bytes]), endOf(group) - group.step);
  };
  const answers = groups.map((group) => code.emit('i64.le_u', [lastOf(group), size]));
  for (const check of checks) {
    if (check.kind === 'apart') {
      const { a, b } = check;
      const under = code.emit('i64.le_u', [lastOf(a), firstOf(b)]);
      const over = code.emit('i64.le_u', [lastOf(b), firstOf(a)]);
      answers.push(code.emit('i32.or', [under, over]));
    } else {
      const { from, to, above, below } = check;
      const apart = code.emit('i32.sub', [pointers.get(to) as ValueId, pointers.get(from) as ValueId]);
      const beyond = code.emit('i32.sub', [apart, code.constant('i32', BigInt(above + 1))]);
      answers.push(code.emit('i32.ge_u', [beyond, code.constant('i32', BigInt(below - above - 1))]));
    }
  }
  return answers.reduce((all, answer) => code.emit('i32.and', [all, answer]));
}

function shifted(code: Code, v: ValueId, by: number): ValueId {
  return by === 0 ? v : code.emit('i64.add', [v, code.constant('i64', by)]);
}

/** Counts in lanes: what they are on the turns of each register. */
class Counts {
  readonly #plan: LoopPlan;
  readonly #before: Code;
  readonly #code: Code;
  readonly #phiOf: (start: ValueId) => ValueId;
  readonly #known = new Map<ValueId, { readonly phi: ValueId; readonly made: Map<number, ValueId> }>();

  constructor(plan: LoopPlan, before: Code, code: Code, phiOf: (start: ValueId) => ValueId) {
    this.#plan = plan;
    this.#before = before;
    this.#code = code;
    this.#phiOf = phiOf;
  }

  of(count: ValueId, part: number, r: number): ValueId {
    const { step, bits } = this.#linear(count);
    let known = this.#known.get(count);
    if (known === undefined) {
      known = { phi: this.#phiOf(this.#start(count)), made: new Map() };
      this.#known.set(count, known);
    }
    const first = part * this.#plan.lanes + r * (128 / bits);
    if (first === 0) return known.phi;
    let made = known.made.get(first);
    if (made === undefined) {
      made = this.#plus(known.phi, count, step * BigInt(first));
      known.made.set(first, made);
    }
    return made;
  }

  /** The next turns. */
  close(turn: BlockId): void {
    const { lanes, parts } = this.#plan;
    for (const [count, { phi }] of this.#known) {
      const { step } = this.#linear(count);
      this.#code.edit.setPhiInput(phi, turn, this.#plus(phi, count, step * BigInt(lanes * parts)));
    }
  }

  #linear(count: ValueId): Linear {
    return this.#plan.inductions.get(count) as Linear;
  }

  #plus(v: ValueId, count: ValueId, by: bigint): ValueId {
    const type = this.#linear(count).bits === 32 ? 'i32' : 'i64';
    return this.#code.emit(`${shapeOf[type]}.add`, [v, this.#code.bytes(repeatedBytes(by, type))]);
  }

  /** What it is on the first turns. */
  #start(count: ValueId): ValueId {
    const linear = this.#linear(count);
    const type = linear.bits === 32 ? 'i32' : 'i64';
    const size = (laneWidth(type) as Width) / 8;
    const steps: number[] = [];
    for (let i = 0; i < 16 / size; i++) steps.push(...repeatedBytes(linear.step * BigInt(i), type).slice(0, size));
    const first = this.#before.emit(`${shapeOf[type]}.splat`, [this.#before.linear(linear)]);
    return this.#before.emit(`${shapeOf[type]}.add`, [first, this.#before.bytes(steps)]);
  }
}
