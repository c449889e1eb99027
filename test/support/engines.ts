/** The engines of the presets as the testkit takes them: with everything between a module and an instance. */
import { encodeProgram, validateProgram } from '@sluice/bytecode';
import { lower, presets } from '@sluice/driver';
import { formatDiagnostic, type Module } from '@sluice/ir';
import { type Pipeline, pipeline, runPipeline } from '@sluice/pipeline';
import type { TestEngine } from '@sluice/testkit';

/** The machines, each of them again with few registers, and the engines of generated code. */
export function machines(): readonly TestEngine[] {
  return presets.engines.flatMap((entry): readonly TestEngine[] => {
    if (entry.executes === 'module' && entry.prepare.length > 0) {
      const { name, instantiate, refuses } = entry;
      const takes = (m: Module): boolean => refuses === undefined || refuses(m) === null;
      const lowerTo = (m: Module): ReturnType<TestEngine['lower']> => {
        const { module } = runPipeline(m, pipeline(name, entry.prepare, presets.passes), { verifyEach: true });
        return { module, instantiate: (o) => instantiate(module, o) };
      };
      return [{ name, takes, lower: lowerTo }];
    }
    if (entry.executes !== 'program') return [];
    const engine = (name: string, registers?: number): TestEngine => ({
      name,
      lower: (m) => {
        const options = { verifyEach: true, ...(registers === undefined ? {} : { registers }) };
        const { program } = lower(m, entry.target, presets, options);
        // The IR before allocation: after it, parameters that got no register are read from slots that the caller set.
        const prepare = pipeline(entry.name, entry.target.prepare, presets.passes);
        const { module } = runPipeline(m, prepare);
        const [wrong] = validateProgram(program, { file: name });
        if (wrong !== undefined) throw new Error(`${name}: ${formatDiagnostic(wrong)}`);
        encodeProgram(program);
        return { module, instantiate: (o) => entry.instantiate(program, o) };
      },
    });
    return [engine(entry.name), engine(`${entry.name} with 6 registers`, 6)];
  });
}

/** The pipelines of the levels. */
export function levelPipelines(): readonly Pipeline[] {
  return presets.levels.map((name) => presets.levelPipeline(name));
}
