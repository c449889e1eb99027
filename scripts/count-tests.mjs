/** Prints `passed failed` of a vitest JSON report; a file that could not be loaded counts as one failure. */
import { readFileSync } from 'node:fs';
import process from 'node:process';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
process.stdout.write(`${report.numPassedTests} ${report.numFailedTests + unloaded.length}\n`);
