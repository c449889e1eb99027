/**
 * The structure of a function: ids, places, parts of blocks. Everything else relies on it, so that what fails here is
 * not looked at further. Fills in where each instruction stands. The invariants are listed in verify.ts.
 */

import * as codes from '../diag-codes.ts';
import type { Block, BlockId, Func, Inst, ValueId } from '../func.ts';
import { isTerminator } from '../op.ts';
import { isType } from '../type.ts';
import { areTypes, eachPlaced, type FuncCheck } from './check.ts';

/** Checks the structure; false when anything is wrong. */
export function checkStructure(c: FuncCheck): boolean {
  checkHead(c);
  checkOrder(c);
  if (c.found.length > 0) return false;
  checkParams(c);
  placeAll(c);
  if (c.found.length > 0) return false;
  checkReferences(c);
  return c.found.length === 0;
}

function checkHead(c: FuncCheck): void {
  const { f } = c;
  if (!f.name.isWellFormed()) c.report(codes.badText);
  for (const types of [f.sig.params, f.sig.results, f.slots]) {
    if (areTypes(types)) continue;
    const bad = Array.from(types, String).find((type) => !isType(type));
    c.report((on) => codes.badType(on, String(bad)));
  }
  for (const names of [f.valueNames, f.blockNames]) {
    for (const name of names.values()) if (!name.isWellFormed()) c.report(codes.badText);
  }
}

function checkOrder(c: FuncCheck): void {
  const { f } = c;
  if (f.order.length === 0) c.report((on) => codes.badEntry(on, 'there is no entry block'));
  const seen = new Uint8Array(f.blocks.length);
  for (const b of f.order) {
    if (f.blocks[b] === undefined) c.report((on) => codes.badOrder(on, `the order names ${b}, which is no block`));
    else if (seen[b] === 1) c.report((on) => codes.badOrder(on, 'it stands in the order twice'), null, b);
    else seen[b] = 1;
  }
  for (const [b, block] of f.blocks.entries()) {
    if (block !== undefined && seen[b] === 0) {
      c.report((on) => codes.badOrder(on, `block ${b} is not in the order`));
    }
  }
}

function checkParams(c: FuncCheck): void {
  const { f, places } = c;
  const want = f.sig.params.length;
  if (f.params.length !== want) {
    c.report((on) => codes.badParams(on, `${f.params.length} parameters, the signature has ${want}`));
  }
  for (const [k, v] of f.params.entries()) {
    const inst = f.insts[v];
    if (inst === undefined) {
      c.report((on) => codes.noSuchValue(on, v));
      continue;
    }
    if (inst.op.kind !== 'param') c.report((on) => codes.wrongPart(on, 'the list of parameters'), v);
    if (inst.imm !== k || (k < want && inst.type !== f.sig.params[k])) {
      c.report((on) => codes.badParams(on, `parameter ${k} is ${inst.type} #${String(inst.imm)}`), v);
    }
    if (places.home[v] !== -2) c.report((on) => codes.misplaced(on, 2), v);
    else places.home[v] = -1;
  }
}

// Where everything stands, and whether it may stand there.
function placeAll(c: FuncCheck): void {
  const { f, places } = c;
  const { home, index } = places;
  const put = (v: ValueId, b: BlockId, at: number): Inst | undefined => {
    const inst = f.insts[v];
    if (inst === undefined) {
      c.report((on) => codes.noSuchValue(on, v), null, b);
    } else if (home[v] !== -2) {
      c.report((on) => codes.misplaced(on, 2), v, b);
    } else {
      home[v] = b;
      index[v] = at;
    }
    return inst;
  };
  for (const b of f.order) {
    const { phis, body, term } = f.blocks[b] as Block;
    let at = 0;
    for (const v of phis) {
      const inst = put(v, b, at++);
      if (inst !== undefined && inst.op.kind !== 'phi') c.report((on) => codes.wrongPart(on, "its block's phis"), v);
    }
    for (const v of body) {
      const inst = put(v, b, at++);
      if (inst === undefined) continue;
      const { kind } = inst.op;
      if (kind === 'phi' || kind === 'param' || isTerminator(inst.op)) {
        c.report((on) => codes.wrongPart(on, "its block's body"), v);
      }
    }
    const inst = put(term, b, at);
    if (inst !== undefined && !isTerminator(inst.op)) {
      c.report((on) => codes.wrongPart(on, "its block's end, which is a terminator's place"), term);
    }
    if (c.full) return;
  }
  for (let v = 0; v < f.insts.length; v++) {
    if (f.insts[v] !== undefined && home[v] === -2) c.report((on) => codes.misplaced(on, 0), v as ValueId);
  }
}

// Operands and blocks exist; the entry is not a target.
function checkReferences(c: FuncCheck): void {
  const { f } = c;
  const entry = f.order[0];
  for (const v of f.params) {
    const inst = f.insts[v] as Inst;
    if (inst.args.length > 0) c.report((on) => codes.wrongArity(on, '0', inst.args.length), v);
    if (inst.blocks.length > 0) c.report((on) => codes.badTarget(on, 'a parameter has no blocks'), v);
  }
  eachPlaced(c, (v, inst, b) => {
    for (const arg of inst.args) {
      if (f.insts[arg] === undefined) c.report((on) => codes.noSuchOperand(on, arg), v);
    }
    for (const target of inst.blocks) {
      if (f.blocks[target] === undefined) c.report((on) => codes.badTarget(on, `${target} is no block`), v);
      else if (target === entry && isTerminator(inst.op)) {
        c.report((on) => codes.badEntry(on, `it goes to the entry block ${c.label(target)}`), v, b);
      }
    }
    checkBlockCount(c, v, inst);
  });
}

function checkBlockCount(c: FuncCheck, v: ValueId, inst: Inst): void {
  const got = inst.blocks.length;
  const want = blockCount(inst);
  if (got === want) return;
  if (inst.op.kind === 'phi') {
    c.report((on) => codes.badPhi(on, `${want} operands for ${got} predecessors`), v);
  } else {
    c.report((on) => codes.badTarget(on, `${got} targets instead of ${want}`), v);
  }
}

function blockCount({ op, args, imm }: Inst): number {
  switch (op.kind) {
    case 'phi':
      return args.length;
    case 'br':
      return 1;
    case 'br_if':
    case 'invoke':
      return 2;
    case 'switch':
      return Array.isArray(imm) ? imm.length + 1 : 1;
    default:
      return 0;
  }
}

/** The block of an instruction of a sound function; -1 for parameters. @internal */
export function homeOf(c: FuncCheck, v: ValueId): number {
  return c.places.home[v] as number;
}

/** An instruction of a sound function. @internal */
export function soundInst(f: Func, v: ValueId): Inst {
  return f.insts[v] as Inst;
}
