/** `sluice verify`: check only. */

import type { Command } from '../command.ts';
import { say } from '../io.ts';
import { inputOptions, loadInput, toolsOf } from '../shared.ts';

const command: Command = {
  name: 'verify',
  summary: 'Check a program or module and say nothing when it is right.',
  usage: '[options] FILE',
  options: { ...inputOptions, quiet: { type: 'boolean', short: 'q', doc: 'only the exit code' } },
  examples: ['sluice verify examples/stack/fib.sasm'],
  run: async (words) => {
    const { file, loaded } = loadInput(await toolsOf(words), words);
    const { funcs, imports } = loaded.module;
    if (!words.flag('quiet')) say(`${file}: fine (${funcs.length} functions, ${imports.length} imports)`);
    return 0;
  },
};

export default command;
