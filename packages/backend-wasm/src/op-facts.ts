/**
 * What the emitter asks of an op, found once for each: its effect in the form of sets of bits, and its instruction.
 *
 * Whether two instructions may change places is decided here, by effects alone (`mayPass`).
 */

import { type OpDef, type RegionSet, seenAfter, trapKinds } from '@sluice/ir';

/** How an instruction's immediate is written. */
export type ImmForm =
  | 'none'
  | 'access'
  | 'lane'
  | 'lanes'
  | 'access-lane'
  | 'const'
  | 'func'
  | 'func-ref'
  | 'null'
  | 'indirect'
  | 'global'
  | 'slot'
  | 'table'
  | 'table-copy'
  | 'table-init'
  | 'index'
  | 'segment'
  | 'memory'
  | 'memory-copy'
  | 'memory-init'
  | 'select'
  | 'nothing';

/** Facts about an op. */
export interface OpFacts {
  readonly op: OpDef;
  /** No effect: it may stand anywhere behind its operands. */
  readonly pure: boolean;
  /** May vanish, and may run where it did not run before. */
  readonly removable: boolean;
  readonly reads: RegionSet;
  readonly writes: RegionSet;
  /** Whether the execution may end in it; then `seen` are the regions whose contents show. */
  readonly stops: boolean;
  /** The one kind of trap that it may raise, if it may end in no other way; else -1. */
  readonly onlyTrap: number;
  readonly seen: RegionSet;
  readonly form: ImmForm;
  /** Opcode bytes; empty: see `form`. */
  readonly bytes: readonly number[];
}

const known = new WeakMap<OpDef, OpFacts>();

/** The facts about an op. */
export function factsOf(op: OpDef): OpFacts {
  let facts = known.get(op);
  if (facts === undefined) {
    facts = describe(op);
    known.set(op, facts);
  }
  return facts;
}

function describe(op: OpDef): OpFacts {
  const { reads, writes, traps, diverges } = op.effect;
  const stops = traps.length > 0 || diverges;
  return {
    op,
    pure: reads === 0 && writes === 0 && !stops,
    removable: writes === 0 && !stops,
    reads,
    writes,
    stops,
    onlyTrap: traps.length === 1 && !diverges ? trapKinds.indexOf(traps[0] as (typeof trapKinds)[number]) : -1,
    seen: diverges ? seenAfter(trapKinds) : seenAfter(traps),
    form: formOf(op),
    bytes: op.wasm ?? [],
  };
}

const special: Readonly<Record<string, ImmForm>> = {
  call: 'func',
  call_host: 'func',
  call_indirect: 'indirect',
  copy: 'nothing',
  select: 'select',
  'slot.get': 'slot',
  'slot.set': 'slot',
  'ref.func': 'func-ref',
  'ref.null': 'null',
  'memory.init': 'memory-init',
  'memory.size': 'memory',
  'memory.grow': 'memory',
  'memory.fill': 'memory',
  'memory.copy': 'memory-copy',
  'table.copy': 'table-copy',
  'table.init': 'table-init',
  'elem.drop': 'segment',
};

/** An instruction's form follows from the op's immediate, but where Wasm's has more, or is another one. */
function formOf(op: OpDef): ImmForm {
  const found = special[op.name];
  if (found !== undefined) return found;
  const imm: string = op.imm;
  switch (imm) {
    case 'mem':
      return 'access';
    case 'memlane':
      return 'access-lane';
    case 'lane':
    case 'lanes':
    case 'const':
    case 'global':
    case 'table':
    case 'index':
      return imm;
    default:
      return 'none';
  }
}

/** Whether `a` may run after `b`, which stands behind it, with the same result. */
export function mayPass(a: OpFacts, b: OpFacts): boolean {
  if ((a.writes & (b.reads | b.writes)) !== 0 || (a.reads & b.writes) !== 0) return false;
  if (a.stops) {
    if ((b.writes & a.seen) !== 0) return false;
    // Of two traps of one kind it cannot be seen which came first.
    if (b.stops && (a.onlyTrap < 0 || a.onlyTrap !== b.onlyTrap)) return false;
  }
  return !b.stops || (a.writes & b.seen) === 0;
}
