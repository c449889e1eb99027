/**
 * Forms: how the loop executes one step. A form is JavaScript text over operand words; the loop of a program is made
 * of the texts of the forms that the program uses (loop.ts), so that it stays small enough for the optimising compiler.
 *
 * In a text `@1`, `@2`, ... are the step's operand words, `@p` is its place in the code and `@n` the place of the next
 * step. Words that name cells of i32 and f32 are doubled, since these are read through 4-byte views. Macros, replaced
 * according to the loop's variant:
 *
 *   @back     pays a unit of fuel for a jump backwards       @call     pays a unit for a call
 *   @leave    puts counters back into the state              @cells    reads the views of the cells anew
 *   @guest    reads the views of memory and heap anew        @resume   reads everything anew, after the host ran
 *
 * Names in scope: `fp` and `fq` (first cell of the frame, and twice that), `fr` (top of the list of callers), `pc`,
 * `C` (code), views of the cells `I` i32, `S` f32, `D` f64, `L` i64, `R` host values, of the constants `KD KI KL KR`. Forms may use single small letters for
 * their own names.
 */

import type { Type } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';

/** How one step is executed. Forms are compared by identity; there is one object for each text. */
export interface Form {
  readonly text: string;
  /** Number of operand words; -1: differs from step to step (then control never goes on to the next step). */
  readonly width: number;
  /** Control may go on to the next step. */
  readonly next: boolean;
}

/** Where an operand comes from: a cell of the frame, a number in the code, an entry of the constants. */
export type SourceKind = 'cell' | 'inline' | 'pool';

const forms = new Map<string, Form>();

/** The form of a text. */
export function form(text: string, width: number, next = true): Form {
  let found = forms.get(text);
  if (found === undefined) {
    found = { text, width, next };
    forms.set(text, found);
  }
  return found;
}

/** The expression of the cell that word `k` names. With `bits`, floats are read and written as integers. */
export function cellText(type: Type, bits: boolean, k: number): string {
  switch (type) {
    case 'i32':
      return `I[fq+@${k}]`;
    case 'f32':
      return bits ? `I[fq+@${k}]` : `S[fq+@${k}]`;
    case 'i64':
      return `L[fp+@${k}]`;
    case 'f64':
      return bits ? `L[fp+@${k}]` : `D[fp+@${k}]`;
    default:
      return `R[fp+@${k}]`;
  }
}

/** The expression of an operand. */
export function sourceText(kind: SourceKind, type: Type, bits: boolean, k: number): string {
  if (kind === 'cell') return cellText(type, bits, k);
  if (kind === 'inline') return `@${k}`;
  if (!bitsType(type)) return `KR[@${k}]`;
  return type === 'i64' || (type === 'f64' && bits) ? `KL[@${k}]` : `KD[@${k}]`;
}

/** The word that names a cell. */
export function cellWord(type: Type, cell: number): number {
  return type === 'i32' || type === 'f32' ? cell * 2 : cell;
}

/** Whether cells of the type are read through 4-byte views. */
export function isNarrow(type: Type): boolean {
  return type === 'i32' || type === 'f32';
}

/** Ends the execution with a trap; `kind` is an expression. */
export function trapText(kind: string): string {
  return `{@leave;st.trap=${kind};st.pc=@p;return 1;}`;
}

/** Puts expressions in the place of `$0`, `$1`, ... Those that occur more than once are computed once, in `before`. */
export function fill(templates: readonly string[], operands: readonly string[]): { before: string; texts: string[] } {
  const all = templates.join(' ');
  let before = '';
  const names = operands.map((text, i) => {
    const uses = all.split(`$${i}`).length - 1;
    if (uses <= 1 || text.startsWith('@')) return text;
    before += `const o${i}=${text};`;
    return `o${i}`;
  });
  const texts = templates.map((template) => template.replace(/\$(\d)/g, (_, k: string) => names[Number(k)] ?? ''));
  return { before, texts };
}

/** Copies a value from a cell or the constants to a cell: words destination, source. */
export function moveForm(type: Type, kind: SourceKind): Form {
  if (!bitsType(type)) return form(`${cellText(type, true, 1)}=${sourceText(kind, type, true, 2)};`, 2);
  if (kind === 'inline') return form('I[fq+@1]=@2;', 2);
  // All 64 bits, whatever the type: one form, exact for every NaN.
  return form(`L[fp+@1]=${kind === 'cell' ? 'L[fp+@2]' : 'KL[@2]'};`, 2);
}

