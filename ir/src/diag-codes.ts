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

// Verifier: the module.

/** What a diagnostic of the verifier is about: where it points, and how its message begins. */
export interface Subject {
  readonly at: Span;
  /** `@f, block ^3, '%4 = i32.add %2, %3'`. */
  readonly text: string;
}

function about(code: string, { at, text }: Subject, message: string, fix: string): Diagnostic {
  return diagnostic(code, at, `${text}: ${message}`, fix);
}

/** Two functions, imports, globals or exports of one name. */
export function nameTwice(on: Subject): Diagnostic {
  return about('SL0201', on, 'the name is taken already', 'rename one');
}

/** A table element, export, start or reference that names nothing. */
export function unknownName(on: Subject, what: string, name: string): Diagnostic {
  return about('SL0202', on, `there is no ${what} @${name}`, 'define it, or correct the name');
}

/** A constant that is no value of its type. */
export function badConstant(on: Subject, type: string): Diagnostic {
  return about('SL0203', on, `the constant is no value of type ${type}`, 'ir/src/value.ts says what form values have');
}

/** Memory sizes that contradict each other or the address space. */
export function badMemory(on: Subject): Diagnostic {
  return about('SL0204', on, 'sizes must be min <= max <= 65536 pages', 'correct the sizes');
}

/** An offset, or a place of a section, that is no number nor an imported immutable global. */
export function badOffset(on: Subject): Diagnostic {
  return about('SL0205', on, 'the place is not a number in range', 'write a u32, or an imported immutable i32 global');
}

/** Sizes of a table that contradict each other or its elements. */
export function badTable(on: Subject): Diagnostic {
  return about(
    'SL0208',
    on,
    'sizes must be elements <= min <= max < 2^32, and an imported table has no elements',
    'correct the sizes',
  );
}

/** A name or text with half a surrogate pair. */
export function badText(on: Subject): Diagnostic {
  return about('SL0206', on, 'the text is not well-formed Unicode', 'replace lone surrogates');
}

/** Something that is no type where a type must stand. */
export function badType(on: Subject, type: string): Diagnostic {
  return about(
    'SL0207',
    on,
    `${quote(type)} is no type of values here`,
    'the types are i32 i64 f32 f64 v128 funcref externref any',
  );
}

// Verifier: the structure of a function.

/** No entry block, or one that is jumped to. */
export function badEntry(on: Subject, why: string): Diagnostic {
  return about('SL0210', on, why, 'the first block in order is the entry; give a loop a header of its own');
}

/** The order of blocks is no permutation of the blocks. */
export function badOrder(on: Subject, why: string): Diagnostic {
  return about('SL0211', on, why, 'each block stands in the order exactly once');
}

/** An id that names no instruction. */
export function noSuchValue(on: Subject, id: number): Diagnostic {
  return about('SL0212', on, `no instruction has the id ${id}`, 'an edit removed it without its uses');
}

/** An instruction that stands in two places or in none. */
export function misplaced(on: Subject, times: number): Diagnostic {
  return about('SL0213', on, `it stands in ${times} places`, 'an instruction stands in exactly one place');
}

/** An instruction whose kind doesn't belong where it stands. */
export function wrongPart(on: Subject, where: string): Diagnostic {
  return about(
    'SL0214',
    on,
    `it can't stand in ${where}`,
    'a block is phis, then a body, then one terminator; params stand in no block',
  );
}

/** Parameters that differ from the signature. */
export function badParams(on: Subject, why: string): Diagnostic {
  return about('SL0215', on, why, 'there is one param for each type of the signature, in order');
}

/** An operand that stands nowhere. */
export function noSuchOperand(on: Subject, id: number): Diagnostic {
  return about(
    'SL0216',
    on,
    `operand ${id} is no instruction of the function`,
    'replace all uses before removing an instruction',
  );
}

/** A target or predecessor that is no block, or too many or too few. */
export function badTarget(on: Subject, why: string): Diagnostic {
  return about('SL0217', on, why, 'name blocks of this function, as many as the op has targets');
}

// Verifier: instructions.

/** More or fewer operands than the op takes. */
export function wrongArity(on: Subject, want: string, got: number): Diagnostic {
  return about('SL0220', on, `${got} operands instead of ${want}`, "'sluice ops' shows each op's signature");
}

