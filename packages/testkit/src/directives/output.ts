/**
 * What the text after the pipeline must look like: `; expect:`, `; expect-not:`, `; count: op n`. A pattern is found in a line
 * that contains it, `*` standing for anything; lines are tried with names and with numbers, and with their block's label
 * before them (`^1: %2 = i32.mul %0, %1`). Several `expect` must be met in order.
 */

import { blockOf, type Func, instOf, instPrinter, labelsOf, type Module, printFunc, type ValueId } from '@sluice/ir';
import { type Directive, wildcard } from './directive.ts';

/** What is not as the directives say: a message and the directive's line for each. They are about the whole output. */
export function checkOutput(directives: readonly Directive[], m: Module): readonly (readonly [string, number])[] {
  if (directives.length === 0) return [];
  const wrong: (readonly [string, number])[] = [];
  const lines = m.funcs.flatMap(formsOf);
  let from = 0;
  for (const { name, text, line } of directives) {
    const pattern = wildcard(text);
    if (name === 'expect') {
      const found = lines.findIndex((forms, i) => i >= from && forms.some((form) => pattern.test(form)));
      if (found >= 0) from = found + 1;
      else wrong.push([`the output${from > 0 ? ', after the lines before,' : ''} has no line '${text}'`, line]);
    } else if (name === 'expect-not') {
      const found = lines.find((forms) => forms.some((form) => pattern.test(form)));
      if (found !== undefined) wrong.push([`the output has the line '${found[0]}'`, line]);
    } else if (name === 'count') {
      const [op = '', wanted = ''] = text.split(/\s+/);
      const count = m.funcs.reduce((sum, f) => sum + countOf(f, op), 0);
      if (String(count) !== wanted) wrong.push([`the output has ${count} of ${op}, not ${wanted}`, line]);
    }
  }
  return wrong;
}

// Each line in all its forms; the first is the one for messages.
function formsOf(f: Func): readonly (readonly string[])[] {
  const named = printFunc(f, { names: true }).split('\n');
  const numbered = printFunc(f).split('\n');
  let block: readonly string[] = [];
  return named.map((text, i) => {
    const forms = [text.trim(), (numbered[i] ?? '').trim()];
    if (/^\^.*:$/.test(text)) block = forms;
    else if (block.length > 0) forms.push(...forms.map((form, k) => `${block[k]} ${form}`));
    return forms;
  });
}

function countOf(f: Func, op: string): number {
  let count = 0;
  for (const b of f.order) {
    const { phis, body, term } = blockOf(f, b);
    for (const v of [...phis, ...body, term]) if (instOf(f, v).op.name === op) count++;
  }
  return count;
}

/** An instruction with a value's label for messages: `%6 = i32.div_s %1, %2`. */
export function labelOf(f: Func, v: ValueId): { readonly value: string; readonly text: string } {
  return { value: labelsOf(f, true).value(v), text: instPrinter(f)(v) };
}
