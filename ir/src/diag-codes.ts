/**
 * The diagnostics of this package: one factory each, so that a code, its wording and its remedy stand in one place.
 *
 *   SL0101-SL0129  text form        SL0131-SL0149  binary form        SL0201-SL0249  verifier
 *
 * Codes are stable: a code that is no longer used stays reserved. Within a group they stand in numeric order.
 */

import { type Diagnostic, diagnostic, type Span } from './diag.ts';

// Text form.

/** A character that begins no token. */
export function badCharacter(at: Span, char: string): Diagnostic {
  return diagnostic('SL0101', at, `unexpected character ${quote(char)}`, 'remove it, or put the name in quotes');
}

/** A string without its closing quote on the same line. */
export function openString(at: Span): Diagnostic {
  return diagnostic('SL0102', at, 'the string is not closed', 'end it with a quote on the same line');
}

/** An escape sequence that there is none of. */
export function badEscape(at: Span, text: string): Diagnostic {
  return diagnostic(
    'SL0103',
    at,
    `bad escape ${quote(text)} in a string`,
    'use \\n \\t \\r \\" \\\\ \\u{hex}, or \\hh for a byte',
  );
}

/** Another token was needed. */
export function expected(at: Span, what: string, found: string): Diagnostic {
  return diagnostic('SL0104', at, `expected ${what}, found ${found}`, 'see the grammar of the text form in ir/SPEC.md');
}

/** No op of this name in the table. */
export function unknownOp(at: Span, name: string): Diagnostic {
  return diagnostic(
    'SL0105',
    at,
    `unknown op ${quote(name)}`,
    "'sluice ops' lists the ops; a dialect of your own must be loaded",
  );
}

/** No type of this name. */
export function unknownType(at: Span, name: string): Diagnostic {
  return diagnostic(
    'SL0106',
    at,
    `unknown type ${quote(name)}`,
    'the types are i32 i64 f32 f64 v128 funcref externref any',
  );
}

/** A number that is malformed or out of range. */
export function badNumber(at: Span, text: string, what: string): Diagnostic {
  return diagnostic('SL0107', at, `${quote(text)} is not ${what}`, 'write a decimal or 0x number within the range');
}

/** Two definitions of one value name. */
export function valueTwice(at: Span, name: string): Diagnostic {
  return diagnostic('SL0108', at, `%${name} is defined twice`, 'rename one: a value has one definition');
}

/** Two blocks of one name. */
export function blockTwice(at: Span, name: string): Diagnostic {
  return diagnostic('SL0109', at, `^${name} is defined twice`, 'rename one of the blocks');
}

/** A use of a value that the function doesn't define. */
export function undefinedValue(at: Span, name: string): Diagnostic {
  return diagnostic('SL0110', at, `%${name} is not defined in this function`, 'define it, or correct the name');
}

/** A reference to a block that the function doesn't have. */
export function undefinedBlock(at: Span, name: string): Diagnostic {
  return diagnostic('SL0111', at, `^${name} is not a block of this function`, 'add the block, or correct the name');
}

/** More or fewer operands than the op takes. */
export function operandCount(at: Span, op: string, want: string, got: number): Diagnostic {
  return diagnostic(
    'SL0112',
    at,
    `'${op}' takes ${want} operands, ${got} given`,
    "'sluice ops' shows each op's signature",
  );
}

/** An op whose result type must be written, without one. */
export function missingType(at: Span, op: string): Diagnostic {
  return diagnostic('SL0113', at, `'${op}' needs its result type`, `write '${op} i32 ...' with the right type`);
}

/** A name for no result, or a result without a name. */
export function resultName(at: Span, op: string, gives: boolean): Diagnostic {
  return gives
    ? diagnostic('SL0114', at, `'${op}' defines a value that has no name`, `write '%x = ${op} ...'`)
    : diagnostic('SL0114', at, `'${op}' defines no value`, "remove the name and '='");
}

/** An instruction where none may stand. */
export function outsideBlock(at: Span): Diagnostic {
  return diagnostic('SL0115', at, 'an instruction outside of a block', 'begin a block with a label (^name:) first');
}

/** A block that does not end with a terminator. */
export function openBlock(at: Span, name: string): Diagnostic {
  return diagnostic(
    'SL0116',
    at,
    `block ^${name} has no terminator`,
    'end it with br, br_if, switch, ret, trap or invoke',
  );
}

/** No trap of this kind. */
export function unknownTrap(at: Span, name: string): Diagnostic {
  return diagnostic(
    'SL0117',
    at,
    `unknown kind of trap ${quote(name)}`,
    "write one such as 'unreachable'; SPEC.md lists the kinds",
  );
}

/** A second memory, table, start or module name. */
export function itemTwice(at: Span, item: string): Diagnostic {
  return diagnostic('SL0118', at, `a second '${item}'`, `a module has at most one '${item}'`);
}

/** More of something than there may be. */
export function tooMany(at: Span, what: string, limit: number): Diagnostic {
  return diagnostic('SL0119', at, `more than ${limit} ${what}`, 'split the function or the module');
}

/** A function without a block. */
export function noBlocks(at: Span, name: string): Diagnostic {
  return diagnostic(
    'SL0120',
    at,
    `function @${name} has no block`,
    "give it an entry block; a host function is an 'import'",
  );
}

/** Two case values that are the same. */
export function caseTwice(at: Span, value: number): Diagnostic {
  return diagnostic('SL0121', at, `the case ${value} occurs twice`, 'remove one: cases are distinct');
}

/** Something behind the end of an instruction. */
export function notAtEnd(at: Span, found: string): Diagnostic {
  return diagnostic(
    'SL0122',
    at,
    `expected the end of the line, found ${found}`,
    'put each instruction on a line of its own',
  );
}

// Binary form.

/** Bytes that don't begin as the binary form does. */
export function notBinary(at: Span): Diagnostic {
  return diagnostic(
    'SL0131',
    at,
    "no binary IR: it doesn't begin with 'SLIR'",
    'give a file that Sluice wrote, or text IR',
  );
}

/** A version of the format that this Sluice doesn't know. */
export function binaryVersion(at: Span, version: number, known: number): Diagnostic {
  return diagnostic(
    'SL0132',
    at,
    `format version ${version}, known is ${known}`,
    'write the file anew with this Sluice',
  );
}

/** The bytes end too early. */
export function truncated(at: Span, what: string): Diagnostic {
  return diagnostic('SL0133', at, `the data ends within ${what}`, 'the file is cut off: copy or write it anew');
}

/** Bytes that stand for nothing. */
export function badEncoding(at: Span, what: string): Diagnostic {
  return diagnostic('SL0134', at, what, 'the file is damaged: write it anew');
}

/** The checksum differs. */
export function badChecksum(at: Span): Diagnostic {
  return diagnostic('SL0135', at, 'the checksum does not fit', 'the file is damaged: copy or write it anew');
}

/** Text in quotes, with what does not print escaped and cut when long. */
export function quote(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return `'${short.replace(/[^\x20-\x7e]/g, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)}'`;
}
