/** Handlers of the Wasm loop that transfer control: jumps, switches, calls, returns. */

import type { OpDef } from '@sluice/ir';
import { opcode } from '@sluice/wasm-format';
import { entryBytes } from './call-log.ts';
import { emitOperands } from './emit-op.ts';
import type { Handler } from './handler.ts';
import { headBytes, isImport, state, status } from './layout.ts';
import { type HandlerWriter, imported, local } from './writer.ts';

/** Writes a handler that transfers control. */
export function emitControl(w: HandlerWriter, handler: Handler): void {
  switch (handler.shape) {
    case 'halt':
      w.addCount(-1n).exit(status.done);
      return;
    case 'fall':
    case 'trap':
      w.exit(status.trap);
      return;
    case 'clear':
      emitClear(w);
      return;
    case 'jump':
      goTo(w, handler, 1);
      return;
    case 'jump-if':
      w.value(1, 'i32').if();
      goTo(w, handler, 2);
      w.end().advance(1);
      return;
    case 'jump-unless':
      w.value(1, 'i32').op(opcode.i32_eqz).if();
      goTo(w, handler, 2);
      w.end().advance(1);
      return;
    case 'jump-op':
    case 'jump-op-imm': {
      const op = handler.op as OpDef;
      emitOperands(w, op, 1, handler.shape === 'jump-op-imm');
      w.op(...(op.wasm ?? [])).if();
      goTo(w, handler, 3);
      w.end().advance(1);
      return;
    }
    case 'switch-table':
      emitTable(w);
      return;
    case 'switch-search':
      emitSearch(w);
      return;
    case 'call-host':
      w.saveAll().localGet(local.pc).localGet(local.fp).call(imported.host);
      w.stateWord(state.fuel).localSet(local.fuel).advance(1);
      return;
    case 'call-host-log':
      emitLog(w, handler.argc);
      return;
    case 'return':
      emitReturn(w, handler.argc === 1);
      return;
    case 'return-multi':
      emitReturnMulti(w);
      return;
    default:
      w.arrive();
      emitCall(w, handler);
  }
}

/** Continues at the target in word `k`. */
function goTo(w: HandlerWriter, handler: Handler, k: number): void {
  w.word(k).localSet(local.pc);
  if (handler.back) w.tick();
  w.resume();
}

/** Continues at the address in `a`; backwards it costs fuel. */
function goToComputed(w: HandlerWriter): void {
  w.localGet(local.a).localGet(local.pc).op(opcode.i32_le_u).if();
  w.localGet(local.a).localSet(local.pc).tick().resume();
  w.end();
  w.localGet(local.a).localSet(local.pc).resume();
}

/** Zeroes cells: words first cell, number. It is no instruction of the program. */
function emitClear(w: HandlerWriter): void {
  w.addCount(-1n).cell(1).localSet(local.a);
  w.localGet(local.a).word(2).i32Const(3).op(opcode.i32_shl, opcode.i32_add).localSet(local.b);
  w.loop().localGet(local.a).i64Const(0n).put('i64');
  w.localGet(local.a).i32Const(8).op(opcode.i32_add).localTee(local.a).localGet(local.b).op(opcode.i32_lt_u);
  w.brIf(0).end().advance(1);
}

/** Words: cell, least case, number of targets, targets, default. */
function emitTable(w: HandlerWriter): void {
  w.value(1, 'i32').word(2).op(opcode.i32_sub).localTee(local.a).word(3).localTee(local.b).op(opcode.i32_lt_u);
  w.if('i32').localGet(local.a).else().localGet(local.b).end();
  w.i32Const(2).op(opcode.i32_shl).localGet(local.pc).op(opcode.i32_add).access([opcode.i32_load], 16);
  w.localSet(local.a);
  goToComputed(w);
}

