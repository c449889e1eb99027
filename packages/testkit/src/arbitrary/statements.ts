/**
 * Statements of a program tree as blocks and edges. Each builder leaves the current block open where execution goes on, or
 * closed where it does not; `scope` keeps values of inner blocks from being used where they do not dominate.
 */

import type { BlockId, Signature, Type, ValueId } from '@sluice/ir';
import { buildIdiom } from './idiom.ts';
import { buildGraph, buildLoop, type Exits } from './loops.ts';
import type { Plan } from './plan.ts';
import { Draw, type Stmt } from './program.ts';
import type { Values } from './values.ts';

/** Builds statements at the current block. */
export function buildBody(x: Values, body: readonly Stmt[], exits: Exits | null): void {
  for (const stmt of body) {
    if (x.b.isClosed()) return;
    buildStmt(x, stmt, new Draw(stmt.picks), exits);
  }
}

/** Builds statements whose values nobody else may use; then goes to `join` unless they went elsewhere. */
export function scope(x: Values, at: BlockId, body: readonly Stmt[], exits: Exits | null, join: BlockId | null): void {
  const mark = x.mark();
  x.b.at(at);
  buildBody(x, body, exits);
  if (join !== null && !x.b.isClosed()) {
    x.sink(mark);
    x.b.br(join);
  }
  x.release(mark);
}

function buildStmt(x: Values, stmt: Stmt, draw: Draw, exits: Exits | null): void {
  const { b, plan } = x;
  const [first = []] = stmt.bodies;
  switch (stmt.kind) {
    case 'op':
      for (let left = draw.below(8); left >= 0; left--) x.op(draw);
      if (plan.idioms.length > 0) buildIdiom(x, draw.of(plan.idioms), draw);
      return;
    case 'set': {
      const made = x.op(draw);
      const type = made?.type ?? draw.of(plan.features.types);
      b.write(x.variable(type, draw), made?.v ?? x.value(type, draw));
      return;
    }
    case 'call': {
      // Callees stand behind their callers, so that these calls end.
      const behind = plan.funcs.slice(x.index + 1);
      if (behind.length > 0) callNamed(x, draw.of(behind), draw);
      return;
    }
    case 'recurse':
      guarded(x, () => (draw.oneIn(3) ? callLast(x, draw) : callNamed(x, draw.of(plan.funcs), draw)));
      return;
    case 'indirect':
      guarded(x, () => callIndirect(x, draw));
      return;
    case 'host':
      callHost(x, draw);
      return;
    case 'leave':
      leave(x, draw, exits);
      return;
    case 'jump':
      jump(x, draw, exits);
      return;
    case 'if':
    case 'when':
      buildIf(x, stmt, draw, exits);
      return;
    case 'switch':
      buildSwitch(x, stmt, draw, exits);
      return;
    case 'loop':
    case 'endless':
      buildLoop(x, stmt.kind, first, draw, scope);
      return;
    case 'graph':
      buildGraph(x, stmt.bodies, draw, scope);
      return;
    case 'pressure':
      buildPressure(x, first, draw, exits);
      return;
    case 'invoke':
      buildInvoke(x, first, draw, exits);
      return;
  }
}

// Calls.

/** Runs `body` while the module's budget of such calls lasts. */
function guarded(x: Values, body: () => void): void {
  const { b, plan } = x;
  const left = b.emit('global.get', [], plan.budget, 'i32');
  const then = b.block();
  const join = b.block();
  b.brIf(left, then, join);
  b.seal(then);
  const mark = x.mark();
  b.at(then);
  b.emit('global.set', [b.emit('i32.sub', [left, x.literal('i32', 1)])], plan.budget);
  body();
  if (!b.isClosed()) {
    x.sink(mark);
    b.br(join);
  }
  x.release(mark);
  b.seal(join);
  b.at(join);
}

function argsOf(x: Values, sig: Signature, draw: Draw): readonly ValueId[] {
  return sig.params.map((type) => x.value(type, draw));
}

/** How the type of a call follows from its signature. */
function typeOfCall({ results }: Signature): Type | 'void' | 'tuple' {
  return results.length > 1 ? 'tuple' : (results[0] ?? 'void');
}

