/**
 * The diagnostics of this package, SL0720-SL0759: what the specification's validation rejects. Messages begin with the reason as
 * the specification's tests word it; positions are byte offsets in the file. Codes are stable: a code that is no longer used
 * stays reserved.
 */

import { type Diagnostic, diagnostic, type Span } from '@sluice/ir';

const invalid = 'the module is invalid: mend what made it';

/** Operands, results or constants of another type or number than is asked for. */
export function typeMismatch(at: Span, detail: string): Diagnostic {
  return diagnostic('SL0720', at, `type mismatch: ${detail}`, invalid);
}

/** What may be named by index. */
export type IndexSpace =
  | 'type'
  | 'function'
  | 'table'
  | 'memory'
  | 'global'
  | 'local'
  | 'label'
  | 'data segment'
  | 'elem segment';

/** An index of nothing. */
export function unknownIndex(at: Span, space: IndexSpace, index: number, count: number): Diagnostic {
  const fix = count === 0 ? 'there is none' : `the last one is ${count - 1}`;
  return diagnostic('SL0721', at, `unknown ${space} ${index}`, fix);
}

/** `ref.func` of a function that nothing outside of code mentions. */
export function undeclaredFunction(at: Span, index: number): Diagnostic {
  const fix = 'name it in an element segment (a declared one is enough), an export or a global';
  return diagnostic('SL0722', at, `undeclared function reference ${index}`, fix);
}

/** Something in a constant expression that is none. */
export function constantRequired(at: Span, found: string): Diagnostic {
  const fix = 'it is one constant, ref.null, ref.func, or global.get of an imported immutable global';
  return diagnostic('SL0723', at, `constant expression required, not ${found}`, fix);
}

/** An alignment hint that says more than an access can have. */
export function badAlignment(at: Span, align: number, bytes: number): Diagnostic {
  const found = `2^${align} for ${bytes} bytes`;
  return diagnostic('SL0724', at, `alignment must not be larger than natural: ${found}`, invalid);
}

/** Two memories. */
export function multipleMemories(at: Span): Diagnostic {
  return diagnostic('SL0725', at, 'multiple memories', 'Wasm 2.0 has at most one');
}

/** Two exports of one name. */
export function duplicateExport(at: Span, name: string): Diagnostic {
  return diagnostic('SL0726', at, `duplicate export name ${JSON.stringify(name)}`, 'rename one of them');
}

/** A start function that takes or gives something. */
export function badStart(at: Span, signature: string): Diagnostic {
  return diagnostic('SL0727', at, `start function: its type is ${signature}`, 'it must take and give nothing');
}

/** A write of a constant. */
export function immutableGlobal(at: Span, index: number): Diagnostic {
  return diagnostic('SL0728', at, `global is immutable: ${index}`, 'declare it mutable');
}

/** Bulk operations on data without the section that makes them checkable in one pass. */
export function dataCountRequired(at: Span): Diagnostic {
  return diagnostic('SL0729', at, 'data count section required', 'emit a data count section before the code');
}

/** Limits that contradict themselves. */
export function badLimits(at: Span, min: number, max: number): Diagnostic {
  const found = `${min} and ${max}`;
  return diagnostic('SL0730', at, `size minimum must not be greater than maximum: ${found}`, invalid);
}

/** A memory that no address reaches. */
export function badMemorySize(at: Span, pages: number): Diagnostic {
  return diagnostic('SL0731', at, `memory size must be at most 65536 pages (4GiB), not ${pages}`, invalid);
}

/** A lane that a vector does not have. */
export function badLane(at: Span, lane: number, lanes: number): Diagnostic {
  return diagnostic('SL0732', at, `invalid lane index ${lane}`, `there are ${lanes} lanes`);
}

/** A typed `select` of more or fewer than one type. */
export function badSelect(at: Span, count: number): Diagnostic {
  return diagnostic('SL0733', at, `invalid result arity ${count}`, 'select gives one value');
}

/** Blocks that do not nest. */
export function badNesting(at: Span, reason: string): Diagnostic {
  return diagnostic('SL0734', at, reason, invalid);
}

/** Calls and branches with so many values that the module's code would grow out of all proportion. */
export function tooManyValues(at: Span): Diagnostic {
  return diagnostic('SL0735', at, 'too many values in calls and branches', 'pass them in memory');
}
