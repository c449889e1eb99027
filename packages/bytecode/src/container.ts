/**
 * The binary container of both machines, as far as writer and reader share it:
 *
 *     magic 'SLSB' or 'SLRB', version (1 byte), checksum (8 bytes), then sections to the end of the file:
 *     id (1 byte), length of the payload (LEB128), payload
 *
 *   strings        text used anywhere else: a count, then length and UTF-8 of each; others name it by number
 *   types          signatures: parameters, results; a count before each list
 *   instructions   the instructions that occur: name, kinds of operands; so opcode numbers are the file's own
 *   items          name, imports, memory, tables, globals, segments, data, exports, start, ...
 *   code           functions: name, signature, cells, instructions (number, operands)
 *   debug          optional: files, names of locals or registers, places of instructions
 *
 * Numbers are unsigned LEB128 unless said otherwise; i32 and i64 constants are signed LEB128, floats their bits in 4 or
 * 8 bytes, little endian; `n + 1`, or 0 for none, where something may be missing. The checksum is the first 8 bytes of
 * the SHA-256 of everything but itself: it finds damage, it proves no origin.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { trapKinds, valueTypes } from '@sluice/ir';
import type { OperandKind } from './instr.ts';
import type { Program } from './program.ts';

/** The version that is written and read. */
export const version = 2;

/** The first four bytes by machine. */
export const magics: Readonly<Record<Program['machine'], string>> = { stack: 'SLSB', register: 'SLRB' };

/** Sections in the order in which they stand; ids count from 1. Only the last may be missing. */
export const sections = ['strings', 'types', 'instructions', 'items', 'code', 'debug'] as const;

/** The numbers of operand kinds, types and traps are their positions in these lists: append only. */
export const operandKinds: readonly OperandKind[] = [
  'def',
  'use',
  'defs',
  'uses',
  'local',
  'label',
  'labels',
  'cases',
  'value',
  'imm32',
  'offset',
  'align',
  'func',
  'import',
  'global',
  'sig',
  'index',
  'trap',
  'type',
  'table',
  'lane',
  'lanes',
];
export const typeCodes: typeof valueTypes = valueTypes;
export const trapCodes: typeof trapKinds = trapKinds;
export const exportKinds = ['func', 'global', 'memory', 'table'] as const;

/** What happens to element segments. */
export const elementModes = ['active', 'passive', 'declared'] as const;

/** Forms of offsets of segments, and of what element segments hold. */
export const offsetForms = ['none', 'number', 'global'] as const;
export const itemForms = ['null', 'name', 'global'] as const;

/** Forms of a function reference. */
export const refForms = ['null', 'name'] as const;

/** Forms of constants of type `any`. */
export const anyForms = ['undefined', 'null', 'false', 'true', 'number', 'bigint', 'string'] as const;

export const checksumSize = 8;
/** Magic and version; the checksum follows. */
export const checksumAt = 5;
/** Offset of the first section. */
export const bodyAt: number = checksumAt + checksumSize;

/** The checksum that fits a file: of its magic, version and sections. */
export function checksumOf(file: Uint8Array): Uint8Array {
  const hash = sha256.create().update(file.subarray(0, checksumAt)).update(file.subarray(bodyAt));
  return hash.digest().subarray(0, checksumSize);
}

/** A copy of a file with the checksum that fits its content, whatever that is: for fuzzers, so that they get further
 * than the checksum. Files too short for a header come back as they are. */
export function resealed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  if (copy.length >= bodyAt) copy.set(checksumOf(copy), checksumAt);
  return copy;
}
