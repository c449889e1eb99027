/** The AST to Bril's text form, byte for byte as upstream's `bril2txt` writes it. Comments are not part of the AST. */

import { type BrilFunction, type BrilInstr, type BrilLiteral, type BrilProgram, formatType } from './ast.ts';
import { charEscapes } from './escapes.ts';

const escapeOf: ReadonlyMap<string, string> = new Map([...charEscapes].map(([letter, char]) => [char, `\\${letter}`]));

/** The text of a program; ends with a newline where there is a function. */
export function printBril(program: BrilProgram): string {
  const lines: string[] = [];
  for (const func of program.functions) printFunction(func, lines);
  return lines.join('');
}

function printFunction(func: BrilFunction, lines: string[]): void {
  const params = func.params.map((param) => `${param.name}: ${formatType(param.type)}`).join(', ');
  const head = `@${func.name}${params === '' ? '' : `(${params})`}`;
  lines.push(`${head}${func.type === null ? '' : `: ${formatType(func.type)}`} {\n`);
  for (const item of func.items) {
    lines.push(item.kind === 'label' ? `.${item.label}:\n` : `  ${printInstr(item)};\n`);
  }
  lines.push('}\n');
}

/** An instruction without indentation and semicolon. */
export function printInstr(instr: BrilInstr): string {
  const words = [instr.op];
  if (instr.value !== null) words.push(printLiteral(instr.value));
  for (const name of instr.funcs) words.push(`@${name}`);
  for (const name of instr.args) words.push(name);
  for (const name of instr.labels) words.push(`.${name}`);
  const right = words.join(' ');
  if (instr.dest === null) return right;
  return `${instr.dest}${instr.type === null ? '' : `: ${formatType(instr.type)}`} = ${right}`;
}

function printLiteral(value: BrilLiteral): string {
  if (typeof value === 'string') return `'${escapeOf.get(value) ?? value}'`;
  return typeof value === 'number' ? formatPythonFloat(value) : String(value);
}

/**
 * A float as Python's `repr` writes it, which both of upstream's tools are written in: shortest digits, always with a
 * point or an exponent. An infinity (a literal out of range) is written as a literal that reads back as one.
 */
export function formatPythonFloat(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  if (!Number.isFinite(value)) return value < 0 ? '-1e999' : '1e999';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent = ''] = value.toExponential().split('e');
    const sign = exponent.startsWith('-') ? '-' : '+';
    return `${digits}e${sign}${exponent.slice(1).padStart(2, '0')}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}
