/** Bytes to a module: which frontend, by what the user said, the extension, or the content. */

import { type Frontend, fail, type Loaded, ok, type Result, verifyModule } from '@sluice/ir';
import { badUsage, unknownFormat } from './diag-codes.ts';
import type { Toolchain } from './toolchain.ts';

/** The frontend for a file: `from` if given, else by extension and content (content decides where both speak). */
export function frontendFor(
  tools: Toolchain,
  bytes: Uint8Array,
  file: string,
  from: string | undefined,
): Result<Frontend> {
  const names = tools.frontends.map(({ name }) => name);
  if (from !== undefined) {
    const named = tools.frontends.find(({ name }) => name === from);
    return named === undefined
      ? fail(badUsage(`no input format '${from}'`, `there are: ${names.join(', ')}`))
      : ok(named);
  }
  const byExtension = tools.frontends.filter(({ extensions }) => extensions.some((end) => file.endsWith(end)));
  const byContent = tools.frontends.filter((frontend) => frontend.detect(bytes));
  const found = byExtension.find((frontend) => byContent.includes(frontend)) ?? byExtension[0] ?? byContent[0];
  return found === undefined ? fail(unknownFormat(file, names)) : ok(found);
}

/** Loads a file's bytes, and verifies what its frontend does not validate by itself. */
export function load(
  tools: Toolchain,
  bytes: Uint8Array,
  file: string,
  options: { readonly from?: string | undefined } = {},
): Result<Loaded> {
  const frontend = frontendFor(tools, bytes, file, options.from);
  if (!frontend.ok) return frontend;
  const loaded = frontend.value.load(bytes, file, tools.ops);
  if (!loaded.ok || frontend.value.validates === true) return loaded;
  const problems = verifyModule(loaded.value.module);
  return problems.length > 0 ? fail(...problems) : loaded;
}