/** The words of a move. */
export function moveWords(kind: SourceKind, to: number, from: number): number[] {
  return kind === 'inline' ? [to * 2, from] : [to, from];
}

export const jumpForm = (back: boolean): Form => form(`${back ? '@back' : ''}pc=@1;continue;`, 1, false);

/**
 * Goes to the label (word `k`) if the condition holds. Both ways are computed before: what a loop has not executed yet
 * when it is compiled makes it be compiled once more (warm.ts).
 */
export function branchText(condition: string, k: number, back: boolean): string {
  return `const to=@${k},on=@n;if(${condition}){${back ? '@back' : ''}pc=to;}else pc=on;continue;`;
}

/** Words: source, lowest case, number of cases, a label for each case, the default last. */
export const denseSwitch = (back: boolean): Form =>
  form(
    `{const n=@3,k=(I[fq+@1]-@2)>>>0,to=C[@p+4+(k<n?k:n)];${back ? 'if(to<=pc){@back}' : ''}pc=to;continue;}`,
    -1,
    false,
  );

/** Words: source, number of the table, labels: default, then each case; the table gives the position of the case. */
export const sparseSwitch = (back: boolean): Form =>
  form(`{const to=C[@p+3+(T[@2].get(I[fq+@1])??0)];${back ? 'if(to<=pc){@back}' : ''}pc=to;continue;}`, -1, false);

/** Goes into a function whose frame begins at a cell of the caller's: words entry, cell, size of the callee's frame. */
const enter = (entry: string, size: string): string =>
  `if(fr>=frames){const e=st.deepen(fr);if(e!==0){@leave;return 2;}FR=st.FR;frames=st.frames;}` +
  `FR[fr]=@n;FR[fr+1]=fp;fr+=2;fp+=@2;fq=fp<<1;` +
  `if(fp+${size}>cells){@leave;st.growCells(fp+${size});@cells;}pc=${entry};continue;`;

/** Words: entry, cell of the first argument, size of the callee's frame. */
export const callForm: Form = form(`{@call${enter('@1', '@3')}}`, 3, false);

/** Words: number of the call's site, cell of the first argument, cell of the index. The site gives the size of the
 * callee's frame, or what is left of its answer: -1 it traps, -2 it is the host's. */
export const callIndirectForm: Form = form(
  `{const s=X[@1](I[fq+@3]);if(s===-1)${trapText('st.trap')}` +
    `if(s===-2){@leave;st.callHost(fp,fr);@resume;pc=@n;continue;}@call${enter('st.entry', 's')}}`,
  3,
  false,
);

/** Words: number of the call's site. Counters go to the state and come back, since the host may call back. */
export const callHostForm: Form = form('@leave;X[@1](fp,fr);@resume;', 1);

/** Back to the caller; results stand in the first cells of the frame. */
export const returnForm: Form = form(
  'if(fr===base){@leave;return 0;}fr-=2;pc=FR[fr];fp=FR[fr+1];fq=fp<<1;continue;',
  0,
  false,
);

/** Moves results down to the first cells: words first cell, number. */
export const resultsForm = (hosted: boolean): Form =>
  form(`for(let k=0,n=@2,a=fp+@1;k<n;k++){L[fp+k]=L[a+k];${hosted ? 'R[fp+k]=R[a+k];' : ''}}`, 2);

/** Sets cells to zero: words first cell, number. */
export const zeroForm: Form = form('for(let k=fp+@1,e=k+@2;k<e;k++)D[k]=0;', 2);

/** An op without a fast form: word number of the site. `reload`: it may replace the guest's views. */
export const externalForm = (traps: boolean, reload: boolean): Form => {
  const call = traps ? `{const t=X[@1](fp);if(t!==undefined)${trapText('t.kind')}}` : 'X[@1](fp);';
  // Counters go to the state first, since the op may end the execution with a resource end.
  return form(reload ? `@leave;${call}@guest;` : call, 1);
};

/** Word: the kind's number among the constants. */
export const trapForm: Form = form(trapText('KR[@1]'), 1, false);

/** Does nothing; carries the weight of instructions that left no step, in loops that count. */
export const tickForm: Form = form(';', 0);
