/**
 * A module as an ES module of its own, for where there is neither this project nor WebAssembly: the same functions as the
 * engine `js` runs, with a small run-time system in front.
 *
 *     import { instantiate, Trap } from './module.js';
 *     const { exports } = instantiate({ env: { print: (x) => console.log(x) } });
 *     exports.main(10n);          i64 are BigInts, several results come as a list, a NaN has no payload
 *
 * Differs from the engine: no limits. What needs the project at run time is refused (SL0851, SL0852): the heap of checked
 * objects, ops without a JavaScript form, imported memories, tables and globals.
 */

import type { JsOpUse } from '@sluice/codegen';
import { type Diagnostic, fail, type Module, ok, type Result, type Signature, type Type, zeroOf } from '@sluice/ir';
import { noJsFor, noJsItem } from './diag-codes.ts';
import { emitFunctions, type JsOptions, type ModuleText, mayGrow, viewLines } from './module.ts';
import { literalOf } from './scope.ts';

/** The ES module; fails where it would need more than it has. */
export function emitStandalone(m: Module, options: Pick<JsOptions, 'ops'> = {}): Result<string> {
  const refused = refusedItems(m);
  if (refused.length > 0) return fail(...refused);
  const text = emitFunctions(m, options);
  const missing = text.ops.filter(({ op }) => operations[op.name] === undefined).map(({ op }) => op.name);
  if (missing.length > 0) return fail(...[...new Set(missing)].map(noJsFor));
  const body = [
    ...runtime(m, text),
    ...text.ops.map((use, i) => `const op${i} = ${(operations[use.op.name] as Operation)(use)};`),
    ...text.funcs.flat(),
    ...tables(m, text),
    ...data(m),
    ...(m.initialiser === null ? [] : [`${callee(m, text, m.initialiser).enter}();`]),
    'return {',
    '  exports: {',
    ...m.exports.map((each) => `    ${JSON.stringify(each.external)}: ${exported(m, text, each)},`),
    '  },',
    '};',
  ];
  const lines = [
    `// Module ${JSON.stringify(m.name)} as JavaScript.`,
    '',
    ...prelude,
    '',
    '/** Makes an instance; imports are functions by module and field. */',
    'export function instantiate(imports = {}) {',
    ...body.map((line) => `  ${line}`),
    '}',
    '',
  ];
  return ok(lines.join('\n'));
}

function refusedItems(m: Module): readonly Diagnostic[] {
  const found: string[] = [];
  if ((m.memory?.source ?? null) !== null) found.push('imported memory');
  if (m.tables.some(({ source }) => source !== null)) found.push('imported table');
  if (m.globals.some(({ source }) => source !== null)) found.push('imported global');
  if (m.segments.some(({ mode }) => mode.kind !== 'declared')) found.push('element segment');
  if (m.exports.some(({ kind }) => kind === 'table')) found.push('exported table');
  if (m.funcs.some((f) => f.insts.some((inst) => inst?.op.dialect === 'heap'))) found.push('heap of checked objects');
  return found.map(noJsItem);
}

/** What stands outside of instances: bits of floats, traps. */
const prelude: readonly string[] = [
  '/** A trap of the program. */',
  'export class Trap extends Error {',
  '  constructor(kind) {',
  '    super(kind);',
  "    this.name = 'Trap';",
  '    this.kind = kind;',
  '  }',
  '}',
  '',
  'const bits = new DataView(new ArrayBuffer(8));',
  "const num = (x) => typeof x === 'bigint' ? NaN : x;",
  'function f32FromBits(b) {',
  '  bits.setInt32(0, b);',
  '  const x = bits.getFloat32(0);',
  '  return x === x || b === 0x7fc00000 ? x : BigInt(b >>> 0);',
  '}',
  'function f64FromBits(b) {',
  '  bits.setBigInt64(0, b);',
  '  const x = bits.getFloat64(0);',
  '  return x === x || b === 0x7ff8000000000000n ? x : BigInt.asUintN(64, b);',
  '}',
  'function f32Bits(x) {',
  "  if (typeof x === 'bigint') return Number(BigInt.asIntN(32, x));",
  '  if (x !== x) return 0x7fc00000;',
  '  bits.setFloat32(0, x);',
  '  return bits.getInt32(0);',
  '}',
  'function f64Bits(x) {',
  "  if (typeof x === 'bigint') return BigInt.asIntN(64, x);",
  '  if (x !== x) return 0x7ff8000000000000n;',
  '  bits.setFloat64(0, x);',
  '  return bits.getBigInt64(0);',
  '}',
];

