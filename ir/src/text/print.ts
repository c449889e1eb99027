/**
 * The text form, written. Derived from the op table alone: an instruction is its op's name, its type where the
 * signature leaves it open, its immediate and its operands, in the form of its kind.
 *
 * Reading what is printed gives the same module but for ids; printing that again gives the same text. The printer is
 * total: it also shows functions that the verifier refuses (`%?7` is a reference to nothing), so that a message or a
 * dump never fails.
 */

import type { Span } from '../diag.ts';
import type { Func, Inst, Module, ValueId } from '../func.ts';
import type { CallSig, MemImm, MemLaneImm, TableInit, TablePair } from '../op.ts';
import { printSignature, type Signature } from '../type.ts';
import type { Value } from '../value.ts';
import { printConst } from './literals.ts';
import { printName } from './names.ts';
import { type Labels, labelsOf } from './numbering.ts';
import { itemLines } from './print-items.ts';
import { quoteText } from './strings.ts';

/** How to print. */
export interface PrintOptions {
  /** Names of values and blocks where they are known and unique, instead of numbers. */
  readonly names?: boolean;
  /** The location of each instruction behind it. */
  readonly locs?: boolean;
}

/** The text of a module, with a line break at its end. */
export function printModule(m: Module, options: PrintOptions = {}): string {
  const lines: string[] = [];
  if (m.name !== '') lines.push(`module ${quoteText(m.name)}`);
  for (const { name, sig, module, field } of m.imports) {
    lines.push(`import @${printName(name)}${printSignature(sig)} from ${quoteText(module)} ${quoteText(field)}`);
  }
  lines.push(...itemLines(m));
  for (const f of m.funcs) {
    if (lines.length > 0) lines.push('');
    writeFunc(f, options, lines);
  }
  if (lines.length > 0) lines.push('');
  return lines.join('\n');
}

/** The text of a function, without a line break at its end. */
export function printFunc(f: Func, options: PrintOptions = {}): string {
  const lines: string[] = [];
  writeFunc(f, options, lines);
  return lines.join('\n');
}

/** The text of one instruction, names where known; takes time linear in the function: see `instPrinter` for many. */
export function printInst(f: Func, v: ValueId): string {
  return instPrinter(f)(v);
}

/** A printer of single instructions of a function, as `printInst`. */
export function instPrinter(f: Func): (v: ValueId) => string {
  const labels = labelsOf(f, true);
  return (v) => {
    const inst = f.insts[v];
    return inst === undefined ? `no instruction ${labels.value(v)}` : instText(v, inst, labels);
  };
}

function writeFunc(f: Func, options: PrintOptions, lines: string[]): void {
  const labels = labelsOf(f, options.names ?? false);
  const params = f.params.map((v, k) => `${labels.value(v)}: ${f.insts[v]?.type ?? f.sig.params[k]}`);
  const { results } = f.sig;
  const list = results.length === 1 ? results[0] : `(${results.join(', ')})`;
  const gives = results.length === 0 ? '' : ` -> ${list}`;
  lines.push(`func @${printName(f.name)}(${params.join(', ')})${gives} {`);
  if (f.slots.length > 0) lines.push(`  slots ${f.slots.join(', ')}`);
  const line = (v: ValueId): void => {
    const inst = f.insts[v];
    if (inst === undefined) {
      lines.push(`  ; no instruction ${labels.value(v)}`);
    } else {
      const loc = options.locs === true && inst.loc !== null ? printLoc(inst.loc) : '';
      lines.push(`  ${instText(v, inst, labels)}${loc}`);
    }
  };
  for (const b of f.order) {
    lines.push(`${labels.block(b)}:`);
    const block = f.blocks[b];
    if (block === undefined) {
      lines.push(`  ; no block ${labels.block(b)}`);
      continue;
    }
    for (const v of block.phis) line(v);
    for (const v of block.body) line(v);
    line(block.term);
  }
  lines.push('}');
}

