/** Functions that lead from one convention of `lower-invoke` to the other. */

import { type Func, FuncBuilder, type OpTable, type Signature, type ValueId } from '@sluice/ir';
import { withFlag } from './flags.ts';

/** A function without a flag that calls one with a flag, and traps when it is set. */
export function trappingWrapper(name: string, sig: Signature, flagged: string, ops: OpTable): Func {
  const b = new FuncBuilder(name, sig, ops);
  const all = callFrom(b, 'call', flagged, withFlag(sig));
  const [thrown, returned] = [b.block(), b.block()];
  b.brIf(all.at(-1) as ValueId, thrown, returned);
  b.at(thrown);
  b.trap('throw');
  b.at(returned);
  b.ret(...all.slice(0, -1));
  return b.finish();
}

/** A function with a flag that calls one without, or an import, and never sets it. */
export function flaggingWrapper(
  name: string,
  sig: Signature,
  op: 'call' | 'call_host',
  callee: string,
  ops: OpTable,
): Func {
  const b = new FuncBuilder(name, withFlag(sig), ops);
  const results = callFrom(b, op, callee, sig);
  b.ret(...results, b.constant('i32', 0));
  return b.finish();
}

/** A call with the function's own parameters; its results one by one. */
function callFrom(b: FuncBuilder, op: 'call' | 'call_host', callee: string, sig: Signature): readonly ValueId[] {
  const { results } = sig;
  const [only] = results;
  if (only === undefined) {
    b.emit(op, b.params, callee, 'void');
    return [];
  }
  if (results.length === 1) return [b.emit(op, b.params, callee, only)];
  const all = b.emit(op, b.params, callee, 'tuple');
  return results.map((type, k) => b.emit('result', [all], k, type));
}
