/** Text tables for people. */

/** Rows with their columns aligned to the left, two spaces between. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  return aligned(rows, () => 'left');
}

/** Rows with columns aligned as `side` says by column index. */
export function aligned(rows: readonly (readonly string[])[], side: (column: number) => 'left' | 'right'): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (side(i) === 'right' ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
