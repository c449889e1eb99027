/**
 * What a WASI program gets of this process: its words, streams, clocks, random numbers, and the folders that `--dir` names.
 *
 * Safe: a path is resolved by the operating system, links and all, and refused unless the result lies in the folder.
 * Files are opened for reading only, and nothing but regular files, so that no device and no pipe is touched.
 *
 * Not done: against somebody who exchanges folders for links while the program runs, between the look and the opening
 * (`O_NOFOLLOW` guards the last name only).
 */

import { randomFillSync } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import process from 'node:process';
import {
  badUsage,
  type Errno,
  type FileType,
  type WasiDirectory,
  type WasiEnvironment,
  WasiError,
  type WasiFile,
  type WasiStat,
} from '@sluice/driver';
import { DiagnosticError } from '@sluice/ir';
import { readSome, writeAll } from './io.ts';

/** What the words of the command line say of the program's surroundings. */
export interface WasiWords {
  readonly args: readonly string[];
  /** `HOST` or `HOST::GUEST`. */
  readonly directories: readonly string[];
  /** `NAME=VALUE`. */
  readonly variables: readonly string[];
  /** Gets standard output. */
  readonly out: (bytes: Uint8Array) => void;
  /** Before standard input is read or time passes: a user shall see the question first. */
  readonly flush: () => void;
}

/** The environment of a WASI program; throws `DiagnosticError` for a folder that there is not. */
export function wasiEnvironment({ args, directories, variables, out, flush }: WasiWords): WasiEnvironment {
  return {
    args,
    variables: variables.map(readVariable),
    stdin: (most) => {
      flush();
      return answered(() => readSome(0, Math.min(most, 1 << 20)));
    },
    stdout: out,
    stderr: (bytes) => writeAll(2, bytes),
    now: (clock) => (clock === 'realtime' ? BigInt(Date.now()) * 1_000_000n : process.hrtime.bigint()),
    sleep: (nanoseconds) => {
      flush();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(nanoseconds) / 1e6);
    },
    // In pieces, since the operating system gives no more at a time; the copy, since memory may be shared.
    random: (into) => {
      for (let at = 0; at < into.length; at += 65_536) {
        const piece = new Uint8Array(Math.min(65_536, into.length - at));
        into.set(randomFillSync(piece), at);
      }
    },
    directories: directories.map(readDirectory),
  };
}

function readVariable(word: string): readonly [string, string] {
  const at = word.indexOf('=');
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  throw new DiagnosticError(badUsage(`--env takes NAME=VALUE, not '${word}'`, 'correct it'));
}

function readDirectory(word: string): { readonly name: string; readonly directory: WasiDirectory } {
  const at = word.indexOf('::');
  const path = at < 0 ? word : word.slice(0, at);
  const name = at < 0 ? word : word.slice(at + 2);
  try {
    const root = realpathSync(path);
    if (statSync(root).isDirectory()) return { name, directory: directoryAt(root) };
  } catch {
    // Said below.
  }
  throw new DiagnosticError(badUsage(`--dir ${path}: no such folder`, 'name a folder, or FOLDER::NAME'));
}

function directoryAt(root: string): WasiDirectory {
  const inside = (path: string): string => {
    if (path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)) return path;
    throw new WasiError('notcapable');
  };
  const resolve = (path: string, follow: boolean): string => {
    // A name with the system's own separator would be several.
    if (sep !== '/' && path.includes(sep)) throw new WasiError('inval');
    const full = join(root, path);
    if (follow || path === '') return inside(realpathSync(full));
    return join(inside(realpathSync(dirname(full))), basename(full));
  };
  return {
    stat: (path, follow) => answered(() => toStat(lstatSync(resolve(path, follow), { bigint: true }))),
    open: (path, follow) =>
      answered(() => {
        const noFollow = constants.O_NOFOLLOW ?? 0;
        const noWait = constants.O_NONBLOCK ?? 0;
        return fileOf(openSync(resolve(path, follow), constants.O_RDONLY | noFollow | noWait));
      }),
    list: (path) =>
      answered(() => {
        const full = resolve(path, true);
        const entries = readdirSync(full, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
        const here: readonly { name: string; type: FileType; inode: bigint }[] = [
          { name: '.', type: 'directory', inode: 0n },
          { name: '..', type: 'directory', inode: 0n },
        ];
        return [...here, ...entries.map((each) => ({ name: each.name, type: typeOf(each), inode: 0n }))];
      }),
  };
}

function fileOf(descriptor: number): WasiFile {
  const stat = (): WasiStat => answered(() => toStat(fstatSync(descriptor, { bigint: true })));
  if (stat().type !== 'file') {
    closeSync(descriptor);
    throw new WasiError('acces');
  }
  return {
    stat,
    // Through a copy, since memory may be shared, and bounded, since the guest names the length.
    read: (position, into) =>
      answered(() => {
        let total = 0;
        const piece = Buffer.allocUnsafe(Math.min(into.length, 1 << 20));
        while (total < into.length) {
          const wanted = Math.min(piece.length, into.length - total);
          const got = readSync(descriptor, piece, 0, wanted, position + BigInt(total));
          if (got === 0) break;
          into.set(piece.subarray(0, got), total);
          total += got;
        }
        return total;
      }),
    close: () => closeSync(descriptor),
  };
}

function toStat(found: BigIntStats): WasiStat {
  return {
    type: typeOf(found),
    size: found.size,
    inode: found.ino,
    accessed: found.atimeNs,
    modified: found.mtimeNs,
    changed: found.ctimeNs,
  };
}

interface Kinds {
  readonly isFile: () => boolean;
  readonly isDirectory: () => boolean;
  readonly isSymbolicLink: () => boolean;
  readonly isCharacterDevice: () => boolean;
}

function typeOf(entry: Kinds): FileType {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'link';
  return entry.isCharacterDevice() ? 'device' : 'unknown';
}

const errors: Readonly<Record<string, Errno>> = {
  ENOENT: 'noent',
  ENOTDIR: 'notdir',
  EISDIR: 'isdir',
  EACCES: 'acces',
  EPERM: 'acces',
  ELOOP: 'loop',
  EMFILE: 'mfile',
  ENAMETOOLONG: 'nametoolong',
  EINVAL: 'inval',
};

/** What the system refuses, as an error of WASI. */
function answered<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof WasiError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new WasiError(errors[code] ?? 'io');
  }
}
