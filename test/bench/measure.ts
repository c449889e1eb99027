/**
 * Measuring on machines that are shared and noisy: times are medians, and their unit is one iteration of a fixed
 * calibration loop measured in the same run, right before and after, so that a machine's drift cancels out.
 */

/**
 * An i32 multiply-add-xor loop in plain JavaScript; about 0.95 ns an iteration where the design was measured. Made anew
 * for each measurement: one function that lives through the whole run may lose its optimised code on the way.
 */
const calibrationSource = `
  let x = 12345;
  let s = 0;
  for (let i = 0; i < iterations; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    s ^= x;
  }
  return s;`;

const iterations = 4_000_000;

/** Nanoseconds of one unit, now. */
export function unitNs(): number {
  const calibrationLoop = new Function('iterations', calibrationSource) as (iterations: number) => number;
  const samples: number[] = [];
  for (let i = 0; i < 7; i++) {
    const start = performance.now();
    if (calibrationLoop(iterations) !== checksum) throw new Error('the calibration loop is wrong');
    samples.push(((performance.now() - start) * 1e6) / iterations);
  }
  // The first two runs warm the loop up.
  return median(samples.slice(2));
}

const checksum = -1_298_099_968;

/** Milliseconds of the runs of `body`, and the unit around them. */
export interface Timing {
  readonly ms: number;
  readonly unitNs: number;
}

/** The median of `runs` runs after `warm` uncounted ones. `before` makes fresh input for each run, untimed. */
export function time<T>(runs: number, warm: number, before: () => T, body: (input: T) => void): Timing {
  for (let i = 0; i < warm; i++) body(before());
  const first = unitNs();
  const samples: number[] = [];
  for (let i = 0; i < runs; i++) {
    const input = before();
    const start = performance.now();
    body(input);
    samples.push(performance.now() - start);
  }
  return { ms: median(samples), unitNs: (first + unitNs()) / 2 };
}

/** As `time`, where each run says itself how many milliseconds count. */
export function timeOf(runs: number, warm: number, run: () => number): Timing {
  for (let i = 0; i < warm; i++) run();
  const first = unitNs();
  const samples = Array.from({ length: runs }, run);
  return { ms: median(samples), unitNs: (first + unitNs()) / 2 };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The geometric mean. */
export function geomean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** One figure against what is wanted. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** At most this; null: reported only. */
  readonly limit: number | null;
}

/** Prints figures, one a line, and says whether all are within their limits. */
export function report(figures: readonly Figure[]): boolean {
  let fine = true;
  for (const { name, value, limit } of figures) {
    const met = limit === null || value <= limit;
    fine &&= met;
    const wanted = limit === null ? '' : `  (at most ${limit}${met ? '' : ': MISSED'})`;
    console.log(`${name.padEnd(64)} ${value.toFixed(3).padStart(10)}${wanted}`);
  }
  return fine;
}
