/**
 * The diagnostics of this package: one factory each, so that a code, its wording and its remedy stand in one place.
 *
 *   SL0301-SL0329  text assembly      SL0330-SL0349  binary form      SL0350-SL0399  validator
 *
 * Codes are stable: a code that is no longer used stays reserved. Within a group they stand in numeric order.
 */

import { type Diagnostic, diagnostic, type Span } from '@sluice/ir';

// Text assembly.

/** A character that begins no token. */
export function badCharacter(at: Span, char: string): Diagnostic {
  return diagnostic('SL0301', at, `unexpected character ${quote(char)}`, 'remove it, or put the name in quotes');
}

/** A string without its closing quote on the same line. */
export function openString(at: Span): Diagnostic {
  return diagnostic('SL0302', at, 'the string is not closed', 'end it with a quote on the same line');
}

/** An escape sequence that there is none of, or bytes that are no text. */
export function badEscape(at: Span, text: string): Diagnostic {
  const fix = 'write \\n \\t \\r \\" \\\\ \\u{hex}, or \\hh for a byte';
  return diagnostic('SL0303', at, `bad escape ${quote(text)} in a string`, fix);
}

/** Another token was needed. */
export function expected(at: Span, what: string, found: string): Diagnostic {
  return diagnostic('SL0304', at, `expected ${what}, found ${found}`, 'one statement stands on one line');
}

/** The machine has no such instruction. */
export function unknownInstr(at: Span, name: string, machine: string): Diagnostic {
  const fix = 'correct the name; the ops of a dialect of your own must be loaded';
  return diagnostic('SL0305', at, `the ${machine} machine has no instruction ${quote(name)}`, fix);
}

/** No directive of this name. */
export function unknownDirective(at: Span, name: string): Diagnostic {
  const fix =
    'write .machine .name .import .memory .table .global .segment .data .export .start .func .local .reg .loc or .end';
  return diagnostic('SL0306', at, `unknown directive ${quote(name)}`, fix);
}

/** A number that is malformed or out of range. */
export function badNumber(at: Span, text: string, what: string): Diagnostic {
  return diagnostic('SL0307', at, `${quote(text)} is not ${what}`, 'write a number within the range');
}

/** A jump to a label that the function doesn't have. */
export function unknownLabel(at: Span, name: string): Diagnostic {
  return diagnostic(
    'SL0308',
    at,
    `no label ${quote(name)} in this function`,
    `write '${plain(name)}:' before an instruction`,
  );
}

/** Two labels of one name. */
export function labelTwice(at: Span, name: string): Diagnostic {
  return diagnostic('SL0309', at, `the label ${quote(name)} is defined twice`, 'rename one of them');
}

/** No type of this name. */
export function unknownType(at: Span, name: string): Diagnostic {
  const fix = 'the types are i32 i64 f32 f64 v128 funcref externref any';
  return diagnostic('SL0310', at, `unknown type ${quote(name)}`, fix);
}

/** A local or register of a name that was not declared. */
export function unknownLocal(at: Span, name: string): Diagnostic {
  const fix = 'declare it: a name after a parameter, .local TYPE $name, or .reg rN $name';
  return diagnostic('SL0311', at, `no local or register is named ${quote(`$${name}`)}`, fix);
}

/** Two locals or registers of one name. */
export function localTwice(at: Span, name: string): Diagnostic {
  return diagnostic('SL0312', at, `the name ${quote(`$${name}`)} is given twice`, 'rename one of them');
}

/** A second memory, table, start or the like. */
export function itemTwice(at: Span, item: string): Diagnostic {
  return diagnostic('SL0313', at, `a second '${item}'`, `there is at most one '${item}'; remove this one`);
}

/** A function whose `.end` is missing. */
export function openFunction(at: Span, name: string): Diagnostic {
  return diagnostic('SL0314', at, `function @${plain(name)} has no end`, "write '.end' after its last instruction");
}

/** Something that belongs into a function, outside of one; or the reverse. */
export function misplaced(at: Span, what: string, inside: boolean): Diagnostic {
  return inside
    ? diagnostic('SL0315', at, `${quote(what)} inside of a function`, "end the function with '.end' first")
    : diagnostic('SL0315', at, `${quote(what)} outside of a function`, "begin one with '.func @name (types) -> type'");
}

