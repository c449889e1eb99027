/**
 * A checked program in the form that the direct interpreter runs: variables are slots of a frame, labels are positions, ops
 * are small integers, types are tags.
 *
 * Every instruction is five words: op, d, a, b, c. Labels take no room, so that a position counts executed instructions.
 * A frame has a slot for every variable, and one for every shadow (`set`, `get`); parameters come first.
 */

import type { BrilFunction, BrilInstr, BrilProgram, BrilType } from '@sluice/bril-format';
import { baseType, formatType, isAny, pointee } from '@sluice/bril-format';
import { variableTypes } from './check.ts';
import { constValue } from './value.ts';

/** Words of an instruction. */
export const width: number = 5;

/**
 * Tags of values. 0 is a variable that was not assigned yet (and, where a type is wanted, `any`), 1 is `undef`; from
 * `firstPointer` on every pointer type of the program has its own.
 */
export const tagInt: number = 2;
export const tagBool: number = 3;
export const tagFloat: number = 4;
export const tagChar: number = 5;
export const firstPointer: number = 6;

/** A function, decoded. */
export interface DecodedFunction {
  readonly source: BrilFunction;
  readonly entry: number;
  readonly slots: ReadonlyMap<string, number>;
  readonly frameSize: number;
  /** The tag wanted for each parameter and for the result (0: any; result -1: there is none). */
  readonly paramTags: Int32Array;
  readonly resultTag: number;
}

/** A program, decoded. */
export interface Decoded {
  readonly program: BrilProgram;
  readonly functions: readonly DecodedFunction[];
  readonly code: Int32Array;
  /** By position / `width`: the instruction; null for the end of a function. */
  readonly sources: readonly (BrilInstr | null)[];
  /** Constants: two words each, as they lie in a slot. */
  readonly pool: Int32Array;
  /** Operands of `call` (tag wanted for the result, then slots) and `print` (slots). */
  readonly lists: Int32Array;
  /** By tag: the tag of what such a pointer points to, 0 for `any`; and how a type is written. */
  readonly elements: Int32Array;
  readonly typeNames: readonly string[];
}

/**
 * The number of each op. The loop in interp.ts has them as literals, because V8 makes a jump table only of those
 * (a constant's name as a case label costs up to twelve times); test/bril runs every op.
 */
const opcodes: Readonly<Record<string, number>> = {
  end: 0,
  const: 1,
  id: 2,
  add: 3,
  sub: 4,
  mul: 5,
  div: 6,
  eq: 7,
  lt: 8,
  gt: 9,
  le: 10,
  ge: 11,
  not: 12,
  and: 13,
  or: 14,
  fadd: 15,
  fsub: 16,
  fmul: 17,
  fdiv: 18,
  feq: 19,
  flt: 20,
  fgt: 21,
  fle: 22,
  fge: 23,
  ceq: 24,
  clt: 25,
  cgt: 26,
  cle: 27,
  cge: 28,
  char2int: 29,
  int2char: 30,
  float2bits: 31,
  bits2float: 32,
  jmp: 33,
  br: 34,
  call: 35,
  ret: 36,
  print: 37,
  nop: 38,
  alloc: 39,
  free: 40,
  load: 41,
  store: 42,
  ptradd: 43,
  // `set` copies into a shadow as `id` does into a variable.
  set: 2,
  get: 44,
  undef: 45,
  speculate: 46,
  commit: 47,
  guard: 48,
};

interface Builder {
  readonly code: number[];
  readonly sources: (BrilInstr | null)[];
  readonly pool: number[];
  readonly lists: number[];
  readonly tags: Map<string, number>;
  readonly elements: number[];
  readonly typeNames: string[];
  readonly functionIndex: ReadonlyMap<string, number>;
}

/** Decodes a program that `checkBril` has no findings in; linear in its size. */
export function decode(program: BrilProgram): Decoded {
  const builder: Builder = {
    code: [],
    sources: [],
    pool: [],
    lists: [],
    tags: new Map([
      ['any', 0],
      ['int', tagInt],
      ['bool', tagBool],
      ['float', tagFloat],
      ['char', tagChar],
    ]),
    elements: [0, 0, 0, 0, 0, 0],
    typeNames: ['any', 'undef', 'int', 'bool', 'float', 'char'],
    functionIndex: new Map(program.functions.map((func, i) => [func.name, i])),
  };
  const functions = program.functions.map((func) => decodeFunction(builder, program, func));
  return {
    program,
    functions,
    code: Int32Array.from(builder.code),
    sources: builder.sources,
    pool: Int32Array.from(builder.pool),
    lists: Int32Array.from(builder.lists),
    elements: Int32Array.from(builder.elements),
    typeNames: builder.typeNames,
  };
}

