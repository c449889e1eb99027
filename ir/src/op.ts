/**
 * What an op is. One op is one object, made by `defineOp` in `ops/*.ts` or in a user's own dialect; the parser,
 * printer, verifier, builder, folder, interpreter, engines, program generator and reference page are derived from
 * these objects (DESIGN §1.1). Nothing else may list ops.
 */

import { type Effect, pure } from './effect.ts';
import type { Machine } from './machine.ts';
import type { RangeRule } from './range-ops.ts';
import type { Trap } from './trap.ts';
import { isType, type Signature, type Type } from './type.ts';
import type { Value } from './value.ts';

/**
 * The role of an op in the structure of a function. A closed set: consumers may switch over it.
 *
 *   value   computes from operands (and state): `eval` or `run`          const   its immediate
 *   param   a parameter, not in any block                                phi     selects by predecessor
 *   call    transfers to a function or host; may define a tuple          result  projects from a tuple
 *   br, br_if, switch, ret, trap, invoke                                  the terminators
 */
export type OpKind =
  | 'value'
  | 'const'
  | 'param'
  | 'phi'
  | 'call'
  | 'result'
  | 'br'
  | 'br_if'
  | 'switch'
  | 'ret'
  | 'trap'
  | 'invoke';

/**
 * The form of an op's immediate.
 *
 *   none     -                        const   a constant of the result type (value.ts)
 *   mem      { offset, align }        index   a number >= 0 (slot, tuple element, segment, lane)
 *   func     a function's name        global  a global's name
 *   table    a table's name           tables    { to, from }: names of tables
 *   tableseg { table, segment }: a table's name, an element segment's index
 *   sig      a CallSig                cases   distinct i32 case values, one for each target but the last
 *   trap     a TrapKind               text    any string
 *   lane     a lane's number          lanes   16 numbers below 32: lanes of two vectors of bytes
 *   memlane  { offset, align, lane }
 *
 * How many lanes there are is said by the op's column `lanes`.
 */
export type ImmKind =
  | 'none'
  | 'const'
  | 'mem'
  | 'memlane'
  | 'index'
  | 'lane'
  | 'lanes'
  | 'func'
  | 'global'
  | 'table'
  | 'tables'
  | 'tableseg'
  | 'sig'
  | 'cases'
  | 'trap'
  | 'text';

/** Immediate of a load or store: a constant byte offset (u32) added to the address, and log2 of the alignment hint. */
export interface MemImm {
  readonly offset: number;
  readonly align: number;
}

/** Immediate of a load or store of one lane of a vector. */
export interface MemLaneImm extends MemImm {
  readonly lane: number;
}

/** Immediate of a call through a table: what is called, and the table unless it is the module's first. */
export interface CallSig extends Signature {
  readonly table?: string;
}

/** Immediate of a copy between tables, by name. */
export interface TablePair {
  readonly to: string;
  readonly from: string;
}

/** Immediate of a copy from an element segment to a table. */
export interface TableInit {
  readonly table: string;
  readonly segment: number;
}

/** An immediate; which form it has is said by the op's `imm`. */
export type Imm = Value | MemImm | MemLaneImm | CallSig | TablePair | TableInit | readonly number[];

/** An operand or result type in an op's signature: a type, or `T`, the instruction's own type. */
export type SigType = Type | 'T';

/** Operands and result of an op. `variadic`: any operands may follow (calls, ret, phi). */
export interface OpSig {
  readonly params: readonly SigType[];
  readonly result: SigType | 'void';
  readonly variadic: boolean;
}

/**
 * Algebraic laws, each checked as a property and used by passes. Numbers stand for constants of the operand's type
 * (-1 is all ones; compare with `sameValue(imm, lawConstant(type, k))`, since -0 is not 0), bigints for the bits of a v128.
 */
export interface Laws {
  readonly commutative?: boolean;
  /** `(a . b) . c = a . (b . c)` */
  readonly associative?: boolean;
  /** `a . a = a`; of a unary op: `f(f(a)) = f(a)` */
  readonly idempotent?: boolean;
  /** `f(f(a)) = a` */
  readonly involution?: boolean;
  /** `a . k = a` */
  readonly rightIdentity?: number | bigint;
  /** `k . a = a`; commutative ops need not repeat it. */
  readonly leftIdentity?: number | bigint;
  /** `a . k = k` */
  readonly rightZero?: number | bigint;
  /** `a . a = k` */
  readonly selfGives?: number | bigint;
  /** For comparisons: the op that gives the opposite answer. */
  readonly negation?: string;
  /** The op that gives the same answer with operands swapped. */
  readonly swapped?: string;
}

