/**
 * Which handler executes an instruction, and which words it reads. Both loops (Wasm and JavaScript) share this choice;
 * they differ in what they have a fast form for, and in how operands are encoded (load.ts).
 *
 * Code is words of 32 bits. An instruction takes whole slots of four words; word 0 is the handler's number. The words
 * of each shape, from word 1 (`c` cell, `t` target, `#` plain number):
 *
 *   halt, fall                                    const32  c #           const64  c lo hi       (low word first)
 *   const128 c w0 w1 w2 w3   (lowest word first)
 *   move     c c                                  clear    c #           (first cell, number of cells)
 *   op       [c] c...                             op-imm   [c] c... #
 *   load     c c #offset                          store    c c #offset          load-lane  c c #offset c
 *   global-get  c #global                         global-set  c #global
 *   heap     [c] c...                             heap-imm  [c] c... #
 *   jump     t                                    jump-if  c t           jump-unless  c t
 *   jump-op  c c t                                jump-op-imm  c # t
 *   switch-table   c #min #n t...t tdefault       switch-search  c #n tdefault (#value t)...   (sorted by value)
 *   call     t #delta c c...                      (exactly `argc` arguments, at most one result)
 *   call-n   t #delta c #n c...                   call-multi  t #delta #n c... #m c...          (m >= 2 results)
 *   call-indirect        #sig #delta c cindex #n #table c...
 *   call-indirect-multi  #sig #delta 0 cindex #n #table c... #m c...
 *   call-host, slow                               (the host reads the instruction itself)
 *   call-host-log  #limit #import c...            (call-log.ts)
 *   return   [c]                                  return-multi  #n c...
 *   trap     #kind                                sequence (fuse.ts): the words of its parts, slot after slot
 *
 * Where there are vectors, `c` of one is its own cell (vectors.ts):
 *
 *   move-both  c c c c   (cells, then vectors)    pass     c...                 take     c...
 *
 * A call without result has cell 0 in place of the result's: nothing is written there.
 */

import type { Instr, InstrDef, RegisterFunc } from '@sluice/bytecode';
import type { OpDef, Signature, Type } from '@sluice/ir';
import { labelOf, listAt, typeOf } from './operands.ts';
import { type CalleeOf, type FuncVectors, hasVector, movedCells, passing } from './vectors.ts';

/** The form of a handler; see the head of this file. */
export type Shape =
  | 'halt'
  | 'fall'
  | 'const32'
  | 'const64'
  | 'const128'
  | 'move'
  | 'move-both'
  | 'pass'
  | 'take'
  | 'clear'
  | 'op'
  | 'op-imm'
  | 'load'
  | 'store'
  | 'load-lane'
  | 'global-get'
  | 'global-set'
  | 'heap'
  | 'heap-imm'
  | 'jump'
  | 'jump-if'
  | 'jump-unless'
  | 'jump-op'
  | 'jump-op-imm'
  | 'switch-table'
  | 'switch-search'
  | 'call'
  | 'call-n'
  | 'call-multi'
  | 'call-indirect'
  | 'call-indirect-multi'
  | 'call-host'
  | 'call-host-log'
  | 'return'
  | 'return-multi'
  | 'trap'
  | 'slow'
  | 'sequence';

/** For a part of a sequence: by word, the part whose result its cell holds. */
export type Links = ReadonlyMap<number, number>;

/** A handler: the code that a loop runs for some instructions. Two with one key are the same. */
export interface Handler {
  readonly key: string;
  readonly shape: Shape;
  /** The op, for shapes that compute. */
  readonly op: OpDef | null;
  /** For `heap`: the ops of a fused instruction, else `[op]`. */
  readonly parts: readonly OpDef[];
  /** What `T` stands for, where a loop distinguishes it; of moves and accesses to globals: `v128`, or null. */
  readonly type: Type | null;
  /** Immediates of an op on lanes, as they follow the opcode. */
  readonly lanes: readonly number[];
  /** A call or return with something to pass or to take around it. */
  readonly passes: boolean;
  /** Part of an instruction that was counted with its first part. */
  readonly free: boolean;
  /** A jump backwards: counts as fuel. */
  readonly back: boolean;
  /** Arguments of `call` and `call-host-log`, values of `return`; for loads and stores: 1 if there is an offset. */
  readonly argc: number;
  /** For `sequence`: the handlers that run one after the other, and what each takes over from those before (links.ts). */
  readonly sequence: readonly Handler[];
  readonly links: readonly Links[];
}