/** Results of a call to the pool and to variables. */
function takeResults(x: Values, call: ValueId, { results }: Signature, draw: Draw): void {
  for (const [i, type] of results.entries()) {
    if (results.length > 1 && draw.oneIn(4)) continue;
    const v = results.length > 1 ? x.b.emit('result', [call], i, type) : call;
    x.push(type, v);
    if (draw.below(2) === 0) x.b.write(x.variable(type, draw), v);
  }
}

function callNamed(x: Values, { name, sig }: { readonly name: string; readonly sig: Signature }, draw: Draw): void {
  takeResults(x, x.b.emit('call', argsOf(x, sig, draw), name, typeOfCall(sig)), sig, draw);
}

/** Calls the function itself and returns what that gives, now and then with something added first. */
function callLast(x: Values, draw: Draw): void {
  const { b, plan } = x;
  const { name, sig } = plan.funcs[x.index] as (typeof plan.funcs)[number];
  x.flush();
  const args = argsOf(x, sig, draw);
  const [type] = sig.results;
  const others = type === undefined ? [] : [x.value(type, draw), x.value(type, draw)];
  const call = b.emit('call', args, name, typeOfCall(sig));
  if (sig.results.length > 1) {
    b.ret(...sig.results.map((each, i) => b.emit('result', [call], i, each)));
  } else if (type === 'i32' || type === 'i64') {
    const op = draw.of(['add', 'mul', 'xor', 'sub'] as const);
    const sum = others.slice(draw.below(3)).reduce((v, other) => b.emit(`${type}.${op}`, [other, v]), call);
    b.ret(sum);
  } else b.ret(...(type === undefined ? [] : [call]));
}

function callHost(x: Values, draw: Draw): void {
  const { name, sig } = draw.of(x.plan.imports);
  takeResults(x, x.b.emit('call_host', argsOf(x, sig, draw), name, typeOfCall(sig)), sig, draw);
}

function callIndirect(x: Values, draw: Draw): void {
  const { traps } = x.plan.features;
  const [first, second] = x.plan.tables;
  // What stands in the second table changes.
  const other = second !== undefined && second.type === 'funcref' && traps && draw.oneIn(4);
  const elements = (other ? second : first)?.elements ?? [];
  const at = traps && draw.oneIn(6) ? elements.length - 1 : draw.below(Math.max(1, elements.length - 1));
  const sig = signatureOf(x.plan, elements[at] ?? null) ?? { params: [], results: [] };
  const index = draw.oneIn(3) && traps ? x.bounded(7, draw) : x.literal('i32', Math.max(0, at));
  const imm = other ? { ...sig, table: second.name } : sig;
  takeResults(x, x.b.emit('call_indirect', [...argsOf(x, sig, draw), index], imm, typeOfCall(sig)), sig, draw);
}

function signatureOf(plan: Plan, name: string | null): Signature | undefined {
  return [...plan.funcs, ...plan.imports].find((f) => f.name === name)?.sig;
}

function buildInvoke(x: Values, handler: readonly Stmt[], draw: Draw, exits: Exits | null): void {
  const { b, plan } = x;
  const behind = plan.funcs.slice(x.index + 1);
  if (behind.length === 0) return;
  const { name, sig } = draw.of(behind);
  const [normal, caught, join] = [b.block(), b.block(), b.block()];
  const call = b.terminate('invoke', argsOf(x, sig, draw), [normal, caught], name, typeOfCall(sig));
  b.seal(normal);
  b.seal(caught);
  const mark = x.mark();
  b.at(normal);
  takeResults(x, call, sig, draw);
  x.sink(mark);
  b.br(join);
  x.release(mark);
  scope(x, caught, handler, exits, join);
  b.seal(join);
  b.at(join);
}

// Ways out.

function leave(x: Values, draw: Draw, exits: Exits | null): void {
  const { b } = x;
  const condition = x.value('i32', draw);
  const on = b.block();
  const how = draw.below(exits === null ? 3 : 6);
  if (exits !== null && how < 4) {
    // A critical edge: this block has two successors, the target several predecessors.
    const target = how < 2 ? exits.out : exits.next;
    if (how % 2 === 0) b.brIf(condition, target, on);
    else b.brIf(condition, on, target);
  } else {
    const end = b.block();
    b.brIf(condition, end, on);
    b.seal(end);
    b.at(end);
    finish(x, draw);
  }
  b.seal(on);
  b.at(on);
}

