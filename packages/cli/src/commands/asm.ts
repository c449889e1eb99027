/** `sluice asm`: bytecode text to the binary container. */

import { assembleRegister, assembleStack, encodeProgram, type Program, validateProgram } from '@sluice/bytecode';
import { badUsage } from '@sluice/driver';
import { DiagnosticError, type Result, unwrap } from '@sluice/ir';
import type { Command } from '../command.ts';
import { readInput, writeOutput } from '../io.ts';
import { fileOf } from '../shared.ts';

const command: Command = {
  name: 'asm',
  summary: 'Assemble bytecode text (.sasm, .srasm) to a binary (.sbc, .srbc).',
  usage: '[options] FILE -o OUT',
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'where to; default: FILE with extension .sbc or .srbc' },
    machine: { type: 'string', value: 'NAME', doc: 'stack or register; default: by extension' },
    strip: { type: 'boolean', doc: 'leave names and locations out' },
  },
  examples: ['sluice asm examples/stack/fib.sasm -o fib.sbc'],
  run: (words) => {
    const file = fileOf(words);
    const program = unwrap(assembleFile(readInput(file), file, words.text('machine')));
    const problems = validateProgram(program, { file });
    const [first] = problems;
    if (first !== undefined) throw new DiagnosticError(first, problems);
    const fallback =
      file === '-' ? '-' : file.replace(/\.[^./\\]*$/, '') + (program.machine === 'stack' ? '.sbc' : '.srbc');
    writeOutput(words.text('output') ?? fallback, encodeProgram(program, { debug: !words.flag('strip') }));
    return 0;
  },
};

export default command;

/** Whether text is assembly of the register machine: by extension, or by what it says of itself. */
export function isRegisterText(bytes: Uint8Array, file: string): boolean {
  const head = new TextDecoder().decode(bytes.subarray(0, 4096));
  return /\.srasm$/.test(file) || /^\s*(;[^\n]*\s*)*\.machine\s+register/.test(head);
}

/** Assembles text for the machine that is named or that the extension tells. */
export function assembleFile(bytes: Uint8Array, file: string, machine: string | undefined): Result<Program> {
  const text = new TextDecoder().decode(bytes);
  const told = machine ?? (isRegisterText(bytes, file) ? 'register' : 'stack');
  if (told === 'stack') return assembleStack(text, { file });
  if (told === 'register') return assembleRegister(text, { file });
  throw new DiagnosticError(badUsage(`no machine '${told}'`, 'there are: stack, register'));
}