/** What a loop has fast forms for. */
export interface Abilities {
  readonly op: (op: OpDef, type: Type | null) => boolean;
  readonly access: (op: OpDef) => boolean;
  readonly heap: boolean;
  /** Whether handlers differ by the type of `T`. */
  readonly typed: boolean;
  /** Whether it keeps calls of the host in a log (call-log.ts). */
  readonly log: boolean;
  /** Whether it runs sequences as one handler. */
  readonly sequences: boolean;
  /** Whether vectors have cells of their own (vectors.ts). */
  readonly vectors: boolean;
}

/** What stands around an instruction that matters for its handler. */
export interface Around {
  readonly f: RegisterFunc;
  /** The function's vectors, where a loop has cells for them. */
  readonly vectors: FuncVectors | null;
  readonly callee: CalleeOf;
}

/** The most arguments that a call handler has been unrolled for. */
const unrolled = 4;
/** A jump table may have so many entries for each case. */
const tableDensity = 4;

/** Chooses handlers; equal ones are the same object, in order of first use. */
export class HandlerSet {
  readonly #byKey = new Map<string, Handler>();
  readonly #can: Abilities;
  #free = false;

  constructor(can: Abilities) {
    this.#can = can;
  }

  /** All handlers chosen so far, in order of first use. */
  all(): readonly Handler[] {
    return [...this.#byKey.values()];
  }

  /** A handler that only the machine itself uses. */
  internal(shape: Shape): Handler {
    return this.#intern(shape, shape, {});
  }

  /** The handler of an instruction at `index` of its function; `free`: it is counted already. */
  choose(instr: Instr, index: number, free: boolean, around: Around): Handler {
    const { def } = instr;
    const { f, vectors, callee } = around;
    this.#free = free;
    const back = () => labelOf(instr) <= index;
    switch (def.role) {
      case 'const':
        return this.internal(constShapes.get(def.name) ?? 'const64');
      case 'move':
      case 'spill':
      case 'reload': {
        const from = movedCells(f, instr)[1];
        if (vectors === null || (vectors.numberOf[from] as number) < 0) return this.internal('move');
        return vectors.mixed[from] === 1
          ? this.internal('move-both')
          : this.#intern('move v128', 'move', { type: 'v128' });
      }
      case 'op':
        return this.#chooseOp(instr);
      case 'op-imm':
        return this.#chooseImmediate(instr);
      case 'fused':
        return this.#can.heap ? this.#intern(def.name, 'heap', { parts: def.parts }) : this.internal('slow');
      case 'jump':
      case 'jump-if':
      case 'jump-unless':
        return this.#intern(def.role, def.role, { back: back() });
      case 'jump-op':
      case 'jump-op-imm':
        return this.#intern(`${def.role} ${signOf(def)}`, def.role, { op: def.op, back: back() });
      case 'switch':
        return this.internal(isDense(listAt(instr, 1)) ? 'switch-table' : 'switch-search');
      case 'call':
        return this.#chooseCall(instr, this.#passes(instr, around));
      case 'call-indirect': {
        const shape = listAt(instr, 0).length > 1 ? 'call-indirect-multi' : 'call-indirect';
        return this.#intern(shape, shape, { passes: this.#passes(instr, around) });
      }
      case 'call-host': {
        const argc = listAt(instr, 2).length;
        const logged = this.#can.log && isLogged(instr) && !hasVector(callee(instr) ?? noSignature);
        return logged ? this.#intern(`call-host-log ${argc}`, 'call-host-log', { argc }) : this.internal('call-host');
      }
      case 'return': {
        const argc = listAt(instr, 0).length;
        const passes = this.#passes(instr, around);
        if (argc > 1) return this.#intern('return-multi', 'return-multi', { passes });
        return this.#intern(`return ${argc}`, 'return', { argc, passes });
      }
      case 'trap':
        return this.internal('trap');
      default:
        throw new Error(`the register machine has no instruction of role '${def.role}'`);
    }
  }

  #chooseOp(instr: Instr): Handler {
    const { op } = instr.def;
    if (op === null) throw new Error(`'${instr.def.name}' has no op`);
    const type = typeOf(instr);
    const vector = this.#can.vectors && type === 'v128';
    if (op.name === 'global.get' || op.name === 'global.set') {
      const key = vector ? `${op.name} v128` : op.name;
      return this.#intern(key, op.name === 'global.get' ? 'global-get' : 'global-set', { type: vector ? type : null });
    }
    const lanes = lanesOf(instr);
    if (op.access !== null && this.#can.access(op)) {
      const argc = instr.operands[instr.def.operands.indexOf('offset')] === 0 ? 0 : 1;
      const shape = op.access.store ? 'store' : op.sig.params.length > 1 ? 'load-lane' : 'load';
      return this.#intern(`${signOf(instr.def)} ${lanes} ${argc}`, shape, { op, argc, lanes });
    }
    if (op.dialect === 'heap' && this.#can.heap && inlineHeap.has(op.name)) {
      return this.#intern(op.name, 'heap', { op, parts: [op] });
    }
    if (op.access !== null || !this.#can.op(op, type)) return this.internal('slow');
    const typed = (this.#can.typed && type !== null) || vector;
    const key = `${typed ? `${signOf(instr.def)} ${type}` : signOf(instr.def)}${lanes}`;
    return this.#intern(key, 'op', { op, type: typed ? type : null, lanes });
  }

  #chooseImmediate(instr: Instr): Handler {
    const { op } = instr.def;
    if (op === null) throw new Error(`'${instr.def.name}' has no op`);
    if (op.dialect === 'heap' && this.#can.heap && inlineHeap.has(op.name)) {
      return this.#intern(instr.def.name, 'heap-imm', { op, parts: [op] });
    }
    if (!this.#can.op(op, null)) return this.internal('slow');
    return this.#intern(`${signOf(instr.def)} imm`, 'op-imm', { op });
  }

  #chooseCall(instr: Instr, passes: boolean): Handler {
    if (listAt(instr, 0).length > 1) return this.#intern('call-multi', 'call-multi', { passes });
    const argc = listAt(instr, 2).length;
    if (argc > unrolled) return this.#intern('call-n', 'call-n', { passes });
    return this.#intern(`call ${argc}`, 'call', { argc, passes });
  }

  #passes(instr: Instr, { f, vectors, callee }: Around): boolean {
    if (vectors === null) return false;
    const { pass, take } = passing(f, instr, callee);
    return pass.length + take.length > 0;
  }

