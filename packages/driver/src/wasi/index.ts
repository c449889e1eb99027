/** WASI preview 1 as a host: what a program that imports it gets. */
export { type Errno, type FileType, WasiError, type WasiFunction, wasiModule, wasiSignatures } from './abi.ts';
export type * from './environment.ts';
export { type WasiHost, wasiHost } from './host.ts';
