/**
 * Bril's instructions that compute, call or touch memory, as instructions of the IR. Those that end or leave a block are
 * lift.ts's.
 *
 * Checks are instructions of their own: of heap accesses, of code points, of dynamic types (lift-variables.ts).
 */

import {
  type BrilFunction,
  type BrilInstr,
  type BrilType,
  baseType,
  formatType,
  isAny,
  pointee,
} from '@sluice/bril-format';
import type { FuncBuilder, Import, OpName, Type, ValueId } from '@sluice/ir';
import type { LiftFlow } from './lift-flow.ts';
import { irType, simpleOps } from './lift-types.ts';
import { shadowOf } from './lift-undefined.ts';
import type { LiftVariables } from './lift-variables.ts';
import { findBrilOp } from './ops.ts';
import { constValue } from './value.ts';

/** What lifting an instruction needs. */
export interface LiftContext {
  /** The functions of the program, by name. */
  readonly functions: ReadonlyMap<string, BrilFunction>;
  /** The host's functions that print, by the types printed; grows. */
  readonly prints: Map<string, Import>;
  readonly b: FuncBuilder;
  readonly flow: LiftFlow;
  readonly variables: LiftVariables;
}

/** Lifts an instruction that leads to the next one; throws for ops that checking should have refused. */
export function liftInstr(c: LiftContext, instr: BrilInstr): void {
  const op = simpleOps[instr.op];
  if (op !== undefined) return simple(c, instr, op);
  const { variables } = c;
  const [first = '', second = ''] = instr.args;
  switch (instr.op) {
    case 'nop':
      return;
    case 'const':
      return constant(c, instr);
    case 'id':
      return variables.copy(first, instr.dest ?? '');
    case 'set':
      return variables.copy(second, shadowOf(first));
    case 'get':
      return variables.copy(shadowOf(instr.dest ?? ''), instr.dest ?? '');
    case 'undef':
      return variables.undefine(instr.dest ?? '');
    case 'div':
      return variables.define(instr, divide(c, first, second), baseType('int'));
    case 'int2char':
      return variables.define(instr, toChar(c, variables.readAs(first, baseType('int'))), baseType('char'));
    case 'call':
      return call(c, instr);
    case 'print':
      return print(c, instr);
    default:
      return memory(c, instr, first, second);
  }
}

function simple(c: LiftContext, instr: BrilInstr, op: OpName): void {
  const { b, variables } = c;
  const entry = findBrilOp(instr.op);
  const args = instr.args.map((name, i) => variables.readAs(name, baseType(entry?.args?.[i] ?? 'any')));
  variables.define(instr, b.emit(op, args), baseType(entry?.dest ?? 'any'));
}

function constant(c: LiftContext, instr: BrilInstr): void {
  const { type, value } = instr;
  if (type === null || value === null) throw new Error('liftBril: unchecked const');
  const literal = constValue(type, value);
  const { b, variables } = c;
  const made = (): ValueId => {
    switch (literal.type) {
      case 'int':
        return b.constant('i64', literal.value);
      case 'float':
        return b.constant('f64', literal.value);
      case 'bool':
        return b.constant('i32', literal.value ? 1 : 0);
      case 'char':
        return b.constant('i32', literal.value.codePointAt(0) ?? 0);
    }
  };
  variables.define(instr, made(), baseType(literal.type));
}

/**
 * `-2^63 / -1` wraps in Bril and traps in `i64.div_s`: -1 is taken apart unless the divisor is another constant. By a
 * branch, not by selects: these execute seven instructions in place of two (montecarlo: 226 million against 126).
 */
function divide(c: LiftContext, dividend: string, divisor: string): ValueId {
  const { b, variables } = c;
  const x = variables.readAs(dividend, baseType('int'));
  const y = variables.readAs(divisor, baseType('int'));
  const known = b.inst(y);
  if (known.op.kind === 'const' && known.imm !== -1n) return b.emit('i64.div_s', [x, y]);
  const [divides, negates, after] = [b.block(), b.block(), b.block()];
  b.brIf(b.emit('i64.ne', [y, b.constant('i64', -1n)]), divides, negates);
  b.seal(divides);
  b.at(divides);
  const quotient = b.emit('i64.div_s', [x, y]);
  b.br(after);
  b.seal(negates);
  b.at(negates);
  const negated = b.emit('i64.mul', [x, b.constant('i64', -1n)]);
  b.br(after);
  b.seal(after);
  b.at(after);
  const result = b.phi(after, 'i64');
  b.setPhi(result, [
    [divides, quotient],
    [negates, negated],
  ]);
  return result;
}

