/** The tests with one file mutated (SLUICE_MUTANT, see test/mutants/hook.mjs), ended at the first failure. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { ViteUserConfig } from 'vitest/config';
import base from './vitest.config.ts';

const mutant = JSON.parse(process.env.SLUICE_MUTANT || 'null') as {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
} | null;

const config: ViteUserConfig = {
  ...base,
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      load(id) {
        if (mutant === null || id.split('?')[0] !== mutant.file) return null;
        const source = readFileSync(mutant.file, 'utf8');
        return source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end);
      },
    },
  ],
};

export default config;
