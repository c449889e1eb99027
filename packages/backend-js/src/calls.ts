/**
 * Calls and returns; the convention is that of codegen/src/js-code.ts. The callee's frame starts at `sp`, behind the caller's:
 * arguments of type i64 are stored there before the call, results of type i64 are found there after it. The first of these
 * waits like an expression (`calleeFrame`), for most are used before the next call.
 */

import type { Inst, Signature, Type, ValueId } from '@sluice/ir';
import type { Names } from './names.ts';
import { callWrites } from './ops.ts';
import { calleeFrame, joined, type Scope, type Text } from './scope.ts';
import { slotText } from './variables.ts';

/** What calls need to know. */
export interface CallContext {
  readonly names: Names;
  readonly signatureOf: (name: string) => Signature;
  /** Whether functions in tables take a frame. */
  readonly frames: boolean;
  readonly metered: boolean;
}

/** A call of any kind. */
export function emitCall(scope: Scope, v: ValueId, inst: Inst, cx: CallContext): void {
  if (inst.op.name === 'call_indirect') callIndirect(scope, v, inst, cx);
  else callNamed(scope, v, inst, String(inst.imm), cx);
}

function callNamed(scope: Scope, v: ValueId, { args, type }: Inst, name: string, cx: CallContext): void {
  const sig = cx.signatureOf(name);
  const target = cx.names.func(name);
  if (target !== undefined) {
    const call = argumentsOf(scope, args, sig, target.framed);
    finishCall(scope, v, type, sig, { ...call, text: `${target.text}(${call.text})` });
    return;
  }
  scope.flush(callWrites);
  const values = args.map((arg) => scope.use(arg, 'value'));
  if (cx.frames) {
    scope.calls = true;
    scope.say('S[2] = sp;');
  }
  const call = joined(`${cx.names.host(name)}(${values.map(({ text }) => text).join(', ')})`, values);
  if (type === 'tuple') {
    scope.statement(`RV[0] = ${call.text};`, [call]);
    for (const i of sig.results.keys()) scope.element(v, i, `RV[0][${i}]`);
  } else if (type === 'void') scope.statement(`${call.text};`, [call]);
  else scope.defineNow(v, call, 'value');
}

function callIndirect(scope: Scope, v: ValueId, { args, type, imm }: Inst, cx: CallContext): void {
  const sig = imm as Signature & { readonly table?: string };
  const table = cx.names.table(sig.table);
  const index = scope.useOften(args[args.length - 1] as ValueId);
  const call = argumentsOf(scope, args.slice(0, -1), sig, cx.frames);
  const at = `${index.text} >>> 0`;
  scope.say(`if (TS${table}[${at}] !== ${cx.names.signature(sig)}) badCall(${table}, ${at});`);
  finishCall(scope, v, type, sig, {
    text: `TF${table}[${at}](${call.text})`,
    parts: [index, ...call.parts],
  });
}

interface Call {
  readonly text: string;
  readonly parts: readonly Text[];
}

/** Stores arguments of type i64; the text of all others. */
function argumentsOf(scope: Scope, args: readonly ValueId[], sig: Signature, framed: boolean): Call {
  scope.flush(callWrites & ~calleeFrame);
  const wide = sig.params.filter((type) => type === 'i64').length;
  const parts = args.map((arg, i) => {
    const text = scope.use(arg, 'value');
    const type = sig.params[i] as Type;
    // What the last callee left would be overwritten by the first argument.
    const lost = (text.regions & calleeFrame) !== 0 && wide > (type === 'i64' ? 1 : 0);
    return lost ? scope.keep(type, text) : text;
  });
  scope.flush(calleeFrame);
  if (framed) scope.calls = true;
  const texts = framed ? ['sp'] : [];
  let slot = 0;
  parts.forEach(({ text }, i) => {
    if (sig.params[i] === 'i64') scope.say(`${calleeSlot(slot++)} = ${text};`);
    else texts.push(text);
  });
  return { text: texts.join(', '), parts };
}

function calleeSlot(slot: number): string {
  return slot === 0 ? 'L[sp]' : `L[sp + ${slot}]`;
}

function finishCall(scope: Scope, v: ValueId, type: Inst['type'], sig: Signature, call: Call): void {
  const firstPlain = sig.results.findIndex((each) => each !== 'i64');
  const wideParams = sig.params.filter((each) => each === 'i64').length;
  if (type === 'tuple') {
    if (firstPlain < 0) scope.statement(`${call.text};`, call.parts);
    else {
      const first = scope.keep(sig.results[firstPlain] as Type, joined(call.text, call.parts));
      scope.finish([first]);
      scope.element(v, firstPlain, first.text);
    }
    let wide = wideParams;
    sig.results.forEach((each, i) => {
      const text = each === 'i64' ? calleeSlot(wide++) : `${each === 'i32' ? 'RI' : 'RV'}[${i}]`;
      if (i !== firstPlain) scope.element(v, i, text);
    });
  } else if (type === 'void' || type === 'i64') {
    scope.statement(`${call.text};`, call.parts);
    if (type === 'i64' && scope.useCount(v) > 0) {
      scope.define(v, { ...joined(calleeSlot(wideParams), []), regions: calleeFrame });
    }
  } else scope.defineNow(v, joined(call.text, call.parts), 'value');
}

/** `ret`. */
export function emitReturn(scope: Scope, args: readonly ValueId[], cx: CallContext): void {
  const { params, results: types } = scope.f.sig;
  const parts = args.map((arg) => scope.use(arg, 'value'));
  let slot = params.filter((type) => type === 'i64').length;
  let value = '';
  const first = types.findIndex((type) => type !== 'i64');
  parts.forEach(({ text }, i) => {
    if (types[i] === 'i64') scope.say(`${slotText(slot++)} = ${text};`);
    else if (i === first) value = ` ${text}`;
    else scope.say(`${types[i] === 'i32' ? 'RI' : 'RV'}[${i}] = ${text};`);
  });
  if (cx.metered) scope.say('S[1]++;');
  scope.statement(`return${value};`, parts);
}
