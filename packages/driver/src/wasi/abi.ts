/**
 * Numbers and layouts of WASI preview 1 (`wasi_snapshot_preview1`), as far as they are used here.
 * Specification: WASI, legacy/preview1/docs.md.
 */

import type { Signature, Type } from '@sluice/ir';

/** The module name of the imports. */
export const wasiModule = 'wasi_snapshot_preview1';

/** Error numbers. */
export const errno = {
  success: 0,
  acces: 2,
  badf: 8,
  fault: 21,
  ilseq: 25,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mfile: 33,
  nametoolong: 37,
  noent: 44,
  nosys: 52,
  notdir: 54,
  rofs: 69,
  spipe: 70,
  notcapable: 76,
} as const;

/** A name of an error. */
export type Errno = keyof typeof errno;

/** An error that a function answers with its number; thrown inside of the host, never out of it. */
export class WasiError extends Error {
  readonly errno: Errno;

  constructor(name: Errno) {
    super(name);
    this.name = 'WasiError';
    this.errno = name;
  }
}

/** What a file is. */
export const fileType = { unknown: 0, device: 2, directory: 3, file: 4, link: 7 } as const;

/** A name of a kind of file. */
export type FileType = keyof typeof fileType;

/** Rights, as bits: what a descriptor can do. */
export const rights = {
  fdRead: 1n << 1n,
  fdSeek: 1n << 2n,
  fdTell: 1n << 5n,
  fdWrite: 1n << 6n,
  pathOpen: 1n << 13n,
  fdReaddir: 1n << 14n,
  pathFilestatGet: 1n << 18n,
  fdFilestatGet: 1n << 21n,
  pollFd: 1n << 27n,
} as const;

/** Flags of `path_open`. */
export const openFlag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;

/** Parameters of every function, `i` an i32, `I` an i64; each but `proc_exit` gives an error number. */
const parameters = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'iIi',
  fd_advise: 'iIIi',
  fd_allocate: 'iII',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'iII',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'iI',
  fd_filestat_set_times: 'iIIi',
  fd_pread: 'iiiIi',
  fd_prestat_get: 'ii',
  fd_prestat_dir_name: 'iii',
  fd_pwrite: 'iiiIi',
  fd_read: 'iiii',
  fd_readdir: 'iiiIi',
  fd_renumber: 'ii',
  fd_seek: 'iIii',
  fd_sync: 'i',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiiIIi',
  path_link: 'iiiiiii',
  path_open: 'iiiiiIIii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
  proc_exit: 'i',
  proc_raise: 'i',
  random_get: 'ii',
  sched_yield: '',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
} as const;

/** A function of WASI. */
export type WasiFunction = keyof typeof parameters;

/** The signatures of all functions, by name. */
export const wasiSignatures: ReadonlyMap<string, Signature> = new Map(
  Object.entries(parameters).map(([name, letters]) => [
    name,
    {
      params: [...letters].map((letter): Type => (letter === 'I' ? 'i64' : 'i32')),
      results: name === 'proc_exit' ? [] : ['i32'],
    },
  ]),
);