/** A program of the other machine. */
export function wrongMachine(at: Span, found: string, wanted: string): Diagnostic {
  return diagnostic(
    'SL0316',
    at,
    `a program of machine ${quote(found)}, not '${wanted}'`,
    `write '.machine ${wanted}'`,
  );
}

/** No trap of this kind. */
export function unknownTrap(at: Span, name: string): Diagnostic {
  return diagnostic('SL0317', at, `unknown kind of trap ${quote(name)}`, "write one such as 'unreachable'");
}

/** An instruction without one of its operands. */
export function missingOperand(at: Span, instr: string, form: string): Diagnostic {
  return diagnostic('SL0318', at, `an operand of '${instr}' is missing`, `write '${form}'`);
}

// Binary form.

/** Not a bytecode file. */
export function badMagic(at: Span): Diagnostic {
  return diagnostic('SL0330', at, 'not a bytecode file', "it begins with 'SLSB' (stack) or 'SLRB' (register)");
}

/** A version of the format that is not known. */
export function badVersion(at: Span, version: number, known: number): Diagnostic {
  const fix = `this Sluice reads version ${known}; write the file again`;
  return diagnostic('SL0331', at, `version ${version} of the bytecode format`, fix);
}

/** The content is not what was written. */
export function badChecksum(at: Span): Diagnostic {
  return diagnostic('SL0332', at, 'the checksum does not fit the content', 'the file was damaged; write it again');
}

/** The bytes end too early. */
export function truncated(at: Span, what: string): Diagnostic {
  return diagnostic('SL0333', at, `the file ends within ${what}`, 'the file was cut; write it again');
}

/** Bytes that mean nothing. */
export function malformed(at: Span, what: string): Diagnostic {
  return diagnostic('SL0334', at, what, 'the file is malformed; write it again');
}

/** An instruction whose operands are others than when the file was written. */
export function instrChanged(at: Span, name: string): Diagnostic {
  const fix = 'assemble or compile the program again with the present table of ops';
  return diagnostic('SL0335', at, `the operands of instruction ${quote(name)} are not what they were`, fix);
}

// Validator: whole programs.

/** Two items of one name. */
export function nameTwice(at: Span, what: string, name: string): Diagnostic {
  return diagnostic('SL0350', at, `${what} ${quote(name)} is defined twice`, 'rename one of them');
}

/** A reference to nothing. */
export function unknownName(at: Span, what: string, name: string): Diagnostic {
  return diagnostic('SL0351', at, `there is no ${what} @${plain(name)}`, 'define it, or correct the name');
}

/** A memory or table whose sizes make no sense. */
export function badSize(at: Span, what: string): Diagnostic {
  const fix = 'a memory has at most 65536 pages; the minimum is at most the maximum; elements fit in the minimum';
  return diagnostic('SL0352', at, what, fix);
}

/** The place of a segment or section that is no number in range nor an imported global. */
export function badOffset(at: Span, what: string): Diagnostic {
  const fix = 'write a number up to 4294967295, or an imported immutable global of type i32';
  return diagnostic('SL0353', at, `the place of ${what} is neither`, fix);
}

/** A constant that is no value of its type. */
export function badValue(at: Span, type: string): Diagnostic {
  return diagnostic(
    'SL0354',
    at,
    `the constant is not a value of type ${type}`,
    'see the forms of values in ir/src/value.ts',
  );
}

/** A name that can't be stored. */
export function badName(at: Span, what: string): Diagnostic {
  return diagnostic('SL0355', at, `the name of ${what} is not well-formed Unicode`, 'remove the lone surrogates');
}

/** More of something than there may be. */
export function tooMany(at: Span, what: string, limit: number): Diagnostic {
  return diagnostic('SL0356', at, `more than ${limit} ${what}`, 'split the function or the program');
}

// Validator: functions.

/** Code that control may leave at the end. */
export function noEnd(at: Span): Diagnostic {
  return diagnostic(
    'SL0360',
    at,
    'control may run past the end of the function',
    'end it with return, jump, switch or trap',
  );
}

