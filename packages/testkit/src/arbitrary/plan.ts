/** What is known of a module before its functions are built: names, signatures and sizes, so that they can call each other. */

import type {
  Data,
  ElementSegment,
  Export,
  Func,
  Global,
  Import,
  ImportSource,
  Memory,
  Module,
  Signature,
  Table,
  Type,
  Value,
} from '@sluice/ir';
import { makeGlobal, makeModule, makeTable, zeroOf } from '@sluice/ir';
import type { OpPattern } from '@sluice/pipeline';
import type { Features } from '../features.ts';
import { cornersOf } from './const.ts';
import { idiomsOf, type OpForm, opForms } from './op-forms.ts';
import { Draw, type FuncTree, type ProgramTree } from './program.ts';

/** The parts of a module that function bodies refer to. */
export interface Plan {
  readonly features: Features;
  /** Groups of ops, each as often as it is to be drawn. */
  readonly groups: readonly (readonly OpForm[])[];
  /** Patterns of rules. */
  readonly idioms: readonly OpPattern[];
  readonly funcs: readonly { readonly name: string; readonly sig: Signature; readonly tree: FuncTree }[];
  readonly imports: readonly Import[];
  readonly globals: readonly Global[];
  /** A global that counts down with each recursive call, so that recursion ends. */
  readonly budget: string;
  /** A global to which each activation adds what it has seen. */
  readonly witness: string;
  /** A global that holds a pointer; not exported, for its bits are not to be seen. */
  readonly keeper: string;
  /** All three: not to be touched otherwise. */
  readonly reserved: ReadonlySet<string>;
  /** The first one for calls, a second one that changes; one for values of the host where programs have such. */
  readonly tables: readonly Table[];
  readonly segments: readonly ElementSegment[];
  /** Whether others hold the second table: then exceptions do not pass through calls. */
  readonly exportsTable: boolean;
  readonly memory: Memory | null;
  readonly data: readonly Data[];
  /** The type of elements of heap objects: one for the module, as SPEC §6 wants. */
  readonly element: Type;
}

/** The plan of a program. */
export function planOf(tree: ProgramTree, features: Features): Plan {
  const draw = new Draw(tree.picks);
  const { types } = features;
  const element = draw.of(types);
  const funcs = tree.funcs.map((func, i) => {
    const own = new Draw(func.picks);
    const list = (n: number): Type[] => Array.from({ length: own.below(n) }, () => own.of(types));
    // The entry gives a result, so that it shows something.
    const params = list(own.oneIn(8) ? 12 : 4);
    const results = i === 0 ? [own.of(types), ...list(3)] : list(4);
    return { name: `f${i}`, sig: { params, results }, tree: func };
  });
  return {
    features,
    groups: opForms(features, element).flatMap(({ weight, forms }) => Array.from({ length: weight }, () => forms)),
    idioms: idiomsOf(features.rules, types),
    funcs,
    imports: features.host ? importsOf(draw, types) : [],
    globals: globalsOf(draw, features),
    budget: 'budget',
    witness: 'witness',
    keeper: 'keeper',
    reserved: new Set(['budget', 'witness', 'keeper']),
    ...tablesOf(draw, features, funcs.length),
    memory: features.memory
      ? { min: 1, max: 1 + draw.below(3), source: source(features.shared, draw, 'memory') }
      : null,
    data: features.memory ? dataOf(draw) : [],
    element,
    exportsTable: features.indirect && features.tables && draw.oneIn(4),
  };
}

function importsOf(draw: Draw, types: readonly Type[]): readonly Import[] {
  const list = (n: number): Type[] => Array.from({ length: draw.below(n) }, () => draw.of(types));
  const sigs: readonly Signature[] = [
    { params: ['i32'], results: [] },
    { params: list(4), results: [draw.of(types)] },
    { params: list(3), results: [draw.of(types), draw.of(types)] },
  ];
  return sigs.map((sig, i) => ({ name: `h${i}`, module: 'host', field: `h${i}`, sig }));
}

function globalsOf(draw: Draw, features: Features): readonly Global[] {
  const reserved: readonly Global[] = [
    makeGlobal('budget', 'i32', true, 6),
    makeGlobal('witness', 'i64', true, 0n),
    makeGlobal('keeper', 'i64', true, 0n),
  ];
  if (!features.globals) return reserved;
  const own = features.types.flatMap((type): Global[] => [
    globalOf(`g_${type}`, type, source(features.shared, draw, type)),
    makeGlobal(`c_${type}`, type, false, draw.of(cornersOf(type).filter(isLiteral))),
  ]);
  return [...reserved, ...own];
}

function globalOf(name: string, type: Type, from: ImportSource | null): Global {
  return from === null
    ? makeGlobal(name, type, true, zeroish(type))
    : { name, type, mutable: true, init: zeroOf(type), source: from };
}

/** Chars and pointers of type any have no form as constants. */
function isLiteral(value: Value): boolean {
  return typeof value !== 'object' || value === null;
}

function zeroish(type: Type): Value {
  return type === 'i64' || type === 'v128' ? 7n : type === 'any' ? undefined : type.endsWith('ref') ? null : 1;
}

function source(shared: boolean, draw: Draw, field: string): ImportSource | null {
  return shared && draw.oneIn(2) ? { module: 'shared', field } : null;
}

function tablesOf(draw: Draw, features: Features, funcs: number): Pick<Plan, 'tables' | 'segments'> {
  if (!features.indirect) return { tables: [], segments: [] };
  const some = (): string => `f${draw.below(funcs)}`;
  const first = makeTable([some(), some(), some(), features.host ? 'h1' : null, null]);
  if (!features.tables) return { tables: [first], segments: [] };
  const from = source(features.shared, draw, 'table');
  const second: Table = {
    name: 'more',
    type: 'funcref',
    min: 4,
    max: 6,
    source: from,
    elements: from === null ? [some(), null, some()] : [],
  };
  const values: Table = { name: 'values', type: 'externref', min: 3, max: null, source: null, elements: [] };
  const hosted = features.types.includes('externref');
  const segments: readonly ElementSegment[] = [
    { type: 'funcref', items: [some(), null, some()], mode: { kind: 'passive' } },
    { type: 'funcref', items: [some()], mode: { kind: 'active', table: 'more', offset: 1 } },
    ...(hosted ? [{ type: 'externref', items: [null, null], mode: { kind: 'passive' } } as const] : []),
  ];
  return { tables: hosted ? [first, second, values] : [first, second], segments };
}

function dataOf(draw: Draw): readonly Data[] {
  const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 37 + draw.below(256)) & 255);
  return [
    { offset: draw.below(64), bytes: bytes(16) },
    { offset: null, bytes: bytes(12) },
  ];
}

/** The module of a plan with its functions built. */
export function moduleOf(plan: Plan, funcs: readonly Func[]): Module {
  const exports: Export[] = [
    { external: 'main', kind: 'func', name: 'f0' },
    ...plan.globals
      .filter(({ name }) => name !== plan.keeper)
      .map(({ name }): Export => ({ external: name, kind: 'global', name })),
  ];
  if (plan.memory !== null) exports.push({ external: 'memory', kind: 'memory', name: 'memory' });
  if (plan.exportsTable) exports.push({ external: 'more', kind: 'table', name: 'more' });
  return makeModule({
    imports: plan.imports,
    funcs,
    memory: plan.memory,
    tables: plan.tables,
    segments: plan.segments,
    globals: plan.globals,
    data: plan.data,
    exports,
  });
}
