/** Stack bytecode as an input: assembly (`.sasm`) and binary (`.sbc`). */

import { brilHost } from '@sluice/frontend-bril';
import { isStackBytecode, liftStack, readStack } from '@sluice/frontend-stack';
import { type Frontend, ok } from '@sluice/ir';
import { loadedModule } from '../modules.ts';

/** Stack bytecode, validated and lifted. */
export const stackFrontend: Frontend = {
  name: 'stack',
  summary: 'stack bytecode, assembly and binary',
  extensions: ['.sasm', '.sbc'],
  detect: isStackBytecode,
  load: (bytes, file, ops) => {
    const options = { file, ...(ops === undefined ? {} : { ops }) };
    const program = readStack(bytes, options);
    if (!program.ok) return program;
    const module = liftStack(program.value, options);
    if (!module.ok) return module;
    const loaded = loadedModule(module.value, file);
    // What was made of Bril prints as Bril does.
    return ok({ ...loaded, host: (out) => new Map([...loaded.host(out), ...brilHost(module.value, out)]) });
  },
};