/** Words: cell, number of cases, default, pairs of case and target by rising case. Binary search between b and c. */
function emitSearch(w: HandlerWriter): void {
  const pair = () => w.localGet(local.d).i32Const(3).op(opcode.i32_shl).localGet(local.pc).op(opcode.i32_add);
  w.value(1, 'i32').localSet(local.a).i32Const(0).localSet(local.b).word(2).localSet(local.c);
  w.loop();
  w.localGet(local.b).localGet(local.c).op(opcode.i32_lt_u).if();
  w.localGet(local.b).localGet(local.c).op(opcode.i32_add).i32Const(1).op(opcode.i32_shr_u).localSet(local.d);
  pair().access([opcode.i32_load], 16).localGet(local.a).op(opcode.i32_eq).if();
  pair().access([opcode.i32_load], 20).localSet(local.a);
  goToComputed(w);
  w.end();
  pair().access([opcode.i32_load], 16).localGet(local.a).op(opcode.i32_lt_s).if();
  w.localGet(local.d).i32Const(1).op(opcode.i32_add).localSet(local.b);
  w.else().localGet(local.d).localSet(local.c).end();
  w.br(1).end().end();
  w.word(3).localSet(local.a);
  goToComputed(w);
}

/** a: the entry, then the end of it. Words: place of the import's limit, import, cells. */
function emitLog(w: HandlerWriter, argc: number): void {
  const bytes = entryBytes(argc);
  w.stateWord(state.logTop).localTee(local.a).word(2).access([opcode.i32_store], 0);
  for (let i = 0; i < argc; i++) {
    w.localGet(local.a)
      .value(3 + i, 'i64')
      .access([opcode.i64_store], 8 + i * 8);
  }
  w.i32Const(0).localGet(local.a).i32Const(bytes).op(opcode.i32_add).localTee(local.a);
  w.access([opcode.i32_store], state.logTop);
  w.localGet(local.a).word(1).access([opcode.i32_load], 0).op(opcode.i32_gt_u).if();
  w.saveAll().here().localGet(local.fp).call(imported.host).stateWord(state.fuel).localSet(local.fuel).end();
  w.advance(Math.ceil((3 + argc) / 4));
}

function emitReturn(w: HandlerWriter, value: boolean): void {
  if (value) w.localGet(local.fp).access([opcode.i32_load], 8).value(1, 'i64').put('i64');
  leaveFrame(w);
}

/** Words: number, cells. Results go where the caller's list of offsets says. */
function emitReturnMulti(w: HandlerWriter): void {
  const at = (base: number) => w.localGet(base).localGet(local.c).i32Const(2).op(opcode.i32_shl, opcode.i32_add);
  w.localGet(local.fp).access([opcode.i32_load], 8).localSet(local.a);
  w.i32Const(0).localSet(local.c).loop();
  at(local.a).access([opcode.i32_load], 0).localGet(local.fp).access([opcode.i32_load], 4).op(opcode.i32_add);
  at(local.pc).access([opcode.i32_load], 8).localGet(local.fp).op(opcode.i32_add).access([opcode.i64_load], 0);
  w.put('i64');
  w.localGet(local.c).i32Const(1).op(opcode.i32_add).localTee(local.c).word(1).op(opcode.i32_lt_u).brIf(0).end();
  leaveFrame(w);
}

function leaveFrame(w: HandlerWriter): void {
  w.localGet(local.fp).access([opcode.i32_load], 0).localSet(local.pc);
  w.localGet(local.fp).access([opcode.i32_load], 4).localSet(local.fp);
  w.localGet(local.depth).i32Const(1).op(opcode.i32_add).localSet(local.depth).resume();
}

/** Where the words of a call lie. */
interface CallForm {
  /** Word of the argument count and of the first argument; count -1: known from the handler. */
  readonly count: number;
  readonly first: number;
  readonly indirect: boolean;
  /** Several results: their list stands behind the arguments, its length in front of it. */
  readonly multi: boolean;
}

function callForm(handler: Handler): CallForm {
  switch (handler.shape) {
    case 'call':
      return { count: -1, first: 4, indirect: false, multi: false };
    case 'call-n':
      return { count: 4, first: 5, indirect: false, multi: false };
    case 'call-multi':
      return { count: 3, first: 4, indirect: false, multi: true };
    case 'call-indirect':
      return { count: 5, first: 7, indirect: true, multi: false };
    case 'call-indirect-multi':
      return { count: 5, first: 7, indirect: true, multi: true };
    default:
      throw new Error(`no handler for '${handler.key}'`);
  }
}

/**
 * a: the callee's frame; b: its code; c: counts arguments; d: address behind the instruction. Nothing is changed before
 * the checks have passed, so that the call can be carried out again.
 */
