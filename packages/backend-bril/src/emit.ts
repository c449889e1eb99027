/** A module as a Bril program: functions one by one, and the names of functions. */

import { type BrilFunction, type BrilInstr, type BrilItem, type BrilProgram, isIdentifier } from '@sluice/bril-format';
import { type BlockId, type Diagnostic, type Func, fail, type Module, ok, type Result, type ValueId } from '@sluice/ir';
import { noBrilItem } from './diag-codes.ts';
import type { Draft, DraftBlock, Operand } from './draft.ts';
import { layOut } from './layout.ts';
import { placeConstants } from './place.ts';
import { selectFunc } from './select.ts';
import { BrilTypes } from './types.ts';
import { Names, type Variables } from './variables.ts';

const at = { line: 1, col: 1 };

/** Emits a module whose functions `prepare` of the target has run on. Fails (SL08xx) where Bril cannot say it. */
export function emitBril(m: Module): Result<BrilProgram> {
  const findings: Diagnostic[] = [...itemsOf(m)];
  const types = new BrilTypes(m);
  findings.push(...types.diagnostics);
  if (findings.length > 0) return fail(...findings);
  const names = functionNames(m);
  const callee = (name: string): string => names.get(name) ?? name;
  const functions = m.funcs.map((f) => {
    const { blocks, variables } = selectFunc(m, f, types, callee, findings);
    return findings.length > 0 ? null : emitFunc(f, callee(f.name), types, [...blocks], variables);
  });
  if (findings.length > 0) return fail(...findings);
  return ok({ file: m.name, functions: functions.filter((f) => f !== null) });
}

/** What a module has and Bril does not. */
function* itemsOf(m: Module): Iterable<Diagnostic> {
  if (m.memory !== null) yield noBrilItem('memory');
  if (m.tables.length + m.segments.length > 0) yield noBrilItem('tables');
  if (m.initialiser !== null) yield noBrilItem('an initialiser');
  if (m.globals.length > 0) yield noBrilItem('globals');
  const start = m.funcs.find(({ name }) => name === m.start);
  if (start !== undefined && start.sig.results.length > 0) yield noBrilItem('result of @main');
  for (const f of m.funcs) if (f.sig.results.length > 1) yield noBrilItem(`second result, which @${f.name} has`);
}

/** The start function is `main`, whatever it is called; names that Bril cannot write are changed. */
function functionNames(m: Module): ReadonlyMap<string, string> {
  const names = new Names();
  const result = new Map<string, string>();
  if (m.start !== null) result.set(m.start, names.fresh('main'));
  for (const { name } of m.funcs) if (isIdentifier(name) && !result.has(name)) result.set(name, names.fresh(name));
  for (const { name } of m.funcs) if (!result.has(name)) result.set(name, names.fresh(name));
  return result;
}

function emitFunc(
  f: Func,
  name: string,
  types: BrilTypes,
  blocks: (DraftBlock | undefined)[],
  variables: Variables,
): BrilFunction {
  placeConstants(f, blocks);
  const { order, falls, labelled } = layOut(f, blocks);
  const labels = new Map<BlockId, string>();
  const names = new Names();
  for (const b of order) if (labelled.has(b)) labels.set(b, names.fresh(f.blockNames.get(b) ?? `b${b}`));
  const items: BrilItem[] = [];
  for (const b of order) {
    const label = labels.get(b);
    if (label !== undefined) items.push({ kind: 'label', label, at });
    const { code, end } = blocks[b] as DraftBlock;
    for (const draft of code) items.push(instrOf(draft));
    if (falls.has(b)) continue;
    const to = (each: BlockId): string => labels.get(each) as string;
    if (end.kind === 'jmp') items.push(jump('jmp', [], [to(end.to)]));
    else if (end.kind === 'br') items.push(jump('br', [end.on], [to(end.yes), to(end.no)]));
    else if (end.kind === 'ret') items.push(jump('ret', end.value === null ? [] : [end.value], []));
  }
  const params = f.params.map((v: ValueId) => ({ name: variables.of(v), type: types.of(f, v) }));
  return { name, params, type: types.result(f), items, at };
}

function instrOf({ op, dest, type, args, func, value }: Draft): BrilInstr {
  const funcs = func === null ? [] : [func];
  return { kind: 'instr', op, dest, type, args: args.map(nameOf), funcs, labels: [], value, at };
}

function jump(op: string, args: readonly Operand[], labels: readonly string[]): BrilInstr {
  return { kind: 'instr', op, dest: null, type: null, args: args.map(nameOf), funcs: [], labels, value: null, at };
}

function nameOf(operand: Operand): string {
  return typeof operand === 'string' ? operand : operand.name;
}
