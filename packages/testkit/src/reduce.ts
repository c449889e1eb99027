/**
 * Makes a failing module smaller: parts are taken out as long as what is left is well-formed and still fails. It knows the
 * IR and nothing of the fault.
 *
 * Paper:   Andreas Zeller, Ralf Hildebrandt, Simplifying and Isolating Failure-Inducing Input, TSE 2002 (halving lists of
 *          changes); John Regehr et al., Test-Case Reduction for C Compiler Bugs, PLDI 2012 (many small transformations).
 * Steps:   branches become jumps; blocks without a way to them go; instructions become constants, operands or nothing, in
 *          pieces of half of them down to single ones; functions, globals, data and slots that nothing names go.
 * Ends:    each step that is kept makes `weightOf` smaller; `tries` bounds the rest.
 */

import {
  coreOp,
  coreTable,
  Editor,
  type Func,
  type Inst,
  isTerminator,
  type Module,
  makeInst,
  none,
  orderOf,
  referencedFunctions,
  termOf,
  type ValueId,
  verifyModule,
  withEdges,
  withFuncs,
  zeroOf,
} from '@sluice/ir';

/** How long to try. */
export interface ReduceOptions {
  /** Modules that are tried at most. Default: 5000. */
  readonly tries?: number;
}

/** The smallest module found for which `fails` holds; it must hold of `m`. Exceptions of `fails` count as false. */
export function reduceModule(
  m: Module,
  fails: (candidate: Module) => boolean,
  { tries = 5000 }: ReduceOptions = {},
): Module {
  let best = m;
  let left = tries;
  const keep = (candidate: Module | null): boolean => {
    if (candidate === null || left-- <= 0 || weightOf(candidate) >= weightOf(best)) return false;
    if (verifyModule(candidate).length > 0 || !holds(fails, candidate)) return false;
    best = candidate;
    return true;
  };
  for (let before = Number.POSITIVE_INFINITY; weightOf(best) < before && left > 0; ) {
    before = weightOf(best);
    dropUnnamed(best, keep);
    for (let i = 0; i < best.funcs.length && left > 0; i++) {
      const current = (): Func => best.funcs[i] as Func;
      const change = (edit: (e: Editor) => void): boolean => keep(edited(best, current(), edit));
      straighten(current, change);
      shrinkLists(current, change);
    }
  }
  return best;
}

function holds(fails: (m: Module) => boolean, m: Module): boolean {
  try {
    return fails(m);
  } catch {
    return false;
  }
}

/** What reduction makes less of: constants weigh less than other instructions, jumps less than branches. */
function weightOf(m: Module): number {
  let weight =
    10 * (m.funcs.length + m.globals.length + m.data.length + m.imports.length + (m.memory === null ? 0 : 1));
  for (const f of m.funcs) {
    weight += f.slots.length;
    for (const inst of f.insts) {
      if (inst !== undefined) weight += inst.op.kind === 'const' ? 1 : 2 + inst.args.length + 4 * inst.blocks.length;
    }
  }
  return weight;
}

/** The module with one function edited; null where the edit was refused. */
function edited(m: Module, f: Func, edit: (e: Editor) => void): Module | null {
  try {
    const e = new Editor(f);
    edit(e);
    const next = e.finish();
    return next === f ? null : withFuncs(m, [next]);
  } catch {
    return null;
  }
}

type Change = (edit: (e: Editor) => void) => boolean;

/** Each branch goes to one of its targets, or returns at once. */
function straighten(current: () => Func, change: Change): void {
  for (const b of current().order) {
    if (!current().order.includes(b)) continue;
    const { blocks } = termOf(current(), b);
    const returns = (e: Editor): void => {
      const results = current().sig.results.map((type) => e.append(b, constantOf(type)));
      e.setTerm(b, makeInst(coreOp('ret'), results));
      sweep(e);
    };
    if (blocks.length > 0 && change(returns)) continue;
    for (const to of blocks.length > 1 ? new Set(blocks) : none) {
      const goes = (e: Editor): void => {
        e.setTerm(b, makeInst(coreOp('br'), none, { blocks: [to] }));
        sweep(e);
      };
      if (change(goes)) break;
    }
  }
  change(sweep);
}

/** Takes out what nothing reaches. */
function sweep(e: Editor): void {
  const order = orderOf(e.finish());
  for (const b of [...e.order]) if (!order.reaches(b)) e.removeBlock(b);
}

/** Instructions become less, in pieces of half of them, of a quarter, ... */
function shrinkLists(current: () => Func, change: Change): void {
  for (const less of [removed, constant, operand, cheaper]) {
    const list = [...current().insts.keys()].filter((v) => current().insts[v] !== undefined) as ValueId[];
    for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < list.length; at += size) {
        const piece = list.slice(at, at + size).reverse();
        change((e) => {
          for (const v of piece) if (e.has(v)) less(e, v, e.inst(v));
        });
      }
      if (size === 1) break;
    }
  }
}

const isPlain = ({ op }: Inst): boolean => !isTerminator(op) && op.kind !== 'param';

/** Nothing in place of what nobody uses. */
function removed(e: Editor, v: ValueId, inst: Inst): void {
  if (isPlain(inst) && e.users(v).every((user) => user === v)) e.remove(v);
}

/** A zero in place of a value. */
function constant(e: Editor, v: ValueId, inst: Inst): void {
  if (!isPlain(inst) || inst.op.kind === 'const' || inst.type === 'void' || inst.type === 'tuple') return;
  if (coreTable.get(`${inst.type}.const`) === undefined) return;
  e.replaceWith(v, e.prepend(e.order[0] as (typeof e.order)[number], constantOf(inst.type)));
}

/** An operand in place of a value. */
function operand(e: Editor, v: ValueId, inst: Inst): void {
  if (!isPlain(inst)) return;
  const same = inst.args.find((arg) => arg !== v && e.inst(arg).type === inst.type);
  if (same !== undefined) e.replaceWith(v, same);
}

/** A smaller constant; a switch with fewer cases. */
function cheaper(e: Editor, v: ValueId, inst: Inst): void {
  if (inst.op.kind !== 'switch') return;
  const b = e.blockOf(v);
  const on = makeInst(coreOp('br_if'), inst.args);
  e.setTerm(b, withEdges(on, inst.args, [inst.blocks[0] ?? b, inst.blocks.at(-1) ?? b]));
}

const constantOf = (type: Func['sig']['results'][number]): Inst =>
  makeInst(coreTable.get(`${type}.const`) ?? coreOp('i32.const'), none, { imm: zeroOf(type) });

/** Items of the module that nothing names. */
function dropUnnamed(m: Module, keep: (m: Module) => boolean): void {
  const named = new Set<unknown>([
    ...referencedFunctions(m),
    m.start,
    m.initialiser,
    ...m.exports.map(({ name }) => name),
  ]);
  for (const f of m.funcs) for (const inst of f.insts) if (inst !== undefined) named.add(inst.imm);
  keep({
    ...m,
    funcs: m.funcs.filter(({ name }, i) => i === 0 || named.has(name)),
    globals: m.globals.filter(({ name }) => named.has(name)),
    imports: m.imports.filter(({ name }) => named.has(name)),
  });
  keep({ ...m, tables: [], segments: [], memory: null, data: [] });
  keep({ ...m, data: [] });
}
