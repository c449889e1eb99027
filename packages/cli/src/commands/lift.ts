/** `sluice lift`: foreign bytes to text IR. */

import { encodeModule, printModule } from '@sluice/ir';
import type { Command } from '../command.ts';
import { writeOutput } from '../io.ts';
import { inputOptions, loadInput, toolsOf } from '../shared.ts';

const command: Command = {
  name: 'lift',
  summary: 'Lift a program to IR and print it.',
  usage: '[options] FILE',
  options: {
    ...inputOptions,
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'write there; `.irb` writes the binary form' },
    names: { type: 'boolean', doc: "values and blocks by the source's names" },
    locs: { type: 'boolean', doc: 'with source locations' },
    hash: { type: 'boolean', doc: 'print the SHA-256 of the canonical binary form instead' },
  },
  examples: ['sluice lift examples/bril/fib.bril --names'],
  run: async (words) => {
    const { loaded } = loadInput(await toolsOf(words), words);
    const output = words.text('output') ?? '-';
    if (words.flag('hash')) {
      const { contentHash } = await import('@sluice/driver/hash');
      writeOutput('-', `${contentHash(loaded.module)}\n`);
    } else if (output.endsWith('.irb')) {
      writeOutput(output, encodeModule(loaded.module, { debug: true }));
    } else {
      writeOutput(output, printModule(loaded.module, { names: words.flag('names'), locs: words.flag('locs') }));
    }
    return 0;
  },
};

export default command;
