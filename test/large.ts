/** Bril programs of any size, of the shapes that break compilers: lines, chains, nests. */

/** x runs through n additions and xor-like steps that no pass can fold: it depends on the argument. */
export function line(n: number): string {
  const lines = ['@main(a: int) {', '  x: int = id a;'];
  for (let i = 0; i < n; i++) lines.push(i % 3 === 0 ? '  x: int = mul x a;' : '  x: int = add x a;');
  return `${lines.join('\n')}\n  print x;\n}\n`;
}

/** n blocks in a row, each left by a branch that depends on the argument. */
export function chain(n: number): string {
  const lines = ['@main(a: int) {', '  x: int = id a;', '  zero: int = const 0;'];
  for (let i = 0; i < n; i += 2) {
    lines.push(`  c: bool = lt x zero;`, `  br c .neg${i} .next${i};`, `.neg${i}:`, '  x: int = sub zero x;');
    lines.push(`.next${i}:`, '  x: int = add x a;');
  }
  return `${lines.join('\n')}\n  print x;\n}\n`;
}

/** n loops, each in the body of the one before, each of which runs once; one counter for all. */
export function nest(n: number): string {
  const lines = ['@main(a: int) {', '  x: int = const 0;', '  one: int = const 1;'];
  for (let i = 0; i < n; i++) lines.push(`.head${i}:`);
  lines.push('  x: int = add x one;');
  for (let i = n - 1; i >= 0; i--) lines.push('  c: bool = lt x a;', `  br c .head${i} .exit${i};`, `.exit${i}:`);
  return `${lines.join('\n')}\n  print x;\n}\n`;
}

/** The same with a counter for each loop: n values are alive in the innermost one. */
export function wideNest(n: number): string {
  const lines = ['@main(a: int) {', '  x: int = const 0;', '  one: int = const 1;'];
  for (let i = 0; i < n; i++) lines.push(`  i${i}: int = id a;`, `.head${i}:`);
  lines.push('  x: int = add x one;');
  for (let i = n - 1; i >= 0; i--) {
    lines.push(
      `  i${i}: int = sub i${i} one;`,
      `  c: bool = ge i${i} one;`,
      `  br c .head${i} .exit${i};`,
      `.exit${i}:`,
    );
  }
  return `${lines.join('\n')}\n  print x;\n}\n`;
}
