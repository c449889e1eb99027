/**
 * One function as JavaScript: structured control flow as labelled blocks and loops. Where that would be nested too deeply for
 * V8's parser, one loop over a `switch`, several times slower.
 */

import { type StructureEvent, structure } from '@sluice/codegen';
import { type BlockId, blockOf, type Func, instOf, orderOf, termOf, type ValueId } from '@sluice/ir';
import { type CallContext, emitCall, emitReturn } from './calls.ts';
import { emitValue, type OpContext } from './ops.ts';
import { literal, literalOf, Scope } from './scope.ts';

/** What functions share. */
export type FuncContext = OpContext & CallContext;

/** A function's text. */
export interface FuncText {
  readonly lines: readonly string[];
  /** Slots of its frame. */
  readonly slots: number;
  /** Whether it is a loop over a `switch`. */
  readonly dispatched: boolean;
}

/** Control flow is nested at most so deep. */
const deepest = 250;

const tick = 'if (--S[0] < 0) refuel();';

/** Emits a function. It has no `invoke` and no critical edges, and its phi webs are free of interference. */
export function emitFunc(f: Func, name: string, framed: boolean, cx: FuncContext): FuncText {
  const order = orderOf(f);
  const ticks = (from: BlockId, to: BlockId): boolean => cx.metered && order.isBackEdge(from, to);
  const scope = new Scope(f);
  const events = structure(f, { busy: ticks, empty: (b) => isEmpty(scope, b), exits: 'outside' });
  const { lines, vars } = scope;
  for (const p of f.params) {
    const type = instOf(f, p).type;
    if ((type === 'f32' || type === 'f64') && !scope.isExact(p) && scope.useCount(p) > 0) {
      const { text } = vars.placeOf(p);
      scope.say(`${text} = num(${text});`);
    }
  }
  const dispatched = depthOf(events) > deepest;
  if (dispatched) emitDispatch(scope, cx);
  else emitEvents(scope, events, cx);
  const head: string[] = [`function ${name}(${[...(framed ? ['fp'] : []), ...vars.parameters].join(', ')}) {`];
  if (cx.metered) head.push(`  ${tick}`, '  if (--S[1] < 0) deep();');
  if (framed) head.push('  if (fp > frameLimit) deep();');
  if (scope.calls) head.push(`  const sp = ${framed ? `fp + ${vars.slots}` : '0'};`);
  const declarations = [...vars.declarations];
  if (events.some(({ kind }) => kind === 'set_state')) declarations.push('state = 0');
  if (dispatched) declarations.push('at = 0');
  for (let i = 0; i < declarations.length; i += 16) head.push(`  let ${declarations.slice(i, i + 16).join(', ')};`);
  return { lines: [...head, ...lines, '}'], slots: vars.slots, dispatched };
}

/** Whether a block has nothing but constants, which are written where they are used. */
function isEmpty({ f, vars }: Scope, b: BlockId): boolean {
  return blockOf(f, b).body.every((v) => instOf(f, v).op.kind === 'const' && (vars.webOf[v] as number) < 0);
}

function depthOf(events: readonly StructureEvent[]): number {
  let depth = 0;
  let most = 0;
  for (const { kind } of events) {
    if (kind === 'block' || kind === 'loop' || kind === 'if') most = Math.max(most, ++depth);
    else if (kind === 'end') depth--;
  }
  return most;
}

/** A block's body. */
function emitBody(scope: Scope, b: BlockId, cx: FuncContext): void {
  scope.begin();
  for (const v of blockOf(scope.f, b).body) emitInst(scope, v, cx);
}

function emitInst(scope: Scope, v: ValueId, cx: FuncContext): void {
  const inst = instOf(scope.f, v);
  switch (inst.op.kind) {
    case 'const':
      // Constants are literals where they are used; for phis they are assigned.
      if ((scope.vars.webOf[v] as number) >= 0) {
        const isFloat = inst.type === 'f32' || inst.type === 'f64';
        const plain = isFloat && typeof inst.imm === 'bigint' && !scope.isExact(v);
        scope.defineNow(v, literal(plain ? 'NaN' : literalOf(inst.imm as number)));
      }
      return;
    case 'call':
      emitCall(scope, v, inst, cx);
      return;
    case 'result':
      scope.defineElement(v);
      return;
    case 'value':
      emitValue(scope, v, inst, cx);
      return;
    default:
      throw new Error(`@${scope.f.name}: '${inst.op.name}' stands in a block's body`);
  }
}

