/** Translates jumps, calls and returns. */

import type { Signature } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import { type Emitter, sourceCell } from './emitter.ts';
import {
  callForm,
  callHostForm,
  callIndirectForm,
  cellWord,
  denseSwitch,
  type Form,
  form,
  jumpForm,
  resultsForm,
  returnForm,
  sourceText,
  sparseSwitch,
} from './form.ts';
import { truthForm } from './op-form.ts';
import type { Source } from './virtual-stack.ts';

/** Sparse switches go through a map; dense ones through a table of at most this many words for each case. */
const wordsPerCase = 4;

/** A conditional jump on a constant that holds: goes to the label, but what follows is still there for the loader. */
const truthJump = (back: boolean): Form => form(jumpForm(back).text, 1, false);

export function jump(e: Emitter, target: number): void {
  if (target === e.at + 1) return;
  e.emit(jumpForm(e.goesBack(target)), [target], { labels: 0 });
}

export function branch(e: Emitter, target: number, unless: boolean): void {
  const source = e.stack.pop();
  e.flush();
  if (source.kind === 'const') {
    if ((source.value !== 0) !== unless) e.emit(truthJump(e.goesBack(target)), [target], { labels: 0 });
    return;
  }
  const word = cellWord('i32', source.cell);
  e.emit(truthForm(unless, e.goesBack(target)), [word, target], { labels: 1 });
}

export function switchOn(e: Emitter, cases: readonly number[], labels: readonly number[]): void {
  let source = e.stack.pop();
  e.flush();
  if (source.kind === 'const') {
    const cell = e.stack.cellAt(e.stack.height);
    e.move(cell, source);
    source = { kind: 'cell', type: 'i32', cell };
  }
  const otherwise = labels.at(-1) as number;
  const back = labels.some((label) => e.goesBack(label));
  const word = cellWord('i32', source.cell);
  let low = cases[0] ?? 0;
  let high = low;
  for (const value of cases) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (high - low < wordsPerCase * cases.length) {
    const table: number[] = new Array(high - low + 1).fill(otherwise);
    cases.forEach((value, i) => {
      table[value - low] = labels[i] as number;
    });
    e.emit(denseSwitch(back), [word, low, table.length, ...table, otherwise], { labels: 3 });
    return;
  }
  const table = e.link.tables.push(new Map(cases.map((value, i) => [value, i + 1]))) - 1;
  const targets = [...labels.slice(0, -1)];
  e.emit(sparseSwitch(back), [word, table, otherwise, ...targets], { labels: 2 });
}

export function call(e: Emitter, name: string): void {
  const sig = e.link.func(name);
  const cell = takeArguments(e, sig);
  const callee = e.link.funcNumber(name);
  e.emit(callForm, [callee, cell, 0], { callee: 0 });
  pushResults(e, sig);
}

export function callHost(e: Emitter, name: string): void {
  const sig = e.link.host(name);
  const cell = takeArguments(e, sig);
  const site = e.site({
    kind: 'host',
    index: e.link.importNumber(name),
    sig,
    cell,
    frame: cell + Math.max(sig.params.length, sig.results.length),
  });
  e.emit(callHostForm, [site]);
  pushResults(e, sig);
}

export function callIndirect(e: Emitter, sig: Signature, table: string | undefined): void {
  const index = e.stack.pop();
  const at = e.stack.height;
  // The index gets a cell above the arguments: there it survives until it is read.
  const own = e.stack.cellAt(at);
  if (index.kind === 'const') e.move(own, index);
  const indexCell = index.kind === 'const' ? own : index.cell;
  const cell = takeArguments(e, sig);
  const frame = cell + Math.max(sig.params.length, sig.results.length);
  const site = e.site({ kind: 'indirect', table: e.link.tableNumber(table), sig, cell, frame });
  e.emit(callIndirectForm, [site, cell, cellWord('i32', indexCell)]);
  pushResults(e, sig);
}

export function returnFrom(e: Emitter): void {
  const { results } = e.f.sig;
  const count = results.length;
  if (count === 1) {
    const source = e.stack.pop();
    if (source.kind !== 'cell' || source.cell !== 0) returnOne(e, source);
    else e.emit(returnForm, []);
    return;
  }
  if (count > 1) {
    const base = e.stack.height - count;
    e.place(e.stack.takeFrom(base));
    const first = e.stack.cellAt(base);
    const hosted = results.some((type) => !bitsType(type));
    if (first !== 0) e.emit(resultsForm(hosted), [first, count]);
  }
  e.emit(returnForm, []);
}

function returnOne(e: Emitter, source: Source): void {
  const { type } = source;
  const { kind, word } = e.operand(source, true);
  const to = bitsType(type) ? (kind === 'inline' ? 'I[fq]' : 'L[fp]') : 'R[fp]';
  const file = bitsType(type) ? 'L' : 'R';
  const from = kind === 'cell' ? `${file}[fp+@1]` : sourceText(kind, type, true, 1);
  const text = `${to}=${from};${returnForm.text}`;
  e.emit(form(text, 1, false), [kind === 'cell' ? sourceCell(source) : word]);
}

/** Pops a call's arguments, which must stand in their own cells; gives the first one's cell. */
function takeArguments(e: Emitter, sig: Signature): number {
  const base = e.stack.height - sig.params.length;
  e.place(e.stack.takeFrom(base));
  for (let i = 0; i < sig.params.length; i++) e.stack.pop();
  return e.stack.cellAt(base);
}

function pushResults(e: Emitter, sig: Signature): void {
  for (const type of sig.results) e.stack.push(type);
}
