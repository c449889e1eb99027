/** `sluice ops`: the op table, from the table itself. */

import { type OpDef, regionNames } from '@sluice/ir';
import type { Command } from '../command.ts';
import { writeOutput } from '../io.ts';
import { passOptions, toolsOf } from '../shared.ts';
import { columns } from '../table.ts';

/** The columns that make an op fast or provable somewhere; what lacks them falls back to `eval` or `run`. */
const fast = ['js', 'wasm', 'smt', 'expand'] as const;

const command: Command = {
  name: 'ops',
  summary: 'List the ops of the IR: signature, effects, documentation.',
  usage: '[--coverage] [--json] [NAME...]',
  options: {
    coverage: { type: 'boolean', doc: 'which ops lack which columns, so that engines fall back to their meaning' },
    json: { type: 'boolean', doc: 'as JSON' },
    plugin: passOptions.plugin ?? { type: 'string', doc: '' },
  },
  examples: ['sluice ops i32.div_s', 'sluice ops --coverage'],
  run: async (words) => {
    const tools = await toolsOf(words);
    const named = words.positionals;
    const ops = [...tools.ops.values()].filter(
      ({ name, dialect }) => named.length === 0 || named.includes(name) || named.includes(dialect),
    );
    if (words.flag('json')) {
      writeOutput('-', `${JSON.stringify(ops.map(facts), bigints, 2)}\n`);
      return 0;
    }
    const rows = words.flag('coverage')
      ? coverage(ops)
      : ops.map((op) => [op.name, signature(op), effects(op), op.doc]);
    writeOutput('-', `${columns(rows).join('\n')}\n`);
    return 0;
  },
};

export default command;

function signature({ sig, imm }: OpDef): string {
  const params = [...sig.params, ...(sig.variadic ? ['...'] : [])].join(', ');
  return `(${params}) -> ${sig.result}${imm === 'none' ? '' : ` [${imm}]`}`;
}

function effects({ effect }: OpDef): string {
  const words = [
    ...(effect.reads === 0 ? [] : [`reads ${regionNames(effect.reads).join('+')}`]),
    ...(effect.writes === 0 ? [] : [`writes ${regionNames(effect.writes).join('+')}`]),
    ...(effect.traps.length === 0 ? [] : effect.traps.length > 4 ? ['may trap'] : [`traps ${effect.traps.join('+')}`]),
    ...(effect.control ? ['control'] : []),
  ];
  return words.join(', ') || 'pure';
}

function coverage(ops: readonly OpDef[]): string[][] {
  const computing = ops.filter(({ kind }) => kind === 'value');
  const rows = computing.map((op) => [
    op.name,
    ...fast.map((column) => (op[column] === null ? '-' : column)),
    op.access === null ? '' : 'access',
  ]);
  const counts = fast.map((column) => `${computing.filter((op) => op[column] !== null).length}`);
  return [['op', ...fast, ''], ...rows, [`${computing.length} ops`, ...counts, '']];
}

function facts(op: OpDef): Readonly<Record<string, unknown>> {
  const { name, doc, kind, imm, laws, cost } = op;
  const columns = fast.filter((column) => op[column] !== null);
  return { name, doc, kind, signature: signature(op), imm, effects: effects(op), laws, cost, columns };
}

/** Laws of vectors have constants of 128 bits, which JSON has no numbers for: they are texts of digits. */
function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
