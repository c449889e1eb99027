/**
 * Runs a command with environment variables set, the same on every platform:
 * `node scripts/with-env.mjs NAME=value ... -- command args`.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const args = process.argv.slice(2);
const split = args.indexOf('--');
const env = { ...process.env };
for (const pair of args.slice(0, split)) {
  const at = pair.indexOf('=');
  env[pair.slice(0, at)] = pair.slice(at + 1);
}
const [command, ...rest] = args.slice(split + 1);
const { status } = spawnSync(command, rest, { env, stdio: 'inherit', shell: process.platform === 'win32' });
process.exitCode = status ?? 1;
