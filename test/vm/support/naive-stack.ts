/**
 * The stack machine as its description says it, instruction by instruction on a list of values: counts what it executes.
 * For programs without imports, table and heap.
 */

import { type Instr, immediateOf, partsOf, type StackFunc, type StackProgram } from '@sluice/bytecode';
import {
  evalOp,
  type HeapState,
  type Machine,
  type OpDef,
  Trap,
  type TrapKind,
  type Type,
  type Value,
  zeroOf,
} from '@sluice/ir';

/** How a call ended, and the instructions that it executed. */
export interface NaiveEnd {
  readonly end: readonly Value[] | TrapKind;
  readonly instructions: number;
}

interface Frame {
  readonly f: StackFunc;
  readonly locals: Value[];
  readonly stack: Value[];
  pc: number;
}

/** Calls a function of a fresh instance. */
export function runNaively(p: StackProgram, name: string, args: readonly Value[]): NaiveEnd {
  const machine = machineFor(p);
  const funcs = new Map(p.funcs.map((f) => [f.name, f]));
  const enter = (callee: string, given: readonly Value[]): Frame => {
    const f = funcs.get(callee) as StackFunc;
    return { f, locals: [...given, ...f.locals.map(zeroOf)], stack: [], pc: 0 };
  };
  const frames = [enter(name, args)];
  let instructions = 0;
  for (;;) {
    const frame = frames.at(-1) as Frame;
    const { stack, locals } = frame;
    const whole = frame.f.code[frame.pc++] as Instr;
    instructions++;
    for (const instr of partsOf(whole)) {
      const { def, operands } = instr;
      const [first] = operands;
      switch (def.role) {
        case 'local-get':
          stack.push(locals[first as number]);
          break;
        case 'local-set':
          locals[first as number] = stack.pop();
          break;
        case 'local-tee':
          locals[first as number] = stack.at(-1);
          break;
        case 'drop':
          stack.pop();
          break;
        case 'dup':
          stack.push(stack.at(-1));
          break;
        case 'const':
          stack.push(first as Value);
          break;
        case 'jump':
          frame.pc = first as number;
          break;
        case 'jump-if':
        case 'jump-unless':
          if ((stack.pop() !== 0) === (def.role === 'jump-if')) frame.pc = first as number;
          break;
        case 'switch': {
          const k = (first as readonly number[]).indexOf(stack.pop() as number);
          frame.pc = (operands[1] as readonly number[]).at(k) as number;
          break;
        }
        case 'call': {
          const count = (funcs.get(first as string) as StackFunc).sig.params.length;
          frames.push(enter(first as string, stack.splice(stack.length - count)));
          break;
        }
        case 'return': {
          frames.pop();
          const caller = frames.at(-1);
          if (caller === undefined) return { end: stack, instructions };
          caller.stack.push(...stack);
          break;
        }
        case 'trap':
          return { end: first as TrapKind, instructions };
        default: {
          const op = def.op as OpDef;
          const given = stack.splice(stack.length - op.sig.params.length);
          const value = apply(op, instr, machine, given);
          if (value instanceof Trap) return { end: value.kind, instructions };
          if (op.sig.result !== 'void') stack.push(value);
        }
      }
    }
  }
}

function apply(op: OpDef, instr: Instr, machine: Machine, args: readonly Value[]): Value | Trap {
  const { def, operands } = instr;
  const own = operands[def.operands.indexOf('type')] as Type;
  const named = (word: string): Type => (word === 'T' ? own : (word as Type));
  if (op.eval !== null) return evalOp(op, named(op.sig.result), op.sig.params.map(named), args);
  return op.run?.(machine, immediateOf(op, instr), ...args, own);
}

function machineFor(p: StackProgram): Machine {
  const view = new DataView(new ArrayBuffer((p.memory?.min ?? 0) * 65536));
  const globals = new Map(p.globals.map(({ name, init }) => [name, init]));
  const none = (): never => {
    throw new Error('not for these programs');
  };
  return {
    memory: () => view,
    growMemory: none,
    data: none,
    dropData: none,
    table: none,
    elements: none,
    dropElements: none,
    getGlobal: (name) => globals.get(name),
    setGlobal: (name, value) => void globals.set(name, value),
    getSlot: none,
    setSlot: none,
    heap: { alloc: none } as unknown as HeapState,
  };
}
