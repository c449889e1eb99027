/**
 * The diagnostics of the Bril frontend: one factory each, in the order of their codes.
 *
 * SL04xx: the text or the JSON cannot be read. SL05xx: the program or its arguments are not well-formed or well-typed.
 */

import { type Diagnostic, diagnostic, type Span } from '@sluice/ir';

/** SL0401: a character or a run of characters that begins no token. */
export function malformedToken(at: Span, text: string): Diagnostic {
  return diagnostic('SL0401', at, `'${clip(text)}' is not a token of Bril`, 'names are [_%A-Za-z][_%.A-Za-z0-9]*');
}

/** SL0402: a char literal that doesn't hold exactly one character. */
export function unfinishedChar(at: Span): Diagnostic {
  const fix = "write one character between quotes, or one of \\0 \\a \\b \\t \\n \\v \\f \\r, as in 'h' or '\\n'";
  return diagnostic('SL0402', at, 'a char literal holds exactly one character', fix);
}

/** SL0403: the grammar wants something else here. */
export function expectedToken(at: Span, wanted: string, found: string): Diagnostic {
  return diagnostic('SL0403', at, `expected ${wanted}, found ${clip(found)}`, 'see the grammar in the Bril reference');
}

/** SL0404: an integer literal that 64 bits cannot hold. */
export function intOutOfRange(at: Span): Diagnostic {
  const fix = 'write a value from -9223372036854775808 to 9223372036854775807';
  return diagnostic('SL0404', at, 'the integer does not fit in 64 bits', fix);
}

/** SL0405: imports. */
export function importsUnsupported(at: Span): Diagnostic {
  return diagnostic('SL0405', at, 'imports are not supported', 'put the functions of all files into one file');
}

/** SL0406: a type constructor other than `ptr`. */
export function unknownConstructor(at: Span, name: string): Diagnostic {
  return diagnostic('SL0406', at, `there is no type '${clip(name)}<...>'`, 'the only parameterised type is ptr<T>');
}

/** SL0407: a pointer type nested absurdly deep. */
export function pointerTooDeep(at: Span, limit: number): Diagnostic {
  return diagnostic('SL0407', at, 'the pointer type is nested too deep', `at most ${limit} levels are supported`);
}

/** SL0410: the text is not JSON. */
export function malformedJson(at: Span, message: string): Diagnostic {
  return diagnostic('SL0410', at, message, 'the file has to be one JSON value (RFC 8259)');
}

/** SL0411: JSON, but not of a Bril program's form. */
export function wrongJsonShape(at: Span, message: string): Diagnostic {
  return diagnostic('SL0411', at, message, "see 'JSON form' in the Bril reference");
}

/** SL0412: a name in JSON that the text form cannot write. */
export function notIdentifier(at: Span, name: string): Diagnostic {
  const fix = 'names are [_%A-Za-z][_%.A-Za-z0-9]*';
  return diagnostic('SL0412', at, `'${clip(name)}' is not a Bril identifier`, fix);
}

/** SL0501: two functions of one name. */
export function duplicateFunction(at: Span, name: string): Diagnostic {
  return diagnostic('SL0501', at, `multiple functions of name @${name}`, 'rename or remove one of them');
}

/** SL0502: two parameters of one name. */
export function duplicateParam(at: Span, name: string): Diagnostic {
  return diagnostic('SL0502', at, `multiple parameters of name ${name}`, 'rename one of them');
}

/** SL0503: two labels of one name in a function. */
export function duplicateLabel(at: Span, label: string): Diagnostic {
  return diagnostic('SL0503', at, `multiply defined label .${label}`, 'rename one of them');
}

/** SL0504: a variable with two types in a function. */
export function typeConflict(at: Span, name: string, type: string, old: string): Diagnostic {
  const message = `new type ${type} for ${name} conflicts with old type ${old}`;
  return diagnostic('SL0504', at, message, 'a variable has one type in the whole function: use another name');
}

/** SL0505: a type that Bril doesn't have. */
export function unknownType(at: Span, type: string): Diagnostic {
  return diagnostic('SL0505', at, `unknown type ${clip(type)}`, 'types are int, bool, float, char, any and ptr<T>');
}

/** SL0506: an op that Bril doesn't have. */
export function unknownOp(at: Span, op: string, fix: string): Diagnostic {
  return diagnostic('SL0506', at, `unknown op ${clip(op)}`, fix);
}

