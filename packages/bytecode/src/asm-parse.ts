/**
 * Parser of the text assembly of both machines. A statement stands on a line of its own: a directive, labels, or an
 * instruction behind any labels. A bad statement is reported and skipped, so that one run shows many mistakes.
 *
 *   .machine stack                      .name "module"
 *   .import @p (i64) -> () "bril" "print_int"
 *   .memory 1 16                        .table [@f, null]
 *   .global @g mut i32 = 0              .data 0 "\00\ff"    .data passive "..."
 *   .export "main" func @main           .start @main
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
  type Data,
  type Diagnostic,
  DiagnosticError,
  type Export,
  type Global,
  type Import,
  type Memory,
  type Span,
  type Table,
} from '@sluice/ir';
import { decodeBytes } from '@sluice/ir/text/strings';
import { type AsmFunc, closeFunc, openFunc, scopeOf } from './asm-func.ts';
import { AsmLexer } from './asm-lex.ts';
import { parseOperands, parseSignature, parseType, parseValue, takeCount, takeRegister } from './asm-operand.ts';
import {
  badEscape,
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
  elements: Table | null;
  start: string | null;
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
    elements: null,
    start: null,
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
  const { imports, globals, data, exports, funcs, spans, memory, elements, start } = state;
  const name = state.name ?? '';
  return {
    program: { name, imports, memory, table: elements, globals, data, exports, start, funcs, spans },
    diagnostics,
  };
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
  ['.import', importItem],
  ['.memory', memory],
  ['.table', elements],
  ['.global', global],
  ['.data', data],
  ['.export', exportItem],
  ['.start', start],
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

function importItem({ lex, imports, spans }: State, at: Span): void {
  const name = lex.take('symbol', 'the @name of the import');
  const sig = parseSignature(lex);
  const module = lex.takeString('the name of a module in quotes');
  const field = lex.takeString('the name of its function in quotes');
  const item = { name, module, field, sig };
  imports.push(item);
  spans.set(item, at);
}

function memory(s: State, at: Span): void {
  const { lex } = s;
  if (s.memory !== null) lex.fail(itemTwice(at, '.memory'));
  const min = takeCount(lex, 'a number of pages');
  const max = lex.kind === 'word' ? takeCount(lex, 'a number of pages') : null;
  s.memory = { min, max };
  s.spans.set(s.memory, at);
}

function elements(s: State, at: Span): void {
  const { lex } = s;
  if (s.elements !== null) lex.fail(itemTwice(at, '.table'));
  const list: (string | null)[] = [];
  lex.take('[', "'[' and functions");
  if (!lex.accept(']')) {
    do list.push(lex.acceptWord('null') ? null : lex.take('symbol', "the @name of a function, or 'null'"));
    while (lex.accept(','));
    lex.take(']', "',' or ']'");
  }
  s.elements = { elements: list };
  s.spans.set(s.elements, at);
}

function global({ lex, globals, spans }: State, at: Span): void {
  const name = lex.take('symbol', 'the @name of the global');
  const mutable = lex.acceptWord('mut');
  const type = parseType(lex);
  lex.take('=', "'='");
  const item = { name, type, mutable, init: parseValue(lex, type) };
  globals.push(item);
  spans.set(item, at);
}

function data(s: State, at: Span): void {
  const lex: AsmLexer = s.lex;
  const offset = lex.acceptWord('passive') ? null : takeCount(lex, "an address, or 'passive'");
  if (lex.kind !== 'string') lex.expected('bytes in quotes');
  const bytes = decodeBytes(lex.text);
  if (typeof bytes === 'number') lex.fail(badEscape(lex.span(), lex.text.slice(bytes, bytes + 10)));
  lex.next();
  const item = { offset, bytes };
  s.data.push(item);
  s.spans.set(item, at);
}

function exportItem(s: State, at: Span): void {
  const lex: AsmLexer = s.lex;
  const external = lex.takeString('the exported name in quotes');
  const kind = lex.kind === 'word' ? lex.text : '';
  if (kind !== 'func' && kind !== 'global' && kind !== 'memory') lex.expected("'func', 'global' or 'memory'");
  lex.next();
  const name = kind === 'memory' ? 'memory' : lex.take('symbol', `the @name of a ${kind}`);
  const item = { external, kind, name } as const;
  s.exports.push(item);
  s.spans.set(item, at);
}

function start(s: State, at: Span): void {
  if (s.start !== null) s.lex.fail(itemTwice(at, '.start'));
  s.start = s.lex.take('symbol', 'the @name of a function');
  s.spans.set('start', at);
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
