/**
 * Turns a parallel move (all sources are read, then all destinations are written) into moves one after the other.
 *
 *     a, b, c := b, a, a            c := a;  a := b;  b := c            no temporary: c keeps what a held
 *     a, b    := b, a               t := a;  a := b;  b := t
 *
 * A destination may be written as soon as nobody has to read it any more. When none is left, what remains are cycles: one
 * place of a cycle is saved elsewhere, and the cycle unrolls. A value that has been moved is read from where it is
 * now, so that its old place becomes free at once: a cycle with a further destination needs no temporary.
 *
 * Paper:   Benoit Boissinot et al., Revisiting Out-of-SSA Translation for Correctness, Code Quality and Efficiency,
 *          CGO 2009, algorithm 1 (the test that finds cycles as corrected by its authors). Compare Rideau, Serpette,
 *          Leroy, Tilting at Windmills with Coq, 2008.
 * Cost:    linear. The number of moves is the least possible: one for each move that moves anything, and one for each
 *          cycle from which no further destination leads away.
 */

/** `to` gets what `from` holds. Places are numbers of any meaning: registers, cells, webs. */
export interface Move {
  readonly from: number;
  readonly to: number;
}

/**
 * The moves one after the other. No place may be a destination twice; moves from a place to itself vanish. `temporary` is
 * asked for a place that no move mentions, once for each cycle, with the place that will be saved there; it may give the
 * same one each time.
 */
export function sequentialMoves(moves: readonly Move[], temporary: (saved: number) => number): readonly Move[] {
  /** By destination: its source. */
  const source = new Map<number, number>();
  /** By source: where its value can be read now. */
  const place = new Map<number, number>();
  for (const { from, to } of moves) {
    if (from === to) continue;
    if (source.has(to)) throw new Error(`a parallel move writes ${to} twice`);
    source.set(to, from);
    place.set(from, from);
  }
  const ready: number[] = [];
  for (const to of source.keys()) if (!place.has(to)) ready.push(to);
  const result: Move[] = [];
  const moveReady = (): void => {
    for (let to = ready.pop(); to !== undefined; to = ready.pop()) {
      const from = source.get(to) as number;
      const now = place.get(from) as number;
      result.push({ from: now, to });
      place.set(from, to);
      // The first move away frees the place itself, which may be a destination too.
      if (now === from && source.has(from)) ready.push(from);
    }
  };
  for (const pending of source.keys()) {
    moveReady();
    // Written already, or read by nobody; else it lies on a cycle, for only there does everything wait for another.
    if (place.get(pending) !== pending) continue;
    const saved = temporary(pending);
    result.push({ from: pending, to: saved });
    place.set(pending, saved);
    ready.push(pending);
  }
  moveReady();
  return result;
}
