/**
 * Structural ops: what every function is made of, whatever its dialects. The meaning of those that are not of kind
 * `value` lies in the interpreter's control part (interp.ts), since it concerns frames and blocks.
 */

import { allRegions, controlOnly, type Effect, effect } from '../effect.ts';
import type { Machine } from '../machine.ts';
import { defineOp, type OpDef } from '../op.ts';
import { rangeRules } from '../range-ops.ts';
import { trapKinds } from '../trap.ts';
import type { Value } from '../value.ts';

/** Whatever a callee may do. */
const unknownCallee: Effect = {
  reads: allRegions & ~effect({ reads: ['slots'] }).reads,
  writes: allRegions & ~effect({ writes: ['slots'] }).writes,
  traps: trapKinds,
  diverges: true,
  grows: true,
  control: false,
};

/** What every function is made of: parameters, phis, copies, calls and terminators. */
export const coreOps = [
  defineOp('param', {
    doc: 'A parameter of the function; the immediate is its position. Stands in no block.',
    sig: '() -> T',
    kind: 'param',
    imm: 'index',
    cost: 0,
  }),
  defineOp('phi', {
    doc: 'The operand that belongs to the predecessor from which the block was entered.',
    sig: '(...) -> T',
    kind: 'phi',
    cost: 0,
  }),
  defineOp('copy', {
    doc: 'Its operand. Inserted by ssa-destruct so that a phi and its operands can share a place.',
    sig: '(T) -> T',
    bits: true,
    range: rangeRules.copy,
    eval: (a: Value) => a,
    js: '$0',
  }),
  defineOp('select', {
    doc: 'The first operand if the third is not zero, else the second; both are computed.',
    sig: '(T, T, i32) -> T',
    bits: true,
    range: rangeRules.select,
    eval: (a: Value, b: Value, c: number) => (c !== 0 ? a : b),
    js: '($2 !== 0 ? $0 : $1)',
    wasm: [0x1b],
    smt: '(ite (not (= $2 (_ bv0 32))) $0 $1)',
  }),
  defineOp('result', {
    doc: 'Element k of the tuple that a call with several results defines.',
    sig: '(...) -> T',
    kind: 'result',
    imm: 'index',
    cost: 0,
  }),
  defineOp('call', {
    doc: 'Calls a function of the module.',
    sig: '(...) -> T',
    kind: 'call',
    imm: 'func',
    effect: unknownCallee,
    cost: 10,
  }),
  defineOp('call_host', {
    doc: 'Calls an import; the call and its arguments are observable.',
    sig: '(...) -> T',
    kind: 'call',
    imm: 'func',
    effect: unknownCallee,
    cost: 20,
  }),
  defineOp('call_indirect', {
    doc: 'Calls the element of a table whose index (u32) is the last operand; traps unless it has the given signature.',
    sig: '(...) -> T',
    kind: 'call',
    imm: 'sig',
    effect: unknownCallee,
    cost: 15,
  }),
  defineOp('br', { doc: 'Goes to its target.', sig: '() -> void', kind: 'br', effect: controlOnly }),
  defineOp('br_if', {
    doc: 'Goes to the first target if the operand is not zero, else to the second.',
    sig: '(i32) -> void',
    kind: 'br_if',
    effect: controlOnly,
  }),
  defineOp('switch', {
    doc: 'Goes to the target whose case value equals the operand, else to the last target.',
    sig: '(i32) -> void',
    kind: 'switch',
    imm: 'cases',
    effect: controlOnly,
    cost: 2,
  }),
  defineOp('ret', { doc: 'Returns its operands.', sig: '(...) -> void', kind: 'ret', effect: controlOnly }),
  defineOp('trap', {
    doc: 'Traps with the given kind.',
    sig: '() -> void',
    kind: 'trap',
    imm: 'trap',
    effect: effect({ control: true, traps: trapKinds }),
  }),
  defineOp('invoke', {
    doc: 'Calls a function; goes to the first target when it returns, to the second when it throws. The result is defined on the first edge only.',
    sig: '(...) -> T',
    kind: 'invoke',
    imm: 'func',
    effect: { ...unknownCallee, control: true },
    cost: 10,
  }),
] as const satisfies readonly OpDef[];

/** Ops on the slots of a frame and on globals. */
export const stateOps = [
  defineOp('slot.get', {
    doc: 'The value of a slot of the frame; slots start as zero of their type. Slots have no address.',
    sig: '() -> T',
    imm: 'index',
    effect: effect({ reads: ['slots'] }),
    run: (m: Machine, k: number) => m.getSlot(k),
  }),
  defineOp('slot.set', {
    doc: 'Sets a slot of the frame.',
    sig: '(T) -> void',
    imm: 'index',
    effect: effect({ writes: ['slots'] }),
    run: (m: Machine, k: number, value: Value) => void m.setSlot(k, value),
  }),
  defineOp('global.get', {
    doc: 'The value of a global.',
    sig: '() -> T',
    imm: 'global',
    effect: effect({ reads: ['globals'] }),
    run: (m: Machine, name: string) => m.getGlobal(name),
  }),
  defineOp('global.set', {
    doc: 'Sets a mutable global.',
    sig: '(T) -> void',
    imm: 'global',
    effect: effect({ writes: ['globals'] }),
    run: (m: Machine, name: string, value: Value) => void m.setGlobal(name, value),
  }),
] as const satisfies readonly OpDef[];
