/**
 * Random valid programs of both machines, from the instruction tables alone: every instruction of a table can occur,
 * with operands made by kind. Choices are read from a tape of numbers that fast-check makes and shrinks; an empty tape
 * gives the smallest program.
 */
import type { Instr, InstrDef, Operand, Program, RegisterFunc, StackFunc } from '@sluice/bytecode';
import { instrNamed, ownerOf, registerTable, stackTable } from '@sluice/bytecode';
import {
  makeGlobal,
  makeTable,
  type Signature,
  type SigType,
  type Span,
  type Type,
  trapKinds,
  type Value,
} from '@sluice/ir';
import fc from 'fast-check';

/** Reads choices: `next(n)` is a number below n, 0 once the tape is at its end. */
class Tape {
  readonly numbers: readonly number[];
  private at = 0;

  constructor(numbers: readonly number[]) {
    this.numbers = numbers;
  }

  next(below: number): number {
    return (this.numbers[this.at++] ?? 0) % below;
  }

  of<T>(list: readonly T[]): T {
    return list[this.next(list.length)] as T;
  }

  get more(): boolean {
    return this.at < this.numbers.length;
  }
}

const types: readonly Type[] = ['i32', 'i64', 'f32', 'f64', 'v128', 'funcref', 'externref', 'any'];

const constants: Readonly<Record<Type, readonly Value[]>> = {
  i32: [0, 1, -1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31), 123456789],
  i64: [0n, -1n, 63n, 64n, -65n, 2n ** 63n - 1n, -(2n ** 63n), 1n << 32n, -(1n << 27n), (1n << 28n) - 1n],
  f32: [0, -0, 1, Math.fround(0.1), 2 ** -149, Infinity, -Infinity, Number.NaN, 0x7fc00001n, 0xffc00000n, 0x7f800001n],
  f64: [0, -0, 0.1, 1e300, 5e-324, Infinity, -Infinity, Number.NaN, 0x7ff8000000000001n, 0xfff0000000000001n, 1e21],
  v128: [0n, (1n << 128n) - 1n, 0x0123456789abcdefn],
  funcref: [null],
  externref: [null],
  any: [undefined, null, true, false, 0, -0, Number.NaN, 1.5, 7n, -(2n ** 63n), '', 'a "b"\n;\u{1f600}\\'],
};

const names = ['f', 'g', 'a name', '0', 'x.y-z', '"', '\u{e4}\u{1f600}'];
const files = ['a.bril', 'dir/b "c".x'];

/** What both machines' programs have around their code. */
function parts(tape: Tape) {
  const globals = types.map((type) => makeGlobal(`g_${type}`, type, true, tape.of(constants[type])));
  const from = { module: 'env', field: tape.of(['', 'a b']) };
  const imported = { name: 'base', type: 'i32' as const, mutable: false, init: 0, source: from };
  const imports = [
    { name: 'p', module: 'm "1"', field: 'print', sig: signature(tape) },
    { name: 'q', module: '', field: 'q\n', sig: { params: [], results: [] } },
  ];
  const funcs = Array.from({ length: 1 + tape.next(3) }, (_, k) => ({ name: names[k] ?? '', sig: signature(tape) }));
  const first = funcs[0]?.name ?? null;
  return {
    name: tape.of(['', 'module', 'a\\b']),
    imports,
    heads: funcs,
    memory: { min: 1 + tape.next(2), max: tape.of([null, 3, 65536]), source: tape.of([null, from]) },
    tables: [
      makeTable([null, 'p', first]),
      { name: 't 1', type: 'externref' as const, min: 2, max: tape.of([null, 9]), source: from, elements: [] },
    ],
    segments: [
      {
        type: 'funcref' as const,
        items: ['p', null, first],
        mode: { kind: 'active', table: 'table', offset: tape.next(9) },
      },
      { type: 'externref' as const, items: [null], mode: { kind: 'active', table: 't 1', offset: { global: 'base' } } },
      { type: 'funcref' as const, items: [first], mode: { kind: tape.of(['passive', 'declared'] as const) } },
    ] as const,
    globals: [...globals, makeGlobal('constant', 'i32', false, tape.of([1, { global: 'base' }])), imported],
    data: [
      { offset: tape.next(1000), bytes: Uint8Array.of(0, 34, 92, 65, 255, tape.next(256)) },
      { offset: null, bytes: new Uint8Array(tape.next(3)) },
      { offset: { global: 'base' }, bytes: new Uint8Array(1) },
    ],
    exports: [
      { external: 'main "x"', kind: 'func', name: funcs[0]?.name ?? '' },
      { external: 'mem', kind: 'memory', name: 'memory' },
      { external: 'g', kind: 'global', name: 'constant' },
      { external: 't', kind: 'table', name: 't 1' },
    ] as const,
    start: tape.next(2) === 0 ? null : first,
    initialiser: tape.of([null, 'q']),
    customs: [{ name: 'c', after: tape.next(12), bytes: Uint8Array.of(0, 255) }],
  };
}

