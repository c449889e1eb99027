/**
 * Which rows of stack instructions are worth an instruction of their own: how often each runs in the programs of the
 * corpus at O3, each program weighing the same.
 *
 *   npm run sequences        measures, and writes packages/bytecode/src/stack-sequences.ts
 *
 * Every part of the code between labels and jumps gets a counter (a global that it increments), the programs run on the
 * stack machine, and the pair of neighbours that runs most becomes one, again and again (byte pair encoding; a pair
 * may contain pairs). What the best cutting of the code does not use in the end is left out.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  expandProgram,
  type Instr,
  type InstrDef,
  isSequence,
  type StackFunc,
  type StackProgram,
  stackTable,
  withLabels,
} from '@sluice/bytecode';
import { findEngine, load, lower, optimise, presets } from '@sluice/driver';
import { coreTable, type Global, unwrap } from '@sluice/ir';
import { type BrilCorpus, type BrilEntry, brilCorpus, repoRoot } from '../corpus.ts';

/** Instructions of their own: so that a machine has numbers for all in a byte. */
const mostSequences = 48;
const longest = 5;

/** A row of instructions without label or jump inside. */
interface Row {
  /** Each the parts of one instruction so far. */
  tokens: (readonly InstrDef[])[];
  readonly weight: number;
}

const table = stackTable(coreTable);
const named = (name: string): InstrDef => table.byName.get(name) as InstrDef;

function rowsOf(corpus: BrilCorpus, { bril, args, name }: BrilEntry): readonly Row[] {
  const loaded = unwrap(load(presets, new TextEncoder().encode(corpus.read(bril)), name));
  const engine = findEngine(presets, 'stack');
  if (engine?.executes !== 'program' || loaded.entry === null) return [];
  const module = optimise(loaded.module, presets.levelPipeline('O3'), { ops: presets.ops });
  const program = expandProgram(lower(module, engine.target, presets).program as StackProgram);
  const { counted, rows } = withCounters(program);
  const instance = engine.instantiate(counted, { host: loaded.host(() => {}) });
  const { outcome } = instance.call(loaded.entry, unwrap(loaded.parseArgs(args)));
  if (outcome.kind !== 'return') throw new Error(`${name}: ${outcome.kind}`);
  const counts = rows.map((_, k) => Number(instance.global(`counter${k}`)));
  const total = rows.reduce((sum, row, k) => sum + row.length * (counts[k] as number), 0);
  return rows.map((row, k) => ({ tokens: row.map(({ def }) => [def]), weight: (counts[k] as number) / total }));
}

function withCounters(program: StackProgram): { readonly counted: StackProgram; readonly rows: (readonly Instr[])[] } {
  const rows: (readonly Instr[])[] = [];
  const globals: Global[] = [];
  const funcs = program.funcs.map((f): StackFunc => {
    const starts = startsIn(f.code);
    const code: Instr[] = [];
    const moved = new Int32Array(f.code.length);
    let row: Instr[] = [];
    f.code.forEach((instr, i) => {
      if (starts[i] === 1) {
        row = [];
        const name = `counter${rows.push(row) - 1}`;
        globals.push({ name, type: 'i64', mutable: true, init: 0n });
      }
      moved[i] = code.length;
      if (starts[i] === 1) {
        const name = `counter${rows.length - 1}`;
        code.push({ def: named('global.get'), operands: [name, 'i64'], loc: null });
        code.push({ def: named('i64.const'), operands: [1n], loc: null });
        code.push({ def: named('i64.add'), operands: [], loc: null });
        code.push({ def: named('global.set'), operands: [name, 'i64'], loc: null });
      }
      row.push(instr);
      code.push(instr);
    });
    return { ...f, code: code.map((instr) => withLabels(instr, (label) => moved[label] as number)) };
  });
  return { counted: { ...program, funcs, globals: [...program.globals, ...globals] }, rows };
}

function startsIn(code: readonly Instr[]): Uint8Array {
  const starts = new Uint8Array(code.length + 1);
  starts[0] = 1;
  code.forEach((instr, i) => {
    let jumps = instr.def.ends;
    withLabels(instr, (label) => {
      starts[label] = 1;
      jumps = true;
      return label;
    });
    if (jumps) starts[i + 1] = 1;
  });
  return starts;
}

const nameOf = (parts: readonly InstrDef[]): string => parts.map((def) => def.name).join('+');

/** Chooses sequences; by name, with the part of all executed instructions that each one saves. */
function choose(rows: readonly Row[]): ReadonlyMap<string, readonly InstrDef[]> {
  const chosen = new Map<string, readonly InstrDef[]>();
  while (chosen.size < mostSequences) {
    const pairs = new Map<string, { readonly parts: readonly InstrDef[]; weight: number }>();
    for (const { tokens, weight } of rows) {
      for (let i = 0; i + 1 < tokens.length; i++) {
        const parts = [...(tokens[i] ?? []), ...(tokens[i + 1] ?? [])];
        const name = nameOf(parts);
        const pair = pairs.get(name);
        if (pair !== undefined) pair.weight += weight;
        else if (parts.length <= longest && isSequence(parts)) pairs.set(name, { parts, weight });
      }
    }
    const [best] = [...pairs.values()].sort((a, b) => b.weight - a.weight);
    if (best === undefined) break;
    const name = nameOf(best.parts);
    chosen.set(name, best.parts);
    for (const row of rows) row.tokens = merged(row.tokens, name, best.parts);
  }
  return chosen;
}

function merged(tokens: Row['tokens'], name: string, parts: readonly InstrDef[]): Row['tokens'] {
  const out: Row['tokens'] = [];
  for (let i = 0; i < tokens.length; i++) {
    const [a, b] = [tokens[i] ?? [], tokens[i + 1]];
    if (b !== undefined && nameOf([...a, ...b]) === name) {
      out.push(parts);
      i++;
    } else out.push(a);
  }
  return out;
}

const corpus = brilCorpus();
if (corpus === null) throw new Error('no corpus to measure');
const rows = corpus.index.filter(({ kind }) => kind === 'benchmark').flatMap((entry) => rowsOf(corpus, entry));
const before = rows.reduce((sum, { tokens, weight }) => sum + tokens.length * weight, 0);
const chosen = choose(rows);
const after = rows.reduce((sum, { tokens, weight }) => sum + tokens.length * weight, 0);
console.log(`${chosen.size} sequences; executed instructions: ${(after / before).toFixed(3)}`);
const saves = new Map<string, number>();
for (const { tokens, weight } of rows) {
  for (const parts of tokens) {
    if (parts.length < 2) continue;
    const name = nameOf(parts);
    saves.set(name, (saves.get(name) ?? 0) + (weight / before) * (parts.length - 1) * rows.length);
  }
}
const used = [...saves].sort(([, a], [, b]) => b - a);
const total = rows.length;
const lines = used.map(([name, save]) => `  '${name}', // ${((100 * save) / total).toFixed(2)} %`);
const head = `/**
 * Rows of stack instructions that are one instruction: those that run most in the programs of the corpus at O3. Written by
 * \`npm run sequences\` (test/bench/sequences.ts); behind each, how many of the executed instructions it saves.
 */

/** Names of instructions, joined by \`+\`. */
export const stackSequences: readonly string[] = [
`;
writeFileSync(join(repoRoot, 'packages/bytecode/src/stack-sequences.ts'), `${head}${lines.join('\n')}\n];\n`);
