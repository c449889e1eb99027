/**
 * Makes exceptions run on machines that know only calls and branches: a function that may throw returns a flag beside its
 * results, and who calls it looks at the flag.
 *
 *     func @g(%0: i32) -> i32 {             func @g.flagged(%0: i32) -> (i32, i32) {
 *       br_if %0, ^1, ^2                      br_if %0, ^3, ^2
 *     ^1: trap throw                   =>   ^2: ret %0, 0
 *     ^2: ret %0                            ^3: ret 0, 1
 *
 *     %1 = invoke i32 @g(%0), ^1, ^2        %3 = call tuple @g.flagged(%0)
 *                                           %4 = result i32 %3 #0
 *                                           %5 = result i32 %3 #1
 *                                           br_if %5, ^2, ^1
 *
 * Paper:   folklore: exceptions as second results. Its cost beside that of tables is measured in Ramsey and Peyton Jones, A
 *          Single Intermediate Language That Supports Multiple Implementations of Exceptions, PLDI 2000.
 * Phases:  `flagsOf` (lower-invoke/flags.ts) finds who needs a flag: what may throw and runs below an `invoke`. Then each
 *          function on its own: a `trap throw` of a function with a flag goes to a block that returns zeros and 1; a call of
 *          such a function ends its block and goes on where the flag is 0, else to that block too. In a function without a flag
 *          nobody above asks, and that block is the trap.
 * Keeps:   names and signatures that others know: exported functions, the start, the initialiser, and all where a module
 *          exports nothing. Where the body moved, a function is left under the old name that calls it and traps.
 *          What references refer to (in tables, segments, globals, by `ref.func`) under a signature with a flag is replaced
 *          by the version with a flag, so that exceptions pass through `call_indirect`; not where references come into the
 *          module or leave it: there exceptions stop (SPEC.md §8). They do not pass through the host: it sees the trap of
 *          its own call.
 * Needs:   nothing. Without `invoke` the module stays the same object, found out by a look at each block's end.
 * Breaks:  critical edges appear (split-critical-edges), blocks that nothing reaches too; a call through an old name costs one
 *          unit of fuel and of depth more.
 * Rewrites: all or nothing, since callers and callees change together: a spent budget leaves the module as it is.
 * Cost:    linear in the functions that change, and in the calls of the module.
 * Not done: passing the results of a call in tail position on with their flag; tables of handlers, which cost nothing where
 *          nothing is thrown but need an instruction of the machine.
 */

import { callSites, type Func, functionsNamedOutside, type Module, termOf } from '@sluice/ir';
import { definePass, type ModuleContext } from '@sluice/pipeline';
import { lowerBody } from './lower-invoke/body.ts';
import { type Flags, flagsOf, withFlag } from './lower-invoke/flags.ts';
import { flaggingWrapper, trappingWrapper } from './lower-invoke/wrappers.ts';

export default definePass({
  name: 'lower-invoke',
  summary: 'turn exceptions into a flag that functions return beside their results',
  paper: 'folklore; Ramsey and Peyton Jones, PLDI 2000',
  scope: 'module',
  idempotent: true,
  before: [{ pass: 'split-critical-edges', why: 'the branches on flags have critical edges' }],
  run(m, cx) {
    if (!m.funcs.some(hasInvoke)) return m;
    const flags = flagsOf(m);
    const isShown = shownIn(m, flags);
    const funcs: Func[] = [];
    for (const f of m.funcs) {
      const lowered = lowerFunc(f, flags, isShown(f.name), cx);
      if (lowered === null) return m;
      funcs.push(...lowered);
    }
    for (const { name, sig } of m.imports) {
      const version = flags.versions.get(name);
      if (version !== undefined) funcs.push(flaggingWrapper(version, sig, 'call_host', name, cx.ops));
    }
    return { ...m, ...withVersions(m, flags), funcs };
  },
});

function hasInvoke(f: Func): boolean {
  return f.order.some((b) => termOf(f, b).op.kind === 'invoke');
}

/** What stands for a function from now on; null when the budget of rewrites is spent. */
function lowerFunc(f: Func, flags: Flags, isShown: boolean, cx: ModuleContext): readonly Func[] | null {
  cx.enter(f);
  const version = flags.versions.get(f.name);
  const moves = flags.moved.has(f.name);
  const body = lowerBody(f, flags, cx);
  if (body !== f && !cx.rewrite(moves ? 'moved to a function that returns a flag' : 'asks for flags')) return null;
  if (version === undefined) return [body];
  if (!moves) {
    const added = cx.rewrite('got a version that returns a flag, for the table');
    return added ? [body, flaggingWrapper(version, f.sig, 'call', f.name, cx.ops)] : null;
  }
  const moved: Func = { ...body, name: version, sig: withFlag(f.sig), cache: new Map() };
  return isShown ? [trappingWrapper(f.name, f.sig, version, cx.ops), moved] : [moved];
}

/** Whether others than calls know the function of a name. */
function shownIn(m: Module, flags: Flags): (name: string) => boolean {
  // Who embeds a module that shows everything calls functions by name.
  const known = functionsNamedOutside({ ...m, ...withVersions(m, flags) });
  if (known === null) return () => true;
  const names = new Set(known);
  for (const f of m.funcs) for (const v of callSites(f).references) names.add(flags.versionOf(String(f.insts[v]?.imm)));
  return (name) => names.has(name);
}

/** Tables, element segments and globals with the versions that return flags. */
function withVersions(m: Module, { versionOf }: Flags): Pick<Module, 'tables' | 'segments' | 'globals'> {
  const version = <T>(item: T): T | string => (typeof item === 'string' ? versionOf(item) : item);
  return {
    tables: m.tables.map((table) => ({ ...table, elements: table.elements.map(version) })),
    segments: m.segments.map((segment) => ({ ...segment, items: segment.items.map(version) })),
    globals: m.globals.map((g) => (g.type === 'funcref' ? { ...g, init: version(g.init) } : g)),
  };
}
