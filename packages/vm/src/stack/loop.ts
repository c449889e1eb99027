/**
 * The loop: one JavaScript function with a case for each form that a program uses. Labels are integer literals, which V8
 * turns into a jump table (MEASURED §1); a loop of one program's forms stays below the size beyond which TurboFan gives
 * up, and types of feedback stay apart between programs.
 *
 * Variants: `fuel` pays for back-edges and calls, `count` adds up weights; what is off leaves no trace in the text.
 * Loops are kept and reused for every program whose forms they contain.
 */

import type { Form } from './form.ts';
import type { LoopState } from './state.ts';

/** Which duties a loop has beside executing. */
export interface Variant {
  readonly fuel: boolean;
  readonly count: boolean;
}

/** Forms that are executed as one step. */
export type Group = readonly Form[];

/** How a loop ended: 0 returned, 1 trapped (`trap`, `pc`), 2 reached a limit (`end`). */
export type Run = (st: LoopState, pc: number, fp: number, fr: number) => 0 | 1 | 2;

/** A loop, and the numbers of its groups. */
export interface Loop {
  readonly run: Run;
  /** By the group's text. */
  readonly opcodes: ReadonlyMap<string, number>;
}

const kept: { readonly fuel: Loop[]; readonly plain: Loop[]; readonly count: Loop[]; readonly both: Loop[] } = {
  fuel: [],
  plain: [],
  count: [],
  both: [],
};

/** Loops kept for each variant, the latest first. */
const mostKept = 24;

/** The text of a group, which is also its name. */
export function groupText(group: Group, variant: Variant): string {
  let at = 0;
  let text = '';
  for (const { text: part, width } of group) {
    text += place(part, at, width);
    at += width;
  }
  if (group.at(-1)?.next === true) text += `pc+=${at + 1};continue;`;
  return macros(text, variant);
}

/** A loop that has all of these texts; `begin` is called with it if it is new. */
export function loopFor(texts: readonly string[], variant: Variant, begin: (loop: Loop) => void): Loop {
  const among = variant.fuel ? (variant.count ? kept.both : kept.fuel) : variant.count ? kept.count : kept.plain;
  const found = among.findIndex((loop) => texts.every((text) => loop.opcodes.has(text)));
  const loop = among[found] ?? build(texts, variant);
  if (found >= 0) among.splice(found, 1);
  else begin(loop);
  among.unshift(loop);
  if (among.length > mostKept) among.pop();
  return loop;
}

function build(texts: readonly string[], variant: Variant): Loop {
  const opcodes = new Map([...new Set(texts)].map((text, i) => [text, i]));
  return { run: new Function(loopText([...opcodes.keys()], variant))() as Run, opcodes };
}

/** The source of a loop over these cases. */
export function loopText(texts: readonly string[], variant: Variant): string {
  const all = texts.join('');
  const guest = viewsIn(all);
  const cases = texts.map((text, i) => `case ${i}:${text}`).join('\n');
  return `'use strict';return function run(st,pc,fp,fr){
const C=st.code,KD=st.KD,KI=st.KI,KL=st.KL,KR=st.KR,X=st.sites,T=st.tables,base=fr;
let I=st.I,S=st.S,D=st.D,L=st.L,cells=st.cells,FR=st.FR,frames=st.frames,fq=fp<<1;const R=st.R;
${guest.length > 0 ? `let ${guest.map((name) => `${name}=st.guest.${name}`).join(',')};` : ''}
${variant.count ? 'const W=st.weights;let executed=st.n;' : ''}${variant.fuel ? 'let fuel=0;' : ''}
for(;;){${variant.count ? 'executed+=W[pc];' : ''}switch(C[pc]){
${cases}
case -1:return 0;
default:throw new Error('no such step');}}
};`.replaceAll('@guest', refreshText(guest));
}

const memoryNames = ['G', 'B', 'bytes'] as const;
const heapNames = ['HT', 'HB', 'HI', 'HL'] as const;

/** The views of the guest that a text needs: those of the memory, of the heap, both or none. */
function viewsIn(text: string): readonly string[] {
  return [memoryNames, heapNames]
    .filter((names) => names.some((name) => new RegExp(`\\b${name}\\b`).test(text)))
    .flat();
}

/** Views of a buffer that was replaced have no length; those of the heap's empty table have 2 entries (views.ts). */
function refreshText(names: readonly string[]): string {
  const assign = (list: readonly string[]): string => list.map((name) => `${name}=g.${name};`).join('');
  const memory = names.includes('B') ? `if(B.length===0){const g=st.guest.memory();${assign(memoryNames)}}` : '';
  const heap = names.includes('HT')
    ? `if(HT.length<=2||HB.length===0){const g=st.guest.heap();${assign(heapNames)}}`
    : '';
  return memory + heap;
}

/** Puts the code's words in the place of `@1`, `@2`, ..., `@p` and `@n`, `at` words behind the group's first. */
function place(text: string, at: number, width: number): string {
  return text
    .replace(/@(\d+)/g, (_, k: string) => `C[pc+${at + Number(k)}]`)
    .replace(/@p\b/g, at === 0 ? 'pc' : `(pc+${at})`)
    .replace(/@n\b/g, `pc+${at + width + 1}`);
}

function macros(text: string, { fuel, count }: Variant): string {
  const pay = fuel ? 'if(--fuel<0){fuel=st.refuel();if(fuel<0){fuel=0;@leave;return 2;}}' : '';
  const cells = 'I=st.I;S=st.S;D=st.D;L=st.L;cells=st.cells;';
  return text
    .replaceAll('@back', pay)
    .replaceAll('@call', pay)
    .replaceAll('@resume', `${cells}FR=st.FR;frames=st.frames;@guest;${count ? 'executed=st.n;' : ''}`)
    .replaceAll('@leave', `${count ? 'st.n=executed;' : ''}${fuel ? 'st.pool+=fuel;fuel=0;' : ''}`)
    .replaceAll('@cells', cells);
}
