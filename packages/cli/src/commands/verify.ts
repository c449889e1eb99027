/** `sluice verify`: check only. */

import { decodeProgram, machineOf, validateProgram } from '@sluice/bytecode';
import { DiagnosticError, unwrap } from '@sluice/ir';
import type { Command, Words } from '../command.ts';
import { readInput, say } from '../io.ts';
import { fileOf, inputOptions, loadInput, passOptions, toolsOf } from '../shared.ts';
import { assembleFile, isRegisterText } from './asm.ts';

const command: Command = {
  name: 'verify',
  summary: 'Check a program or module: exit code 0 when it is right.',
  usage: '[options] FILE',
  options: {
    ...inputOptions,
    plugin: passOptions.plugin ?? { type: 'string', doc: '' },
    quiet: { type: 'boolean', short: 'q', doc: 'only the exit code' },
  },
  examples: ['sluice verify examples/stack/fib.sasm'],
  run: async (words) => {
    const { file, funcs, imports } = (await checkRegisterCode(words)) ?? (await checkModule(words));
    if (!words.flag('quiet')) say(`${file}: fine (${funcs} functions, ${imports} imports)`);
    return 0;
  },
};

export default command;

interface Checked {
  readonly file: string;
  readonly funcs: number;
  readonly imports: number;
}

async function checkModule(words: Words): Promise<Checked> {
  const { file, loaded } = loadInput(await toolsOf(words), words);
  const { funcs, imports } = loaded.module;
  return { file, funcs: funcs.length, imports: imports.length };
}

/** Register code is nobody's input: it is checked by its machine's validator. Null for everything else. */
async function checkRegisterCode(words: Words): Promise<Checked | null> {
  const file = fileOf(words);
  if (file === '-') return null;
  const bytes = readInput(file);
  const binary = machineOf(bytes) === 'register';
  if (!binary && !isRegisterText(bytes, file)) return null;
  const program = unwrap(binary ? decodeProgram(bytes, { file }) : assembleFile(bytes, file, 'register'));
  const problems = validateProgram(program, { file });
  const [first] = problems;
  if (first !== undefined) throw new DiagnosticError(first, problems);
  return { file, funcs: program.funcs.length, imports: program.imports.length };
}
