/** Functions of sizes that recursion, spreading and quadratic algorithms don't survive. */

/** One block with a line of `count` additions. */
export function longLine(count: number): string {
  const lines = ['func @line(%0: i32) -> i32 {', '^0:'];
  for (let k = 1; k <= count; k++) lines.push(`  %${k} = i32.add %${k - 1}, %${k >> 1}`);
  lines.push(`  ret %${count}`, '}', '');
  return lines.join('\n');
}

/** `count` blocks, each of which goes to the next; every other one is a loop with a phi. */
export function longChain(count: number): string {
  const lines = ['func @chain(%0: i32) -> i32 {'];
  for (let k = 0; k < count - 1; k++) {
    lines.push(`^${k}:`);
    if (k % 2 === 0) lines.push(`  br ^${k + 1}`);
    else
      lines.push(
        `  %${(k + 1) / 2} = phi i32 [^${k - 1}: %0], [^${k}: %${(k + 1) / 2}]`,
        `  br_if %0, ^${k}, ^${k + 1}`,
      );
  }
  lines.push(`^${count - 1}:`, '  ret %0', '}', '');
  return lines.join('\n');
}

/** A switch of `count` cases to one block, with a phi, and one block for each case before it. */
export function wideSwitch(count: number): string {
  const cases = Array.from({ length: count }, (_, k) => `${k}: ^${k + 1}`);
  const inputs = Array.from({ length: count }, (_, k) => `[^${k + 1}: %0]`);
  const lines = ['func @wide(%0: i32) -> i32 {', '^0:', `  switch %0 [${cases.join(', ')}], ^1`];
  for (let k = 1; k <= count; k++) lines.push(`^${k}:`, `  br ^${count + 1}`);
  lines.push(`^${count + 1}:`, `  %1 = phi i32 ${inputs.join(', ')}`, '  ret %1', '}', '');
  return lines.join('\n');
}
