/**
 * Which functions take a frame: those with values of type i64, those that call one, and, where there are frames at all, those
 * that call the host or through a table, since what runs then needs to know where free slots begin.
 */

import { type Func, findImport, type Module, type Signature, signatureOf, type Type } from '@sluice/ir';

/** Functions by name. */
export interface Frames {
  readonly framed: ReadonlySet<string>;
  /** Whether functions in tables take a frame. */
  readonly inTables: boolean;
}

/** Finds them. Linear in the module. */
export function framesOf(m: Module): Frames {
  const framed = new Set<string>();
  const callers = new Map<string, string[]>();
  const outside: string[] = [];
  let wideCalls = false;
  for (const f of m.funcs) {
    let wide = isWide(f.sig) || f.slots.includes('i64');
    let leaves = false;
    for (const inst of f.insts) {
      if (inst === undefined) continue;
      if (inst.type === 'i64' && inst.op.kind !== 'const') wide = true;
      if (inst.op.kind !== 'call') continue;
      if (inst.op.imm === 'sig') {
        leaves = true;
        if (isWide(inst.imm as Signature)) wideCalls = true;
      } else if (findImport(m, String(inst.imm)) !== undefined) {
        leaves = true;
        if (isWide(signatureOf(m, String(inst.imm)) ?? { params: [], results: [] })) wideCalls = true;
      } else {
        const list = callers.get(String(inst.imm));
        if (list === undefined) callers.set(String(inst.imm), [f.name]);
        else list.push(f.name);
      }
    }
    if (wide) framed.add(f.name);
    if (leaves) outside.push(f.name);
  }
  const inTables = framed.size > 0 || wideCalls;
  if (inTables) for (const name of outside) framed.add(name);
  const work = [...framed];
  for (let name = work.pop(); name !== undefined; name = work.pop()) {
    for (const caller of callers.get(name) ?? []) {
      if (framed.has(caller)) continue;
      framed.add(caller);
      work.push(caller);
    }
  }
  return { framed, inTables };
}

function isWide({ params, results }: Signature): boolean {
  const wide: Type = 'i64';
  return params.includes(wide) || results.includes(wide);
}

/** The most slots that arguments and results of a call take. */
export function callSlots(sigs: Iterable<Signature>): number {
  let most = 0;
  for (const { params, results } of sigs) {
    most = Math.max(most, [...params, ...results].filter((type) => type === 'i64').length);
  }
  return most;
}

/** The signatures of a module's functions and imports. */
export function allSignatures(m: Module): readonly Signature[] {
  return [...m.funcs.map((f: Func) => f.sig), ...m.imports.map(({ sig }) => sig)];
}
