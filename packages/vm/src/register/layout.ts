/**
 * Memory 0 of the Wasm loop, the machine's own, which guest addresses cannot reach:
 *
 *   0     state (below)
 *   64    vectors that a call or return passes (vectors.ts)
 *   1024  globals, 16 bytes each
 *         tables: for each { elements, address of its image }
 *         identity list: offsets of cells 0, 1, 2 ..., the results of calls from the host
 *         limit of the log for each import, log (call-log.ts)
 *         code (encode.ts)
 *         frames, up to the images; the memory grows
 *         images of tables: for each element { target, signature }: the callee's code, or `isImport` where the host calls it,
 *         or 0 where it is empty. They stand at the end of the memory and move there when it grows
 *
 * A frame: { return place, caller's frame, place of the result(s) } in 16 bytes, then its cells. The place of a single
 * result is its cell's address; of several, the address of a list of offsets into the caller's frame. The frame
 * pointer points to the head, so that an operand is an offset that includes the head.
 */

import type { Geometry } from './encode.ts';

/** Addresses of the state. */
export const state = {
  /** Where the loop stopped, or where an op began that may trap. */
  pc: 8,
  fp: 12,
  /** Units of fuel until the next safepoint; 0: the last one was overdrawn. */
  fuel: 16,
  /** Calls that may still become active. */
  depth: 20,
  /** No frame may start behind this address. */
  frameLimit: 24,
  /** Instructions executed, 8 bytes. */
  count: 32,
  /** Where the next call goes in the log of host calls. */
  logTop: 48,
} as const;

/** Where vectors are passed, 16 bytes each. */
export const passedBase = 64;

/** Where globals start. */
export const globalsBase = 1024;
export const globalBytes = 16;

/** Bytes of a frame's head. */
export const headBytes = 16;

/** In a table: an import, or a function of another instance. No place of code is this number. */
export const isImport = 1;

/** Why the loop returned. */
export const status = {
  /** The call from the host is done. */
  done: 0,
  /** Fuel ran to zero: look around, then go on at `pc`. */
  safepoint: 1,
  /** The call at `pc` needs more memory for frames; it has had no effect yet. */
  frames: 2,
  /** The call at `pc` would be one too many. */
  depth: 3,
  /** The instruction at `pc` trapped: which trap it was is found by carrying it out again. */
  trap: 4,
  /** As `trap`, but the host already knows which trap it was. */
  trapped: 5,
} as const;

/** How operands are written for code that starts at `codeBase`; `limits`: where those of the log stand. */
export function wasmGeometry(codeBase: number, limits: number, tables: number): Geometry {
  return {
    cell: (index) => headBytes + index * 8,
    place: (slot) => codeBase + slot * 16,
    global: (index) => globalsBase + index * globalBytes,
    table: (index) => tables + index * 8,
    logLimit: (index) => limits + index * 4,
    delta: (cells) => headBytes + cells * 8,
  };
}
