import { presets } from '@sluice/driver';
import { expect, test } from 'vitest';
import { hello } from '../src/hello.ts';

test('every engine prints the sum of the squares', () => {
  const engines = presets.engines.map(({ name }) => name);
  expect(engines).toEqual(expect.arrayContaining(['interp', 'stack', 'register']));
  const { outputs } = hello(10, engines);
  expect(Object.fromEntries(outputs)).toEqual(
    Object.fromEntries(engines.map((name) => [name, { output: '285\n', code: 0 }])),
  );
});

test('one multiplication is left, and a remark says why', () => {
  const { text, remarks } = hello(1, []);
  expect(text.match(/i64\.mul/g)).toHaveLength(1);
  expect(remarks.some(({ instance, kind }) => instance.startsWith('gvn') && kind === 'rewrite')).toBe(true);
});
