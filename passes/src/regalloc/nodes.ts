/**
 * What gets a register: nodes. A node is a phi web, or a single value that no phi touches; it is named by one of its
 * values. Registers come in files: one for all types, or one for each type where registers are typed. Nodes of
 * different files never compete.
 *
 * A parameter arrives in the register of its number, so its node is fixed to it. Inside a file registers are counted
 * from 0 (colours); `numberRegisters` gives them their numbers in the frame.
 */

import { type Func, type Inst, instOf, type ResultType, type Type, usesOf, type ValueId, valueTypes } from '@sluice/ir';
import { phiWebs } from '../lib/phi-webs.ts';

/** The nodes of a function. */
export interface Nodes {
  /** By `ValueId`: its node; -1: needs no register. */
  readonly of: Int32Array;
  /** By node: its file. */
  readonly file: Int8Array;
  /** By node: the colour that it must have, or -1. */
  readonly fixed: Int32Array;
  /** By node: whether it has several values or is fixed. */
  readonly joint: Uint8Array;
  /** The nodes that are, each once, in the order of their values. */
  readonly webs: readonly number[];
  readonly files: number;
  readonly typed: boolean;
}

const fileOfType: ReadonlyMap<ResultType, number> = new Map(valueTypes.map((type, i) => [type, i]));

/** The file of an instruction's result; -1 when it has none that a register holds. */
export function fileOf(inst: Inst, typed: boolean): number {
  const file = fileOfType.get(inst.type) ?? -1;
  return typed || file < 0 ? file : 0;
}

/** The nodes of a function whose phi webs are free of interference; the first `arriving` parameters have registers. */
export function nodesOf(f: Func, typed: boolean, arriving: number): Nodes {
  const count = f.insts.length;
  const of = phiWebs(f);
  const uses = usesOf(f);
  const file = new Int8Array(count).fill(-1);
  const joint = new Uint8Array(count);
  const webs: number[] = [];
  const join = (node: number): void => {
    if (joint[node] === 0) webs.push(node);
    joint[node] = 1;
  };
  for (let v = 0; v < count; v++) {
    const inst = f.insts[v];
    if (inst === undefined) continue;
    file[v] = fileOf(inst, typed);
    // What nobody uses needs no register; so does a phi without use, whose operands go nowhere.
    if ((file[v] as number) < 0 || uses.count(v as ValueId) === 0) of[v] = -1;
    else if (of[v] === -1) of[v] = v;
    else join(of[v] as number);
  }
  const fixed = new Int32Array(count).fill(-1);
  const next = new Int32Array(valueTypes.length);
  for (let i = 0; i < arriving; i++) {
    const v = f.params[i] as number;
    const node = of[v] as number;
    const at = file[v] as number;
    const color = next[at] as number;
    next[at] = color + 1;
    if (node < 0) continue;
    if (fixed[node] !== -1) throw new Error(`@${f.name}: two parameters in one phi web; run ssa-destruct first`);
    fixed[node] = color;
    join(node);
  }
  return { of, file, fixed, joint, webs, files: typed ? valueTypes.length : 1, typed };
}

/** The nodes, each once, ascending by the first of their values. */
export function listNodes({ of }: Nodes): readonly number[] {
  const seen = new Uint8Array(of.length);
  const list: number[] = [];
  for (const node of of) {
    if (node < 0 || seen[node] === 1) continue;
    seen[node] = 1;
    list.push(node);
  }
  return list;
}

/** The registers of a frame: by file and colour the number, and the types if registers are typed. */
export interface Numbering {
  readonly numbers: readonly (readonly number[])[];
  readonly count: number;
  readonly types: readonly Type[] | null;
}

/** Numbers the colours of all files: parameters have the first numbers, in order. */
export function numberRegisters(f: Func, nodes: Nodes, used: readonly number[], arriving: number): Numbering {
  if (!nodes.typed) {
    const count = Math.max(used[0] ?? 0, arriving);
    return { numbers: [Array.from({ length: count }, (_, c) => c)], count, types: null };
  }
  const numbers: number[][] = Array.from({ length: nodes.files }, () => []);
  const types: Type[] = [];
  for (let i = 0; i < arriving; i++) {
    const v = f.params[i] as number;
    numbers[nodes.file[v] as number]?.push(i);
    types.push(instOf(f, f.params[i] as ValueId).type as Type);
  }
  numbers.forEach((list, file) => {
    while (list.length < (used[file] ?? 0)) {
      list.push(types.length);
      types.push(valueTypes[file] as Type);
    }
  });
  return { numbers, count: types.length, types };
}
