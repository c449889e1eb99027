/** `sluice dis`: binaries of bytecode and Wasm to text. */

import { decodeProgram, disassemble } from '@sluice/bytecode';
import { unwrap } from '@sluice/ir';
import { decodeModule, isWasm, printWasm } from '@sluice/wasm-format';
import type { Command } from '../command.ts';
import { readInput, writeOutput } from '../io.ts';
import { fileOf } from '../shared.ts';
import { assembleFile } from './asm.ts';

const command: Command = {
  name: 'dis',
  summary: 'Disassemble a binary of bytecode (.sbc, .srbc) or WebAssembly (.wasm); text is printed in canonical form.',
  usage: '[options] FILE',
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'where to; default stdout' },
    locs: { type: 'boolean', doc: 'with source locations; of WebAssembly: with offsets in the file' },
  },
  examples: ['sluice dis fib.sbc', 'sluice dis module.wasm --locs'],
  run: (words) => {
    const file = fileOf(words);
    const bytes = readInput(file);
    const output = words.text('output') ?? '-';
    if (isWasm(bytes)) {
      const text = printWasm(unwrap(decodeModule(bytes, { file })), { file, offsets: words.flag('locs') });
      writeOutput(output, unwrap(text));
      return 0;
    }
    const binary = bytes[0] === 0x53 && bytes[1] === 0x4c;
    const program = unwrap(binary ? decodeProgram(bytes, { file }) : assembleFile(bytes, file, undefined));
    writeOutput(output, disassemble(program, { locs: words.flag('locs') }));
    return 0;
  },
};

export default command;
