/** The passes of the Bril backend keep the laws that all passes keep. */

import brilTarget from '@sluice/backend-bril';
import { passLaws } from '@sluice/testkit';
import { describe, test } from 'vitest';

describe('laws', () => {
  test.each(brilTarget.passes.map((pass) => [pass.name, pass] as const))('%s', { timeout: 120_000 }, (_, pass) => {
    passLaws(pass, { runs: 25 });
  });
});
