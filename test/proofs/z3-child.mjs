/** One SMT-LIB script a line, as JSON; the answer on a line. See z3.ts. */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { init } from 'z3-solver';

const { Z3 } = await init();
const context = Z3.mk_context(Z3.mk_config());
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${await answer(line)}\n`);

// Now and then this build of the solver misreads a script that it reads right when asked again.
async function answer(line) {
  let said = '';
  for (let tries = 0; tries < 5; tries++) {
    try {
      said = (await Z3.eval_smtlib2_string(context, `(reset)${JSON.parse(line)}`)).trim();
    } catch (error) {
      said = String(error);
    }
    if (said === 'unsat' || said === 'sat' || said === 'unknown') return said;
    if (/cancel|resource|rlimit/.test(said)) return 'unknown';
  }
  return `error ${said.replaceAll('\n', ' ')}`;
}