function toChar(c: LiftContext, code: ValueId): ValueId {
  const { b } = c;
  const inRange = b.emit('i64.lt_u', [code, b.constant('i64', 0x110000n)]);
  const fromSurrogates = b.emit('i64.sub', [code, b.constant('i64', 0xd800n)]);
  const noSurrogate = b.emit('i64.ge_u', [fromSurrogates, b.constant('i64', 0x800n)]);
  c.flow.require(b.emit('i32.and', [inRange, noSurrogate]), 'invalid-conversion');
  return b.emit('i32.wrap_i64', [code]);
}

function call(c: LiftContext, instr: BrilInstr): void {
  const { b, variables } = c;
  const callee = c.functions.get(instr.funcs[0] ?? '');
  if (callee === undefined) throw new Error('liftBril: unchecked call');
  if (c.flow.depth > 0) {
    b.trap('unreachable');
    return;
  }
  const args = callee.params.map(({ type }, i) => variables.readAs(instr.args[i] ?? '', type));
  const type: Type | 'void' = callee.type === null ? 'void' : irType(callee.type);
  const result = b.emit('call', args, callee.name, type);
  if (callee.type !== null) variables.define(instr, result, callee.type);
}

function print(c: LiftContext, instr: BrilInstr): void {
  const { variables } = c;
  const args = instr.args.map((name) => variables.read(name));
  const types = instr.args.map((name) => variables.typeOf(name));
  const field = types.map((type) => (type.ptr > 0 ? 'ptr' : formatType(type))).join(' ');
  let print = c.prints.get(field);
  if (print === undefined) {
    print = {
      // A Bril name has no '+', so that no function of the program is called so.
      name: `print+${field.replaceAll(' ', '+')}`,
      module: 'bril',
      field: `print ${field}`.trimEnd(),
      sig: { params: types.map(irType), results: [] },
    };
    c.prints.set(field, print);
  }
  c.b.emit('call_host', args, print.name, 'void');
}

function memory(c: LiftContext, instr: BrilInstr, first: string, second: string): void {
  const { b, variables } = c;
  switch (instr.op) {
    case 'alloc': {
      const pointer = b.emit('heap.alloc', [variables.readAs(first, baseType('int'))]);
      return variables.define(instr, pointer, instr.type ?? baseType('any'));
    }
    case 'free':
      b.emit('heap.free', [variables.read(first)]);
      return;
    case 'ptradd': {
      const moved = b.emit('heap.offset', [variables.read(first), variables.readAs(second, baseType('int'))]);
      return variables.define(instr, moved, pointerType(c, first, instr.type));
    }
    case 'load': {
      const pointer = variables.read(first);
      const element = elementOf(c, first, instr.type);
      b.emit('heap.check', [pointer]);
      b.emit('heap.check_init', [pointer]);
      return variables.define(instr, b.emit('heap.load', [pointer], undefined, irType(element)), element);
    }
    case 'store': {
      const pointer = variables.read(first);
      const value = variables.readAs(second, elementOf(c, first, variables.typeOf(second)));
      b.emit('heap.check', [pointer]);
      b.emit('heap.store', [pointer, value]);
      return;
    }
    default:
      throw new Error(`liftBril: no op '${instr.op}'`);
  }
}

/** A pointer's type; where the variable is `any`, what the instruction takes it for. */
function pointerType(c: LiftContext, name: string, expected: BrilType | null): BrilType {
  const type = c.variables.typeOf(name);
  return isAny(type) ? (expected ?? type) : type;
}

function elementOf(c: LiftContext, name: string, fallback: BrilType | null): BrilType {
  const element = pointee(c.variables.typeOf(name)) ?? fallback;
  if (element === null) throw new Error('liftBril: unchecked pointer');
  return element;
}
