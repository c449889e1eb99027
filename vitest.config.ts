/**
 * Tests run on the current sources: the condition `sluice-source` of every workspace's `exports` leads to `src`.
 * Two workers suit the smallest machine that continuous integration uses; files run in threads, isolated.
 */
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const conditions = ['sluice-source', 'module', 'node', 'import', 'default'];

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    benchmark: { include: ['test/**/*.bench.ts'] },
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 60_000,
    server: { deps: { inline: [/@sluice\//] } },
  },
});

export default config;
