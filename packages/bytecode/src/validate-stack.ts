/**
 * Validator of the stack machine: after it, the VM may run the code without checks of its own, at heights of the stack
 * that are known before the program runs.
 *
 * The code is run on types instead of values. At each instruction that control may reach the stack has one shape, the
 * same along every way there; instructions find the operands they take; a return finds the results and nothing else.
 *
 *     i32.const 1      []               a shape is a list shared with all that have the same bottom:
 *     i64.const 2      [i32]            [] <- i32 <- i64
 *   again:                                       <- f32
 *     ...              [i32, i64]       so that equal shapes are one object and a step costs what it pops and pushes
 *
 * Code that no way leads to is accepted when its operands are good (names, indices, labels): it never runs, and has
 * no shape (`heightAt` is -1 there). The last instruction of a function must not go on, reached or not.
 *
 * Paper: folklore (Java's and Wasm's validators); shapes are hash-consed as in Ershov, On programming of arithmetic
 * operations, 1958. Cost: linear in instructions, labels and the signatures of calls.
 */

import { fail, ok, type Result, type Signature, type SigType, type Type, valueTypes } from '@sluice/ir';
import { badJoin, badReturn, badStack, tooMany } from './diag-codes.ts';
import type { Instr } from './instr.ts';
import type { StackFunc, StackProgram } from './program.ts';
import { partsOf } from './sequence.ts';
import {
  checkFrame,
  contextOf,
  type FuncContext,
  funcContext,
  isFull,
  limits,
  maxDiagnostics,
  placeOf,
} from './validate-context.ts';
import { checkItems } from './validate-items.ts';
import { checkOperands } from './validate-operands.ts';

/** What the validator found out about a function. */
export interface StackInfo {
  /** The most values that its operand stack holds. */
  readonly maxStack: number;
  /** For each instruction the height of the stack before it; -1: control never comes there. */
  readonly heightAt: Int32Array;
  /** The types on the stack before an instruction, top last; null: control never comes there. */
  readonly typesAt: (index: number) => readonly Type[] | null;
  /** As `typesAt`, but shared and in no time: the top of the stack. */
  readonly shapeAt: (index: number) => StackShape | null;
}

/** A stack of types: its top (null: it is empty), what is below, how many there are. */
export interface StackShape {
  readonly type: Type | null;
  readonly below: StackShape | null;
  readonly height: number;
}

/** Validates a program of the stack machine; what was found out about each function, in order. */
export function validateStack(program: StackProgram, options: { readonly file: string }): Result<readonly StackInfo[]> {
  const cx = contextOf(program, options.file);
  checkItems(cx);
  const infos: StackInfo[] = [];
  for (const f of program.funcs) {
    if (isFull(cx)) break;
    const fx = funcContext(cx, f);
    const locals = [...f.sig.params, ...f.locals];
    checkFrame(fx, locals.length);
    checkOperands(fx, { registers: locals.length, slots: 0 });
    if (fx.found() > 0) continue;
    const info = flow(fx, f, locals);
    if (info === null) continue;
    if (info.maxStack + locals.length > limits.frame) {
      cx.diagnostics.push(tooMany(placeOf(cx, f), `cells in the frame of @${f.name}`, limits.frame));
    }
    infos.push(info);
  }
  if (cx.diagnostics.length > 0) return fail(...cx.diagnostics.slice(0, maxDiagnostics));
  return ok(infos);
}

/** A stack: a type on a stack below. Equal stacks of a function are one object. */
interface Shape {
  readonly type: Type | null;
  readonly below: Shape | null;
  readonly height: number;
  readonly above: (Shape | undefined)[];
}

function shape(type: Type | null, below: Shape | null, height: number): Shape {
  return { type, below, height, above: [] };
}

function push(s: Shape, type: Type): Shape {
  const k = valueTypes.indexOf(type);
  let next = s.above[k];
  if (next === undefined) {
    next = shape(type, s, s.height + 1);
    s.above[k] = next;
  }
  return next;
}

/** The stack without `types` on top of it; null when they are not there. */
function pop(s: Shape, types: readonly SigType[], own: Type | undefined): Shape | null {
  let at: Shape = s;
  for (let k = types.length - 1; k >= 0; k--) {
    if (at.below === null || at.type !== (types[k] === 'T' ? own : types[k])) return null;
    at = at.below;
  }
  return at;
}

function typesOf(s: Shape): readonly Type[] {
  const types: Type[] = [];
  for (let at: Shape | null = s; at !== null && at.type !== null; at = at.below) types.push(at.type);
  return types.reverse();
}

// Messages show the top of the stack only.
const shown = 8;

function describe(types: readonly (SigType | null)[]): string {
  return (types.length > shown ? ['...', ...types.slice(-shown)] : types).join(', ');
}

