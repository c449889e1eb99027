/** The concrete parts: the one file of the driver that names frontends, passes, backends and engines. */

import { brilFrontend } from '@sluice/frontend-bril';
import { coreTable, interp } from '@sluice/ir';
import { isLevel, levelPipeline, levels, passes } from '@sluice/passes';
import { ScheduleError } from '@sluice/pipeline';
import { irFrontend } from './ir-frontend.ts';
import type { Toolchain } from './toolchain.ts';

/** The parts that the command uses. */
export const presets: Toolchain = {
  ops: coreTable,
  frontends: [brilFrontend, irFrontend],
  passes,
  levels,
  levelPipeline: (name) => {
    if (isLevel(name)) return levelPipeline(name);
    throw new ScheduleError(`there is no level '${name}'; there are: ${levels.join(', ')}`);
  },
  engines: [
    {
      name: 'interp',
      summary: 'the reference interpreter of the IR: slow, the oracle for all others',
      unit: 'IR instruction',
      executes: 'module',
      instantiate: interp.instantiate,
    },
    {
      name: 'bril',
      summary: "Bril's direct interpreter, which never touches the IR",
      unit: 'Bril instruction',
      executes: 'source',
    },
  ],
  defaultEngine: 'interp',
  allocate: () => {
    throw new Error('no allocator');
  },
};