function jump(x: Values, draw: Draw, exits: Exits | null): void {
  if (exits === null || draw.oneIn(4)) finish(x, draw);
  else x.b.br(draw.below(2) === 0 ? exits.out : exits.next);
}

/** Ends the function: returns, or now and then traps. */
export function finish(x: Values, draw: Draw): void {
  const { features, funcs } = x.plan;
  x.flush();
  if (features.traps && draw.oneIn(12)) {
    const kinds = features.exceptions ? ['unreachable', 'throw', 'heap-bounds'] : ['unreachable', 'heap-bounds'];
    x.b.trap(draw.of(kinds));
    return;
  }
  x.b.ret(...(funcs[x.index]?.sig.results ?? []).map((type) => x.value(type, draw)));
}

// Branches.

function buildIf(x: Values, { kind, bodies }: Stmt, draw: Draw, exits: Exits | null): void {
  const { b } = x;
  const condition = x.value('i32', draw);
  const then = b.block();
  const join = b.block();
  const otherwise = kind === 'if' ? b.block() : join;
  const single = draw.oneIn(6) ? draw.of(x.plan.features.types) : null;
  const input = single === null ? null : x.value(single, draw);
  // Without an else the edge to the join is critical; now and then both edges are that one.
  if (kind === 'when' && draw.oneIn(12)) b.brIf(condition, join, join);
  else if (draw.below(2) === 0) b.brIf(condition, then, otherwise);
  else b.brIf(condition, otherwise, then);
  const from = b.current;
  b.seal(then);
  if (kind === 'if') b.seal(otherwise);
  const mark = x.mark();
  if (single !== null && input !== null && kind === 'if') {
    // A phi with one input, as passes that split blocks leave them.
    const phi = b.phi(then, single);
    b.setPhi(phi, [[from, input]]);
    x.push(single, phi);
  }
  scope(x, then, bodies[0] ?? [], exits, join);
  x.release(mark);
  if (kind === 'if') scope(x, otherwise, bodies[1] ?? [], exits, join);
  b.seal(join);
  b.at(join);
}

function buildSwitch(x: Values, { bodies }: Stmt, draw: Draw, exits: Exits | null): void {
  const { b } = x;
  const base = draw.of([-1, 0, 1, 100, 2 ** 31 - 400, -(2 ** 31)]);
  const near = (): ValueId => b.emit('i32.add', [x.bounded(7, draw), x.literal('i32', base)]);
  const on = draw.oneIn(3) ? x.value('i32', draw) : near();
  const join = b.block();
  const targets = bodies.map(() => b.block());
  const cases = Array.from({ length: bodies.length + draw.below(3) }, (_, i) => base + i * (draw.oneIn(4) ? 40 : 1));
  const distinct = [...new Set(cases)];
  // Cases may share a target, and go straight to the join.
  const chosen = distinct.map((_, i) => targets[i] ?? (draw.below(2) === 0 ? join : draw.of(targets)));
  b.switch(on, distinct, [...chosen, draw.below(3) === 0 ? draw.of(targets) : join]);
  for (const target of targets) b.seal(target);
  for (const [i, body] of bodies.entries()) scope(x, targets[i] as BlockId, body, exits, join);
  b.seal(join);
  b.at(join);
}

/** Computes many values, runs the body, and only then uses them. */
function buildPressure(x: Values, body: readonly Stmt[], draw: Draw, exits: Exits | null): void {
  const { b } = x;
  const type = draw.below(2) === 0 ? 'i32' : 'i64';
  const held: ValueId[] = [];
  for (let i = 0; i < 12 + draw.below(24); i++) {
    held.push(b.emit(`${type}.${i % 2 === 0 ? 'mul' : 'xor'}`, [x.value(type, draw), x.constant(type, draw)]));
  }
  buildBody(x, body, exits);
  if (b.isClosed()) return;
  let sum = held[0] as ValueId;
  for (const v of held.slice(1)) sum = b.emit(`${type}.add`, [sum, v]);
  b.write(x.variable(type, draw), sum);
}