/** A jump out of the function. */
export function badLabel(at: Span, label: number, length: number): Diagnostic {
  const fix = `the function has instructions 0 to ${length - 1}`;
  return diagnostic('SL0361', at, `a jump to instruction ${label}, which does not exist`, fix);
}

/** A local, register, slot or data segment that does not exist. */
export function badIndex(at: Span, what: string, index: number, count: number): Diagnostic {
  const fix = count === 0 ? `there is no ${what}; declare it` : `the last ${what} is ${count - 1}`;
  return diagnostic('SL0362', at, `there is no ${what} ${index}`, fix);
}

/** Case values that repeat, or whose number does not fit the labels. */
export function badCases(at: Span, why: string): Diagnostic {
  return diagnostic(
    'SL0363',
    at,
    why,
    'cases are distinct i32 values, with one label each and a last label for the rest',
  );
}

/** An instruction that needs something that the program lacks. */
export function lacks(at: Span, instr: string, what: string): Diagnostic {
  return diagnostic('SL0364', at, `'${instr}' needs a ${what}, and the program has none`, `declare it: .${what}`);
}

/** A function called as an import, or the reverse. */
export function wrongCallee(at: Span, name: string, instead: string): Diagnostic {
  const what = instead === 'call' ? 'a function of the program' : 'an import';
  return diagnostic('SL0365', at, `@${plain(name)} is ${what}`, `use '${instead}'`);
}

/** A write of a constant. */
export function immutable(at: Span, name: string): Diagnostic {
  return diagnostic('SL0366', at, `global @${plain(name)} is not mutable`, "declare it with 'mut'");
}

/** A type operand that contradicts what it describes. */
export function wrongType(at: Span, what: string, want: string, got: string): Diagnostic {
  return diagnostic('SL0367', at, `${what} has type ${want}, not ${got}`, `write ${want}`);
}

/** An operand of a form that its kind does not have; or too many, or too few. */
export function badOperand(at: Span, instr: string, kind: string): Diagnostic {
  return diagnostic('SL0368', at, `'${instr}' has a bad operand '${kind}'`, 'see the operand kinds in instr.ts');
}

/** Operands taken from a stack that does not hold them. */
export function badStack(at: Span, instr: string, want: string, got: string): Diagnostic {
  const fix = 'push what is missing, drop what is too much';
  return diagnostic('SL0370', at, `'${instr}' needs [${want}] on the stack, there is [${got}]`, fix);
}

/** A label that is reached with different stacks. */
export function badJoin(at: Span, target: number, want: string, got: string): Diagnostic {
  const fix = 'the stack must have one shape at a label, however it is reached';
  return diagnostic(
    'SL0371',
    at,
    `instruction ${target} is reached with [${got}] and with [${want}] on the stack`,
    fix,
  );
}

/** A return with more or less on the stack than the function gives. */
export function badReturn(at: Span, want: string, got: string): Diagnostic {
  return diagnostic(
    'SL0372',
    at,
    `the function returns [${want}], the stack holds [${got}]`,
    'leave the results alone on the stack',
  );
}

/** A call or return whose registers don't match the signature. */
export function wrongArity(at: Span, what: string, want: number, got: number): Diagnostic {
  return diagnostic(
    'SL0380',
    at,
    `${want} ${what} needed, ${got} given`,
    "match the callee's or the function's signature",
  );
}

/** A frame that is too small for the parameters. */
export function smallFrame(at: Span, params: number, registers: number): Diagnostic {
  const fix = `declare at least ${params} registers`;
  return diagnostic('SL0381', at, `${params} parameters do not fit ${registers} registers`, fix);
}

/** An initialiser with parameters or results. */
export function badInitialiser(at: Span, name: string): Diagnostic {
  return diagnostic('SL0357', at, `@${plain(name)} takes or gives values`, 'an initialiser is () -> ()');
}

/** A register that a call writes twice. */
export function defTwice(at: Span, register: number): Diagnostic {
  return diagnostic('SL0382', at, `r${register} receives two results`, 'name a register for each result');
}

/** Text in quotes, with what does not print escaped and cut when long. */
export function quote(text: string): string {
  return `'${plain(text)}'`;
}

function plain(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return short.replace(/[^\x20-\x7e]/g, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`);
}
