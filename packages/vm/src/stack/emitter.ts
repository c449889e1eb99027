/**
 * Writes the steps of one function: what the translation of all instructions shares. Keeps the operand stack, moves
 * deferred values to their cells, chooses cells of results, adds up weights. The function has no sequences: `origin` says
 * which instruction each part belongs to.
 */

import type { Instr, StackFunc } from '@sluice/bytecode';
import { f32Bits, type OpDef, type Type } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import type { Constants } from './constants.ts';
import { cellWord, type Form, moveForm, moveWords, type SourceKind, tickForm } from './form.ts';
import { type Callees, emptyStack, type Shapes } from './shape.ts';
import type { Site, Step } from './step.ts';
import { type Placement, type Source, VirtualStack } from './virtual-stack.ts';

/** What functions of a program share while they are translated. */
export interface Linkage extends Callees {
  readonly funcNumber: (name: string) => number;
  readonly importNumber: (name: string) => number;
  /** The cell of a global, counted from the start of all cells. */
  readonly globalCell: (name: string) => number;
  /** A table's position; none named: the first. */
  readonly tableNumber: (name: string | undefined) => number;
  readonly constants: Constants;
  readonly sites: Site[];
  readonly tables: ReadonlyMap<number, number>[];
  /** Ops that are called and not written out, so that the loop does not become too long to be compiled. */
  readonly called: ReadonlySet<OpDef>;
  /** The forms that each op has in the program. */
  readonly forms: Map<OpDef, Set<Form>>;
}

/** What a step has beside form and words. */
type Extras = Partial<Pick<Step, 'labels' | 'callee' | 'late'>>;

/** Writes one function's steps; see the head of this file. */
export class Emitter {
  readonly f: StackFunc;
  readonly localTypes: readonly Type[];
  readonly link: Linkage;
  readonly stack: VirtualStack;
  readonly steps: Step[] = [];
  readonly labels: Map<number, number> = new Map();
  /** The instruction that is translated now. */
  at = 0;
  /** Instructions since the last step. */
  weight = 0;
  readonly #shapes: Shapes;

  /** By index in the code: the instruction of the program that it is a part of; null: they are the same. */
  readonly #origin: Int32Array | null;

  constructor(f: StackFunc, origin: Int32Array | null, localTypes: readonly Type[], shapes: Shapes, link: Linkage) {
    this.f = f;
    this.#origin = origin;
    this.localTypes = localTypes;
    this.link = link;
    this.stack = new VirtualStack(localTypes.length);
    this.#shapes = shapes;
  }

  /** Whether a jump may lead to the current instruction. */
  atLabel(): boolean {
    return this.#shapes.isTarget[this.at] === 1;
  }

  /** Whether control may come to the current instruction. */
  atReachable(): boolean {
    return this.#shapes.at(this.at) !== null;
  }

  /** Begins at a label: everything is in its own cell. */
  label(): void {
    if (this.weight > 0) this.emit(tickForm, []);
    this.stack.reset(this.#shapes.at(this.at) ?? emptyStack);
    this.labels.set(this.at, this.steps.length);
  }

  /** Adds a step; it weighs what was translated since the last one. */
  emit(what: Form, words: readonly number[], parts: Extras = {}): void {
    this.steps.push({
      form: what,
      words,
      labels: parts.labels ?? -1,
      callee: parts.callee ?? -1,
      instr: this.#origin === null ? this.at : (this.#origin[this.at] as number),
      weight: this.weight,
      late: parts.late ?? 0,
    });
    this.weight = 0;
  }

  /** Adds the step of an op. */
  emitOp(op: OpDef, what: Form, words: readonly number[], extras: Extras): void {
    const { forms } = this.link;
    const known = forms.get(op);
    if (known === undefined) forms.set(op, new Set([what]));
    else known.add(what);
    this.emit(what, words, extras);
  }

  /** Copies a value to a cell. */
  move(to: number, source: Source): void {
    const { kind, word } = this.operand(source, true);
    this.emit(moveForm(source.type, kind), moveWords(kind, to, kind === 'cell' ? sourceCell(source) : word));
  }

  /** Copies deferred values to their own cells. */
  place(placements: readonly Placement[]): void {
    for (const { position, source } of placements) this.move(this.stack.cellAt(position), source);
  }

  /** Puts everything into its own cell: paths meet here. */
  flush(): void {
    this.place(this.stack.takeFrom(0));
  }

  /** Copies a value to a local; whatever still names the old value goes to its own cell before. */
  setLocal(local: number, source: Source): void {
    this.place(this.stack.refsTo(local));
    if (source.kind === 'cell' && source.cell === local) return;
    this.move(local, source);
  }

  /** An operand's kind and word. `bits`: floats are wanted as integers. */
  operand(source: Source, bits: boolean): { kind: SourceKind; word: number } {
    const { type } = source;
    if (source.kind === 'cell') return { kind: 'cell', word: cellWord(type, source.cell) };
    if (type === 'i32') return { kind: 'inline', word: source.value as number };
    if (type === 'f32' && bits) return { kind: 'inline', word: f32Bits(source.value) };
    const { constants } = this.link;
    return { kind: 'pool', word: bitsType(type) ? constants.number(type, source.value) : constants.host(source.value) };
  }

  /** Chooses the result's cell, looking at the next instruction; `emit` gets it. */
  finishOp(result: Type | null, emit: (to: number, late: number) => void): number {
    if (result === null) {
      emit(0, 0);
      return 0;
    }
    const next = this.next();
    const stack = this.stack;
    if (next?.def.role === 'local-set' || next?.def.role === 'local-tee') {
      const local = next.operands[0] as number;
      this.place(stack.refsTo(local));
      const late = this.weightOf(this.at + 1);
      this.weight += late;
      emit(local, late);
      if (next.def.role === 'local-tee') stack.defer({ kind: 'cell', type: result, cell: local });
      return 1;
    }
    if (next?.def.role === 'return' && this.f.sig.results.length === 1 && this.localTypes.length > 0) {
      // The results' place: locals are dead from here on.
      emit(0, 0);
      stack.defer({ kind: 'cell', type: result, cell: 0 });
      return 0;
    }
    emit(stack.cellAt(stack.height), 0);
    stack.push(result);
    return 0;
  }

  /** What an instruction counts: nothing where it is a part of one that was counted with its first part. */
  weightOf(at: number): 0 | 1 {
    const origin = this.#origin;
    return origin !== null && at > 0 && origin[at] === origin[at - 1] ? 0 : 1;
  }

  /** The next instruction, unless a jump may lead there. */
  next(): Instr | undefined {
    const at = this.at + 1;
    return this.#shapes.isTarget[at] === 1 ? undefined : this.f.code[at];
  }

  /** Adds a site; its number. */
  site(site: Site): number {
    return this.link.sites.push(site) - 1;
  }

  /** Whether a jump from the current instruction goes backwards. */
  goesBack(target: number): boolean {
    return target <= this.at;
  }
}

/** The cell of a source that is one. */
export function sourceCell(source: Source): number {
  if (source.kind !== 'cell') throw new Error('a constant has no cell');
  return source.cell;
}
