/** The blocks of a function of the stack machine: runs of instructions that are entered at the top only. */

import type { Instr, StackInfo } from '@sluice/bytecode';

/** A block: the instructions from `start` to before `end`. */
export interface CodeBlock {
  readonly start: number;
  readonly end: number;
  /** Blocks that it may go on to, by the order of the IR's terminator, an entry for each edge. */
  readonly targets: readonly number[];
}

/** The reachable blocks by their first instruction, in the order of the code. */
export function splitBlocks(code: readonly Instr[], info: StackInfo): ReadonlyMap<number, CodeBlock> {
  const starts = new Uint8Array(code.length + 1);
  starts[0] = 1;
  code.forEach((instr, i) => {
    const targets = labelsOf(instr);
    for (const target of targets) starts[target] = 1;
    if (instr.def.ends || targets.length > 0) starts[i + 1] = 1;
  });
  const blocks = new Map<number, CodeBlock>();
  for (let start = 0; start < code.length; ) {
    let end = start + 1;
    while (end < code.length && starts[end] === 0) end++;
    if ((info.heightAt[start] as number) >= 0) blocks.set(start, { start, end, targets: targetsOf(code, end) });
    start = end;
  }
  return blocks;
}

/** The labels of an instruction. */
function labelsOf({ def, operands }: Instr): readonly number[] {
  switch (def.role) {
    case 'jump':
    case 'jump-if':
    case 'jump-unless':
      return [operands[0] as number];
    case 'switch':
      return operands[1] as readonly number[];
    default:
      return [];
  }
}

/** Where a block that ends before `end` goes. */
function targetsOf(code: readonly Instr[], end: number): readonly number[] {
  const last = code[end - 1] as Instr;
  const labels = labelsOf(last);
  if (last.def.ends) return labels;
  // A branch goes to its first target where the condition is not zero.
  return last.def.role === 'jump-unless' ? [end, ...labels] : [...labels, end];
}