  /** The handler that passes, or takes, so many vectors. */
  passing(shape: 'pass' | 'take', argc: number): Handler {
    this.#free = false;
    return this.#intern(`${shape} ${argc}`, shape, { argc });
  }

  #intern(name: string, shape: Shape, parts: Partial<Handler>): Handler {
    const back = parts.back ?? false;
    const free = this.#free;
    const passes = parts.passes ?? false;
    const key = `${name}${back ? ' back' : ''}${free ? ' free' : ''}${passes ? ' passes' : ''}`;
    let found = this.#byKey.get(key);
    if (found === undefined) {
      found = {
        key,
        shape,
        op: parts.op ?? null,
        parts: parts.parts ?? [],
        type: parts.type ?? null,
        lanes: parts.lanes ?? [],
        passes,
        free,
        back,
        argc: parts.argc ?? 0,
        sequence: [],
        links: [],
      };
      this.#byKey.set(key, found);
    }
    return found;
  }
}

/** The most arguments of a call in the log. */
export const mostLogged = 8;

/** Whether a call of an import goes through the log, where a loop has one: it has no results, and few arguments. */
export function isLogged(instr: Instr): boolean {
  return instr.def.role === 'call-host' && listAt(instr, 0).length === 0 && listAt(instr, 2).length <= mostLogged;
}

/** The heap ops that the Wasm loop has handlers for. */
const inlineHeap: ReadonlySet<string> = new Set([
  'heap.alloc',
  'heap.free',
  'heap.offset',
  'heap.check',
  'heap.check_init',
  'heap.load',
  'heap.store',
]);

const noSignature: Signature = { params: [], results: [] };

/** The immediates of an op on lanes. */
function lanesOf({ def, operands }: Instr): readonly number[] {
  const one = def.operands.indexOf('lane');
  if (one >= 0) return [operands[one] as number];
  const all = def.operands.indexOf('lanes');
  return all < 0 ? [] : (operands[all] as readonly number[]);
}

/** Shapes of constants that are not 64 bits wide. */
const constShapes: ReadonlyMap<string, Shape> = new Map([
  ['i32.const', 'const32'],
  ['f32.const', 'const32'],
  ['v128.const', 'const128'],
]);

/** Name and fast forms: ops of one name in different dialects of users must not share a handler. */
function signOf(def: InstrDef): string {
  return `${def.op?.name} ${def.op?.wasm?.join('.') ?? ''} ${def.op?.js ?? ''}`;
}

/** Whether cases are dense enough for a table of targets. */
export function isDense(cases: readonly number[]): boolean {
  if (cases.length === 0) return false;
  const { min, max } = rangeOf(cases);
  return max - min + 1 <= cases.length * tableDensity + 4;
}

/** The least and the greatest case. */
export function rangeOf(cases: readonly number[]): { readonly min: number; readonly max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of cases) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max };
}