type Parts = ReturnType<typeof parts>;

function signature(tape: Tape): Signature {
  const list = (most: number): Type[] => Array.from({ length: tape.next(most + 1) }, () => tape.of(types));
  return { params: list(3), results: list(2) };
}

/** Code under construction: labels are lists of places that get a number when the label is set. */
class Code {
  readonly tape: Tape;
  readonly parts: Parts;
  readonly code: Instr[] = [];
  private loc: Span | null = null;

  constructor(tape: Tape, p: Parts) {
    this.tape = tape;
    this.parts = p;
  }

  emit(def: InstrDef, operands: readonly Operand[]): void {
    const { tape } = this;
    if (tape.next(4) === 1) {
      this.loc = tape.next(3) === 0 ? null : { file: tape.of(files), line: tape.next(99), col: tape.next(99) };
    }
    this.code.push({ def, operands, loc: this.loc });
  }

  /** Operands of the kinds that mean the same on both machines; `own` is the type operand's value. */
  operand(def: InstrDef, k: number, own: Type): Operand {
    const { tape, parts: p } = this;
    switch (def.operands[k]) {
      case 'value':
        return tape.of(constants[ownerOf(def, k).op?.sig.result as Type]) as Operand;
      case 'imm32':
        return tape.of(constants.i32) as Operand;
      case 'offset':
        return tape.of([0, 8, 2 ** 32 - 1]);
      case 'align':
        return tape.next(4);
      case 'lane':
        return tape.next(ownerOf(def, k).op?.lanes ?? 1);
      case 'lanes':
        return Array.from({ length: 16 }, () => tape.next(32));
      case 'func':
        return tape.of([...p.heads, ...p.imports]).name;
      case 'global':
        return `g_${own}`;
      case 'table':
        return own === 'externref' ? 't 1' : 'table';
      case 'index':
        // Element segments: one of functions, one of the host's values, one of functions.
        if (def.operands.includes('table')) return own === 'externref' ? 1 : 2 * tape.next(2);
        return tape.next(2);
      case 'trap':
        return tape.of(trapKinds);
      case 'type':
        return own;
      default:
        throw new Error(`operand ${def.operands[k]} of ${def.name}`);
    }
  }
}

/** What `T` stands for; a table's type where the instruction names tables. */
function ownType(def: InstrDef, tape: Tape): Type {
  if (def.role === 'call-indirect') return 'funcref';
  return def.operands.includes('table') ? tape.of(['funcref', 'externref'] as const) : tape.of(types);
}

const stack = stackTable();
const register = registerTable();
const plainStack = stack.list.filter((def) => ['op', 'const'].includes(def.role));

function stackFunc(tape: Tape, p: Parts, name: string, sig: Signature): StackFunc {
  const locals = Array.from({ length: tape.next(3) }, () => tape.of(types));
  const c = new Code(tape, p);
  const push = (type: Type): void => {
    const def = stack.list.find((d) => d.role === 'const' && d.op?.sig.result === type);
    if (def !== undefined) return c.emit(def, [tape.of(constants[type]) as Operand]);
    if (type !== 'any') return c.emit(instrNamed(stack, 'ref.null'), [type]);
    push('i64');
    c.emit(instrNamed(stack, 'any.box'), [0, 'i64']);
  };
  const control = (op: string, ...operands: Operand[]): void => c.emit(instrNamed(stack, op), operands);
  const plain = (): void => {
    const def = tape.of(plainStack);
    const own = ownType(def, tape);
    const typed = (list: readonly SigType[] | null): Type[] => (list ?? []).map((type) => (type === 'T' ? own : type));
    typed(def.pops).forEach(push);
    c.emit(
      def,
      def.operands.map((_, k) => c.operand(def, k, own)),
    );
    for (const _ of typed(def.pushes)) control('drop');
  };
  const call = (): void => {
    const kind = tape.next(3);
    const { name: callee, sig: s } = tape.of(kind === 0 ? p.heads : p.imports);
    s.params.forEach(push);
    if (kind === 0) control('call', callee);
    else if (kind === 1) control('call_host', callee);
    else {
      push('i32');
      if (tape.next(2) === 0) control('call_indirect', s);
      else control('call_indirect.table', s, 'table');
    }
    for (const _ of s.results) control('drop');
  };
  const local = (): void => {
    const all = [...sig.params, ...locals];
    if (all.length === 0) return;
    control('local.get', tape.next(all.length));
    control('dup');
    const last = c.code.at(-2)?.operands[0] as number;
    control('local.tee', last);
    control('local.set', last);
    control('drop');
  };
  // A statement leaves the stack as it was; what lies below is carried over its jumps.
  const statement = (depth: number): void => {
    const kind = tape.next(depth > 3 ? 4 : 8);
    if (kind < 2) return plain();
    if (kind === 2) return call();
    if (kind === 3) return local();
    const carried = tape.of(types);
    push(carried);
    const inner = (): void => {
      for (let k = tape.next(3); k > 0; k--) statement(depth + 1);
    };
    if (kind === 4) {
      const top = c.code.length;
      inner();
      push('i32');
      control('jump_if', top);
    } else if (kind === 5) {
      push('i32');
      const jump: Operand[] = [0];
      c.emit(instrNamed(stack, 'jump_unless'), jump);
      inner();
      jump[0] = c.code.length;
    } else {
      const labels: number[] = [0, 0, 0];
      push('i32');
      control('switch', [-5, 5], labels);
      for (let k = 0; k < 3; k++) {
        labels[k] = c.code.length;
        inner();
      }
      if (kind === 7) {
        const jump: Operand[] = [0];
        c.emit(instrNamed(stack, 'jump'), jump);
        control('trap', tape.of(trapKinds));
        jump[0] = c.code.length;
      }
    }
    control('drop');
  };
  for (let k = tape.next(12); k > 0 && tape.more; k--) statement(0);
  sig.results.forEach(push);
  control('return');
  const localNames = new Map(names.slice(0, tape.next(4)).map((text, k) => [k, text] as const));
  for (const k of localNames.keys()) if (k >= sig.params.length + locals.length) localNames.delete(k);
  return { name, sig, locals, localNames, code: c.code };
}

