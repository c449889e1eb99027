/** Content hashes of modules: a key for caches, equal exactly when the canonical binary forms are. */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { encodeModule, type Module } from '@sluice/ir';

/** SHA-256 of the module's canonical binary form without names and locations, in hex. */
export function contentHash(m: Module): string {
  return bytesToHex(sha256(encodeModule(m, { debug: false })));
}
