/**
 * Optimising a real module, whole commands in turn, then warm in one process: `sluice opt -O2` against npm's `binaryen` (its `wasm-opt -O2`) and, where
 * the machine has one, a native `wasm-opt`. The unit is Wasm instructions of the input a second, so that the ratio of two
 * tools is that of their times; peak memory is what each process says of itself at its end.
 *
 * What comes out is checked: it must be a valid module with the exports of the input (the test of real modules runs it).
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type BinaryTarget, load, presets, translate } from '@sluice/driver';
import { unwrap } from '@sluice/ir';
import binaryen from 'binaryen';
import { repoRoot } from '../corpus.ts';
import { wasm2 } from '../wasm/binaryen.ts';
import { wasmSize } from '../wasm/count.ts';
import { type Figure, median } from './measure.ts';

const rounds = 5;

/** In a process of Node's own: the peak of its resident memory, in KiB, as the last line of standard error. */
const sayPeak =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("\\npeak "+process.resourceUsage().maxRSS+"\\n"))';

interface Tool {
  readonly name: string;
  readonly command: string;
  readonly args: (input: string, output: string) => readonly string[];
  readonly seconds: number[];
  /** Megabytes. */
  peak: number;
  bytes: number;
}

/** The figures. */
export function wasmOptimiseFigures(): readonly Figure[] {
  const require = createRequire(join(repoRoot, 'test/package.json'));
  const input = join(dirname(require.resolve('sql.js')), 'sql-wasm.wasm');
  const wasmOptOfNpm = join(dirname(require.resolve('binaryen/package.json')), 'bin/wasm-opt');
  const node = process.execPath;
  const tool = (name: string, command: string, args: Tool['args']): Tool => ({
    name,
    command,
    args,
    seconds: [],
    peak: 0,
    bytes: 0,
  });
  const sluice = tool('sluice opt -O2', node, (from, to) => [
    '--import',
    sayPeak,
    join(repoRoot, 'packages/cli/bin/sluice.mjs'),
    'opt',
    from,
    '-O2',
    '-o',
    to,
  ]);
  const wasmOpt = (from: string, to: string): readonly string[] => ['-O2', ...wasm2, from, '-o', to];
  const npm = tool("npm's wasm-opt -O2", node, (from, to) => ['--import', sayPeak, wasmOptOfNpm, ...wasmOpt(from, to)]);
  const tools = [sluice, npm];
  const found = nativeTool();
  const native = found === null ? null : tool('native wasm-opt -O2', found, wasmOpt);
  if (native !== null) tools.push(native);

  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    // One round more: the first writes caches.
    for (let round = 0; round <= rounds; round++)
      for (const each of tools) once(each, input, join(folder, 'out.wasm'), round > 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { instructions } = wasmSize(readFileSync(input));
  const speed = ({ seconds }: Tool): number => instructions / median(seconds);
  const ratios = (other: Tool): number => median(sluice.seconds.map((s, i) => s / (other.seconds[i] ?? s)));
  return [
    ...tools.flatMap((each) => [
      { name: `${each.name}: thousand Wasm instructions a second`, value: speed(each) / 1000, limit: null },
      { name: `${each.name}: bytes that come out`, value: each.bytes, limit: null },
    ]),
    { name: "sluice's time over that of npm's wasm-opt", value: ratios(npm), limit: 1 / 3 },
    ...(native === null
      ? []
      : [{ name: "sluice's time over that of the native wasm-opt", value: ratios(native), limit: null }]),
    { name: "npm's wasm-opt: peak memory, MB", value: npm.peak, limit: null },
    { name: 'sluice opt: peak memory, MB', value: sluice.peak, limit: 1500 },
    ...warm(input),
  ];
}

/** A `wasm-opt` of the machine: scripts of npm put that of the package first. */
function nativeTool(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return folders.map((folder) => join(folder, 'wasm-opt')).find((file) => existsSync(file)) ?? null;
}

/** Both in this process, warm: seconds of one run, the better of `rounds`. */
function warm(input: string): readonly Figure[] {
  const bytes = readFileSync(input);
  const form = presets.binaries.find(({ name }) => name === 'wasm') as BinaryTarget;
  const ours = (): unknown => {
    const { module } = unwrap(load(presets, bytes, input));
    return unwrap(translate(module, presets.levelPipeline('O2'), form, presets));
  };
  const theirs = (): unknown => {
    const module = binaryen.readBinary(bytes);
    module.setFeatures(binaryen.Features.All);
    binaryen.setOptimizeLevel(2);
    binaryen.setShrinkLevel(0);
    module.optimize();
    const out = module.emitBinary();
    module.dispose();
    return out;
  };
  const best = (run: () => unknown): number => {
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      run();
      least = Math.min(least, performance.now() - start);
    }
    return least / 1000;
  };
  const [own, other] = [best(ours), best(theirs)];
  return [
    { name: 'warm, in one process: sluice, seconds', value: own, limit: null },
    { name: "warm, in one process: npm's binaryen, seconds", value: other, limit: null },
    { name: "warm, in one process: sluice's time over binaryen's", value: own / other, limit: 1 / 3 },
  ];
}

function once(tool: Tool, input: string, output: string, counts: boolean): void {
  const start = performance.now();
  const { status, stderr } = spawnSync(tool.command, tool.args(input, output), { encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${tool.name} failed: ${stderr}`);
  const bytes = readFileSync(output);
  const exported = (wasm: Uint8Array<ArrayBuffer>): string =>
    JSON.stringify(WebAssembly.Module.exports(new WebAssembly.Module(wasm)));
  if (exported(bytes) !== exported(readFileSync(input)))
    throw new Error(`${tool.name}: other exports than the input's`);
  if (!counts) return;
  tool.seconds.push(seconds);
  tool.bytes = bytes.length;
  const peak = /^peak (\d+)$/m.exec(stderr);
  if (peak !== null) tool.peak = Math.max(tool.peak, Number(peak[1]) / 1024);
}
