/**
 * Parser of the text assembly of both machines. A statement stands on a line of its own: a directive, labels, or an
 * instruction behind any labels. A bad statement is reported and skipped, so that one run shows many mistakes.
 *
 *   .machine stack                      .name "module"
 *   .import @p (i64) -> () "bril" "print_int"
 *   .memory 1 16                        .table @t funcref 2 10 [@f, null]     .table [@f, null]
 *   .global @g mut i32 = 0              .data 0 "\00\ff"    .data passive "..."
 *   .segment @t 4 funcref [@f, null]    .segment passive funcref [@f]   .segment declared funcref [@f]
 *   .export "main" func @main           .start @main        .initialiser @init
 *   .memory 1 from "env" "memory"       behind a memory, table or global (for its value): it is imported
 *   .global @h i32 = global @g          in place of a constant or an offset: what an imported global holds
 *   .custom "producers" 11 "..."        a section of a Wasm module that stood behind another one, by its id
 *   .func @fib (i64 $n) -> i64
 *     .local i32 $tmp                   (stack)     .registers 4   .slots 1   .reg r0 $n   (register)
 *     .loc "file" 3 1                   the place of what follows in its source; .loc none: nowhere
 *   again:
 *     local.get $n
 *   .end
 *
 * Without `.loc` an instruction's place is its line in this text. What names mean is left to the validator.
 */

import {
  type CustomSection,
  type Data,
  type Diagnostic,
  DiagnosticError,
  type ElementSegment,
  type Export,
  type Global,
  type Import,
  type Memory,
  type Span,
  type Table,
} from '@sluice/ir';
import { type AsmFunc, closeFunc, openFunc, scopeOf } from './asm-func.ts';
import {
  readCustom,
  readData,
  readExport,
  readGlobal,
  readImport,
  readMemory,
  readSegment,
  readTable,
} from './asm-items.ts';
import { AsmLexer } from './asm-lex.ts';
import { parseOperands, parseSignature, parseType, takeCount, takeRegister } from './asm-operand.ts';
import {
  badNumber,
  itemTwice,
  labelTwice,
  localTwice,
  misplaced,
  openFunction,
  unknownDirective,
  unknownInstr,
  wrongMachine,
} from './diag-codes.ts';
import type { InstrTable } from './instr.ts';
import type { ProgramParts } from './program.ts';

/** A reader needs to see only so many mistakes at a time. @internal */
export const maxDiagnostics = 50;

/** The parts of a program as they are read; functions of either machine. */
export interface AsmProgram extends ProgramParts {
  readonly funcs: readonly AsmFunc[];
  readonly spans: ReadonlyMap<object | string, Span>;
}

interface State {
  readonly lex: AsmLexer;
  readonly table: InstrTable;
  readonly diagnostics: Diagnostic[];
  readonly imports: Import[];
  readonly globals: Global[];
  readonly data: Data[];
  readonly exports: Export[];
  readonly funcs: AsmFunc[];
  readonly spans: Map<object | string, Span>;
  name: string | null;
  memory: Memory | null;
  readonly tables: Table[];
  readonly segments: ElementSegment[];
  readonly customs: CustomSection[];
  start: string | null;
  initialiser: string | null;
  func: AsmFunc | null;
  /** Within a function whose head is bad: its lines say nothing. */
  skipping: boolean;
}

/** Parses a program of the table's machine; the program is whole only if there are no diagnostics. */
export function parseAssembly(
  text: string,
  file: string,
  table: InstrTable,
): { readonly program: AsmProgram; readonly diagnostics: readonly Diagnostic[] } {
  const state: State = {
    lex: new AsmLexer(text, file),
    table,
    diagnostics: [],
    imports: [],
    globals: [],
    data: [],
    exports: [],
    funcs: [],
    spans: new Map(),
    name: null,
    memory: null,
    tables: [],
    segments: [],
    customs: [],
    start: null,
    initialiser: null,
    func: null,
    skipping: false,
  };
  const { lex, diagnostics } = state;
  while (lex.kind !== 'eof' && diagnostics.length < maxDiagnostics) {
    try {
      lex.next();
      statement(state);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      diagnostics.push(error.diagnostic);
      lex.skipLine();
    }
  }
  if (state.func !== null) diagnostics.push(openFunction(state.func.at, state.func.name));
  const { imports, memory, tables, segments, globals, data, exports, start, initialiser, customs } = state;
  const items = { imports, memory, tables, segments, globals, data, exports, start, initialiser, customs };
  return { program: { name: state.name ?? '', ...items, funcs: state.funcs, spans: state.spans }, diagnostics };
}

// Stands at the first token of a line; ends at an `eol` or `eof`.
function statement(s: State): void {
  const { lex } = s;
  if (s.skipping && !(lex.kind === 'word' && (lex.text === '.end' || lex.text === '.func'))) {
    lex.skipLine();
    return;
  }
  while (lex.kind === 'word') {
    const at = lex.span();
    const { text } = lex;
    lex.next();
    if (!lex.accept(':')) {
      if (text.startsWith('.')) directive(s, text, at);
      else instruction(s, text, at);
      break;
    }
    const f = s.func ?? lex.fail(misplaced(at, `${text}:`, false));
    if (f.labels.has(text)) lex.fail(labelTwice(at, text));
    f.labels.set(text, f.code.length);
  }
  if (lex.kind !== 'eol' && lex.kind !== 'eof') lex.expected('the end of the line');
}

function instruction(s: State, name: string, at: Span): void {
  const { lex, table } = s;
  const f = s.func ?? lex.fail(misplaced(at, name, false));
  const def = table.byName.get(name) ?? lex.fail(unknownInstr(at, name, table.machine));
  const operands = parseOperands(lex, def, scopeOf(f));
  f.code.push({ def, operands, loc: f.loc === undefined ? at : f.loc });
}

