/**
 * What must hold of any bytes: they are refused with a diagnostic, or they are a module that verifies, optimises, is
 * emitted as Wasm that a JavaScript engine takes, and loads again. The JavaScript engine is also asked about the bytes: what
 * it refuses must be refused here.
 *
 * The other way round it may know more (proposals behind Wasm 2.0), which is refused here and no mistake.
 */

import { load, optimise, presets } from '@sluice/driver';
import { formatDiagnostic, verifyModule } from '@sluice/ir';
import { emitWasm } from '../../spec/emit.ts';

/** What became of the bytes. */
export type Fate =
  | { readonly kind: 'refused'; readonly code: string; readonly known: boolean; readonly message: string }
  | { readonly kind: 'valid' };

/** Finds out; throws where something does not hold. */
export function checkModule(bytes: Uint8Array<ArrayBuffer>): Fate {
  const known = WebAssembly.validate(bytes);
  const loaded = load(presets, bytes, 'mutant.wasm', { from: 'wasm' });
  if (!loaded.ok) {
    const [first] = loaded.diagnostics;
    if (first === undefined) throw new Error('refused without a diagnostic');
    const message = formatDiagnostic(first);
    if (!/^mutant\.wasm:\S+ error\[SL\d{4}\]: .+/.test(message)) throw new Error(`no good diagnostic: ${message}`);
    return { kind: 'refused', code: first.code, known, message };
  }
  if (!known) throw new Error('accepted, and the JavaScript engine refuses it');
  const { module } = loaded.value;
  const [wrong] = verifyModule(module);
  if (wrong !== undefined) throw new Error(`wrong as lifted: ${formatDiagnostic(wrong)}`);
  const optimised = optimise(module, presets.levelPipeline('O1'));
  const [problem] = verifyModule(optimised);
  if (problem !== undefined) throw new Error(`wrong after O1: ${formatDiagnostic(problem)}`);
  const emitted = emitWasm(optimised, 'O0');
  if (!WebAssembly.validate(emitted)) throw new Error('the emitted module is not valid');
  return { kind: 'valid' };
}
