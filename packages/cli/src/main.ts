/** The command line: finds the command and runs it. The launcher may run a command's own bundle instead (ADR 1). */

import process from 'node:process';
import { badUsage } from '@sluice/driver';
import { DiagnosticError } from '@sluice/ir';
import { type Command, helpOf } from './command.ts';
import { execute, reporting } from './execute.ts';

/** Commands are loaded when they are called for, so that `run` does not wait for what it does not need. */
const commands: Readonly<Record<string, () => Promise<{ readonly default: Command }>>> = {
  run: () => import('./commands/run.ts'),
  opt: () => import('./commands/opt.ts'),
  compare: () => import('./commands/compare.ts'),
  lift: () => import('./commands/lift.ts'),
  asm: () => import('./commands/asm.ts'),
  dis: () => import('./commands/dis.ts'),
  verify: () => import('./commands/verify.ts'),
  graph: () => import('./commands/graph.ts'),
  passes: () => import('./commands/passes.ts'),
  ops: () => import('./commands/ops.ts'),
  engines: () => import('./commands/engines.ts'),
};

/** Runs the command line `argv` (without node and script) and resolves to the exit code. */
export function main(argv: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = argv;
  return reporting(async () => {
    if (name === '--help' || name === '-h' || name === 'help') return await help(rest[0]);
    if (name === '--version' || name === '-V') return await version();
    return await execute(await find(name), rest);
  });
}

async function find(name: string): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    const fix = `there are: ${Object.keys(commands).join(', ')}; see 'sluice --help'`;
    throw new DiagnosticError(badUsage(`no command '${name}'`, fix));
  }
  return (await load()).default;
}

async function version(): Promise<number> {
  const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
  process.stdout.write(`${manifest.version}\n`);
  return 0;
}

async function help(name: string | undefined): Promise<number> {
  if (name !== undefined && name !== '--help' && name !== '-h') {
    process.stdout.write(helpOf(await find(name)));
    return 0;
  }
  const all = await Promise.all(Object.values(commands).map(async (load) => (await load()).default));
  const width = Math.max(...all.map((command) => command.name.length));
  const lines = all.map((command) => `  ${command.name.padEnd(width)}  ${command.summary.split('. ')[0]}`);
  process.stdout.write(
    [
      'sluice <command> [options] FILE',
      '',
      'Lifts programs (Bril, stack bytecode, IR) into SSA form, optimises them, and runs them on several engines.',
      '',
      'Commands:',
      ...lines,
      '',
      'Start with:',
      '  sluice run examples/bril/sieve.bril 100000 --stats',
      '  sluice compare examples/bril/sieve.bril 100000',
      '  sluice opt examples/bril/sieve.bril -O2 --remarks',
      '',
      "'sluice <command> --help' says more. Exit codes: 0 fine, 1 the program trapped or a check failed, 2 bad input,",
      '3 out of fuel, depth or memory.',
      '',
    ].join('\n'),
  );
  return 0;
}