/** The value of a type that a number in `Laws` stands for. */
export function lawConstant(type: Type, k: number | bigint): Value {
  if (type === 'v128') return BigInt.asUintN(128, BigInt(k));
  return type === 'i64' ? BigInt(k) : k;
}

/** What a load or store touches: `bytes` bytes, little endian, at address + offset. */
export interface Access {
  readonly region: 'memory';
  readonly bytes: 1 | 2 | 4 | 8 | 16;
  /** Whether a load that is narrower than its result extends the sign. */
  readonly signed: boolean;
  readonly store: boolean;
  /** How the bytes are part of a vector; absent where they are the value itself, cut or extended. */
  readonly part?: VectorPart;
}

/**
 * What a load makes of fewer bytes than a vector has: the same in each lane, lanes that are extended each, zeros above, or
 * one lane of a vector that is an operand. A store with `lane` stores one lane.
 */
export type VectorPart = 'splat' | 'widen' | 'zero' | 'lane';

/** What `expand` builds with: appends instructions, gives the ids of their values. A `FuncBuilder` is one. */
export interface Fragment {
  /** Appends an instruction; the id of its value. */
  emit(op: OpDef | string, args?: readonly number[], imm?: Imm): number;
  /** Appends a constant; the id of its value. */
  constant(type: Type, value: Value): number;
}

/** What an op may say of itself; see `OpDef` for the columns' meaning. */
export interface OpSpec {
  readonly doc: string;
  readonly sig: string;
  readonly effect?: Effect;
  readonly kind?: OpKind;
  readonly imm?: ImmKind;
  /** See `OpDef.eval`. */
  // biome-ignore lint/suspicious/noExplicitAny: each eval has its own parameter types; `defineOp` checks the arity.
  readonly eval?: (...args: any[]) => Value | Trap;
  readonly bits?: boolean;
  /** See `OpDef.run`. */
  // biome-ignore lint/suspicious/noExplicitAny: as `eval`.
  readonly run?: (machine: Machine, imm: any, ...args: any[]) => Value | Trap;
  readonly laws?: Laws;
  readonly range?: RangeRule;
  readonly cost?: number;
  readonly js?: string;
  readonly jsTrap?: string;
  readonly access?: Access;
  readonly lanes?: number;
  readonly wasm?: readonly number[];
  readonly smt?: string;
  /** See `OpDef.expand`. */
  readonly expand?: (b: Fragment, ...args: number[]) => number;
}

/** An op: its name, documentation, signature, effects and meaning, and what engines may use to be fast. */
export interface OpDef {
  /** `dialect.verb`, as Wasm names it where Wasm has it; structural ops have no dot (`phi`, `br`). */
  readonly name: string;
  readonly dialect: string;
  /** One or two sentences, ending with a full stop. */
  readonly doc: string;
  readonly sig: OpSig;
  readonly effect: Effect;
  readonly kind: OpKind;
  readonly imm: ImmKind;
  /**
   * The meaning of a pure op: operands (value.ts; f32 and f64 as plain numbers) to a value or a trap.
   * With `bits`, f32 operands and results are i32 bits and f64 ones are signed i64 bits (bigint).
   */
  readonly eval: ((...args: readonly Value[]) => Value | Trap) | null;
  /**
   * Whether `eval` (and `js`) take and give the bits of floats: for ops that must move NaNs exactly. Of an op that gives a
   * v128: whether all its bits are specified, those of NaNs in lanes included.
   */
  readonly bits: boolean;
  /**
   * The meaning of an op with state or an immediate: machine, immediate, operands to a value (undefined for void) or
   * a trap. Operands and result are values (value.ts) with all their bits. Where the signature has `T`, the type that
   * it stands for follows the operands as one more argument.
   */
  readonly run: ((machine: Machine, imm: Imm, ...args: readonly Value[]) => Value | Trap) | null;
  readonly laws: Laws;
  /** What is known of the result where something is known of operands that are i32 or i64; null: nothing. */
  readonly range: RangeRule | null;
  /** Relative cost of one execution on an interpreter; 1 is an addition, 0 costs nothing. */
  readonly cost: number;
  /**
   * A JavaScript expression over `$0 $1 ...` (each may occur many times; i64 are BigInts). It is a primary
   * expression (parenthesised, or a call), and operands must be put in as such. For an op that may trap it holds
   * only when `jsTrap` gave the empty string before.
   */
  readonly js: string | null;
  /** A JavaScript expression over the operands: the kind of the trap that the op raises, or `''` for none. */
  readonly jsTrap: string | null;
  /** For loads and stores: what they touch. The immediate is then a `MemImm`, or a `MemLaneImm`. */
  readonly access: Access | null;
  /** For an immediate of kind `lane` or `memlane`: how many lanes there are; else 0. */
  readonly lanes: number;
  /**
   * The Wasm opcode bytes, for ops that are one Wasm instruction with the same operands. Immediates follow them in
   * Wasm's order: a constant, `align offset` of an access, the memory indices of the ops `memory.*`.
   */
  readonly wasm: readonly number[] | null;
  /** An SMT-LIB bit-vector term over `$0 $1 ...`. */
  readonly smt: string | null;
  /** The op as a fragment of other ops: builder and operand ids to the id of the result. */
  readonly expand: ((b: Fragment, ...args: number[]) => number) | null;
}

