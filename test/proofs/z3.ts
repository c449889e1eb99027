/** The solver in a process of its own: it keeps threads, and what it does to memory is its own matter. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What it says of a script: nothing differs, something does, the budget was spent. */
export type Answer = 'unsat' | 'sat' | 'unknown';

/** A running solver. Questions are answered in order. */
export interface Solver {
  ask(script: string): Promise<Answer>;
  end(): void;
}

/** Starts one. */
export function startSolver(): Solver {
  const child = spawn(process.execPath, [new URL('./z3-child.mjs', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: ((answer: Answer) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line as Answer));
  return {
    ask: (script) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${JSON.stringify(script)}\n`);
      }),
    end: () => void child.kill(),
  };
}
