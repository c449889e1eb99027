/**
 * The embedding API from end to end: a program as bytes is loaded, optimised at O2 with its remarks collected, lowered and
 * run on every engine that executes it. Run it with `node --conditions=sluice-source examples/01-hello/src/hello.ts`.
 */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { load, optimise, presets, run } from '@sluice/driver';
import { printModule, unwrap } from '@sluice/ir';
import { type Remark, remarks } from '@sluice/pipeline';

/** Prints the sum of the squares below n, computed as a beginner would. */
export const program = `
@main(n: int) {
  zero: int = const 0;
  one: int = const 1;
  sum: int = id zero;
  i: int = id zero;
.test:
  more: bool = lt i n;
  br more .body .done;
.body:
  square: int = mul i i;
  again: int = mul i i;
  unused: int = add square again;
  sum: int = add sum again;
  i: int = add i one;
  jmp .test;
.done:
  print sum;
}
`;

/** What `hello` found out. */
export interface Report {
  /** The optimised module as text. */
  readonly text: string;
  readonly remarks: readonly Remark[];
  /** By engine: what the program printed, and its exit code. */
  readonly outputs: ReadonlyMap<string, { readonly output: string; readonly code: number }>;
}

/** Loads, optimises and runs the program with the argument `n` on `engines`. */
export function hello(n: number, engines: readonly string[]): Report {
  // Bad input is a value, not an exception; `unwrap` turns its diagnostics into an exception all the same.
  const loaded = unwrap(load(presets, new TextEncoder().encode(program), 'squares.bril'));

  const observer = remarks();
  const pipeline = presets.levelPipeline('O2');
  const module = optimise(loaded.module, pipeline, { observers: [observer] });

  const outputs = new Map<string, { readonly output: string; readonly code: number }>();
  for (const engine of engines) {
    let output = '';
    const out = (text: string): void => {
      output += text;
    };
    const limits = { fuel: 1_000_000 };
    const report = unwrap(run(presets, loaded, 'squares.bril', { args: [`${n}`], engine, pipeline, out, limits }));
    outputs.set(engine, { output, code: report.verdict.code });
  }
  return { text: printModule(module, { names: true }), remarks: observer.list, outputs };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const engines = presets.engines.map(({ name }) => name);
  const report = hello(10, engines);
  for (const { instance, kind, what } of report.remarks) process.stdout.write(`${instance}: ${kind}: ${what}\n`);
  process.stdout.write(`\n${report.text}\n`);
  for (const [engine, { output, code }] of report.outputs)
    process.stdout.write(`${engine}: ${output.trim()} (exit code ${code})\n`);
}
