/**
 * The text form, read: modules and their items. Functions are read by parse-func.ts; what the text form looks like is
 * said in ir/SPEC.md.
 *
 * The first mistake ends the parse with one diagnostic at its position. Whatever the input, nothing else is thrown;
 * time and memory are linear in the length of the text.
 */

import { attempt, type Result } from '../diag.ts';
import * as codes from '../diag-codes.ts';
import {
  type CustomSection,
  type Data,
  type ElementSegment,
  type Export,
  type Func,
  type Global,
  type Import,
  type Memory,
  type Module,
  makeModule,
  type Table,
} from '../func.ts';
import type { OpTable } from '../op.ts';
import { coreTable } from '../ops/index.ts';
import { Lexer } from './lex.ts';
import { parseFunc } from './parse-func.ts';
import {
  parseCustom,
  parseData,
  parseExport,
  parseGlobal,
  parseMemory,
  parseSegment,
  parseTable,
} from './parse-items.ts';
import { parseSignature } from './parse-parts.ts';

/** What a parse may be told. */
export interface ParseOptions {
  /** The name for diagnostics and locations; `<text>` unless given. */
  readonly file?: string;
  /** The ops that may occur; the core table unless given. */
  readonly ops?: OpTable;
}

/** The items of a module while they are read. */
interface Items {
  name: string | null;
  readonly imports: Import[];
  readonly funcs: Func[];
  memory: Memory | null;
  readonly tables: Table[];
  readonly segments: ElementSegment[];
  readonly globals: Global[];
  readonly data: Data[];
  readonly exports: Export[];
  start: string | null;
  initialiser: string | null;
  readonly customs: CustomSection[];
}

/** Reads a module from its text form; a bare function is a module too. */
export function parseModule(text: string, options: ParseOptions = {}): Result<Module> {
  return attempt(() => {
    const lex = new Lexer(text, options.file ?? '<text>');
    const items: Items = {
      name: null,
      imports: [],
      funcs: [],
      memory: null,
      tables: [],
      segments: [],
      globals: [],
      data: [],
      exports: [],
      start: null,
      initialiser: null,
      customs: [],
    };
    while (lex.kind !== 'eof') parseItem(lex, items, options.ops ?? coreTable);
    return makeModule({ ...items, name: items.name ?? '' });
  });
}

function parseItem(lex: Lexer, items: Items, ops: OpTable): void {
  const keyword = lex.kind === 'word' ? lex.text : '';
  if (keyword === 'func') {
    items.funcs.push(parseFunc(lex, ops));
    return;
  }
  const once = (seen: unknown): void => {
    if (seen !== null) lex.fail(codes.itemTwice(lex.span(), keyword));
    lex.next();
  };
  switch (keyword) {
    case 'module':
      once(items.name);
      items.name = lex.takeText("the module's name in quotes");
      break;
    case 'import':
      lex.next();
      items.imports.push(parseImport(lex));
      break;
    case 'memory':
      once(items.memory);
      items.memory = parseMemory(lex);
      break;
    case 'table':
      lex.next();
      items.tables.push(parseTable(lex));
      break;
    case 'segment':
      lex.next();
      items.segments.push(parseSegment(lex));
      break;
    case 'global':
      lex.next();
      items.globals.push(parseGlobal(lex));
      break;
    case 'data':
      lex.next();
      items.data.push(parseData(lex));
      break;
    case 'export':
      lex.next();
      items.exports.push(parseExport(lex));
      break;
    case 'start':
      once(items.start);
      items.start = lex.take('symbol', 'a function (@name)');
      break;
    case 'initialiser':
      once(items.initialiser);
      items.initialiser = lex.take('symbol', 'a function or import (@name)');
      break;
    case 'custom':
      lex.next();
      items.customs.push(parseCustom(lex));
      break;
    default:
      lex.expected('func, module, import, memory, table, global, segment, data, export, start, initialiser or custom');
  }
}

function parseImport(lex: Lexer): Import {
  const name = lex.take('symbol', "the import's name (@name)");
  const sig = parseSignature(lex);
  if (!lex.acceptWord('from')) lex.expected("'from'");
  const module = lex.takeText('the module in quotes');
  return { name, module, field: lex.takeText('the field in quotes'), sig };
}