/**
 * Defines an op. Throws when the entry contradicts itself: this is a mistake in a table, found at load.
 *
 * `sig` is written `(i32, i32) -> i32`; `void` as result for none; `T` for the instruction's own type; a last
 * parameter `...` for any further operands.
 */
export function defineOp<const N extends string>(name: N, spec: OpSpec): OpDef & { readonly name: N } {
  const sig = parseOpSig(name, spec.sig);
  const kind = spec.kind ?? 'value';
  const op = {
    name,
    dialect: name.includes('.') ? name.slice(0, name.indexOf('.')) : 'core',
    doc: spec.doc,
    sig,
    effect: spec.effect ?? pure,
    kind,
    imm: spec.imm ?? 'none',
    eval: spec.eval ?? null,
    bits: spec.bits ?? false,
    run: spec.run ?? null,
    laws: spec.laws ?? {},
    range: spec.range ?? null,
    cost: spec.cost ?? 1,
    js: spec.js ?? null,
    jsTrap: spec.jsTrap ?? null,
    access: spec.access ?? null,
    lanes: spec.lanes ?? 0,
    wasm: spec.wasm ?? null,
    smt: spec.smt ?? null,
    expand: spec.expand ?? null,
  };
  checkEntry(op);
  return op;
}

function checkEntry(op: OpDef): void {
  const wrong = (why: string): never => {
    throw new Error(`op '${op.name}': ${why}`);
  };
  if (!op.doc.endsWith('.')) wrong('its doc must be a sentence');
  if (op.kind === 'value') {
    if (op.eval === null && op.run === null && op.expand === null) wrong('has no meaning: give eval, run or expand');
    if (op.eval !== null && op.imm !== 'none') wrong('an op with an immediate needs run, not eval');
    if (op.eval !== null && !op.eval.length && op.sig.params.length > 0) wrong('eval takes no operands');
    if (op.eval !== null && (op.effect.reads | op.effect.writes) !== 0) wrong('an op with state needs run, not eval');
  }
  if (op.lanes > 0 !== (op.imm === 'lane' || op.imm === 'memlane'))
    wrong('lanes and an immediate of a lane ask for each other');
  if (op.js !== null && (op.jsTrap !== null) !== op.effect.traps.length > 0) wrong('js and traps ask for jsTrap');
  const terminator = ['br', 'br_if', 'switch', 'ret', 'trap', 'invoke'].includes(op.kind);
  if (terminator !== op.effect.control) wrong('terminators, and only they, have the effect control');
}

function parseOpSig(name: string, text: string): OpSig {
  const match = /^\(([^)]*)\) -> (\w+)$/.exec(text);
  if (match === null) throw new Error(`op '${name}': bad signature '${text}'`);
  const words = (match[1] ?? '').split(',').map((word) => word.trim());
  const params = words.filter((word) => word !== '' && word !== '...');
  const result = match[2] ?? '';
  const sigType = (word: string): SigType => {
    if (word === 'T' || isType(word)) return word;
    throw new Error(`op '${name}': unknown type '${word}' in its signature`);
  };
  return {
    params: params.map(sigType),
    result: result === 'void' ? 'void' : sigType(result),
    variadic: words.includes('...'),
  };
}

/** Ops by name. */
export type OpTable = ReadonlyMap<string, OpDef>;

/** Joins lists of ops to a table; throws on a name that occurs twice. A dialect from outside is one more list. */
export function opTable(...lists: readonly (readonly OpDef[])[]): OpTable {
  const table = new Map<string, OpDef>();
  for (const op of lists.flat()) {
    if (table.has(op.name)) throw new Error(`op '${op.name}' is defined twice`);
    table.set(op.name, op);
  }
  return table;
}

/** Whether ops of this kind end a block. */
export function isTerminator(op: OpDef): boolean {
  return op.effect.control;
}
