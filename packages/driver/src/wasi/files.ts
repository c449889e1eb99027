/** The functions of WASI about descriptors, files and folders. */

import { fileType, openFlag, rights, WasiError, type WasiFunction } from './abi.ts';
import { type Descriptor, type Descriptors, resolvePath } from './descriptors.ts';
import type { WasiEnvironment, WasiStat } from './environment.ts';
import type { Guest } from './guest.ts';

/** Functions by name; arguments unsigned, i32 as number, i64 as bigint. They throw `WasiError`. */
export type WasiCalls = Partial<Record<WasiFunction, (...args: never[]) => void>>;

const nameEncoder = new TextEncoder();

/** What the functions share: the memory, the descriptors, the outside. */
export interface WasiState {
  readonly guest: Guest;
  readonly descriptors: Descriptors;
  readonly environment: WasiEnvironment;
}

/** The functions on descriptors and paths. */
export function fileCalls({ guest, descriptors, environment }: WasiState): WasiCalls {
  /** Reads into buffers until one is not filled; the number of bytes. */
  const fill = (at: number, count: number, read: (into: Uint8Array) => number): number => {
    let total = 0;
    for (const buffer of guest.buffers(at, count)) {
      if (buffer.length === 0) continue;
      const got = read(guest.bytes(buffer.at, buffer.length));
      total += got;
      if (got < buffer.length) break;
    }
    return total;
  };

  const fileOf = (fd: number): Extract<Descriptor, { readonly kind: 'file' }> => {
    const found = descriptors.get(fd);
    if (found.kind === 'file') return found;
    throw new WasiError(found.kind === 'directory' ? 'isdir' : 'spipe');
  };

  return {
    fd_advise: (fd: number) => void fileOf(fd),
    fd_close: (fd: number) => descriptors.close(fd),
    fd_datasync: (fd: number) => void descriptors.get(fd),
    fd_sync: (fd: number) => void descriptors.get(fd),
    fd_renumber: (from: number, to: number) => descriptors.renumber(from, to),

    fd_fdstat_get: (fd: number, at: number) => {
      const found = descriptors.get(fd);
      const inherited = found.kind === 'directory' ? rightsOf.directory | rightsOf.file : 0n;
      guest.setRecord(at, 24, [
        [0, 1, fileType[kindOf(found)]],
        [8, 8, rightsOf[found.kind]],
        [16, 8, inherited],
      ]);
    },

    fd_fdstat_set_flags: (fd: number) => void descriptors.get(fd),

    fd_filestat_get: (fd: number, at: number) => {
      const found = descriptors.get(fd);
      if (found.kind === 'file') setStat(guest, at, found.file.stat());
      else if (found.kind === 'directory') setStat(guest, at, found.directory.stat(found.path, true));
      else setStat(guest, at, streamStat);
    },

    fd_prestat_get: (fd: number, at: number) => {
      const name = givenName(descriptors, fd);
      guest.setRecord(at, 8, [[4, 4, name.length]]);
    },

    fd_prestat_dir_name: (fd: number, at: number, length: number) => {
      const name = givenName(descriptors, fd);
      if (length < name.length) throw new WasiError('nametoolong');
      guest.bytes(at, name.length).set(name);
    },

    fd_read: (fd: number, at: number, count: number, result: number) => {
      const found = descriptors.get(fd);
      if (found.kind === 'output') throw new WasiError('badf');
      if (found.kind === 'directory') throw new WasiError('isdir');
      if (found.kind === 'stdin')
        guest.setU32(
          result,
          fill(at, count, (into) => readStream(environment, into)),
        );
      else {
        const total = fill(at, count, (into) => {
          const got = found.file.read(found.position, into);
          found.position += BigInt(got);
          return got;
        });
        guest.setU32(result, total);
      }
    },

    fd_pread: (fd: number, at: number, count: number, offset: bigint, result: number) => {
      const { file } = fileOf(fd);
      let position = offset;
      const total = fill(at, count, (into) => {
        const got = file.read(position, into);
        position += BigInt(got);
        return got;
      });
      guest.setU32(result, total);
    },

    fd_write: (fd: number, at: number, count: number, result: number) => {
      const found = descriptors.get(fd);
      if (found.kind === 'directory') throw new WasiError('isdir');
      if (found.kind !== 'output') throw new WasiError('notcapable');
      let total = 0;
      for (const buffer of guest.buffers(at, count)) {
        found.write(guest.bytes(buffer.at, buffer.length));
        total += buffer.length;
      }
      guest.setU32(result, total);
    },

    fd_seek: (fd: number, delta: bigint, whence: number, result: number) => {
      const found = fileOf(fd);
      const bases = [0n, found.position, found.file.stat().size];
      const base = bases[whence];
      if (base === undefined) throw new WasiError('inval');
      const position = base + BigInt.asIntN(64, delta);
      if (position < 0n || position >= 1n << 63n) throw new WasiError('inval');
      guest.setU64(result, position);
      found.position = position;
    },

    fd_tell: (fd: number, result: number) => guest.setU64(result, fileOf(fd).position),

    fd_readdir: (fd: number, at: number, length: number, cookie: bigint, result: number) => {
      const { directory, path } = descriptors.directory(fd);
      const into = guest.bytes(at, length);
      guest.setU32(result, writeEntries(directory.list(path), cookie, into));
    },

    path_open: (
      fd: number,
      lookup: number,
      at: number,
      length: number,
      flags: number,
      _rights: bigint,
      _inherited: bigint,
      _fdFlags: number,
      result: number,
    ) => {
      const { directory, path: start } = descriptors.directory(fd);
      const path = resolvePath(start, guest.text(at, length));
      if ((flags & (openFlag.create | openFlag.exclusive | openFlag.truncate)) !== 0) throw new WasiError('rofs');
      guest.setU32(result, 0);
      const follow = (lookup & 1) !== 0;
      const { type } = directory.stat(path, follow);
      if (type === 'link') throw new WasiError('loop');
      if (type === 'directory') {
        guest.setU32(result, descriptors.add({ kind: 'directory', directory, path, name: null }));
        return;
      }
      if ((flags & openFlag.directory) !== 0) throw new WasiError('notdir');
      if (type !== 'file') throw new WasiError('acces');
      const file = directory.open(path, follow);
      try {
        guest.setU32(result, descriptors.add({ kind: 'file', file, position: 0n }));
      } catch (error) {
        file.close();
        throw error;
      }
    },

    path_filestat_get: (fd: number, lookup: number, at: number, length: number, result: number) => {
      const { directory, path: start } = descriptors.directory(fd);
      const path = resolvePath(start, guest.text(at, length));
      setStat(guest, result, directory.stat(path, (lookup & 1) !== 0));
    },

    path_create_directory: refuse,
    path_link: refuse,
    path_remove_directory: refuse,
    path_rename: refuse,
    path_symlink: refuse,
    path_unlink_file: refuse,
  };
}

