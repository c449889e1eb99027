/** `sluice passes`: what passes there are, and what the levels do. */

import type { Command } from '../command.ts';
import { writeOutput } from '../io.ts';
import { passOptions, toolsOf } from '../shared.ts';
import { columns } from '../table.ts';

const command: Command = {
  name: 'passes',
  summary: 'List passes and the pipelines of the levels.',
  usage: '[--json] [NAME]',
  options: {
    json: { type: 'boolean', doc: 'as JSON' },
    plugin: passOptions.plugin ?? { type: 'string', doc: '' },
  },
  examples: ['sluice passes gvn'],
  run: async (words) => {
    const tools = await toolsOf(words);
    const [only] = words.positionals;
    /** Passes of a language that is emitted run for it alone, by its own lists. */
    const own = new Map(tools.languages.flatMap((target) => target.passes.map((pass) => [pass.name, pass] as const)));
    const wanted = ({ name }: { readonly name: string }): boolean => only === undefined || name === only;
    const passes = [...tools.passes.values()].filter(wanted);
    const others = [...own.values()].filter(wanted);
    const levels = tools.levels.map((level) => ({
      level,
      instances: tools.levelPipeline(level).instances.map(({ id }) => id),
    }));
    if (words.flag('json')) {
      const facts = [...passes, ...others].map(({ run: _, ...rest }) => rest);
      writeOutput('-', `${JSON.stringify({ passes: facts, levels }, null, 2)}\n`);
      return 0;
    }
    const [first] = [...passes, ...others];
    if (only !== undefined && first !== undefined) {
      const options = Object.entries(first.options).map(([name, { doc, default: value }]) => [
        `  ${name}=${value}`,
        doc,
      ]);
      const reasons = [
        ...first.after.map(({ pass, why }) => `  after ${pass}: ${why}`),
        ...first.before.map(({ pass, why }) => `  before ${pass}: ${why}`),
      ];
      const lines = [
        `${first.name} (${first.scope}): ${first.summary}`,
        `Paper: ${first.paper}`,
        ...(options.length > 0 ? ['Options:', ...columns(options)] : []),
        ...(reasons.length > 0 ? ['Order:', ...reasons] : []),
      ];
      writeOutput('-', `${lines.join('\n')}\n`);
      return 0;
    }
    const lines = [
      ...columns(passes.map(({ name, summary }) => [name, summary])),
      '',
      ...(others.length > 0 ? ['Only for what --emit names, by its own lists:', ''] : []),
      ...columns(others.map(({ name, summary }) => [name, summary])),
      '',
      ...columns(levels.map(({ level, instances }) => [`-${level}`, instances.join(' ') || '(nothing)'])),
    ];
    writeOutput('-', `${lines.join('\n')}\n`);
    return 0;
  },
};

export default command;
