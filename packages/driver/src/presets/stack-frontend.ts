/** Stack bytecode as an input: assembly (`.sasm`) and binary (`.sbc`). */

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
    return module.ok ? ok(loadedModule(module.value, file)) : module;
  },
};
