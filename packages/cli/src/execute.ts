/** Runs one command: bad input becomes one line each and exit code 2. */

import process from 'node:process';
import { DiagnosticError, formatDiagnostic } from '@sluice/ir';
import { type Command, helpOf, readWords } from './command.ts';
import { say } from './io.ts';

/** Runs a command on the words after its name and resolves to the exit code. */
export function execute(command: Command, rest: readonly string[]): Promise<number> {
  return reporting(async () => {
    if (!rest.includes('--help') && !rest.includes('-h')) return await command.run(readWords(command, rest));
    process.stdout.write(helpOf(command));
    return 0;
  });
}

/** Runs `body`; the diagnostics that it throws are printed, and mean exit code 2. */
export async function reporting(body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    for (const found of error.diagnostics.slice(0, 20)) say(formatDiagnostic(found));
    const more = error.diagnostics.length - 20;
    if (more > 0) say(`... and ${more} more`);
    return 2;
  }
}