function printLoc(loc: Span): string {
  return ` !${quoteText(loc.file)}:${loc.line}:${loc.col}`;
}

function instText(v: ValueId, inst: Inst, labels: Labels): string {
  const { op, type, args, blocks } = inst;
  let head = type === 'void' ? op.name : `${labels.value(v)} = ${op.name}`;
  if (op.sig.result === 'T' && type !== 'void') head += ` ${type}`;
  const operands = args.map(labels.value);
  const targets = blocks.map(labels.block);
  switch (op.kind) {
    case 'phi':
      return join(head, operands.map((value, k) => `[${targets[k]}: ${value}]`).join(', '));
    case 'call':
      return `${join(head, immText(inst))}${op.imm === 'sig' ? ' ' : ''}(${operands.join(', ')})`;
    case 'invoke':
      return [`${join(head, immText(inst))}(${operands.join(', ')})`, ...targets].join(', ');
    case 'switch':
      return `${join(head, operands.join(', '))} ${casesText(inst, targets)}`;
    case 'result':
      return join(head, operands.join(', '), immText(inst));
    case 'br':
    case 'br_if':
      return join(head, [...operands, ...targets].join(', '));
    default:
      if (op.imm === 'mem' || op.imm === 'memlane') return join(head, operands.join(', '), immText(inst));
      return join(head, immText(inst), operands.join(', '));
  }
}

function casesText(inst: Inst, targets: readonly string[]): string {
  const cases = Array.isArray(inst.imm) ? (inst.imm as readonly number[]) : [];
  const pairs = cases.map((value, k) => `${value}: ${targets[k] ?? '^?'}`);
  return `[${pairs.join(', ')}], ${targets.at(-1) ?? '^?'}`;
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

// An immediate of the wrong form prints as `?`, which does not parse.
function immText({ op, type, imm }: Inst): string {
  switch (op.imm) {
    case 'const':
      return type === 'void' || type === 'tuple' ? '?' : printConst(type, imm as Value);
    case 'mem': {
      if (typeof imm !== 'object' || imm === null) return '?';
      const { offset, align } = imm as Partial<MemImm>;
      return join(offset === 0 ? '' : `offset=${offset}`, align === 0 ? '' : `align=${align}`);
    }
    case 'memlane': {
      if (typeof imm !== 'object' || imm === null) return '?';
      const { offset, align, lane } = imm as Partial<MemLaneImm>;
      return join(offset === 0 ? '' : `offset=${offset}`, align === 0 ? '' : `align=${align}`, `lane=${lane}`);
    }
    case 'lanes':
      return Array.isArray(imm) ? `[${imm.join(', ')}]` : '[?]';
    case 'lane':
    case 'index':
      return `#${typeof imm === 'number' ? imm : '?'}`;
    case 'func':
    case 'global':
    case 'table':
      return symbolText(imm);
    case 'tables': {
      const { to, from } = (imm ?? {}) as Partial<TablePair>;
      return `${symbolText(to)} ${symbolText(from)}`;
    }
    case 'tableseg': {
      const { table, segment } = (imm ?? {}) as Partial<TableInit>;
      return `${symbolText(table)} #${typeof segment === 'number' ? segment : '?'}`;
    }
    case 'sig':
      if (!isSignature(imm)) return '(?)';
      return `${imm.table === undefined ? '' : `${symbolText(imm.table)} `}(${printSignature(imm)})`;
    case 'trap':
      return typeof imm === 'string' ? imm : '?';
    case 'text':
      return typeof imm === 'string' ? quoteText(imm) : '?';
    case 'cases':
    case 'none':
      return '';
  }
}

function symbolText(name: unknown): string {
  return typeof name === 'string' ? `@${printName(name)}` : '@?';
}

function isSignature(imm: unknown): imm is CallSig {
  if (typeof imm !== 'object' || imm === null) return false;
  return Array.isArray((imm as Partial<Signature>).params) && Array.isArray((imm as Partial<Signature>).results);
}
