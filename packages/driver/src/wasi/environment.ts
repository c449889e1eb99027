/**
 * What a WASI program gets from outside, as a value: the command gives the process, a test gives what it wants to see.
 * Nothing here knows of Node; a browser may give an environment too.
 */

import type { FileType } from './abi.ts';

/** Facts of a file. Times in nanoseconds since 1970. */
export interface WasiStat {
  readonly type: FileType;
  readonly size: bigint;
  readonly inode: bigint;
  readonly accessed: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
}

/** An open file. Its methods throw `WasiError`. */
export interface WasiFile {
  readonly stat: () => WasiStat;
  /** Fills `into` from `position` on; fewer bytes at the end of the file, 0 behind it. */
  readonly read: (position: bigint, into: Uint8Array) => number;
  readonly close: () => void;
}

/**
 * A folder that the program may read. Paths are relative, of names joined by `/`, with no `.`, `..` or empty name among
 * them; '' is the folder itself. A link that leads out of the folder must not be followed. Methods throw `WasiError`.
 */
export interface WasiDirectory {
  readonly stat: (path: string, followLink: boolean) => WasiStat;
  readonly open: (path: string, followLink: boolean) => WasiFile;
  readonly list: (
    path: string,
  ) => readonly { readonly name: string; readonly type: FileType; readonly inode: bigint }[];
}

/** All that a WASI program can reach. */
export interface WasiEnvironment {
  /** The first is the program's own name. */
  readonly args: readonly string[];
  readonly variables: readonly (readonly [string, string])[];
  /** At most `most` bytes of standard input; none at its end. */
  readonly stdin: (most: number) => Uint8Array;
  /** The bytes are the program's memory: take a copy of what is kept. */
  readonly stdout: (bytes: Uint8Array) => void;
  readonly stderr: (bytes: Uint8Array) => void;
  /** Nanoseconds: since 1970, or since some moment. */
  readonly now: (clock: 'realtime' | 'monotonic') => bigint;
  /** Waits so many nanoseconds. */
  readonly sleep: (nanoseconds: bigint) => void;
  readonly random: (into: Uint8Array) => void;
  /** Folders that the program may read, with the names that they have for it. */
  readonly directories: readonly { readonly name: string; readonly directory: WasiDirectory }[];
}
