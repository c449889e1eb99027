/** Files, standard input and output of the command. Program output goes to stdout whole; everything else to stderr. */

import { readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import process from 'node:process';
import { badFile } from '@sluice/driver';
import { DiagnosticError } from '@sluice/ir';

/** The bytes of a file; `-` is standard input. Throws `DiagnosticError` (SL0602). */
export function readInput(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new DiagnosticError(badFile(file, `cannot read: ${reason(error)}`));
  }
}

/** Writes a file; `-` is standard output. Throws `DiagnosticError` (SL0602). */
export function writeOutput(file: string, content: string | Uint8Array): void {
  if (file === '-') {
    writeAll(1, content);
    return;
  }
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw new DiagnosticError(badFile(file, `cannot write: ${reason(error)}`));
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^(\w+): ([^,]*),.*$/, '$2 ($1)') : String(error);
}

/** Text to standard error, with a newline. */
export function say(line: string): void {
  writeAll(2, `${line}\n`);
}

/** Collects a program's output, text and bytes, and writes it in large pieces; `flush` writes what is left. */
export function outputTo(descriptor: number): {
  readonly out: (text: string) => void;
  /** Takes a copy. */
  readonly outBytes: (bytes: Uint8Array) => void;
  readonly flush: () => void;
} {
  let parts: string[] = [];
  let size = 0;
  let bytes: Uint8Array[] = [];
  const flushText = (): void => {
    if (parts.length > 0) bytes.push(Buffer.from(parts.join('')));
    parts = [];
  };
  const flush = (): void => {
    flushText();
    if (size > 0) writeAll(descriptor, Buffer.concat(bytes));
    bytes = [];
    size = 0;
  };
  return {
    flush,
    out: (text) => {
      parts.push(text);
      size += text.length;
      if (size > 1 << 16) flush();
    },
    outBytes: (piece) => {
      flushText();
      bytes.push(piece.slice());
      size += piece.length;
      if (size > 1 << 16) flush();
    },
  };
}

/** What a descriptor has now, at most `most` bytes; none at its end. Waits where there is nothing yet. */
export function readSome(descriptor: number, most: number): Uint8Array {
  const into = new Uint8Array(most);
  for (;;) {
    try {
      return into.subarray(0, readSync(descriptor, into));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EOF') return into.subarray(0, 0);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/**
 * Writes all of it. A pipe that is full answers EAGAIN and takes the rest later; a reader that went away is no error of
 * ours.
 */
export function writeAll(descriptor: number, content: string | Uint8Array): void {
  let rest = typeof content === 'string' ? Buffer.from(content) : content;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EPIPE') process.exit(0);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
