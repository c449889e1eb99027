/** Start-up of the command on a tiny program against Node's own, whole processes in turn. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { repoRoot } from '../corpus.ts';
import { type Figure, median } from './measure.ts';

/** The figures. */
export function startupFigures(): readonly Figure[] {
  const sluice = join(repoRoot, 'packages/cli/bin/sluice.mjs');
  const program = join(repoRoot, 'examples/bril/fib.bril');
  const node: number[] = [];
  const run: number[] = [];
  const timed = (args: readonly string[], want: string): number => {
    const start = performance.now();
    const output = execFileSync(process.execPath, args, { encoding: 'utf8' });
    const took = performance.now() - start;
    if (output !== want) throw new Error(`start-up: wrong output '${output}'`);
    return took;
  };
  for (let i = 0; i < 22; i++) {
    const a = timed(['-e', '0'], '');
    const b = timed([sluice, 'run', program, '2'], '1\n');
    // The first two runs write caches.
    if (i > 1) {
      node.push(a);
      run.push(b);
    }
  }
  return [
    { name: 'node -e 0: ms', value: median(node), limit: null },
    { name: 'sluice run on a tiny program: ms', value: median(run), limit: null },
    { name: 'start-up: sluice run over node -e 0', value: median(run.map((ms, i) => ms / (node[i] ?? ms))), limit: 3 },
  ];
}