function describeShape(s: Shape): string {
  const types: (Type | null)[] = [];
  for (let at: Shape = s; at.below !== null && types.length <= shown; at = at.below) types.push(at.type);
  return describe(types.reverse());
}

function flow(fx: FuncContext, f: StackFunc, locals: readonly Type[]): StackInfo | null {
  const { code } = f;
  const shapes: (Shape | undefined)[] = new Array(code.length).fill(undefined);
  shapes[0] = shape(null, null, 0);
  const work: number[] = [0];
  let maxStack = 0;
  // Each instruction is entered into `shapes` once and then visited once.
  for (let start = work.pop(); start !== undefined; start = work.pop()) {
    for (let index = start; ; index++) {
      const instr = code[index] as Instr;
      const before = shapes[index] as Shape;
      let after: Shape | null = before;
      if (instr.def.sequence.length === 0) {
        after = step(fx, f, locals, index, instr, before);
        maxStack = Math.max(maxStack, after?.height ?? 0);
      } else {
        for (const part of partsOf(instr)) {
          after = after && step(fx, f, locals, index, part, after);
          maxStack = Math.max(maxStack, after?.height ?? 0);
        }
      }
      if (after === null) return null;
      const now = after;
      const reach = (target: number): boolean | null => {
        const known = shapes[target];
        if (known === now) return false;
        if (known !== undefined) {
          fx.at(index, (at) => badJoin(at, target, describeShape(known), describeShape(now)));
          return null;
        }
        shapes[target] = now;
        return true;
      };
      for (const target of targetsOf(instr)) {
        const isNew = reach(target);
        if (isNew === null) return null;
        if (isNew) work.push(target);
      }
      if (instr.def.ends) break;
      const isNew = reach(index + 1);
      if (isNew === null) return null;
      if (!isNew) break;
    }
  }
  const heightAt = Int32Array.from(shapes, (s) => s?.height ?? -1);
  return {
    maxStack,
    heightAt,
    typesAt: (index) => {
      const s = shapes[index];
      return s === undefined ? null : typesOf(s);
    },
    shapeAt: (index) => shapes[index] ?? null,
  };
}

const noTargets: readonly number[] = [];

function targetsOf({ def, operands }: Instr): readonly number[] {
  if (def.role === 'switch') return operands[def.operands.indexOf('labels')] as readonly number[];
  const k = def.operands.indexOf('label');
  return k < 0 ? noTargets : [operands[k] as number];
}

// The stack after an instruction; null when it was reported.
function step(
  fx: FuncContext,
  f: StackFunc,
  locals: readonly Type[],
  index: number,
  { def, operands }: Instr,
  before: Shape,
): Shape | null {
  const take = (types: readonly SigType[], own?: Type): Shape | null => {
    const rest = pop(before, types, own);
    if (rest === null) {
      const want = describe(types.map((type) => (type === 'T' ? (own ?? type) : type)));
      fx.at(index, (at) => badStack(at, def.name, want, describeShape(before)));
    }
    return rest;
  };
  const replace = (types: readonly SigType[], gives: readonly SigType[], own?: Type): Shape | null => {
    let s = take(types, own);
    for (const type of gives) s = s && push(s, type === 'T' ? (own as Type) : type);
    return s;
  };
  const call = (sig: Signature | undefined, ...extra: readonly Type[]): Shape | null => {
    if (sig === undefined) throw new Error(`'${def.name}' was accepted without a callee`);
    return replace(extra.length === 0 ? sig.params : [...sig.params, ...extra], sig.results);
  };
  switch (def.role) {
    case 'local-get':
      return replace([], [locals[operands[0] as number] as Type]);
    case 'local-set':
      return replace([locals[operands[0] as number] as Type], []);
    case 'local-tee': {
      const type = locals[operands[0] as number] as Type;
      return replace([type], [type]);
    }
    case 'drop':
    case 'dup': {
      if (before.type === null) return take(['T']);
      return def.role === 'dup' ? push(before, before.type) : before.below;
    }
    case 'call':
      return call(fx.cx.funcs.get(operands[0] as string));
    case 'call-host':
      return call(fx.cx.imports.get(operands[0] as string));
    case 'call-indirect':
      return call(operands[0] as Signature, 'i32');
    case 'return': {
      const rest = pop(before, f.sig.results, undefined);
      if (rest?.height === 0) return rest;
      fx.at(index, (at) => badReturn(at, describe(f.sig.results), describeShape(before)));
      return null;
    }
    default: {
      const { pops, pushes } = def;
      if (pops === null || pushes === null) throw new Error(`'${def.name}' does not say what it pops and pushes`);
      const k = def.operands.indexOf('type');
      return replace(pops, pushes, k < 0 ? undefined : (operands[k] as Type));
    }
  }
}