/** An operand of another type. */
export function wrongOperand(on: Subject, k: number, want: string, got: string): Diagnostic {
  return about(
    'SL0221',
    on,
    `operand ${k} is ${got}, must be ${want}`,
    'convert the operand, or use the op of its type',
  );
}

/** A result of another type. */
export function wrongResult(on: Subject, want: string, got: string): Diagnostic {
  return about('SL0222', on, `the result is ${got}, must be ${want}`, 'correct the type');
}

/** An operand without a value. */
export function noValue(on: Subject, k: number, got: string): Diagnostic {
  return about('SL0223', on, `operand ${k} is ${got}`, "use a value; elements of a tuple are read by 'result'");
}

/** An immediate that isn't of the form that its op has. */
export function badImmediate(on: Subject, want: string): Diagnostic {
  return about('SL0224', on, `the immediate must be ${want}`, 'ir/src/op.ts says what form immediates have');
}

/** A phi whose inputs differ from the block's predecessors. */
export function badPhi(on: Subject, why: string): Diagnostic {
  return about('SL0225', on, why, 'a phi has one input for each predecessor block (Editor.setPhiInput)');
}

/** A use that its definition doesn't dominate. */
export function notDominated(on: Subject, k: number): Diagnostic {
  return about(
    'SL0227',
    on,
    `operand ${k} is not defined on every path to it`,
    'define it earlier, or join definitions with a phi',
  );
}

/** The result of an invoke, used where it may not be defined. */
export function invokeUse(on: Subject, k: number): Diagnostic {
  return about(
    'SL0228',
    on,
    `operand ${k} is defined on the normal edge of its invoke only`,
    'use it in blocks that only that edge leads to',
  );
}

/** A projection of a tuple that doesn't have it. */
export function badProjection(on: Subject, why: string): Diagnostic {
  return about(
    'SL0229',
    on,
    why,
    "'result' takes the tuple of a call with several results and an index below their number",
  );
}

/** Arguments or result that differ from the callee's signature. */
export function badCall(on: Subject, why: string): Diagnostic {
  return about('SL0230', on, why, 'pass what the signature of the callee says');
}

/** A callee of the wrong sort. */
export function wrongCallee(on: Subject, why: string): Diagnostic {
  return about('SL0231', on, why, "'call' is for functions of the module, 'call_host' for imports");
}

/** A write to a global that is not mutable. */
export function immutableGlobal(on: Subject, name: string): Diagnostic {
  return about('SL0233', on, `the global @${name} is not mutable`, "declare it 'mut'");
}

/** A slot or data segment that there is not. */
export function noSuchIndex(on: Subject, what: string, index: number, count: number): Diagnostic {
  return about('SL0234', on, `there is no ${what} ${index}: there are ${count}`, 'indices count from 0');
}

/** Use of a memory or table that the module doesn't have. */
export function noSuchState(on: Subject, what: string): Diagnostic {
  return about('SL0236', on, `the module has no ${what}`, `declare a ${what}`);
}

/** A table or element segment of another type than is needed. */
export function tableType(on: Subject, want: string, got: string): Diagnostic {
  return about(
    'SL0237',
    on,
    `the references are ${got} where ${want} is needed`,
    'name a table or segment of that type',
  );
}

/** An alignment larger than the access. */
export function badAlignment(on: Subject, align: number, bytes: number): Diagnostic {
  return about(
    'SL0238',
    on,
    `an alignment of 2^${align} for an access of ${bytes} bytes`,
    'align= is a logarithm, at most that of the access',
  );
}

/** Values returned that differ from the signature. */
export function badReturn(on: Subject, why: string): Diagnostic {
  return about('SL0240', on, why, "return what the function's signature says");
}

/** A remembered analysis that is not what the analysis gives. */
export function staleAnalysis(on: Subject, name: string): Diagnostic {
  return about(
    'SL0241',
    on,
    `the remembered result of analysis '${name}' is wrong`,
    'a pass changed a function other than through the Editor, or wrote into a result',
  );
}

/** Text in quotes, with what does not print escaped and cut when long. */
export function quote(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return `'${short.replace(/[^\x20-\x7e]/g, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)}'`;
}