function directive(s: State, name: string, at: Span): void {
  const inFunction = funcDirectives.get(name);
  if (inFunction !== undefined) {
    const f = s.func ?? s.lex.fail(misplaced(at, name, false));
    if (inFunction.machine !== null && inFunction.machine !== s.table.machine) {
      s.lex.fail(wrongMachine(at, inFunction.machine, s.table.machine));
    }
    inFunction.read(s, f, at);
  } else if (name === '.end') {
    end(s, at);
  } else {
    const item = items.get(name) ?? s.lex.fail(unknownDirective(at, name));
    if (s.func !== null) s.lex.fail(misplaced(at, name, true));
    item(s, at);
  }
}

function end(s: State, at: Span): void {
  const { func } = s;
  s.func = null;
  if (s.skipping) {
    s.skipping = false;
    return;
  }
  if (func === null) s.lex.fail(misplaced(at, '.end', false));
  for (const d of closeFunc(func)) s.diagnostics.push(d);
  s.funcs.push(func);
  s.spans.set(func, func.at);
}

const items: ReadonlyMap<string, (s: State, at: Span) => void> = new Map([
  ['.machine', machine],
  ['.name', moduleName],
  ['.import', each((s) => s.imports, readImport)],
  ['.memory', once('memory', readMemory)],
  ['.table', each((s) => s.tables, readTable)],
  ['.global', each((s) => s.globals, readGlobal)],
  ['.segment', each((s) => s.segments, readSegment)],
  ['.data', each((s) => s.data, readData)],
  ['.export', each((s) => s.exports, readExport)],
  ['.start', once('start', (lex) => lex.take('symbol', 'the @name of a function'))],
  ['.initialiser', once('initialiser', (lex) => lex.take('symbol', 'the @name of a function'))],
  ['.custom', each((s) => s.customs, readCustom)],
  ['.func', func],
]);

function machine({ lex, table }: State): void {
  const at = lex.span();
  const found = lex.take('word', "'stack' or 'register'");
  if (found !== table.machine) lex.fail(wrongMachine(at, found, table.machine));
}

function moduleName(s: State, at: Span): void {
  if (s.name !== null) s.lex.fail(itemTwice(at, '.name'));
  s.name = s.lex.takeString('a name in quotes');
}

/** An item that may occur once. */
function once<K extends 'memory' | 'start' | 'initialiser'>(
  key: K,
  read: (lex: AsmLexer) => State[K] & (object | string),
) {
  return (s: State, at: Span): void => {
    if (s[key] !== null) s.lex.fail(itemTwice(at, `.${key}`));
    const item = read(s.lex);
    s[key] = item;
    s.spans.set(typeof item === 'string' ? key : item, at);
  };
}

/** An item of a list. */
function each<T extends object>(listOf: (s: State) => T[], read: (lex: AsmLexer) => T) {
  return (s: State, at: Span): void => {
    const item = read(s.lex);
    listOf(s).push(item);
    s.spans.set(item, at);
  };
}

function func(s: State, at: Span): void {
  const { lex } = s;
  // Until the head is read, its lines belong to nothing.
  s.skipping = true;
  const name = lex.take('symbol', 'the @name of the function');
  const names = new Map<string, number>();
  const sig = parseSignature(lex, (_, index) => {
    if (names.has(lex.text)) lex.fail(localTwice(lex.span(), lex.text));
    names.set(lex.text, index);
  });
  s.skipping = false;
  s.func = openFunc(name, sig, names, at);
}

interface FuncDirective {
  readonly machine: InstrTable['machine'] | null;
  readonly read: (s: State, f: AsmFunc, at: Span) => void;
}

const funcDirectives: ReadonlyMap<string, FuncDirective> = new Map<string, FuncDirective>([
  ['.local', { machine: 'stack', read: local }],
  ['.registers', { machine: 'register', read: registers }],
  ['.slots', { machine: 'register', read: slots }],
  ['.reg', { machine: 'register', read: registerName }],
  ['.loc', { machine: null, read: location }],
]);

function local({ lex }: State, f: AsmFunc): void {
  do {
    f.locals.push(parseType(lex));
    if (lex.kind === 'local') nameIt(lex, f, f.sig.params.length + f.locals.length - 1);
  } while (lex.accept(','));
}

function nameIt(lex: AsmLexer, f: AsmFunc, index: number): void {
  if (f.names.has(lex.text)) lex.fail(localTwice(lex.span(), lex.text));
  f.names.set(lex.text, index);
  lex.next();
}

function registers({ lex }: State, f: AsmFunc, at: Span): void {
  if (f.registers !== null) lex.fail(itemTwice(at, '.registers'));
  f.registers = takeCount(lex, 'a number of registers');
}

function slots({ lex }: State, f: AsmFunc, at: Span): void {
  if (f.slots !== null) lex.fail(itemTwice(at, '.slots'));
  f.slots = takeCount(lex, 'a number of slots');
}

function registerName({ lex }: State, f: AsmFunc): void {
  const index = takeRegister(lex);
  if (lex.kind !== 'local') lex.expected('a $name');
  nameIt(lex, f, index);
}

function location({ lex }: State, f: AsmFunc): void {
  if (lex.acceptWord('none')) {
    f.loc = null;
    return;
  }
  const file = lex.takeString("the name of a file in quotes, or 'none'");
  const line = takeCount(lex, 'a line');
  const at = lex.span();
  const col = takeCount(lex, 'a column');
  if (col > 0x7fffffff || line > 0x7fffffff) lex.fail(badNumber(at, `${line} ${col}`, 'a line and a column'));
  f.loc = { file, line, col };
}
