/**
 * File descriptors: 0, 1 and 2 are the streams, then come the folders that are given, then what the program opens.
 *
 * A path never leaves the folder that it starts in: it is taken apart by names, `..` takes a name away, and there is
 * nothing to take away at the folder itself (`notcapable`). Links are the directory's matter (environment.ts). So `a/..` is
 * the folder even where `a` is a link; that is stricter than POSIX and never wider.
 *
 * Not done: writing. Nothing of a folder can be changed, so that what would is `rofs` or `nosys`.
 */

import { WasiError } from './abi.ts';
import type { WasiDirectory, WasiEnvironment, WasiFile } from './environment.ts';

/** What a descriptor stands for. */
export type Descriptor =
  | { readonly kind: 'stdin' }
  | { readonly kind: 'output'; readonly write: (bytes: Uint8Array) => void }
  /** `path`: where in the directory it is. `name`: of a folder that was given, else null. */
  | {
      readonly kind: 'directory';
      readonly directory: WasiDirectory;
      readonly path: string;
      readonly name: string | null;
    }
  | { readonly kind: 'file'; readonly file: WasiFile; position: bigint };

/** Files that may be open at a time. */
const most = 1024;
const longestPath = 4096;

/** The table of descriptors. */
export class Descriptors {
  readonly #open = new Map<number, Descriptor>();

  /** @internal */
  constructor(environment: WasiEnvironment) {
    this.#open.set(0, { kind: 'stdin' });
    this.#open.set(1, { kind: 'output', write: environment.stdout });
    this.#open.set(2, { kind: 'output', write: environment.stderr });
    for (const { name, directory } of environment.directories)
      this.add({ kind: 'directory', directory, path: '', name });
  }

  /** What a number stands for; `badf` where it is nothing. */
  get(fd: number): Descriptor {
    const found = this.#open.get(fd);
    if (found === undefined) throw new WasiError('badf');
    return found;
  }

  /** The directory of a number; `badf`, or `notdir`. */
  directory(fd: number): Extract<Descriptor, { readonly kind: 'directory' }> {
    const found = this.get(fd);
    if (found.kind !== 'directory') throw new WasiError('notdir');
    return found;
  }

  /** The least number that is free, for a new descriptor. */
  add(descriptor: Descriptor): number {
    if (this.#open.size >= most) throw new WasiError('mfile');
    let fd = 3;
    while (this.#open.has(fd)) fd++;
    this.#open.set(fd, descriptor);
    return fd;
  }

  close(fd: number): void {
    const found = this.get(fd);
    this.#open.delete(fd);
    if (found.kind === 'file') found.file.close();
  }

  /** `to` becomes what `from` was, and `from` nothing. */
  renumber(from: number, to: number): void {
    const moved = this.get(from);
    this.get(to);
    if (from === to) return;
    this.close(to);
    this.#open.delete(from);
    this.#open.set(to, moved);
  }

  /** Closes what the program left open. */
  closeAll(): void {
    for (const fd of [...this.#open.keys()]) this.close(fd);
  }
}

/** The path from a directory's root for a path that a program gave, starting at `start`. */
export function resolvePath(start: string, path: string): string {
  if (path.length > longestPath) throw new WasiError('nametoolong');
  if (path.includes('\0')) throw new WasiError('inval');
  if (path === '') throw new WasiError('noent');
  if (path.startsWith('/')) throw new WasiError('notcapable');
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') names.push(name);
    else if (names.pop() === undefined) throw new WasiError('notcapable');
  }
  return [start, ...names].filter((part) => part !== '').join('/');
}