function emitCall(w: HandlerWriter, handler: Handler): void {
  const form = callForm(handler);
  if (form.indirect) emitTarget(w);
  else w.word(1).localSet(local.b);
  w.localGet(local.fp).word(2).op(opcode.i32_add).localTee(local.a);
  w.stateWord(state.frameLimit).op(opcode.i32_gt_u).exitIf(status.frames);
  w.localGet(local.depth).op(opcode.i32_eqz).exitIf(status.depth);
  if (form.count < 0) {
    for (let i = 0; i < handler.argc; i++) {
      w.localGet(local.a)
        .value(form.first + i, 'i64')
        .access([opcode.i64_store], headBytes + i * 8);
    }
  } else copyArguments(w, form);
  w.localGet(local.a);
  if (form.count < 0) {
    w.localGet(local.pc).i32Const(Math.ceil((form.first + handler.argc) / 4) * 16);
    w.op(opcode.i32_add);
  } else emitEnd(w, form);
  w.access([opcode.i32_store], 0);
  w.localGet(local.a).localGet(local.fp).access([opcode.i32_store], 4);
  w.localGet(local.a);
  if (form.multi) resultList(w, form);
  else w.cell(3);
  w.access([opcode.i32_store], 8);
  w.localGet(local.depth).i32Const(1).op(opcode.i32_sub).localSet(local.depth);
  w.localGet(local.b).localSet(local.pc).localGet(local.a).localSet(local.fp);
  w.tick().resume();
}

/** Finds the element that the cell of word 4 names in the table of word 6: b := its code. Imports are called at once. */
function emitTarget(w: HandlerWriter): void {
  w.value(4, 'i32').localTee(local.b).word(6).access([opcode.i32_load], 0).op(opcode.i32_ge_u).exitIf(status.trap);
  w.word(6)
    .access([opcode.i32_load], 4)
    .localGet(local.b)
    .i32Const(3)
    .op(opcode.i32_shl, opcode.i32_add)
    .localTee(local.b);
  w.access([opcode.i32_load], 4).word(1).op(opcode.i32_ne).exitIf(status.trap);
  w.localGet(local.b).access([opcode.i32_load], 0).localTee(local.b).i32Const(isImport).op(opcode.i32_eq).if();
  w.saveAll().localGet(local.pc).localGet(local.fp).call(imported.host);
  w.stateWord(state.fuel).localSet(local.fuel).stateWord(state.pc).localSet(local.pc).resume();
  w.end();
}

function copyArguments(w: HandlerWriter, form: CallForm): void {
  const offset = () => w.localGet(local.c).i32Const(2).op(opcode.i32_shl);
  w.i32Const(0).localSet(local.c);
  w.loop().localGet(local.c).word(form.count).op(opcode.i32_lt_u).if();
  w.localGet(local.a).localGet(local.c).i32Const(3).op(opcode.i32_shl, opcode.i32_add);
  w.localGet(local.pc);
  offset()
    .op(opcode.i32_add)
    .access([opcode.i32_load], form.first * 4);
  w.localGet(local.fp).op(opcode.i32_add).access([opcode.i64_load], 0).access([opcode.i64_store], headBytes);
  w.localGet(local.c).i32Const(1).op(opcode.i32_add).localSet(local.c).br(1).end().end();
}

/** Pushes the address of the list of results. */
function resultList(w: HandlerWriter, form: CallForm): void {
  w.localGet(local.pc).word(form.count).i32Const(2).op(opcode.i32_shl, opcode.i32_add);
  w.i32Const((form.first + 1) * 4).op(opcode.i32_add);
}

/** Pushes the address of the next instruction: words so far, rounded up to whole slots. */
function emitEnd(w: HandlerWriter, form: CallForm): void {
  w.localGet(local.pc)
    .word(form.count)
    .i32Const(form.first + 3)
    .op(opcode.i32_add);
  if (form.multi) {
    w.localGet(local.pc).word(form.count).i32Const(2).op(opcode.i32_shl, opcode.i32_add);
    w.access([opcode.i32_load], form.first * 4)
      .op(opcode.i32_add)
      .i32Const(1)
      .op(opcode.i32_add);
  }
  w.i32Const(2).op(opcode.i32_shr_u).i32Const(4).op(opcode.i32_shl, opcode.i32_add);
}