/** SL0507: a variable that no instruction of the function defines. */
export function undefinedVariable(at: Span, name: string, index: number): Diagnostic {
  return diagnostic('SL0507', at, `${name} (arg ${index}) undefined`, 'assign it before this instruction');
}

/** SL0508: a label that the function doesn't have. */
export function undefinedLabel(at: Span, label: string): Diagnostic {
  return diagnostic('SL0508', at, `label .${label} undefined`, `add '.${label}:' to the function`);
}

/** SL0509: a function that the program doesn't have. */
export function undefinedFunction(at: Span, name: string): Diagnostic {
  return diagnostic('SL0509', at, `function @${name} undefined`, `define '@${name}'`);
}

/** SL0510: the wrong number of arguments, labels or functions. */
export function wrongCount(at: Span, op: string, what: string, wanted: number, found: number): Diagnostic {
  const message = `${op} expects ${wanted} ${what}, not ${found}`;
  return diagnostic('SL0510', at, message, `give exactly ${wanted}`);
}

/** SL0511: an argument of the wrong type. */
export function wrongArgType(
  at: Span,
  op: string,
  name: string,
  index: number,
  type: string,
  wanted: string,
): Diagnostic {
  const message = `${name} has type ${type}, but arg ${index} for ${op} should have type ${wanted}`;
  return diagnostic('SL0511', at, message, 'pass a variable of that type');
}

/** SL0512: a result of the wrong type. */
export function wrongResultType(at: Span, op: string, type: string, wanted: string): Diagnostic {
  return diagnostic('SL0512', at, `result type of ${op} should be ${wanted}, but found ${type}`, `write ': ${wanted}'`);
}

/** SL0513: an op that gives a result stands without one, or the reverse. */
export function resultMismatch(at: Span, op: string, wanted: string | null): Diagnostic {
  if (wanted === null) return diagnostic('SL0513', at, `${op} should have no result type`, "remove what is before '='");
  return diagnostic('SL0513', at, `missing result type ${wanted} for ${op}`, `write 'name: ${wanted} = ${op} ...'`);
}

/** SL0514: an assignment without a type. */
export function missingType(at: Span, name: string): Diagnostic {
  return diagnostic('SL0514', at, `${name} is assigned without a type`, `write '${name}: type = ...'`);
}

/** SL0515: a constant that is not of its type. */
export function wrongConst(at: Span, message: string): Diagnostic {
  return diagnostic(
    'SL0515',
    at,
    message,
    "constants are of type int, bool, float, char or any, as in 'x: int = const 5;'",
  );
}

/** SL0516: a return that doesn't fit its function. */
export function wrongReturn(at: Span, message: string): Diagnostic {
  return diagnostic('SL0516', at, message, "a function with a type ends with 'ret x;', one without with 'ret;'");
}

/** SL0517: `@main` has a return type. */
export function mainReturns(at: Span, type: string): Diagnostic {
  const fix = `remove ': ${type}'; print the result instead`;
  return diagnostic('SL0517', at, `@main must have no return type; found ${type}`, fix);
}

/** SL0518: there is nothing to run. */
export function missingMain(at: Span): Diagnostic {
  return diagnostic('SL0518', at, 'no function of name @main', "add '@main { ... }'");
}

/** SL0520: the wrong number of arguments on the command line. */
export function wrongArgCount(at: Span, wanted: number, found: number): Diagnostic {
  const message = `@main takes ${wanted} argument${wanted === 1 ? '' : 's'}, got ${found}`;
  return diagnostic('SL0520', at, message, 'give one argument for each parameter of @main');
}

/** SL0521: an argument on the command line that is not of its parameter's type. */
export function wrongArg(at: Span, name: string, type: string, text: string, fix: string): Diagnostic {
  return diagnostic('SL0521', at, `argument ${name} of @main has type ${type}, '${clip(text)}' is not one`, fix);
}

/** What a user wrote, cut so that a message stays readable. */
function clip(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** SL0530: places with different depths of speculation go to one label. */
export function speculationDepth(at: Span, label: string): Diagnostic {
  const message = `'.${label}' is reached both in and out of speculation, or at different depths of it`;
  return diagnostic('SL0530', at, message, 'commit, or guard, on every path before the label');
}