function refuse(): void {
  throw new WasiError('rofs');
}

const rightsOf: Readonly<Record<Descriptor['kind'], bigint>> = {
  stdin: rights.fdRead | rights.fdFilestatGet | rights.pollFd,
  output: rights.fdWrite | rights.fdFilestatGet | rights.pollFd,
  directory: rights.pathOpen | rights.fdReaddir | rights.pathFilestatGet | rights.fdFilestatGet,
  file: rights.fdRead | rights.fdSeek | rights.fdTell | rights.fdFilestatGet | rights.pollFd,
};

function kindOf({ kind }: Descriptor): keyof typeof fileType {
  return kind === 'file' || kind === 'directory' ? kind : 'device';
}

const streamStat: WasiStat = { type: 'device', size: 0n, inode: 0n, accessed: 0n, modified: 0n, changed: 0n };

function setStat(guest: Guest, at: number, stat: WasiStat): void {
  guest.setRecord(at, 64, [
    [8, 8, stat.inode],
    [16, 1, fileType[stat.type]],
    [24, 8, 1n],
    [32, 8, stat.size],
    [40, 8, stat.accessed],
    [48, 8, stat.modified],
    [56, 8, stat.changed],
  ]);
}

/** The name of a folder that was given; others have none: `badf`, at which a C library stops looking for folders. */
function givenName(descriptors: Descriptors, fd: number): Uint8Array {
  const found = descriptors.get(fd);
  if (found.kind !== 'directory' || found.name === null) throw new WasiError('badf');
  return nameEncoder.encode(found.name);
}

function readStream(environment: WasiEnvironment, into: Uint8Array): number {
  const got = environment.stdin(into.length);
  into.set(got);
  return got.length;
}

/**
 * Entries as records of 24 bytes and their names, from number `cookie` on; the last may be cut off, which says that there
 * are more. The number of bytes.
 */
function writeEntries(
  entries: readonly { readonly name: string; readonly type: keyof typeof fileType; readonly inode: bigint }[],
  cookie: bigint,
  into: Uint8Array,
): number {
  let used = 0;
  const first = cookie > BigInt(entries.length) ? entries.length : Number(cookie);
  for (let i = first; i < entries.length && used < into.length; i++) {
    const entry = entries[i];
    if (entry === undefined) break;
    const name = nameEncoder.encode(entry.name);
    const record = new Uint8Array(24 + name.length);
    const view = new DataView(record.buffer);
    view.setBigUint64(0, BigInt(i + 1), true);
    view.setBigUint64(8, entry.inode, true);
    view.setUint32(16, name.length, true);
    view.setUint8(20, fileType[entry.type]);
    record.set(name, 24);
    const fits = record.subarray(0, into.length - used);
    into.set(fits, used);
    used += fits.length;
  }
  return used;
}