function emitEvents(scope: Scope, events: readonly StructureEvent[], cx: FuncContext): void {
  const { f } = scope;
  const open: { readonly kind: 'block' | 'loop' | 'if'; readonly label: number }[] = [];
  const loops = new Set<number>();
  const go = (label: number): string => `${loops.has(label) ? 'continue' : 'break'} L${label};`;
  // Whether the end of what was written last is reached: a loop's end leads out of it, and not back to its start.
  let falls = true;
  for (const event of events) {
    switch (event.kind) {
      case 'block':
        open.push(event);
        scope.open(`L${event.label}: {`);
        break;
      case 'loop':
        open.push(event);
        loops.add(event.label);
        scope.open(`L${event.label}: for (;;) {`);
        break;
      case 'if': {
        open.push({ kind: 'if', label: -1 });
        const condition = scope.condition(termOf(f, event.from).args[0] as ValueId, event.negate);
        scope.finish([condition]);
        scope.open(`if (${condition.text}) {`);
        break;
      }
      case 'else':
        scope.close('} else {');
        scope.indent();
        break;
      case 'end': {
        const closed = open.pop();
        if (closed?.kind === 'loop' && falls) scope.say(`break L${closed.label};`);
        scope.close();
        falls = true;
        continue;
      }
      case 'code':
        emitBody(scope, event.block, cx);
        break;
      case 'edge':
        scope.say(tick);
        break;
      case 'br':
        scope.say(go(event.label));
        falls = false;
        continue;
      case 'br_if': {
        const condition = scope.condition(termOf(f, event.from).args[0] as ValueId, event.negate);
        scope.statement(`if (${condition.text}) ${go(event.label)}`, [condition]);
        break;
      }
      case 'switch': {
        const { args, imm } = termOf(f, event.from);
        emitSwitch(scope, args[0] as ValueId, imm as readonly number[], event.labels.map(go));
        falls = false;
        continue;
      }
      case 'ret':
        emitReturn(scope, termOf(f, event.block).args, cx);
        falls = false;
        continue;
      case 'trap':
        scope.say(`trap('${String(termOf(f, event.block).imm)}');`);
        falls = false;
        continue;
      case 'set_state':
        scope.say(`state = ${event.value};`);
        break;
      case 'dispatch':
        scope.open('switch (state) {');
        for (const [k, label] of event.labels.entries()) scope.say(`case ${k}: ${go(label)}`);
        scope.close();
        falls = false;
        continue;
    }
    falls = true;
  }
}

function emitSwitch(scope: Scope, v: ValueId, cases: readonly number[], targets: readonly string[]): void {
  const value = scope.use(v);
  scope.finish([value]);
  scope.open(`switch (${value.text}) {`);
  for (const [k, each] of cases.entries()) scope.say(`case ${each}: ${targets[k]}`);
  scope.say(`default: ${targets[targets.length - 1]}`);
  scope.close();
}

/** All blocks as cases of one `switch` in a loop. */
function emitDispatch(scope: Scope, cx: FuncContext): void {
  const { f } = scope;
  const order = orderOf(f);
  scope.open('for (;;) switch (at) {');
  for (const b of order.rpo) {
    scope.open(`case ${order.index[b]}: {`);
    emitBody(scope, b, cx);
    const { op, args, blocks, imm } = termOf(f, b);
    const go = (to: BlockId): string => {
      const paid = cx.metered && order.isBackEdge(b, to) ? `${tick} ` : '';
      return `{ ${paid}at = ${order.index[to]}; continue; }`;
    };
    switch (op.kind) {
      case 'br':
        scope.say(go(blocks[0] as BlockId));
        break;
      case 'br_if': {
        const condition = scope.condition(args[0] as ValueId, false);
        scope.statement(`if (${condition.text}) ${go(blocks[0] as BlockId)}`, [condition]);
        scope.say(go(blocks[1] as BlockId));
        break;
      }
      case 'switch':
        emitSwitch(scope, args[0] as ValueId, imm as readonly number[], blocks.map(go));
        break;
      case 'ret':
        emitReturn(scope, args, cx);
        break;
      default:
        scope.say(`trap('${String(imm)}');`);
    }
    scope.close();
  }
  scope.close();
}
