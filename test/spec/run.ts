/** Runs scripts on configurations. */

import { presets } from '@sluice/driver';
import { type Configuration, configurationName, engineMaker, makeModules } from './makers.ts';
import type { Row } from './report.ts';
import { runScript } from './run-script.ts';
import type { Script } from './script.ts';

const wanted = ['interp', 'register', 'wasm', 'js'];

/** The engines that scripts run on, those of them that there are. */
export const defaultEngines: readonly string[] = wanted.filter((name) =>
  presets.engines.some((each) => each.name === name),
);

/** Engines at levels; with `trips`, each also behind a round trip through Wasm at its level. */
export function configurationsOf(
  engines: readonly string[],
  levels: readonly string[],
  trips: boolean,
): readonly Configuration[] {
  return engines.flatMap((engine) =>
    levels.flatMap((level) => (trips ? [null, level] : [null]).map((trip): Configuration => ({ engine, level, trip }))),
  );
}

/** Every script on every configuration, script by script; `progress` hears of each script before it runs. */
export function runScripts(
  scripts: readonly Script[],
  configurations: readonly Configuration[],
  progress: (script: string) => void = () => undefined,
): readonly Row[] {
  return scripts.flatMap((script) => {
    progress(script.name);
    const modules = makeModules();
    return configurations.map((each): Row => {
      const tally = runScript(script, engineMaker(each, modules));
      return { script: script.name, configuration: configurationName(each), tally };
    });
  });
}
