/**
 * Calls across the border of generated JavaScript (codegen/src/js-code.ts): from outside with values, from tables to the host.
 */

import type { JsCode, JsEnv, JsFunc, JsFunction } from '@sluice/codegen';
import type { Signature, Type, Value } from '@sluice/ir';

type Cells = Pick<JsEnv, 'L' | 'S' | 'RI' | 'RV'>;

/** Calls a generated function; its frame starts where slots are free (`S[2]`). */
export function callGenerated(
  fn: JsFunction,
  { sig, framed }: Pick<JsFunc, 'sig' | 'framed'>,
  args: readonly Value[],
  cells: Cells,
): readonly Value[] {
  const { L, S, RI, RV } = cells;
  const fp = S[2] as number;
  const own: Value[] = framed ? [fp] : [];
  let slot = fp;
  sig.params.forEach((type, i) => {
    if (type === 'i64') L[slot++] = args[i] as bigint;
    else own.push(args[i]);
  });
  const given = fn(...own);
  const first = sig.results.findIndex((type) => type !== 'i64');
  return sig.results.map((type, i): Value => {
    if (type === 'i64') return L[slot++];
    if (i === first) return given;
    return type === 'i32' ? RI[i] : RV[i];
  });
}

/** What stands in a table for a function that takes and gives values: called as generated functions are. */
export function tableEntry(
  sig: Signature,
  code: Pick<JsCode, 'frames'>,
  cells: Cells,
  call: (args: readonly Value[]) => readonly Value[],
): JsFunction {
  const { L, S, RI, RV } = cells;
  const wide = (types: readonly Type[]): number => types.filter((type) => type === 'i64').length;
  const params = wide(sig.params);
  const slots = params + wide(sig.results);
  const first = sig.results.findIndex((type) => type !== 'i64');
  return (...own) => {
    let at = code.frames ? 1 : 0;
    const fp = code.frames ? (own[0] as number) : 0;
    let slot = fp;
    const args = sig.params.map((type): Value => (type === 'i64' ? L[slot++] : own[at++]));
    if (code.frames) S[2] = fp + slots;
    const results = call(args);
    slot = fp + params;
    sig.results.forEach((type, i) => {
      if (type === 'i64') L[slot++] = results[i] as bigint;
      else if (i === first) return;
      else if (type === 'i32') RI[i] = results[i] as number;
      else RV[i] = results[i];
    });
    return first < 0 ? undefined : results[first];
  };
}
