/**
 * Measuring on machines that are shared and noisy: the unit of times is one iteration of a fixed
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

const iterations = 10_000_000;

/** A clock, in milliseconds. */
type Clock = () => number;

/** What this thread has spent: what others do on a shared machine doesn't count. */
const spent: Clock = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** Nanoseconds of one unit, now. */
function unitNs(clock: Clock): number {
  const calibrationLoop = new Function('iterations', calibrationSource) as (iterations: number) => number;
  let start = 0;
  for (let i = 0; i < 7; i++) {
    // The first two runs warm the loop up.
    if (i === 2) start = clock();
    if (calibrationLoop(iterations) !== checksum) throw new Error('the calibration loop is wrong');
  }
  return ((clock() - start) * 1e6) / iterations / 5;
}

const checksum = 166_326_912;

/** Milliseconds of the runs of `body`, and the unit around them. */
export interface Timing {
  readonly ms: number;
  readonly unitNs: number;
}

/**
 * The mean time that this thread spends in `runs` runs after `warm` uncounted ones. `before` makes fresh input for each run,
 * untimed. All runs are one measurement: the clock of threads may tick in steps of milliseconds.
 */
export function time<T>(runs: number, warm: number, before: () => T, body: (input: T) => void): Timing {
  for (let i = 0; i < warm; i++) body(before());
  const inputs = Array.from({ length: runs }, before);
  const first = unitNs(spent);
  const start = spent();
  for (const input of inputs) body(input);
  const ms = (spent() - start) / runs;
  return { ms, unitNs: (first + unitNs(spent)) / 2 };
}

/** As `time`, by the clock on the wall, where each run says itself how many milliseconds count; the median. */
export function timeOf(runs: number, warm: number, run: () => number): Timing {
  for (let i = 0; i < warm; i++) run();
  const wall: Clock = () => performance.now();
  const first = unitNs(wall);
  const samples = Array.from({ length: runs }, run);
  return { ms: median(samples), unitNs: (first + unitNs(wall)) / 2 };
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
