/**
 * `; remark: hoisted %p` on an instruction's line: a pass said this of the instruction, as something that it did
 * (`cx.rewrite`) or did not do (`cx.declined`). On the line of `func`: of the function as a whole, or of anything in it. The
 * value at the end may be left out; where it stands, the remark is about that value.
 */

import { type Func, findFunc, labelsOf, type Module, type ValueId } from '@sluice/ir';
import type { Remark } from '@sluice/pipeline';
import { type Directive, wildcard } from './directive.ts';

/** What was not said: a message and the directive's line for each. */
export function checkRemarks(
  directives: readonly Directive[],
  remarks: readonly Remark[],
  before: Module,
): readonly (readonly [string, number])[] {
  return directives
    .filter((directive) => !remarks.some((remark) => fits(directive, remark, before)))
    .map((directive) => [missing(directive, remarks, before), directive.line] as const);
}

function fits(directive: Directive, remark: Remark, before: Module): boolean {
  if (remark.func !== directive.func && directive.func !== null) return false;
  const f = findFunc(before, remark.func);
  const [, what = '', name] = /^(.*?)(?:\s+%(\S+))?$/.exec(directive.text) ?? [];
  if (!new RegExp(`^(?:${wildcard(what).source})$`).test(remark.what)) return false;
  if (f === undefined) return name === undefined;
  if (name !== undefined) return remark.at !== null && nameOf(f, remark.at) === name;
  const here = valuesAt(f, directive.line);
  return here.length === 0 || (remark.at !== null && here.includes(remark.at));
}

/** The instructions that stand on a line of the file. Parameters don't count: their line is the function's. */
function valuesAt(f: Func, line: number): readonly ValueId[] {
  const found: ValueId[] = [];
  f.insts.forEach((inst, v) => {
    if (inst?.loc?.line === line && inst.op.kind !== 'param') found.push(v as ValueId);
  });
  return found;
}

function nameOf(f: Func, v: ValueId): string {
  return labelsOf(f, true).value(v).slice(1);
}

function missing(directive: Directive, remarks: readonly Remark[], before: Module): string {
  const near = remarks.filter((remark) => remark.func === directive.func).map((remark) => printRemark(remark, before));
  return `no pass said '${directive.text}' here; said was: ${near.slice(0, 12).join('; ') || 'nothing'}`;
}

/** `hoisted %p`. */
export function printRemark(remark: Remark, before: Module): string {
  const f = findFunc(before, remark.func);
  if (remark.at === null || f === undefined) return remark.what;
  return `${remark.what} %${nameOf(f, remark.at)}`;
}
