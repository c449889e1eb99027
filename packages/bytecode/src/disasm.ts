/**
 * Programs to text assembly, in the syntax of asm-parse.ts. Assembling what is written gives the same program, and
 * writing that again the same text; without `locs`, places in sources are left out.
 *
 * Total for every program of the right form: what the validator refuses is shown as it is (a jump to nowhere goes to
 * a label that does not stand anywhere). Labels are numbered in the order in which they stand.
 */

import { printSignature, type Signature, type Span, type Value } from '@sluice/ir';
import { printConst } from '@sluice/ir/text/literals';
import { itemLines } from '@sluice/ir/text/print-items';
import { quoteText } from '@sluice/ir/text/strings';
import { isPlainName } from './asm-lex.ts';
import { constType, isKeyword } from './asm-operand.ts';
import type { Instr, Operand } from './instr.ts';
import type { Program, RegisterFunc, StackFunc } from './program.ts';

/** How to write a program. */
export interface DisassembleOptions {
  /** With the place of each instruction in its source. */
  readonly locs?: boolean;
}

/** The text of a program, with a line break at its end. */
export function disassemble(program: Program, options: DisassembleOptions = {}): string {
  const lines = [`.machine ${program.machine}`];
  writeItems(program, lines);
  for (const f of program.funcs) {
    lines.push('');
    writeFunc(f, options.locs ?? false, lines);
  }
  lines.push('');
  return lines.join('\n');
}

function writeItems(p: Program, lines: string[]): void {
  if (p.name !== '') lines.push(`.name ${quoteText(p.name)}`);
  for (const { name, sig, module, field } of p.imports) {
    lines.push(`.import ${sigil('@', name)} ${printSignature(sig)} ${quoteText(module)} ${quoteText(field)}`);
  }
  lines.push(...itemLines(p, { prefix: '.', colon: '', symbol: (name) => sigil('@', name) }));
}

function sigil(mark: string, name: string): string {
  return mark + (isPlainName(name) ? name : quoteText(name));
}

/** How the operands of a function's instructions are written. */
interface Names {
  /** A local or register by index. */
  readonly cell: (index: number) => string;
  readonly label: (index: number) => string;
}

function writeFunc(f: StackFunc | RegisterFunc, locs: boolean, lines: string[]): void {
  const names = uniqueNames('locals' in f ? f.localNames : f.registerNames);
  const param = (index: number): string => {
    const name = names.get(index);
    return name === undefined ? String(f.sig.params[index]) : `${f.sig.params[index]} ${name}`;
  };
  const head = printSignature({ params: [], results: f.sig.results }).slice(2);
  lines.push(`.func ${sigil('@', f.name)} (${f.sig.params.map((_, k) => param(k)).join(', ')})${head}`);
  writeCells(f, names, lines);
  const labels = labelsOf(f.code);
  const bare = 'locals' in f ? '' : 'r';
  const cell = (index: number): string => names.get(index) ?? `${bare}${index}`;
  writeCode(f.code, { cell, label: (index) => labels.get(index) ?? `L${index}` }, labels, locs, lines);
  lines.push('.end');
}

function writeCells(f: StackFunc | RegisterFunc, names: ReadonlyMap<number, string>, lines: string[]): void {
  const params = f.sig.params.length;
  if ('locals' in f) {
    for (const [k, type] of f.locals.entries()) {
      const name = names.get(params + k);
      lines.push(`  .local ${type}${name === undefined ? '' : ` ${name}`}`);
    }
    return;
  }
  lines.push(`  .registers ${f.registers}`);
  if (f.slots > 0) lines.push(`  .slots ${f.slots}`);
  for (const [index, name] of names) if (index >= params) lines.push(`  .reg r${index} ${name}`);
}

// Names are for people: of two that are the same, the first stays.
function uniqueNames(given: ReadonlyMap<number, string>): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const taken = new Set<string>();
  for (const [index, name] of [...given].sort(([a], [b]) => a - b)) {
    if (!taken.has(name)) names.set(index, sigil('$', name));
    taken.add(name);
  }
  return names;
}

function labelsOf(code: readonly Instr[]): ReadonlyMap<number, string> {
  const targets = new Set<number>();
  for (const { def, operands } of code) {
    for (const [k, kind] of def.operands.entries()) {
      if (kind === 'label') targets.add(operands[k] as number);
      if (kind === 'labels') for (const target of operands[k] as readonly number[]) targets.add(target);
    }
  }
  const labels = new Map<number, string>();
  for (const target of [...targets].sort((a, b) => a - b)) labels.set(target, `L${labels.size}`);
  return labels;
}

function writeCode(
  code: readonly Instr[],
  names: Names,
  labels: ReadonlyMap<number, string>,
  locs: boolean,
  lines: string[],
): void {
  let place: Span | null | undefined;
  for (const [index, instr] of code.entries()) {
    const label = labels.get(index);
    if (label !== undefined) lines.push(`${label}:`);
    if (locs && (place === undefined || !sameSpan(place, instr.loc))) {
      place = instr.loc;
      lines.push(place === null ? '  .loc none' : `  .loc ${quoteText(place.file)} ${place.line} ${place.col}`);
    }
    lines.push(`  ${instrText(instr, names)}`);
  }
  const last = labels.get(code.length);
  if (last !== undefined) lines.push(`${last}:`);
}

function sameSpan(a: Span | null, b: Span | null): boolean {
  return a === b || (a !== null && b !== null && a.file === b.file && a.line === b.line && a.col === b.col);
}

function instrText({ def, operands }: Instr, names: Names): string {
  const plain: string[] = [];
  let text = def.name;
  let keywords = '';
  for (let k = 0; k < def.operands.length; k++) {
    const kind = def.operands[k];
    const operand = operands[k];
    if (kind === 'type') text += ` ${operand}`;
    else if (kind !== undefined && isKeyword(kind)) keywords += operand === 0 ? '' : ` ${kind}=${operand}`;
    else if (kind === 'cases') plain.push(casesText(operand, operands[++k], names));
    else plain.push(operandText({ def, operands, loc: null }, k, names));
  }
  if (plain.length > 0) text += ` ${plain.join(', ')}`;
  return text + keywords;
}

function operandText({ def, operands }: Instr, k: number, names: Names): string {
  const operand: Operand | undefined = operands[k];
  const kind = def.operands[k];
  switch (kind) {
    case 'def':
    case 'use':
    case 'local':
      return names.cell(operand as number);
    case 'defs':
    case 'uses':
      return `[${(operand as readonly number[]).map(names.cell).join(', ')}]`;
    case 'label':
      return names.label(operand as number);
    case 'value':
      return printConst(constType(def, k), operand as Value);
    case 'func':
    case 'import':
    case 'global':
    case 'table':
      return sigil('@', String(operand));
    case 'sig':
      return printSignature(operand as Signature);
    case 'lanes':
      return `[${(operand as readonly number[]).join(', ')}]`;
    case 'index':
      return `#${operand}`;
    default:
      return String(operand);
  }
}

function casesText(cases: Operand | undefined, labels: Operand | undefined, names: Names): string {
  const targets = (labels as readonly number[]).map(names.label);
  const pairs = (cases as readonly number[]).map((value, k) => `${value}: ${targets[k]}`);
  return `[${pairs.join(', ')}], ${targets.at(-1)}`;
}
