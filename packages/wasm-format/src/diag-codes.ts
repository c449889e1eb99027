/**
 * The diagnostics of this package, SL0701-SL0719: one factory each. Messages begin with the reason as the specification's
 * tests word it. Codes are stable: a code that is no longer used stays reserved.
 */

import { type Diagnostic, diagnostic, type Span } from '@sluice/ir';

const damaged = 'the file is damaged or was cut: make it anew';

/** Not a Wasm file. */
export function badMagic(at: Span): Diagnostic {
  return diagnostic('SL0701', at, 'magic header not detected', "a Wasm module begins with the bytes '\\0asm'");
}

/** A version that is not known; components have one of their own. */
export function badVersion(at: Span): Diagnostic {
  return diagnostic('SL0702', at, 'unknown binary version', 'modules of version 1 can be read, components can not');
}

/** The bytes end too early. */
export function unexpectedEnd(at: Span, what: string, inside: boolean): Diagnostic {
  const where = inside ? 'unexpected end of section or function' : 'unexpected end';
  return diagnostic('SL0703', at, `${where}, in ${what}`, damaged);
}

/** A number of variable length with too many bytes, or too many bits. */
export function badInteger(at: Span, reason: 'integer too large' | 'integer representation too long'): Diagnostic {
  return diagnostic('SL0704', at, reason, damaged);
}

/** Bytes of a section that mean nothing. */
export function malformed(at: Span, reason: string): Diagnostic {
  return diagnostic('SL0705', at, reason, damaged);
}

/** No instruction, or one of an extension that is not known. */
export function illegalOpcode(at: Span, code: string): Diagnostic {
  const fix = 'Wasm 2.0 can be read: compile without threads, exceptions, garbage collection and tail calls';
  return diagnostic('SL0706', at, `illegal opcode ${code}`, fix);
}

/** A name that is no text. */
export function badText(at: Span): Diagnostic {
  return diagnostic('SL0707', at, 'malformed UTF-8 encoding', damaged);
}

/** More than there may be. */
export function tooMany(at: Span, what: string, limit: number): Diagnostic {
  return diagnostic('SL0708', at, `too many ${what}`, `engines allow ${limit}: split the module`);
}
