/** `sluice engines`: what executes, and what can be read. */

import { presets } from '@sluice/driver';
import type { Command } from '../command.ts';
import { writeOutput } from '../io.ts';
import { columns } from '../table.ts';

const command: Command = {
  name: 'engines',
  summary: 'List engines, levels and input formats.',
  usage: '[--json]',
  options: { json: { type: 'boolean', doc: 'as JSON' } },
  examples: [],
  run: (words) => {
    const engines = presets.engines.map(({ name, summary, unit }) => ({ name, summary, unit }));
    const formats = presets.frontends.map(({ name, summary, extensions }) => ({ name, summary, extensions }));
    if (words.flag('json')) {
      writeOutput(
        '-',
        `${JSON.stringify({ engines, levels: presets.levels, formats, default: presets.defaultEngine }, null, 2)}\n`,
      );
      return 0;
    }
    const lines = [
      'Engines (--engine):',
      ...columns(
        engines.map(({ name, summary }) => [`  ${name}${name === presets.defaultEngine ? ' (default)' : ''}`, summary]),
      ),
      '',
      `Levels: ${presets.levels.map((level) => `-${level}`).join(' ')} (default -O2)`,
      '',
      'Input formats (--from):',
      ...columns(formats.map(({ name, summary, extensions }) => [`  ${name}`, `${summary} (${extensions.join(' ')})`])),
    ];
    writeOutput('-', `${lines.join('\n')}\n`);
    return 0;
  },
};

export default command;
