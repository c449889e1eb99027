/** Sequential moves do what the parallel move says, in as few moves as possible. */
import { type Move, sequentialMoves } from '@sluice/codegen';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Any parallel move over few places: each place gets the value of some place. */
const parallel: fc.Arbitrary<Move[]> = fc
  .integer({ min: 1, max: 9 })
  .chain((places) =>
    fc
      .array(fc.option(fc.nat(places - 1), { freq: 4 }), { minLength: places, maxLength: places })
      .map((sources) => sources.flatMap((from, to) => (from === null ? [] : [{ from, to }]))),
  );

/** The moves that move anything, and the cycles that nothing else reads: `a -> b -> a` without `b -> c`. */
function leastMoves(moves: readonly Move[]): { readonly moves: number; readonly cycles: number } {
  const real = moves.filter(({ from, to }) => from !== to);
  const source = new Map(real.map(({ from, to }) => [to, from]));
  const readers = (place: number): number => real.filter(({ from }) => from === place).length;
  const done = new Set<number>();
  let cycles = 0;
  for (const start of source.keys()) {
    const path: number[] = [];
    let at: number | undefined = start;
    while (at !== undefined && !done.has(at) && !path.includes(at)) {
      path.push(at);
      at = source.get(at);
    }
    const cycle = at === undefined || done.has(at) ? [] : path.slice(path.indexOf(at));
    if (cycle.length > 0 && cycle.every((place) => readers(place) === 1)) cycles++;
    for (const place of path) done.add(place);
  }
  return { moves: real.length + cycles, cycles };
}

const temporary = 100;

describe('sequentialMoves', () => {
  test('has the effect of the parallel move, with the fewest moves and temporaries', () => {
    fc.assert(
      fc.property(parallel, (moves) => {
        let asked = 0;
        const sequence = sequentialMoves(moves, () => {
          asked++;
          return temporary;
        });
        const places = new Map(Array.from({ length: 9 }, (_, i) => [i, `v${i}`]));
        const wanted = new Map(places);
        for (const { from, to } of moves) wanted.set(to, `v${from}`);
        for (const { from, to } of sequence) {
          expect(places.has(from)).toBe(true);
          places.set(to, places.get(from) as string);
        }
        places.delete(temporary);
        expect(places).toEqual(wanted);
        const least = leastMoves(moves);
        expect(sequence.length).toBe(least.moves);
        expect(asked).toBe(least.cycles);
      }),
      { numRuns: 3000 },
    );
  });

  test('asks for a place for each cycle, and says what it will save', () => {
    const saved: number[] = [];
    const moves = sequentialMoves(
      [
        { from: 1, to: 0 },
        { from: 0, to: 1 },
        { from: 3, to: 2 },
        { from: 2, to: 3 },
      ],
      (place) => {
        saved.push(place);
        return temporary + saved.length;
      },
    );
    expect(saved).toEqual([0, 2]);
    expect(moves.length).toBe(6);
  });

  test('refuses a place that is written twice', () => {
    const twice = [
      { from: 0, to: 2 },
      { from: 1, to: 2 },
    ];
    expect(() => sequentialMoves(twice, () => temporary)).toThrow('writes 2 twice');
  });

  test('takes long chains and cycles', () => {
    const count = 100_000;
    const rotation = Array.from({ length: count }, (_, i) => ({ from: (i + 1) % count, to: i }));
    expect(sequentialMoves(rotation, () => count).length).toBe(count + 1);
    expect(sequentialMoves(rotation.slice(1), () => count).length).toBe(count - 1);
  });
});
