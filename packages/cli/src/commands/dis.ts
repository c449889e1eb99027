/** `sluice dis`: bytecode binaries to text. */

import { decodeProgram, disassemble } from '@sluice/bytecode';
import { unwrap } from '@sluice/ir';
import type { Command } from '../command.ts';
import { readInput, writeOutput } from '../io.ts';
import { fileOf } from '../shared.ts';
import { assembleFile } from './asm.ts';

const command: Command = {
  name: 'dis',
  summary: 'Disassemble a bytecode binary (.sbc, .srbc); text is printed in canonical form.',
  usage: '[options] FILE',
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'where to; default stdout' },
    locs: { type: 'boolean', doc: 'with source locations' },
  },
  examples: ['sluice dis fib.sbc'],
  run: (words) => {
    const file = fileOf(words);
    const bytes = readInput(file);
    const binary = bytes[0] === 0x53 && bytes[1] === 0x4c;
    const program = unwrap(binary ? decodeProgram(bytes, { file }) : assembleFile(bytes, file, undefined));
    writeOutput(words.text('output') ?? '-', disassemble(program, { locs: words.flag('locs') }));
    return 0;
  },
};

export default command;
