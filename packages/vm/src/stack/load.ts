/**
 * Loads a program: translates its functions to steps and, for each variant of the loop that is asked for, lays the steps
 * out as code. Both are kept with the program, so that instances share them.
 */

import {
  expandCode,
  type Instr,
  partsOf,
  type StackFunc,
  type StackInfo,
  type StackProgram,
  validateStack,
} from '@sluice/bytecode';
import { type OpDef, type Signature, type Type, unwrap } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import { Constants } from './constants.ts';
import type { Form } from './form.ts';
import { type Layout, layOut } from './layout.ts';
import type { Variant } from './loop.ts';
import { shapesOf } from './shape.ts';
import type { Site, TranslatedFunc } from './step.ts';
import { translate } from './translate.ts';
import { zeroRuns } from './zeroes.ts';

/** A loaded program. */
export interface LoadedProgram {
  readonly program: StackProgram;
  readonly funcs: readonly TranslatedFunc[];
  readonly funcNumbers: ReadonlyMap<string, number>;
  readonly sites: readonly Site[];
  readonly constants: Constants;
  readonly tables: readonly ReadonlyMap<number, number>[];
  /** Whether cells hold host values anywhere. */
  readonly hosted: boolean;
  /** The code as a variant of the loop runs it; made when first asked for. */
  readonly layout: (variant: Variant) => Layout;
}

const loaded = new WeakMap<StackProgram, LoadedProgram>();

/** Loads a program; the same program is loaded once. Throws `DiagnosticError` where the validator refuses it. */
export function loadStack(program: StackProgram): LoadedProgram {
  let found = loaded.get(program);
  if (found === undefined) {
    found = load(program);
    loaded.set(program, found);
  }
  return found;
}

/**
 * Characters of the loop's text for the forms of all ops. V8 optimises functions of up to 61,440 bytes of bytecode, and a
 * character is 0.9 to 1.4 of them; the rest is for control and groups.
 */
const textLimit = 30_000;

function load(program: StackProgram): LoadedProgram {
  const infos = unwrap(validateStack(program, { file: program.name }));
  let translated = translateAll(program, infos, new Set());
  const called = rareOps(program, translated.link.forms);
  if (called.size > 0) translated = translateAll(program, infos, called);
  const { funcs, link } = translated;
  const layouts = new Map<string, Layout>();
  return {
    program,
    funcs,
    funcNumbers: link.funcNumbers,
    sites: link.sites,
    constants: link.constants,
    tables: link.tables,
    hosted: usesHostValues(program),
    layout: (variant) => {
      const key = `${variant.fuel}${variant.count}`;
      let layout = layouts.get(key);
      if (layout === undefined) {
        layout = layOut(funcs, variant);
        layouts.set(key, layout);
      }
      return layout;
    },
  };
}

function translateAll(program: StackProgram, infos: readonly StackInfo[], called: ReadonlySet<OpDef>) {
  const funcNumbers = new Map(program.funcs.map((f, i) => [f.name, i]));
  const imports = new Map(program.imports.map((item, i) => [item.name, i]));
  const globals = new Map(program.globals.map((item, i) => [item.name, i]));
  const tableNumbers = new Map(program.tables.map((item, i) => [item.name, i]));
  const link = {
    funcNumbers,
    func: (name: string): Signature => (program.funcs[numberIn(funcNumbers, name)] as StackFunc).sig,
    host: (name: string): Signature => (program.imports[numberIn(imports, name)] as { sig: Signature }).sig,
    funcNumber: (name: string) => numberIn(funcNumbers, name),
    importNumber: (name: string) => numberIn(imports, name),
    globalCell: (name: string) => numberIn(globals, name),
    tableNumber: (name: string | undefined) => (name === undefined ? 0 : numberIn(tableNumbers, name)),
    constants: new Constants(),
    sites: [] as Site[],
    tables: [] as ReadonlyMap<number, number>[],
    called,
    forms: new Map<OpDef, Set<Form>>(),
  };
  const funcs = program.funcs.map((f, k) => {
    const localTypes = [...f.sig.params, ...f.locals];
    const { shapeAt } = infos[k] as StackInfo;
    const { code, origin } = expandCode(f.code);
    const plain = { ...f, code };
    // Labels are asked for, and those are first parts.
    const shapes = shapesOf(code, origin === null ? shapeAt : (at) => shapeAt(origin[at] as number));
    return translate(plain, origin, localTypes, shapes, zeroRuns(plain, localTypes, shapes), link);
  });
  return { funcs, link };
}

/** The ops that occur least, as many as must be called for the loop to stay short enough. */
function rareOps(program: StackProgram, forms: ReadonlyMap<OpDef, ReadonlySet<Form>>): ReadonlySet<OpDef> {
  const length = (op: OpDef): number => [...(forms.get(op) ?? [])].reduce((sum, { text }) => sum + text.length, 0);
  let total = [...forms.keys()].reduce((sum, op) => sum + length(op), 0);
  const rare = new Set<OpDef>();
  if (total <= textLimit) return rare;
  const counts = new Map<OpDef, number>();
  for (const { code } of program.funcs) {
    for (const { def } of code) {
      for (const op of def.op === null ? def.parts : [def.op]) counts.set(op, (counts.get(op) ?? 0) + 1);
    }
  }
  const byCount = [...forms.keys()].sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0));
  for (const op of byCount) {
    if (total <= textLimit) break;
    rare.add(op);
    total -= length(op);
  }
  return rare;
}

function numberIn(names: ReadonlyMap<string, number>, name: string): number {
  const number = names.get(name);
  if (number === undefined) throw new Error(`the program has no @${name}`);
  return number;
}

/** Whether any value of the program can be one that does not fit a cell. */
function usesHostValues(program: StackProgram): boolean {
  const hosted = (types: readonly Type[]): boolean => types.some((type) => !bitsType(type));
  const inSig = (sig: Signature): boolean => hosted(sig.params) || hosted(sig.results);
  return (
    program.imports.some(({ sig }) => inSig(sig)) ||
    program.globals.some(({ type }) => !bitsType(type)) ||
    program.funcs.some(
      (f) => inSig(f.sig) || hosted(f.locals) || f.code.some((instr) => partsOf(instr).some(pushesHostValue)),
    )
  );
}

function pushesHostValue({ def, operands }: Instr): boolean {
  if (def.role === 'call-indirect') {
    const { params, results } = operands[0] as Signature;
    return [...params, ...results].some((type) => !bitsType(type));
  }
  const pushed = def.pushes?.[0];
  if (pushed === undefined) return false;
  if (pushed !== 'T') return !bitsType(pushed);
  return !bitsType(operands[def.operands.indexOf('type')] as Type);
}
