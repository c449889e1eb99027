/** Diagnostics of the driver and the command, SL06xx. */

import { type Diagnostic, diagnostic, type Span } from '@sluice/ir';

/** The command line as a place in no file. */
export const commandLine: Span = { file: 'sluice', line: 0, col: 0 };

/** SL0601: a word of the command line that means nothing. */
export function badUsage(message: string, fix: string): Diagnostic {
  return diagnostic('SL0601', commandLine, message, fix);
}

/** SL0602: a file that cannot be read or written. */
export function badFile(file: string, message: string): Diagnostic {
  return diagnostic('SL0602', { file, line: 0, col: 0 }, message, 'check the path and its permissions');
}

/** SL0603: no frontend knows the file. */
export function unknownFormat(file: string, known: readonly string[]): Diagnostic {
  const fix = `name one by --from: ${known.join(', ')}`;
  return diagnostic('SL0603', { file, line: 0, col: 0 }, 'the kind of this file cannot be told from it', fix);
}

/** SL0604: a module with nothing to run. */
export function nothingToRun(file: string): Diagnostic {
  const fix = 'name an exported function by --invoke, mark one with `start @name`, or export one as "main"';
  return diagnostic('SL0604', { file, line: 0, col: 0 }, 'the module has no function to run', fix);
}

/** SL0605: an engine that cannot run this input. */
export function wrongEngine(file: string, engine: string, why: string): Diagnostic {
  return diagnostic('SL0605', { file, line: 0, col: 0 }, `engine '${engine}' cannot run this: ${why}`, 'use another');
}

/** SL0606: an argument of the program that is not of its parameter's type. */
export function badArgument(file: string, message: string, fix: string): Diagnostic {
  return diagnostic('SL0606', { file, line: 0, col: 0 }, message, fix);
}

/** SL0607: an import that no host provides. */
export function missingImport(file: string, message: string): Diagnostic {
  const fix =
    'there are modules "sluice" (print_i32, print_i64, print_f32, print_f64), "wasi_snapshot_preview1", and those of languages';
  return diagnostic('SL0607', { file, line: 0, col: 0 }, message, fix);
}

/** SL0608: a function that is asked for and not exported. */
export function noSuchExport(file: string, name: string, exported: readonly string[]): Diagnostic {
  const shown = exported.slice(0, 10).join(', ') + (exported.length > 10 ? `, ... (${exported.length})` : '');
  const fix = exported.length === 0 ? 'the module exports no function' : `it exports: ${shown}`;
  return diagnostic('SL0608', { file, line: 0, col: 0 }, `no exported function '${name}'`, fix);
}
