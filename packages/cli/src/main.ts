/** The command line: reads arguments, runs one command, returns the exit code. */

/** Runs the command line `argv` (without node and script) and resolves to the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '--version') {
    process.stdout.write('0.1.0\n');
    return 0;
  }
  process.stderr.write('sluice: error[SL0601]: unknown command; run `sluice --help`\n');
  return 2;
}