function tagOf(builder: Builder, type: BrilType): number {
  const name = formatType(type);
  const known = builder.tags.get(name);
  if (known !== undefined) return known;
  const inner = pointee(type);
  if (inner === null) throw new Error(`decode: type ${name} in a checked program`);
  const element = tagOf(builder, inner);
  const tag = builder.elements.length;
  builder.elements.push(element);
  builder.typeNames.push(name);
  builder.tags.set(name, tag);
  return tag;
}

function decodeFunction(builder: Builder, program: BrilProgram, func: BrilFunction): DecodedFunction {
  const types = variableTypes(func);
  const slots = new Map([...types.keys()].map((name, i) => [name, i]));
  const shadows = new Map<string, number>();
  const entry = builder.code.length;
  const labels = new Map<string, number>();
  /** Words to be filled with a label's position once all are known. */
  const jumps: { readonly word: number; readonly label: string }[] = [];

  const slotOf = (name: string | undefined): number => {
    const slot = name === undefined ? undefined : slots.get(name);
    if (slot === undefined) throw new Error(`decode: variable ${name} in a checked program`);
    return slot;
  };
  const shadowOf = (name: string): number => {
    let slot = shadows.get(name);
    if (slot === undefined) {
      slot = slots.size + shadows.size;
      shadows.set(name, slot);
    }
    return slot;
  };
  const wantedFor = (name: string): number => {
    const type = types.get(name);
    return type === undefined ? 0 : tagOf(builder, type);
  };

  for (const item of func.items) {
    if (item.kind === 'label') {
      labels.set(item.label, builder.code.length);
      continue;
    }
    const words = [opcodes[item.op] ?? -1, -1, -1, -1, 0];
    const [first, second] = item.args;
    if (item.dest !== null) {
      words[1] = slotOf(item.dest);
      words[4] = wantedFor(item.dest);
    }
    if (item.op === 'const' && item.type !== null && item.value !== null) {
      words[2] = builder.pool.length;
      words[3] = addConst(builder, item.type, item.value);
    } else if (item.op === 'call') {
      words[2] = builder.functionIndex.get(item.funcs[0] ?? '') ?? -1;
      words[3] = builder.lists.length;
      builder.lists.push(words[4] ?? 0);
      for (const name of item.args) builder.lists.push(slotOf(name));
    } else if (item.op === 'print') {
      words[2] = item.args.length;
      words[3] = builder.lists.length;
      for (const name of item.args) builder.lists.push(slotOf(name));
    } else if (item.op === 'set') {
      words[1] = shadowOf(first ?? '');
      words[2] = slotOf(second);
      words[4] = wantedFor(first ?? '');
    } else if (item.op === 'get') {
      words[2] = shadowOf(item.dest ?? '');
    } else {
      if (first !== undefined) words[2] = slotOf(first);
      if (second !== undefined) words[3] = slotOf(second);
      const at = builder.code.length;
      for (const [i, label] of item.labels.entries()) jumps.push({ word: at + (i === 0 ? 1 : 3), label });
    }
    for (const word of words) builder.code.push(word);
    builder.sources.push(item);
  }
  builder.code.push(0, -1, -1, -1, 0);
  builder.sources.push(null);
  for (const jump of jumps) {
    const target = labels.get(jump.label);
    if (target === undefined) throw new Error(`decode: label .${jump.label} in a checked program of ${program.file}`);
    builder.code[jump.word] = target;
  }
  return {
    source: func,
    entry,
    slots,
    frameSize: slots.size + shadows.size,
    paramTags: Int32Array.from(func.params.map((param) => tagOf(builder, param.type))),
    resultTag: func.type === null ? -1 : tagOf(builder, func.type),
  };
}

/** Adds a constant to the pool and gives its tag. */
function addConst(builder: Builder, type: BrilType, literal: NonNullable<BrilInstr['value']>): number {
  const typed = constValue(type, literal);
  const view = new DataView(new ArrayBuffer(8));
  switch (typed.type) {
    case 'int':
      view.setBigInt64(0, typed.value, true);
      break;
    case 'float':
      view.setFloat64(0, typed.value, true);
      break;
    case 'bool':
      view.setInt32(0, typed.value ? 1 : 0, true);
      break;
    case 'char':
      view.setInt32(0, typed.value.codePointAt(0) ?? 0, true);
      break;
  }
  // Typed arrays are little-endian on every host that JavaScript runs on today; an Int32 view of them shows these words.
  builder.pool.push(view.getInt32(0, true), view.getInt32(4, true));
  return tagOf(builder, isAny(type) ? baseType(typed.type) : type);
}
