/** Text written byte by byte is what `String` makes of the same values. */

import { TextSink } from '@sluice/frontend-bril/text-sink';
import { expect, test } from 'vitest';

function written(write: (sink: TextSink) => void): string {
  const pieces: string[] = [];
  const sink = new TextSink((text) => void pieces.push(text));
  write(sink);
  sink.flush();
  return pieces.join('');
}

test('integers of 64 bits in halves', () => {
  const values = [0n, 9n, 10n, 99n, 100n, 999_999_999n, 1_000_000_000n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n];
  for (const around of values) {
    for (const sign of [1n, -1n]) {
      for (let k = -3n; k <= 3n; k++) {
        const value = BigInt.asIntN(64, sign * around + k);
        const low = Number(BigInt.asIntN(32, value));
        expect(written((sink) => sink.int64(low, Number(value >> 32n)))).toBe(String(value));
      }
    }
  }
});

test('any text, whatever the pieces', () => {
  const parts = ['a', 'é', '\u{feff}', '😀', 'long '.repeat(100), '\u{10ffff}', '-0.5'];
  const want: string[] = [];
  const got = written((sink) => {
    for (let i = 0; i < 60_000; i++) {
      const part = parts[i % parts.length] as string;
      sink.text(part);
      sink.int64(i, 0);
      sink.byte(10);
      want.push(`${part}${i}\n`);
    }
  });
  expect(got).toBe(want.join(''));
});
