/**
 * Diagnostics: what is wrong with the user's input, where, and what to do about it.
 *
 * Errors of the user are values (`Result`), so that they can be collected, printed in one form and never show a
 * stack trace. Parsers may throw `DiagnosticError` inside and turn it into a `Result` at their public boundary
 * (`attempt`). A bug of the compiler is an ordinary `Error` and is not caught.
 */

/** A position in a file; `line` and `col` count from 1. In binary files `line` is 0 and `col` is the byte offset. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

/** One finding: a stable code (`SL0123`), what is wrong, and what to do. */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly at: Span;
}

/** A value, or at least one diagnostic. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** A successful `Result`. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** A failed `Result`. */
export function fail<T>(...diagnostics: readonly Diagnostic[]): Result<T> {
  return { ok: false, diagnostics };
}

/** Makes a diagnostic; factories of coded diagnostics are thin wrappers over this. */
export function diagnostic(code: string, at: Span, message: string, fix: string): Diagnostic {
  return { code, message, fix, at };
}

/** Carries diagnostics out of a parser's depths to its boundary; never shown to a user as an exception. */
export class DiagnosticError extends Error {
  /** The first one. */
  readonly diagnostic: Diagnostic;
  readonly diagnostics: readonly Diagnostic[];

  constructor(first: Diagnostic, all: readonly Diagnostic[] = [first]) {
    super(formatDiagnostic(first));
    this.name = 'DiagnosticError';
    this.diagnostic = first;
    this.diagnostics = all;
  }
}

/** Runs `body`; a thrown `DiagnosticError` becomes a failed `Result`, any other exception passes through. */
export function attempt<T>(body: () => T): Result<T> {
  try {
    return ok(body());
  } catch (error) {
    if (error instanceof DiagnosticError) return fail(...error.diagnostics);
    throw error;
  }
}

/** The value of a `Result`; throws `DiagnosticError` with the diagnostics where there is none. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const [first] = result.diagnostics;
  if (first === undefined) throw new Error('a failed result carries no diagnostic');
  throw new DiagnosticError(first, result.diagnostics);
}

/**
 * `file:line:col: error[CODE]: message; fix`, on one line whatever the message holds. In binary files the line is 0 and the column
 * is the offset in bytes, which is repeated behind the message as tools for binaries write it: `(at 0x1a4)`.
 */
export function formatDiagnostic(d: Diagnostic): string {
  const { file, line, col } = d.at;
  const offset = line === 0 && col > 0 ? ` (at 0x${col.toString(16)})` : '';
  const fix = d.fix === '' ? '' : `; ${d.fix}`;
  return `${file}:${line}:${col}: error[${d.code}]: ${d.message}${offset}${fix}`.replace(/[\r\n]+/g, ' ');
}
