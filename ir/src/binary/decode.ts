/**
 * Reads modules from the binary form (layout.ts), whoever wrote them. What comes back is as good as what the parser of
 * the text form gives: references exist, each block ends with its only terminator; the rest is the verifier's.
 * Anything else is a diagnostic at a byte offset; time and memory are linear in the input.
 */

import { attempt, type Result } from '../diag.ts';
import * as codes from '../diag-codes.ts';
import { type Func, type Module, makeModule } from '../func.ts';
import type { OpDef, OpTable } from '../op.ts';
import { coreTable } from '../ops/index.ts';
import { crc32 } from './checksum.ts';
import { applyDebug } from './decode-debug.ts';
import { readFunc } from './decode-func.ts';
import { list, readItems, stringAt } from './decode-items.ts';
import { magic, section, version } from './layout.ts';
import { Reader } from './reader.ts';

/** What a decoder may be told. */
export interface DecodeOptions {
  /** The name for diagnostics; `<binary>` unless given. */
  readonly file?: string;
  /** The ops that may occur; the core table unless given. */
  readonly ops?: OpTable;
}

const headSize = 5;
const tailSize = 4;

/** Reads a module from its binary form. */
export function decodeModule(bytes: Uint8Array, options: DecodeOptions = {}): Result<Module> {
  return attempt(() => {
    const r = new Reader(bytes, options.file ?? '<binary>', 0, bytes.length);
    for (const byte of magic) {
      if (r.at >= r.end || r.u8('the head') !== byte) r.fail(codes.notBinary(r.span(0)));
    }
    const found = r.u8('the head');
    if (found !== version) r.fail(codes.binaryVersion(r.span(4), found, version));
    const end = bytes.length - tailSize;
    if (end < headSize) r.fail(codes.truncated(r.span(), 'the checksum'));
    const sum = new Reader(bytes, r.file, end, bytes.length).bits('the checksum', tailSize);
    if (BigInt(crc32(bytes.subarray(0, end))) !== sum) r.fail(codes.badChecksum(r.span(end)));
    r.end = end;
    return readModule(r, options.ops ?? coreTable);
  });
}

function readModule(r: Reader, table: OpTable): Module {
  const strings = inSection(r, section.strings, 'strings', (s) => readStrings(s));
  const ops = inSection(r, section.ops, 'ops', (s) => readOps(s, strings, table));
  const items = inSection(r, section.module, 'module', (s) => readItems(s, strings));
  const funcs = inSection(r, section.funcs, 'funcs', (s) => readFuncs(s, strings, ops));
  if (r.at === r.end) return makeModule({ ...items, funcs });
  const named = inSection(r, section.debug, 'debug', (s) => applyDebug(s, readStrings(s), funcs));
  if (r.at !== r.end) r.wrong('bytes behind the last section', r.at);
  return makeModule({ ...items, funcs: named });
}

function inSection<T>(r: Reader, id: number, name: string, read: (r: Reader) => T): T {
  const from = r.at;
  if (r.u8(`section '${name}'`) !== id) r.wrong(`section '${name}' is missing`, from);
  const size = r.count(`bytes in section '${name}'`);
  const inner = new Reader(r.bytes, r.file, r.at, r.at + size);
  const value = read(inner);
  if (inner.at !== inner.end) r.wrong(`bytes left over in section '${name}'`, inner.at);
  r.at = inner.end;
  return value;
}

function readStrings(r: Reader): readonly string[] {
  return list(r, 'strings', () => r.text('a string'));
}

function readOps(r: Reader, strings: readonly string[], table: OpTable): readonly OpDef[] {
  return list(r, 'ops', () => {
    const at = r.at;
    const name = stringAt(r, strings, "an op's name");
    const op = table.get(name);
    if (op === undefined) r.fail(codes.unknownOp(r.span(at), name));
    return op;
  });
}

function readFuncs(r: Reader, strings: readonly string[], ops: readonly OpDef[]): readonly Func[] {
  return list(r, 'functions', () => readFunc(r, strings, ops));
}
