/** The IR itself as an input: text (`.ir`) and binary (`.irb`). */

import { coreTable, decodeModule, type Frontend, ok, parseModule } from '@sluice/ir';
import { loadedModule } from './modules.ts';

const magic = [0x53, 0x4c, 0x49, 0x52];

/** Text or binary IR; the binary form begins with `SLIR`. */
export const irFrontend: Frontend = {
  name: 'ir',
  summary: "Sluice's IR, text and binary",
  extensions: ['.ir', '.irb'],
  detect: (bytes) => isBinary(bytes) || /^\s*(;[^\n]*\s*)*(module|func|import|memory)\b/.test(head(bytes)),
  load: (bytes, file, ops = coreTable) => {
    const module = isBinary(bytes)
      ? decodeModule(bytes, { file, ops })
      : parseModule(new TextDecoder().decode(bytes), { file, ops });
    return module.ok ? ok(loadedModule(module.value, file)) : module;
  },
};

function isBinary(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

function head(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, 4096));
}
