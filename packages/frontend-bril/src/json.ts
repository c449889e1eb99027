/**
 * Bril's JSON form to the AST, checked key by key.
 *
 * Positions are those that the program carries (`pos`, made by `bril2json -p`), else those in the JSON text itself.
 * Keys that the AST has no place for (`src`, extensions) are ignored, as upstream does.
 */

import {
  type BrilFunction,
  type BrilItem,
  type BrilLiteral,
  type BrilParam,
  type BrilPos,
  type BrilProgram,
  type BrilType,
  isIdentifier,
  isScalar,
  maxPointerDepth,
} from '@sluice/bril-format';
import { attempt, DiagnosticError, type Result } from '@sluice/ir';
import { intOutOfRange, notIdentifier, pointerTooDeep, unknownConstructor, wrongJsonShape } from './diag-codes.ts';
import { type JsonNode, type JsonText, parseJsonText } from './json-text.ts';
import { parseInt64 } from './parse.ts';

/** Parses Bril's JSON form, integers exactly; `file` names it in diagnostics (SL04xx). */
export function parseBrilJson(text: string, file: string): Result<BrilProgram> {
  return attempt(() => {
    const json = parseJsonText(text, file);
    const root = asObject(json, json.root, 'the program');
    const functions = readArray(json, root, 'functions', 'the program');
    if (functions === null) throw shape(json, json.root, "the program has no key 'functions'");
    return { file, functions: functions.map((node) => readFunction(json, node)) };
  });
}

type JsonObject = JsonNode & { kind: 'object' };

function shape(json: JsonText, node: JsonNode, message: string): DiagnosticError {
  return new DiagnosticError(wrongJsonShape(json.spanOf(node.at), message));
}

function asObject(json: JsonText, node: JsonNode, what: string): JsonObject {
  if (node.kind !== 'object') throw shape(json, node, `${what} has to be an object, not ${article(node)}`);
  return node;
}

function article(node: JsonNode): string {
  if (node.kind === 'array' || node.kind === 'object') return `an ${node.kind}`;
  return node.kind === 'string' || node.kind === 'number' ? `a ${node.kind}` : node.kind;
}

function readArray(json: JsonText, from: JsonObject, key: string, what: string): readonly JsonNode[] | null {
  const node = from.members.get(key);
  if (node === undefined) return null;
  if (node.kind !== 'array') throw shape(json, node, `'${key}' of ${what} has to be an array, not ${article(node)}`);
  return node.items;
}

function readName(json: JsonText, node: JsonNode, what: string): string {
  if (node.kind !== 'string') throw shape(json, node, `${what} has to be a string, not ${article(node)}`);
  if (!isIdentifier(node.text)) throw new DiagnosticError(notIdentifier(json.spanOf(node.at), node.text));
  return node.text;
}

function readNames(json: JsonText, from: JsonObject, key: string): readonly string[] {
  const nodes = readArray(json, from, key, 'the instruction');
  return nodes === null ? [] : nodes.map((node) => readName(json, node, `a name in '${key}'`));
}

function required(json: JsonText, from: JsonObject, key: string, what: string): JsonNode {
  const node = from.members.get(key);
  if (node === undefined) throw shape(json, from, `${what} has no key '${key}'`);
  return node;
}

function readPos(json: JsonText, from: JsonObject): BrilPos {
  const pos = from.members.get('pos');
  if (pos?.kind === 'object') {
    const row = pos.members.get('row');
    const col = pos.members.get('col');
    if (row?.kind === 'number' && col?.kind === 'number') {
      const at = { line: Number(row.text), col: Number(col.text) };
      if (Number.isSafeInteger(at.line) && Number.isSafeInteger(at.col) && at.line > 0 && at.col > 0) return at;
    }
    throw shape(json, pos, "'pos' has to hold positive numbers 'row' and 'col'");
  }
  const { line, col } = json.spanOf(from.at);
  return { line, col };
}

function readFunction(json: JsonText, node: JsonNode): BrilFunction {
  const from = asObject(json, node, 'a function');
  const params: BrilParam[] = (readArray(json, from, 'args', 'the function') ?? []).map((item) => {
    const param = asObject(json, item, 'a parameter');
    const name = readName(json, required(json, param, 'name', 'the parameter'), 'the name of a parameter');
    return { name, type: readType(json, required(json, param, 'type', 'the parameter')) };
  });
  const type = from.members.get('type');
  const instrs = readArray(json, from, 'instrs', 'the function');
  if (instrs === null) throw shape(json, from, "the function has no key 'instrs'");
  return {
    name: readName(json, required(json, from, 'name', 'the function'), 'the name of a function'),
    params,
    type: type === undefined || type.kind === 'null' ? null : readType(json, type),
    items: instrs.map((item) => readItem(json, item)),
    at: readPos(json, from),
  };
}

function readType(json: JsonText, node: JsonNode): BrilType {
  let ptr = 0;
  let inner = node;
  while (inner.kind === 'object') {
    const [first] = inner.members;
    if (first === undefined || inner.members.size !== 1) throw shape(json, inner, "a type object has one key, 'ptr'");
    if (first[0] !== 'ptr') throw new DiagnosticError(unknownConstructor(json.spanOf(inner.at), first[0]));
    ptr++;
    if (ptr > maxPointerDepth) throw new DiagnosticError(pointerTooDeep(json.spanOf(node.at), maxPointerDepth));
    inner = first[1];
  }
  return { base: readName(json, inner, 'a type'), ptr };
}

function readItem(json: JsonText, node: JsonNode): BrilItem {
  const from = asObject(json, node, 'an instruction');
  const at = readPos(json, from);
  const label = from.members.get('label');
  if (label !== undefined) {
    if (from.members.has('op')) throw shape(json, from, "'label' and 'op' exclude each other");
    return { kind: 'label', label: readName(json, label, 'a label'), at };
  }
  const op = readName(json, required(json, from, 'op', 'the instruction'), 'an op');
  const dest = from.members.get('dest');
  const type = from.members.get('type');
  const value = from.members.get('value');
  if (op === 'const' && value === undefined) throw shape(json, from, "'const' has no key 'value'");
  if (op === 'const' && dest === undefined) throw shape(json, from, "'const' has no key 'dest'");
  if (dest === undefined && type !== undefined) throw shape(json, type, "a 'type' needs a 'dest'");
  for (const key of ['args', 'funcs', 'labels']) {
    if (op === 'const' && readNames(json, from, key).length > 0) throw shape(json, from, `'const' has no '${key}'`);
  }
  return {
    kind: 'instr',
    op,
    dest: dest === undefined ? null : readName(json, dest, 'a destination'),
    type: type === undefined ? null : readType(json, type),
    args: readNames(json, from, 'args'),
    funcs: readNames(json, from, 'funcs'),
    labels: readNames(json, from, 'labels'),
    value: op === 'const' && value !== undefined ? readLiteral(json, value) : null,
    at,
  };
}

function readLiteral(json: JsonText, node: JsonNode): BrilLiteral {
  if (node.kind === 'true' || node.kind === 'false') return node.kind === 'true';
  if (node.kind === 'number') {
    if (/[.eE]/.test(node.text)) return Number(node.text);
    const value = parseInt64(node.text);
    if (value === null) throw new DiagnosticError(intOutOfRange(json.spanOf(node.at)));
    return value;
  }
  if (node.kind === 'string') {
    if (isScalar(node.text)) return node.text;
    throw shape(json, node, "a char in 'value' has to be a string of exactly one character");
  }
  throw shape(json, node, `'value' has to be a number, true, false or a char, not ${article(node)}`);
}