function registerFunc(tape: Tape, p: Parts, name: string, sig: Signature): RegisterFunc {
  const registers = sig.params.length + 3 + tape.next(20);
  const slots = 1 + tape.next(3);
  const length = tape.next(40);
  const c = new Code(tape, p);
  const some = (count: number): number[] => Array.from({ length: count }, () => tape.next(registers));
  const distinct = (count: number): number[] => Array.from({ length: count }, (_, k) => k);
  const label = (): number => tape.next(length + 1);
  while (c.code.length < length) {
    const def = tape.of(register.list);
    const own = ownType(def, tape);
    const callee = tape.of(def.role === 'call' ? p.heads : p.imports);
    const labels = 1 + tape.next(3);
    const operands = def.operands.map((kind, k): Operand => {
      if (kind === 'def' || kind === 'use') return tape.next(registers);
      if (kind === 'label') return label();
      if (kind === 'labels') return Array.from({ length: labels }, label);
      if (kind === 'cases') return distinct(labels - 1);
      if (kind === 'defs') return distinct(callee.sig.results.length);
      if (kind === 'sig') return callee.sig;
      if (kind === 'import' || (kind === 'func' && def.role === 'call')) return callee.name;
      if (kind === 'index' && (def.role === 'spill' || def.role === 'reload')) return tape.next(slots);
      if (kind !== 'uses') return c.operand(def, k, own);
      const extra = def.role === 'call-indirect' ? 1 : 0;
      return some(ownerOf(def, k).role === 'return' ? sig.results.length : callee.sig.params.length + extra);
    });
    c.emit(def, operands);
  }
  c.emit(instrNamed(register, 'return'), [some(sig.results.length)]);
  const registerNames = new Map(names.slice(0, tape.next(3)).map((text, k) => [k, text] as const));
  return { name, sig, registers, slots, registerNames, code: c.code };
}

function programFrom(machine: Program['machine'], numbers: readonly number[]): Program {
  const tape = new Tape(numbers);
  const { heads, ...p } = parts(tape);
  const all = { ...p, heads };
  return machine === 'stack'
    ? { ...p, machine, funcs: heads.map(({ name, sig }) => stackFunc(tape, all, name, sig)) }
    : { ...p, machine, funcs: heads.map(({ name, sig }) => registerFunc(tape, all, name, sig)) };
}

/** Valid programs of a machine. */
export function programs(machine: Program['machine']): fc.Arbitrary<Program> {
  return fc.array(fc.nat(), { maxLength: 400, size: 'max' }).map((numbers) => programFrom(machine, numbers));
}

/** A program without places, to compare what matters. */
export function bare(program: Program): unknown {
  const funcs = program.funcs.map((f) => ({
    ...f,
    localNames: null,
    registerNames: null,
    code: f.code.map(({ def, operands }) => [def.name, ...operands]),
  }));
  return { ...program, spans: null, funcs };
}

/** A text or file with a few random edits. */
export const edits: fc.Arbitrary<readonly { readonly at: number; readonly kind: number; readonly value: number }[]> =
  fc.array(fc.record({ at: fc.nat(), kind: fc.nat(3), value: fc.nat() }), { minLength: 1, maxLength: 4 });
