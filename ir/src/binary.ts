/**
 * The binary form of the IR, for workers, caches and content hashes: `encodeModule` and `decodeModule`. What it looks
 * like is said in binary/layout.ts.
 */

export { type DecodeOptions, decodeModule } from './binary/decode.ts';
export { type EncodeOptions, encodeModule } from './binary/encode.ts';
