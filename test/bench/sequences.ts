/**
 * Which rows of instructions are worth an instruction of their own: how often each runs in the programs of the corpus at O3,
 * each program weighing the same.
 *
 *   npm run sequences        measures, and writes stack-sequences.ts and register-sequences.ts of packages/bytecode
 *
 * Every part of the code between labels and jumps gets a counter (a global that it increments), the programs run, and the
 * pair of neighbours that runs most becomes one, again and again (byte pair encoding; a pair may contain pairs). What the
 * code does not use in the end is left out, and what only one or two programs do. On the register machine each part must take the result of the one before.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  areLinked,
  expandProgram,
  type Instr,
  type InstrDef,
  type InstrTable,
  isSequence,
  type Operand,
  type Program,
  type RegisterFunc,
  type RegisterProgram,
  registerTable,
  type StackFunc,
  type StackProgram,
  stackTable,
  withLabels,
} from '@sluice/bytecode';
import { findEngine, load, lower, optimise, presets } from '@sluice/driver';
import { coreTable, type Global, unwrap } from '@sluice/ir';
import { type BrilCorpus, type BrilEntry, brilCorpus, repoRoot } from '../corpus.ts';

/** What fewer programs do is their own matter. */
const fewestPrograms = 3;

/** What is measured for a machine. */
interface Machine {
  readonly name: 'stack' | 'register';
  readonly table: InstrTable;
  /** Instructions of their own: so that the machine has numbers for all in a byte. */
  readonly most: number;
  readonly longest: number;
  /** Increments a counter; `spare` is a register that is free. */
  readonly increment: (counter: string, spare: number) => readonly Instr[];
}

/** A row of instructions without label or jump inside. */
interface Row {
  /** Each the parts of one instruction so far. */
  tokens: (readonly Instr[])[];
  readonly weight: number;
  readonly program: string;
}

function instr(table: InstrTable, name: string, ...operands: readonly Operand[]): Instr {
  return { def: table.byName.get(name) as InstrDef, operands, loc: null };
}

const stack = stackTable(coreTable);
const register = registerTable(coreTable);
const machines: readonly Machine[] = [
  {
    name: 'stack',
    table: stack,
    most: 48,
    longest: 5,
    increment: (counter) => [
      instr(stack, 'global.get', counter, 'i64'),
      instr(stack, 'i64.const', 1n),
      instr(stack, 'i64.add'),
      instr(stack, 'global.set', counter, 'i64'),
    ],
  },
  {
    name: 'register',
    table: register,
    most: 48,
    longest: 3,
    increment: (counter, spare) => [
      instr(register, 'global.get', spare, counter, 'i64'),
      instr(register, 'i64.add.i', spare, spare, 1),
      instr(register, 'global.set', spare, counter, 'i64'),
    ],
  },
];

function rowsOf(machine: Machine, corpus: BrilCorpus, { bril, args, name }: BrilEntry): readonly Row[] {
  const loaded = unwrap(load(presets, new TextEncoder().encode(corpus.read(bril)), name));
  const engine = findEngine(presets, machine.name);
  if (engine?.executes !== 'program' || loaded.entry === null) return [];
  const module = optimise(loaded.module, presets.levelPipeline('O3'), { ops: presets.ops });
  const { counted, rows } = withCounters(machine, expandProgram(lower(module, engine.target, presets).program));
  const instance = engine.instantiate(counted, { host: loaded.host(() => {}) });
  const { outcome } = instance.call(loaded.entry, unwrap(loaded.parseArgs(args)));
  if (outcome.kind !== 'return') throw new Error(`${name}: ${outcome.kind}`);
  const counts = rows.map((_, k) => Number(instance.global(`counter${k}`)));
  const total = rows.reduce((sum, row, k) => sum + row.length * (counts[k] as number), 0);
  return rows.map((row, k) => ({
    tokens: row.map((each) => [each]),
    weight: (counts[k] as number) / total,
    program: name,
  }));
}

function withCounters(
  machine: Machine,
  program: Program,
): { readonly counted: Program; readonly rows: (readonly Instr[])[] } {
  const rows: (readonly Instr[])[] = [];
  const globals: Global[] = [];
  const count = (f: StackFunc | RegisterFunc, spare: number): readonly Instr[] => {
    const starts = startsIn(f.code);
    const code: Instr[] = [];
    const moved = new Int32Array(f.code.length);
    let row: Instr[] = [];
    f.code.forEach((each, i) => {
      moved[i] = code.length;
      if (starts[i] === 1) {
        row = [];
        const name = `counter${rows.push(row) - 1}`;
        globals.push({ name, type: 'i64', mutable: true, init: 0n, source: null });
        code.push(...machine.increment(name, spare));
      }
      row.push(each);
      code.push(each);
    });
    return code.map((each) => withLabels(each, (label) => moved[label] as number));
  };
  const counted = (): Program =>
    program.machine === 'stack'
      ? ({ ...program, funcs: program.funcs.map((f) => ({ ...f, code: count(f, 0) })) } satisfies StackProgram)
      : ({
          ...program,
          funcs: program.funcs.map((f) => ({ ...f, registers: f.registers + 1, code: count(f, f.registers) })),
        } satisfies RegisterProgram);
  const made = counted();
  return { counted: { ...made, globals: [...program.globals, ...globals] }, rows };
}

