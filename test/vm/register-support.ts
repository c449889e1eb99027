/** Small programs of the register machine for tests: one function around one instruction, and its meaning in IR. */
import {
  assembleRegister,
  type Instr,
  type InstrDef,
  instrNamed,
  operandOf,
  programParts,
  type RegisterFunc,
  type RegisterProgram,
  registerTable,
  validateProgram,
} from '@sluice/bytecode';
import {
  FuncBuilder,
  type Imm,
  type Module,
  makeGlobal,
  makeModule,
  type OpDef,
  type Type,
  unwrap,
  type ValueId,
} from '@sluice/ir';
import type { Random } from './random.ts';

export const table = registerTable();

/** Assembles and validates. */
export function program(text: string): RegisterProgram {
  const made = unwrap(assembleRegister(`.machine register\n${text}`, { file: 'test' }));
  const findings = validateProgram(made, { file: 'test' });
  if (findings.length > 0) throw new Error(JSON.stringify(findings[0]));
  return made;
}

/** A program and a module that mean the same. */
export interface Pair {
  readonly program: RegisterProgram;
  readonly module: Module;
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

const parts = programParts(
  makeModule({
    name: 'case',
    memory: { min: 1, max: 3, source: null },
    tables: [
      { name: 'funcref', type: 'funcref', min: 4, max: 6, source: null, elements: [null, 'f'] },
      { name: 'externref', type: 'externref', min: 3, max: null, source: null, elements: [] },
    ],
    segments: [
      { type: 'funcref', items: ['f', null], mode: { kind: 'passive' } },
      { type: 'externref', items: [null], mode: { kind: 'passive' } },
    ],
  }),
);

/** Around `def` with `T` as `type`; null where the instruction cannot stand alone. */
export function pairFor(def: InstrDef, type: Type | null, random: Random): Pair | null {
  const { op } = def;
  if (op === null || op.kind === 'call') return null;
  if (op.eval === null && op.run === null && op.kind !== 'const') return null;
  const resolve = (word: string): Type => (word === 'T' ? (type as Type) : (word as Type));
  const types = op.sig.params.map(resolve);
  const immediate = def.operands.includes('imm32') ? random.i32() : null;
  const params = immediate === null ? types : types.slice(0, -1);
  const result = op.sig.result === 'void' ? null : resolve(op.sig.result);
  const imm = immOf(op, random, result, type ?? 'funcref');
  const data = [
    { offset: 65_500, bytes: random.bytes(36) },
    { offset: null, bytes: random.bytes(20) },
  ];
  const held = type ?? 'i32';
  const globals = [makeGlobal('g', held, true, held === 'externref' ? null : random.value(held))];
  const results = result === null ? [] : [result];
  const code = codeFor(def, params.length, imm, immediate, type);
  const registers = params.length + 1;
  const func = { name: 'f', sig: { params, results }, registers, slots: 0, registerNames: new Map(), code };
  // A function that is called may have its instructions fused; the caller itself never runs.
  const funcs = random.below(2) === 0 ? [func] : [func, callerOf(func)];
  return {
    program: { ...parts, machine: 'register', globals, data, funcs },
    module: makeModule({ ...parts, globals, data, funcs: [irFor(op, params, results, imm, immediate, types)] }),
    params,
    results,
  };
}

function immOf(op: OpDef, random: Random, result: Type | null, held: Type): Imm {
  switch (op.imm) {
    case 'table':
      return held;
    case 'tables':
      return { to: held, from: held };
    case 'tableseg':
      return { table: held, segment: 0 };
    case 'const':
      return random.value(result ?? 'i32');
    case 'mem':
      return { offset: random.pick([0, 0, 1, 7, 36, 65_500, 65_533, 0x7fffffff, 0xffffffff]), align: 0 };
    case 'memlane':
      return { offset: random.pick([0, 1, 36, 65_533, 0xffffffff]), align: 0, lane: random.below(op.lanes) };
    case 'lane':
      return random.below(op.lanes);
    case 'lanes':
      return Array.from({ length: 16 }, () => random.below(32));
    case 'index':
      return op.dialect === 'any' ? random.below(5) : 1;
    case 'func':
      return 'f';
    case 'global':
      return 'g';
    default:
      return undefined;
  }
}

function codeFor(def: InstrDef, params: number, imm: Imm, immediate: number | null, type: Type | null): Instr[] {
  let use = 0;
  const operands = def.operands.map((kind, k) => {
    switch (kind) {
      case 'def':
        return params;
      case 'use':
        return use++;
      case 'imm32':
        return immediate;
      case 'type':
        return type;
      case 'label':
        return 3;
      default:
        return operandOf(def, k, def.op as OpDef, imm);
    }
  });
  const instr = (name: string, ...list: readonly unknown[]): Instr => ({
    def: instrNamed(table, name),
    operands: list as Instr['operands'],
    loc: null,
  });
  const self: Instr = { def, operands: operands as Instr['operands'], loc: null };
  if (def.role === 'jump-op' || def.role === 'jump-op-imm') {
    const no = [instr('i32.const', params, 0), instr('return', [params])];
    return [self, ...no, instr('i32.const', params, 1), instr('return', [params])];
  }
  return [self, instr('return', def.operands.includes('def') ? [params] : [])];
}

function callerOf(func: RegisterFunc): RegisterFunc {
  const { params, results } = func.sig;
  const uses = params.map((_, i) => i);
  const defs = results.map((_, i) => params.length + i);
  const instr = (name: string, ...operands: Instr['operands']): Instr => ({
    def: instrNamed(table, name),
    operands,
    loc: null,
  });
  return { ...func, name: 'caller', code: [instr('call', defs, 'f', uses), instr('return', defs)] };
}

function irFor(
  op: OpDef,
  params: readonly Type[],
  results: readonly Type[],
  imm: Imm,
  immediate: number | null,
  types: readonly Type[],
) {
  const b = new FuncBuilder('f', { params, results });
  const args: ValueId[] = [...b.params];
  const last = types[types.length - 1] as Type;
  if (immediate !== null) args.push(b.constant(last, last === 'i64' ? BigInt(immediate) : immediate));
  const v = b.emit(op, args, imm, results[0] ?? 'void');
  b.ret(...(results.length === 0 ? [] : [v]));
  return b.finish();
}
