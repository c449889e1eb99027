/**
 * Writes a job of slp.ts. Where nothing is to be asked, vectors take the place of the scalars. Else
 *
 *     ^b:        what stood before, and others; in bounds, apart?    br_if, ^vectors, ^scalars
 *     ^vectors:  loads, ops, stores of vectors                       br ^rest
 *     ^scalars:  as it was                                           br ^rest
 *     ^rest:     what stood behind
 */

import { type Func, instOf, makeInst, type Type, type Value, type ValueId } from '@sluice/ir';
import { jumpTo, opOfKind } from '../lib/structural.ts';
import { type Access, endOf, type Group, startOf } from './accesses.ts';
import { Code } from './code.ts';
import { compute, numberOf } from './compute.ts';
import { integerShape, laneWidth, shapeOf } from './lanes.ts';
import { LinearForms } from './linear.ts';
import type { Pack } from './pack.ts';
import type { Context } from './plan.ts';
import type { Job } from './slp.ts';
import { type Lanes, repeatedBytes } from './vectors.ts';

/** Writes a job. Those behind it in the block must be written already. */
export function writeJob(cx: Context, job: Job): void {
  const { edit, ops, func: f } = cx;
  const { block, members, first, last } = job;
  if (job.unbounded.length === 0 && job.checks.length === 0) {
    new TreeWriter(f, job, new Code(edit, ops, block, last)).write();
    // Users go before what they use.
    for (const v of [...edit.body(block)].reverse()) if (members.has(v)) edit.remove(v);
    return;
  }
  const br = opOfKind(ops, 'br');
  const scalars = edit.splitBlock(block, first, br);
  for (const v of job.others) edit.moveToEnd(v, block);
  const body = edit.body(scalars);
  const behind = body[body.indexOf(last) + 1] ?? edit.termId(scalars);
  const rest = edit.splitBlock(scalars, behind, br);
  const vectors = edit.addBlock(jumpTo(ops, rest), block);
  const fine = ask(new Code(edit, ops, block), f, job);
  edit.setTerm(block, makeInst(opOfKind(ops, 'br_if'), [fine], { blocks: [vectors, scalars] }));
  new TreeWriter(f, job, new Code(edit, ops, vectors)).write();
}

/** The address operand that is a group's pointer. */
function pointerOf(f: Func, { pointer, members }: Group): ValueId {
  const forms = new LinearForms(f, null);
  const found = members.find(({ inst }) => forms.of(instOf(f, inst).args[0] as ValueId)?.offset === pointer.offset);
  return instOf(f, (found as Access).inst).args[0] as ValueId;
}

/** Whether all groups are in bounds, and apart where they must be. */
function ask(code: Code, f: Func, { unbounded, checks }: Job): ValueId {
  const at = (group: Group, by: number): ValueId => {
    const wide = code.emit('i64.extend_i32_u', [pointerOf(f, group)]);
    return by === 0 ? wide : code.emit('i64.add', [wide, code.constant('i64', by)]);
  };
  const answers: ValueId[] = [];
  if (unbounded.length > 0) {
    const pages = code.emit('i64.extend_i32_u', [code.emit('memory.size', [])]);
    const size = code.emit('i64.shl', [pages, code.constant('i64', 16)]);
    for (const group of unbounded) answers.push(code.emit('i64.le_u', [at(group, endOf(group)), size]));
  }
  for (const { a, b } of checks) {
    const under = code.emit('i64.le_u', [at(a, endOf(a)), at(b, startOf(b))]);
    const over = code.emit('i64.le_u', [at(b, endOf(b)), at(a, startOf(a))]);
    answers.push(code.emit('i32.or', [under, over]));
  }
  return answers.reduce((all, answer) => code.emit('i32.and', [all, answer]));
}

class TreeWriter {
  readonly #f: Func;
  readonly #job: Job;
  readonly #code: Code;
  readonly #made = new Map<Pack, Lanes>();

  constructor(f: Func, job: Job, code: Code) {
    this.#f = f;
    this.#job = job;
    this.#code = code;
  }

  /** All that is stored, then the stores. */
  write(): void {
    const { trees } = this.#job;
    const values = trees.map(({ operands: [value] }) => this.#lanes(value as Pack));
    for (const [i, tree] of trees.entries()) {
      const [register] = numberOf(this.#code, values[i] as Lanes);
      this.#store(tree, register as ValueId);
    }
  }

  // As deep as packs grow.
  #lanes(pack: Pack): Lanes {
    let made = this.#made.get(pack);
    if (made === undefined) {
      made = this.#written(pack);
      this.#made.set(pack, made);
    }
    return made;
  }

  #written(pack: Pack): Lanes {
    const { lanes, width } = pack;
    const [first] = lanes as readonly [ValueId];
    const { type } = instOf(this.#f, first);
    const code = this.#code;
    const value = (v: ValueId): Lanes => ({ registers: [v], width, mask: false });
    switch (pack.kind) {
      case 'constant': {
        const size = width / 8;
        return value(
          code.bytes(
            lanes.flatMap((v) => {
              const inst = instOf(this.#f, v);
              return repeatedBytes(inst.imm as Value as number | bigint, inst.type).slice(0, size);
            }),
          ),
        );
      }
      case 'splat':
        return value(code.emit(`${this.#shape(type, width)}.splat`, [first]));
      case 'gather': {
        const shape = this.#shape(type, width);
        let all = code.emit(`${shape}.splat`, [first]);
        for (const [lane, v] of lanes.entries()) {
          if (v !== first) all = code.emit(`${shape}.replace_lane`, [all, v], { imm: lane });
        }
        return value(all);
      }
      case 'load':
        return value(this.#load(first));
      default: {
        const inst = instOf(this.#f, first);
        const operand = (k: number): Lanes => this.#lanes(pack.operands[k] as Pack);
        return compute(code, inst, {
          lanes: operand,
          number: (k) => numberOf(code, operand(k)),
          count: (k) => this.#count(inst.args[k] as ValueId),
          typeOf: (k) => instOf(this.#f, inst.args[k] as ValueId).type as Type,
        });
      }
    }
  }

  #shape(type: string, width: number): string {
    return laneWidth(type) === width ? (shapeOf[type] as string) : integerShape[width as 8 | 16];
  }

  #count(v: ValueId): ValueId {
    return instOf(this.#f, v).type === 'i64' ? this.#code.emit('i32.wrap_i64', [v]) : v;
  }

  /** The place of the first lane. */
  #place(access: Access): { readonly offset: number; readonly align: number } {
    return { offset: access.start, align: Math.log2(access.bytes) };
  }

  #load(first: ValueId): ValueId {
    const access = this.#job.accesses.of.get(first) as Access;
    const { loc } = instOf(this.#f, first);
    return this.#code.emit('v128.load', [pointerOf(this.#f, access.group)], { imm: this.#place(access), loc });
  }

  #store({ lanes }: Pack, value: ValueId): void {
    const access = this.#job.accesses.of.get(lanes[0] as ValueId) as Access;
    const { loc } = instOf(this.#f, lanes[0] as ValueId);
    const pointer = pointerOf(this.#f, access.group);
    this.#code.emit('v128.store', [pointer, value], { imm: this.#place(access), loc });
  }
}
