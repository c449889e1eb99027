/**
 * `; alloc: regs=4 spills=1 loads<=2` behind a function: what an allocation of it costs after the pipeline, which has to end with
 * the passes that allocators need. `regs=any` sets no bound, `by=linear-scan` chooses the allocator. Facts are held to a number
 * with `=`, to a limit with `<=`. What allocates and what facts there are is the context's matter.
 */

import { type Func, findFunc, type Module } from '@sluice/ir';
import type { Directive } from './directive.ts';

/** Allocates a function with so many registers (null: any number); facts by name, or what is wrong with the allocation. */
export type AllocateForFixture = (
  f: Func,
  registers: number | null,
  allocator: string | null,
) => Readonly<Record<string, number>> | string;

interface Wanted {
  readonly registers: number | null;
  readonly by: string | null;
  readonly limits: readonly { readonly fact: string; readonly exact: boolean; readonly limit: number }[];
}

/** What is not as the directives say: a message and the directive's line for each. */
export function checkAlloc(
  directives: readonly Directive[],
  m: Module,
  allocate: AllocateForFixture | undefined,
): readonly (readonly [string, number])[] {
  return directives.flatMap(({ text, func, line }) => {
    const wrong = (message: string): (readonly [string, number])[] => [[message, line]];
    const wanted = parseAlloc(text);
    if (typeof wanted === 'string') return wrong(wanted);
    if (allocate === undefined) return wrong("there is no allocator here for 'alloc'");
    const f = func === null ? undefined : findFunc(m, func);
    if (f === undefined) return wrong("'alloc' stands behind a function that is there after the passes");
    const facts = allocate(f, wanted.registers, wanted.by);
    if (typeof facts === 'string') return wrong(`the allocation is wrong: ${facts}`);
    return wanted.limits.flatMap(({ fact, exact, limit }) => {
      const found = facts[fact];
      if (found === undefined) return wrong(`no fact '${fact}'; there are: ${Object.keys(facts).join(', ')}`);
      return (exact ? found === limit : found <= limit)
        ? []
        : wrong(`the allocation has ${fact}=${found}, not ${limit}`);
    });
  });
}

function parseAlloc(text: string): Wanted | string {
  let registers: number | null | undefined;
  let by: string | null = null;
  const limits: { fact: string; exact: boolean; limit: number }[] = [];
  for (const word of text.split(/\s+/)) {
    const [, fact = '', sign = '', value = ''] = /^([a-z]+)(<?=)([\w-]+)$/.exec(word) ?? [];
    if (fact === 'regs' && sign === '=') registers = value === 'any' ? null : Number(value);
    else if (fact === 'by' && sign === '=') by = value;
    else if (fact !== '' && /^\d+$/.test(value)) limits.push({ fact, exact: sign === '=', limit: Number(value) });
    else return `'${word}' is not 'regs=N', 'by=NAME', 'fact=N' or 'fact<=N'`;
  }
  if (registers === undefined || Number.isNaN(registers)) return "'alloc' says 'regs=N' or 'regs=any'";
  return limits.length === 0 ? "'alloc' says nothing of the allocation" : { registers, by, limits };
}
