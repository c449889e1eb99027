/**
 * What an emitter of Wasm lets others add to the code of functions: engines count fuel and depth, give traps their kinds
 * and carry out ops that Wasm has no instruction for. Without hooks the code is plain.
 *
 * Extra imports come before those of the module: hooks know their function indices before anything is emitted.
 */

import type { BlockId, Func, Inst, Module, TrapKind } from '@sluice/ir';
import type { CodeWriter } from './code.ts';
import type { WasmFuncType, WasmModule, WasmType } from './module.ts';

/** Writes code within a function. Locals of the function may be read; those that hooks write are asked for. */
export interface HookWriter extends CodeWriter {
  /** A local of this type that is the hook's own until it returns; asking `k` times for several gives different ones. */
  readonly scratch: (type: WasmType, k?: number) => number;
}

/** Called while a function is emitted. The stack must be left as it was found, except where it says otherwise. */
export interface CodeHooks {
  /** At the start of a function's code. */
  readonly enter?: (w: HookWriter, f: Func) => void;
  /** Before each return; the results lie on the stack and stay. */
  readonly leave?: (w: HookWriter, f: Func) => void;
  /** On which edges of the IR (terminator of `from` to `to`) `edge` has something to write. */
  readonly busy?: (f: Func, from: BlockId, to: BlockId) => boolean;
  /** On such an edge, before its phi moves. */
  readonly edge?: (w: HookWriter, f: Func, from: BlockId, to: BlockId) => void;
  /**
   * Before an instruction, its operands on the stack. True: the hook has written what takes the operands and leaves the
   * results. False: the stack is as it was (the hook may have looked at it), and the instruction follows.
   */
  readonly instr?: (w: HookWriter, f: Func, inst: Inst) => boolean;
  /** Instead of `unreachable`, for the terminator `trap`; `unreachable` follows in any case. */
  readonly trap?: (w: HookWriter, kind: TrapKind) => void;
}

/** How to emit for someone who adds to it. */
export interface EmissionOptions {
  readonly hooks?: CodeHooks;
  /** Function imports that come first: extra import k is function k. */
  readonly extra?: readonly { readonly module: string; readonly field: string; readonly type: WasmFuncType }[];
}

/**
 * Emits a prepared module as data, so that whoever asked can change imports and exports before it is encoded. Functions stand
 * in the order: extra imports, imports, functions; globals, tables: imported ones first, else in the module's order.
 */
export type WasmEmitter = (m: Module, options?: EmissionOptions) => WasmModule;
