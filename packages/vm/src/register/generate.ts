/**
 * Generates the Wasm loop for a set of handlers: one function, a loop around a `br_table` (MEASURED §2). It has just the
 * handlers that a program uses, so that V8's optimising compiler is done with it soon. V8 replaces no running code:
 * the loop therefore returns to its host at safepoints (fuel, see runner.ts) and is entered again.
 */

import { encodeModule, opcode } from '@sluice/wasm-format';
import { emitControl } from './emit-control.ts';
import { emitOp } from './emit-op.ts';
import { longest } from './fuse.ts';
import type { Handler, Links, Shape } from './handler.ts';
import { state } from './layout.ts';
import { HandlerWriter, keptTypes, local } from './writer.ts';

/** The loop: runs from pc with frame fp, units of fuel, free depth; gives a `status`. */
export type LoopFunction = (pc: number, fp: number, fuel: number, depth: number) => number;

/** Handlers that transfer control. */
const controlShapes: ReadonlySet<Shape> = new Set<Shape>([
  'halt',
  'fall',
  'clear',
  'jump',
  'jump-if',
  'jump-unless',
  'jump-op',
  'jump-op-imm',
  'switch-table',
  'switch-search',
  'call',
  'call-n',
  'call-multi',
  'call-indirect',
  'call-indirect-multi',
  'call-host',
  'call-host-log',
  'return',
  'return-multi',
  'trap',
]);

/** Whether a handler, or a part of it, gives a vector that later parts may take over. */
function givesVectors({ op, type, shape, sequence }: Handler): boolean {
  return shape === 'const128' || type === 'v128' || op?.sig.result === 'v128' || sequence.some(givesVectors);
}

const noLinks: Links = new Map();

/** The bytes of a loop's module; it exports `run`. */
export function generateLoop(handlers: readonly Handler[], counting: boolean): Uint8Array<ArrayBuffer> {
  const kept = keptTypes.filter((type) => type !== 'v128' || handlers.some(givesVectors));
  const memory = { kind: 'memory', limits: { min: 0, max: null } } as const;
  return encodeModule({
    types: [
      { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] },
      { params: ['i32', 'i32'], results: [] },
      { params: ['i32', 'i32'], results: ['i32'] },
      { params: ['i32'], results: ['i32'] },
    ],
    imports: [
      { module: 'vm', field: 'own', what: memory },
      { module: 'vm', field: 'guest', what: memory },
      { module: 'vm', field: 'cells', what: memory },
      { module: 'vm', field: 'table', what: memory },
      { module: 'vm', field: 'host', what: { kind: 'func', type: 1 } },
      { module: 'vm', field: 'slow', what: { kind: 'func', type: 2 } },
      { module: 'vm', field: 'allocate', what: { kind: 'func', type: 3 } },
      { module: 'vm', field: 'release', what: { kind: 'func', type: 2 } },
    ],
    funcs: [
      {
        type: 0,
        locals: [
          { count: local.x - local.status, type: 'i32' },
          { count: local.count - local.x + 1, type: 'i64' },
          ...kept.map((type) => ({ count: longest, type })),
        ],
        code: loopBody(handlers, counting),
      },
    ],
    memories: [],
    exports: [{ name: 'run', kind: 'func', index: 4 }],
  });
}

function loopBody(handlers: readonly Handler[], counting: boolean): Uint8Array {
  const w = new HandlerWriter(counting);
  if (counting) w.i32Const(0).access([opcode.i64_load], state.count).localSet(local.count);
  w.block().loop();
  w.addCount(1n);
  for (let i = 0; i < handlers.length; i++) w.block();
  w.word(0).brTable([...handlers.keys()], handlers.length - 1);
  for (const [i, handler] of handlers.entries()) {
    w.end();
    w.startHandler(handlers.length - 1 - i);
    const parts = handler.shape === 'sequence' ? handler.sequence : [handler];
    const wanted = new Set(handler.links.flatMap((links) => [...links.values()]));
    for (const [k, part] of parts.entries()) {
      if (k === 0 && part.free) w.addCount(-1n);
      const next = parts[k + 1];
      w.startPart(next === undefined ? 'none' : next.free ? 'free' : 'counted', {
        part: k,
        kept: wanted.has(k),
        links: handler.links[k] ?? noLinks,
      });
      if (controlShapes.has(part.shape)) emitControl(w, part);
      else emitOp(w, part);
    }
  }
  // Nothing falls out of the loop's end: each handler resumes or exits.
  w.end().op(opcode.unreachable).end();
  w.startHandler(0);
  w.saveAll().localGet(local.status);
  return w.take();
}
