/** Loads one file with a mutation: SLUICE_MUTANT is `{"file", "start", "end", "text"}` as JSON. For `node --import`. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const mutant = JSON.parse(process.env.SLUICE_MUTANT || 'null');
if (mutant !== null) {
  const wanted = pathToFileURL(mutant.file).href;
  registerHooks({
    load(url, context, next) {
      if (url !== wanted) return next(url, context);
      const source = readFileSync(mutant.file, 'utf8');
      return {
        format: 'module-typescript',
        source: source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end),
        shortCircuit: true,
      };
    },
  });
}