/** What functions name (codegen/src/js-code.ts), for one instance. */
function runtime(m: Module, text: ModuleText): readonly string[] {
  const slots = text.frames ? 131072 + 4 * text.largestFrame : 8;
  const pages = m.memory?.min ?? 0;
  const most = m.memory === null ? 0 : Math.min(m.memory.max ?? 65536, 65536);
  const globals = (wanted: (type: Type) => boolean): string => {
    const values = m.globals.map(({ type, init }) =>
      wanted(type) ? literalOf(init as number) : literalOf(zeroOf(type)),
    );
    return values.join(', ');
  };
  return [
    'const trap = (kind) => { throw new Trap(kind); };',
    "const check = (kind) => { if (kind !== '') trap(kind); };",
    "const deep = () => { throw new RangeError('Maximum call stack size exceeded'); };",
    `const L = new BigInt64Array(${slots}), I = new Int32Array(L.buffer), frameLimit = ${slots - 2 * text.largestFrame};`,
    'const S = new Int32Array(4), RI = new Int32Array(1024), RV = [];',
    `const GI = new Int32Array([${m.globals.map(({ type, init }) => (type === 'i32' ? String(init) : '0')).join(', ')}]);`,
    `const GL = new BigInt64Array([${m.globals.map(({ type, init }) => (type === 'i64' ? `${String(init)}n` : '0n')).join(', ')}]);`,
    `const GV = [${globals((type) => type !== 'i32' && type !== 'i64')}];`,
    'const SI = new Int32Array(2), SF = new Float32Array(SI.buffer), SD = new Float64Array(SI.buffer);',
    'const SL = new BigInt64Array(SI.buffer);',
    `let buffer = new ArrayBuffer(${pages * 65536});`,
    ...viewLines(text.views, mayGrow(m), 'buffer'),
    'function grow(pages) {',
    '  const old = buffer.byteLength / 65536;',
    `  if (old + (pages >>> 0) > ${most}) return -1;`,
    '  const bytes = new Uint8Array((old + (pages >>> 0)) * 65536);',
    '  bytes.set(new Uint8Array(buffer));',
    '  buffer = bytes.buffer;',
    '  refreshViews();',
    '  return old;',
    '}',
    'function range(at, length) {',
    "  if ((at >>> 0) + (length >>> 0) > buffer.byteLength) trap('out-of-bounds');",
    '  return new Uint8Array(buffer, at >>> 0, length >>> 0);',
    '}',
    `const segments = [${m.data.map(({ bytes }) => `new Uint8Array([${[...bytes].join(',')}])`).join(', ')}];`,
    ...m.imports.map(({ module, field, sig }, i) => {
      const numbers = sig.params.map((type, k) => (isFloat(type) ? `num(a${k})` : `a${k}`));
      const names = sig.params.map((_, k) => `a${k}`);
      const found = `imports[${JSON.stringify(module)}][${JSON.stringify(field)}]`;
      const call = `f${i}(${numbers.join(', ')})`;
      return `const f${i} = ${found}, h${i} = (${names.join(', ')}) => ${accepted(sig, call)};`;
    }),
  ];
}

function isFloat(type: Type): boolean {
  return type === 'f32' || type === 'f64';
}

/** A host function's result in the form of its type. */
function accepted({ results }: Signature, call: string): string {
  if (results.length === 0) return `{ ${call}; }`;
  if (results.length === 1) return coerced(results[0] as Type, call);
  return `{ const r = ${call}; return [${results.map((type, i) => coerced(type, `r[${i}]`)).join(', ')}]; }`;
}

function coerced(type: Type, text: string): string {
  switch (type) {
    case 'i32':
      return `${text} | 0`;
    case 'i64':
      return `BigInt.asIntN(64, ${text})`;
    case 'f32':
      return `Math.fround(${text})`;
    case 'f64':
      return `+${text}`;
    default:
      return text;
  }
}

type Operation = (use: JsOpUse) => string;

/** Ops with state or an immediate, as functions. */
const operations: Readonly<Record<string, Operation>> = {
  'memory.size': () => '() => buffer.byteLength / 65536',
  'memory.grow': () => 'grow',
  'memory.copy': () => '(to, from, n) => { const a = range(to, n); a.set(range(from, n)); }',
  'memory.fill': () => '(to, value, n) => { range(to, n).fill(value); }',
  'memory.init': ({ imm }) =>
    `(to, from, n) => { const a = range(to, n), s = segments[${String(imm)}]; ` +
    "if ((from >>> 0) + a.length > s.length) trap('out-of-bounds'); a.set(s.subarray(from >>> 0, (from >>> 0) + a.length)); }",
  'data.drop': ({ imm }) => `() => { segments[${String(imm)}] = new Uint8Array(0); }`,
  'any.tag': () =>
    "(x) => typeof x === 'bigint' ? 0 : typeof x === 'number' ? 1 : typeof x === 'boolean' ? 2 : x === undefined ? -1 : x.tag",
  'any.box': ({ imm }) => `(value) => Object.freeze({ tag: ${String(imm)}, value })`,
  'any.unbox': ({ imm }) =>
    `(x) => { if (typeof x !== 'object' || x.tag !== ${String(imm)}) trap('invalid-conversion'); return x.value; }`,
};

// Around functions. -------------------------------------------------------------------------------------------------------

interface Callee {
  readonly sig: Signature;
  /** The function, to be called as generated ones are. */
  readonly text: string;
  /** A function of values. */
  readonly enter: string;
}

