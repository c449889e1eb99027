/**
 * What encoder and decoder agree on.
 *
 *     file     := "SLIR" version:u8 section* crc32:u32le          (of everything before it)
 *     section  := id:u8 size:u32 bytes
 *       1 strings   texts, in the order of first use
 *       2 ops       names (strings), in the order of first use
 *       3 module    name, imports, memory, table, globals, data, exports, start
 *       4 funcs     functions
 *       5 debug     names of values and blocks, locations; optional, with strings of its own
 *     func     := name signature slots block*
 *     block    := phis:u32 body:u32 inst*                         (phis, body, terminator)
 *     inst     := op type? imm args targets                       (type where the signature leaves it open)
 *
 * Integers are LEB128, constants raw bits. An operand is the distance back to the instruction that it names,
 * counted in the order of the text (parameters first); a block is its place in the layout. Ids do not occur, so
 * functions that differ in their ids alone have the same bytes.
 */

import type { ResultType } from '../type.ts';
import { valueTypes } from '../type.ts';

/** The first bytes, "SLIR". */
export const magic: readonly number[] = [0x53, 0x4c, 0x49, 0x52];

/** The version of the format. */
export const version = 2;

/** Sections by name. */
export const section = { strings: 1, ops: 2, module: 3, funcs: 4, debug: 5 } as const;

/** Result types by code; the value types come first. */
export const resultTypes: readonly ResultType[] = [...valueTypes, 'void', 'tuple'];

/** Kinds of exports by code. */
export const exportKinds = ['func', 'global', 'memory', 'table'] as const;

/** What happens to element segments, by code. */
export const elementModes = ['active', 'passive', 'declared'] as const;

/** What a constant of type `any` is, by its tag. */
export const anyTags = ['undefined', 'null', 'false', 'true', 'number', 'bigint', 'string'] as const;

/** The number of targets that follow an instruction of a kind; a switch has one more than cases. */
export function fixedTargets(kind: string): number {
  return kind === 'br' ? 1 : kind === 'br_if' || kind === 'invoke' ? 2 : 0;
}
