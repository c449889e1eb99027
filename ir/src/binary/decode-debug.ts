/** The optional section of the binary form: names of values and blocks, and locations. */

import type { Span } from '../diag.ts';
import type { BlockId, Func, Inst, ValueId } from '../func.ts';
import type { Reader } from './reader.ts';

/** The functions with names and locations. */
export function applyDebug(r: Reader, strings: readonly string[], funcs: readonly Func[]): readonly Func[] {
  return funcs.map((f) => {
    const valueNames = readNames<ValueId>(r, strings, f.insts.length);
    const blockNames = readNames<BlockId>(r, strings, f.order.length);
    return { ...f, valueNames, blockNames, insts: readLocs(r, strings, f) };
  });
}

function readNames<Id extends number>(r: Reader, strings: readonly string[], limit: number): ReadonlyMap<Id, string> {
  const names = new Map<Id, string>();
  const count = r.count('names', 2);
  for (let k = 0; k < count; k++) {
    const place = r.index('what has a name', limit) as Id;
    names.set(place, strings[r.index('a name', strings.length)] as string);
  }
  return names;
}

function readLocs(r: Reader, strings: readonly string[], f: Func): readonly (Inst | undefined)[] {
  let line = 0;
  return f.insts.map((inst) => {
    const file = r.index('a file', strings.length + 1);
    if (file === 0 || inst === undefined) return inst;
    const at = r.at;
    line += r.i32('a line');
    if (line < 0 || line > 2 ** 31) r.wrong('no line', at);
    const loc: Span = { file: strings[file - 1] as string, line, col: r.u32('a column') };
    return { op: inst.op, type: inst.type, args: inst.args, imm: inst.imm, blocks: inst.blocks, loc };
  });
}