function startsIn(code: readonly Instr[]): Uint8Array {
  const starts = new Uint8Array(code.length + 1);
  starts[0] = 1;
  code.forEach((each, i) => {
    let jumps = each.def.ends;
    withLabels(each, (label) => {
      starts[label] = 1;
      jumps = true;
      return label;
    });
    if (jumps) starts[i + 1] = 1;
  });
  return starts;
}

const nameOf = (parts: readonly Instr[]): string => parts.map(({ def }) => def.name).join('+');

function mayJoin({ name, longest }: Machine, parts: readonly Instr[]): boolean {
  if (parts.length > longest || !isSequence(parts.map(({ def }) => def))) return false;
  return name === 'stack' || areLinked(parts, 0, parts.length);
}

/** Joins pairs in the rows; by name, with the part of all executed instructions that each one saves. */
function choose(machine: Machine, rows: readonly Row[]): void {
  for (let n = 0; n < machine.most; n++) {
    const found = new Map<string, { weight: number; readonly programs: Set<string> }>();
    for (const { tokens, weight, program } of rows) {
      for (let i = 0; i + 1 < tokens.length; i++) {
        const parts = [...(tokens[i] ?? []), ...(tokens[i + 1] ?? [])];
        if (!mayJoin(machine, parts)) continue;
        const name = nameOf(parts);
        const pair = found.get(name) ?? { weight: 0, programs: new Set() };
        found.set(name, pair);
        pair.weight += weight;
        if (weight > 0) pair.programs.add(program);
      }
    }
    const [best] = [...found]
      .filter(([, { programs }]) => programs.size >= fewestPrograms)
      .sort(([, a], [, b]) => b.weight - a.weight);
    if (best === undefined) return;
    for (const row of rows) row.tokens = merged(machine, row.tokens, best[0]);
  }
}

function merged(machine: Machine, tokens: Row['tokens'], name: string): Row['tokens'] {
  const out: Row['tokens'] = [];
  for (let i = 0; i < tokens.length; i++) {
    const a = tokens[i] ?? [];
    const both = [...a, ...(tokens[i + 1] ?? [])];
    if (both.length > a.length && nameOf(both) === name && mayJoin(machine, both)) {
      out.push(both);
      i++;
    } else out.push(a);
  }
  return out;
}

const sizeOf = (rows: readonly Row[]): number =>
  rows.reduce((sum, { tokens, weight }) => sum + tokens.length * weight, 0);

const corpus = brilCorpus();
if (corpus === null) throw new Error('no corpus to measure');
for (const machine of machines) {
  const programs = corpus.index.filter(({ kind }) => kind === 'benchmark');
  const rows = programs.flatMap((entry) => rowsOf(machine, corpus, entry));
  const before = sizeOf(rows);
  choose(machine, rows);
  const saves = new Map<string, number>();
  for (const { tokens, weight } of rows) {
    for (const parts of tokens) {
      if (parts.length < 2) continue;
      saves.set(nameOf(parts), (saves.get(nameOf(parts)) ?? 0) + (weight / before) * (parts.length - 1));
    }
  }
  const used = [...saves].filter(([, save]) => save >= 0.0005).sort(([, a], [, b]) => b - a);
  console.log(`${machine.name}: ${used.length} sequences; executed: ${(sizeOf(rows) / before).toFixed(3)}`);
  const lines = used.map(([name, save]) => `  '${name}', // ${(100 * save).toFixed(2)} %`);
  const text = `/**
 * Rows of instructions of the ${machine.name} machine that are one instruction: those that run most in the programs of the corpus
 * at O3. Written by \`npm run sequences\` (test/bench/sequences.ts); behind each, how many of the executed instructions it saves.
 */

/** Names of instructions, joined by \`+\`. */
export const ${machine.name}Sequences: readonly string[] = [
${lines.join('\n')}
];
`;
  writeFileSync(join(repoRoot, `packages/bytecode/src/${machine.name}-sequences.ts`), text);
}
