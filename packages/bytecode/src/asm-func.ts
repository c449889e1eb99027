/**
 * A function while its text is read: labels may be used before they stand, names are looked up at once.
 */

import type { Diagnostic, Signature, Span, Type } from '@sluice/ir';
import type { OperandScope } from './asm-operand.ts';
import { unknownLabel, unknownLocal } from './diag-codes.ts';
import type { Instr } from './instr.ts';

/** A function of either machine, as far as it was read. */
export interface AsmFunc {
  readonly name: string;
  readonly sig: Signature;
  readonly at: Span;
  readonly locals: Type[];
  /** Locals or registers by name. */
  readonly names: Map<string, number>;
  readonly code: Instr[];
  readonly labels: Map<string, number>;
  readonly fixups: Fixup[];
  /** As declared; null: as many as are used. */
  registers: number | null;
  slots: number | null;
  /** One more than the greatest register that is used. */
  used: number;
  /** The location in force; undefined: where the text says it. */
  loc: Span | null | undefined;
}

interface Fixup {
  readonly name: string;
  readonly at: Span;
  readonly into: unknown[];
  readonly index: number;
}

/** An empty function. */
export function openFunc(name: string, sig: Signature, names: Map<string, number>, at: Span): AsmFunc {
  return {
    name,
    sig,
    at,
    locals: [],
    names,
    code: [],
    labels: new Map(),
    fixups: [],
    registers: null,
    slots: null,
    used: sig.params.length,
    loc: undefined,
  };
}

/** How operands of the function's instructions are looked up. */
export function scopeOf(f: AsmFunc): OperandScope {
  return {
    named: (lex) => f.names.get(lex.text) ?? lex.fail(unknownLocal(lex.span(), lex.text)),
    register: (index) => {
      f.used = Math.max(f.used, index + 1);
    },
    label: (name, at, into, index) => f.fixups.push({ name, at, into, index }),
  };
}

/** Gives the jumps their targets; what is wrong with them. */
export function closeFunc(f: AsmFunc): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const { name, at, into, index } of f.fixups) {
    const target = f.labels.get(name);
    if (target === undefined) diagnostics.push(unknownLabel(at, name));
    else into[index] = target;
  }
  return diagnostics;
}