function callee(m: Module, text: ModuleText, name: string): Callee {
  const at = m.funcs.findIndex((f) => f.name === name);
  if (at < 0) {
    const i = m.imports.findIndex((each) => each.name === name);
    const { sig } = m.imports[i] as Module['imports'][number];
    return { sig, text: fromTable(sig, text.frames, `h${i}`), enter: `h${i}` };
  }
  const { sig } = m.funcs[at] as Module['funcs'][number];
  const own = text.names[at] as string;
  const framed = text.framed.has(name);
  return {
    sig,
    text: framed === text.frames ? own : `(fp, ...a) => ${own}(...a)`,
    enter: entry(sig, framed, own),
  };
}

/** A function of values around a generated one. */
function entry({ params, results }: Signature, framed: boolean, name: string): string {
  const lines: string[] = [];
  const own = framed ? ['fp'] : [];
  let slot = 0;
  const at = (): string => `L[fp + ${slot++}]`;
  params.forEach((type, i) => {
    if (type === 'i64') lines.push(`${at()} = a${i};`);
    else own.push(`(${coerced(type, `a${i}`)})`);
  });
  const first = results.findIndex((type) => type !== 'i64');
  const values = results.map((type, i): string => {
    if (type === 'i64') return at();
    const text = i === first ? 'r' : type === 'i32' ? `RI[${i}]` : `RV[${i}]`;
    return isFloat(type) ? `num(${text})` : text;
  });
  const back = values.length === 0 ? '' : ` return ${values.length === 1 ? values[0] : `[${values.join(', ')}]`};`;
  const names = params.map((_, i) => `a${i}`);
  const call = `const top = S[2], fp = top; ${lines.join(' ')} try { const r = ${name}(${own.join(', ')});${back} }`;
  return (
    `(${names.join(', ')}) => { ${call} catch (e) { throw e instanceof RangeError && /DataView/.test(e.message) ` +
    "? new Trap('out-of-bounds') : e; } finally { S[2] = top; } }"
  );
}

/** What stands in a table for a host function. */
function fromTable({ params, results }: Signature, frames: boolean, host: string): string {
  let slot = 0;
  const names = frames ? ['fp'] : [];
  const args = params.map((type, i) => {
    if (type === 'i64') return `L[fp + ${slot++}]`;
    names.push(`a${i}`);
    return `a${i}`;
  });
  const first = results.findIndex((type) => type !== 'i64');
  const slots = slot + results.filter((type) => type === 'i64').length;
  const sets = results.map((type, i) => {
    const value = results.length === 1 ? 'r' : `r[${i}]`;
    if (type === 'i64') return `L[fp + ${slot++}] = ${value};`;
    return i === first ? '' : `${type === 'i32' ? 'RI' : 'RV'}[${i}] = ${value};`;
  });
  const back = first < 0 ? '' : ` return ${results.length === 1 ? 'r' : `r[${first}]`};`;
  const top = frames ? `S[2] = fp + ${slots}; ` : '';
  return `(${names.join(', ')}) => { ${top}const r = ${host}(${args.join(', ')}); ${sets.join(' ')}${back} }`;
}

function tables(m: Module, text: ModuleText): readonly string[] {
  if (m.tables.length === 0) return [];
  const key = (sig: Signature): string => `${sig.params.join()}:${sig.results.join()}`;
  const numbers = new Map(text.signatures.map((sig, i) => [key(sig), i]));
  const lines = m.tables.flatMap(({ min, elements }, t) => {
    const all = Array.from({ length: Math.max(min, elements.length) }, (_, i) => elements[i] ?? null);
    const found = all.map((name) => (name === null ? null : callee(m, text, name)));
    return [
      `const TF${t} = [${found.map((each) => each?.text ?? 'null').join(', ')}];`,
      `const TS${t} = [${found.map((each) => (each === null ? -2 : (numbers.get(key(each.sig)) ?? -1))).join(', ')}];`,
    ];
  });
  return [
    ...lines,
    `const TS = [${m.tables.map((_, t) => `TS${t}`).join(', ')}];`,
    'function badCall(table, index) {',
    '  const sig = TS[table][index];',
    "  trap(sig === undefined ? 'out-of-bounds' : sig === -2 ? 'null-reference' : 'indirect-call-type');",
    '}',
  ];
}

function data(m: Module): readonly string[] {
  return m.data.flatMap(({ offset }, i) => {
    if (typeof offset !== 'number') return [];
    return [`range(${offset}, segments[${i}].length).set(segments[${i}]);`, `segments[${i}] = new Uint8Array(0);`];
  });
}

function exported(m: Module, text: ModuleText, { kind, name }: Module['exports'][number]): string {
  if (kind === 'func') return callee(m, text, name).enter;
  if (kind === 'memory') return '{ get buffer() { return buffer; }, grow }';
  const i = m.globals.findIndex((each) => each.name === name);
  const { type, mutable } = m.globals[i] as Module['globals'][number];
  const place = `${type === 'i32' ? 'GI' : type === 'i64' ? 'GL' : 'GV'}[${i}]`;
  const get = isFloat(type) ? `num(${place})` : place;
  const set = mutable ? `, set value(x) { ${place} = ${coerced(type, 'x')}; }` : '';
  return `{ get value() { return ${get}; }${set} }`;
}
