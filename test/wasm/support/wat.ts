/**
 * Assembles modules that tests keep as text, with npm's `binaryen`: a toolchain that shares nothing with ours. It keeps
 * what a function does, not its very instructions: a test of exact bytes writes bytes.
 */

import binaryen from 'binaryen';

/** The binary of a module in the WebAssembly text format; throws where the text is wrong. */
export function assemble(text: string): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(text);
  try {
    module.setFeatures(
      binaryen.Features.MutableGlobals |
        binaryen.Features.SignExt |
        binaryen.Features.NontrappingFPToInt |
        binaryen.Features.BulkMemory |
        binaryen.Features.BulkMemoryOpt |
        binaryen.Features.ReferenceTypes |
        binaryen.Features.Multivalue |
        binaryen.Features.SIMD128,
    );
    if (module.validate() === 0) throw new Error('the text is no valid module');
    return new Uint8Array(module.emitBinary());
  } finally {
    module.dispose();
  }
}
