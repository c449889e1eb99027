/**
 * What an instruction becomes that computes a value or changes state: an expression by the table's `js`, an access, one of the
 * few forms of this target, what the op expands to, or a call of its own meaning.
 */

import {
  allRegions,
  anyTags,
  type Fragment,
  type Imm,
  type Inst,
  isRemovable,
  type OpDef,
  type OpTable,
  regionSet,
  type SigType,
  type Type,
  trapKinds,
  type ValueId,
} from '@sluice/ir';
import { conditionOf, occurrences, otherForms, plainForms, substitute } from './forms.ts';
import { emitCheck, emitHeapLoad, emitHeapStore, emitOffset } from './heap.ts';
import { isPlainAccess, load, lowHalf, store } from './memory.ts';
import type { Names } from './names.ts';
import { calleeFrame, joined, literal, literalOf, type Scope, type Text } from './scope.ts';

/** What an op needs of the module. */
export interface OpContext {
  readonly names: Names;
  readonly ops: OpTable;
}

const globals = regionSet('globals');
const slots = regionSet('slots');

/** An instruction of kind `value`. */
export function emitValue(scope: Scope, v: ValueId, inst: Inst, cx: OpContext): void {
  const { op } = inst;
  if (inst.type !== 'void' && scope.useCount(v) === 0 && isRemovable(op.effect)) {
    for (const arg of inst.args) scope.finish([scope.use(arg, 'value')]);
    return;
  }
  const special = specials[op.name];
  if (special !== undefined) special(scope, v, inst, cx);
  else if (isPlainAccess(inst, scope)) {
    if (op.access?.store === true) store(scope, inst, cx.names.view);
    else load(scope, v, inst, cx.names.view);
  } else if (op.js !== null) emitTemplate(scope, v, inst, op.js);
  else if (op.expand !== null) emitExpansion(scope, v, inst, cx);
  else emitMeaning(scope, v, inst, cx);
}

// By the table. -----------------------------------------------------------------------------------------------------------

function emitTemplate(scope: Scope, v: ValueId, { op, args, type }: Inst, js: string): void {
  const isFloat = type === 'f32' || type === 'f64';
  const plain = plainForms[op.name];
  if (op.bits && op.sig.result === 'T' && type !== 'i32' && type !== 'f32' && type !== 'f64') {
    // A BigInt that comes out of a conditional expression would be an object.
    if (type === 'i64' && js.includes('?')) return emitSelect(scope, v, args);
  }
  const moves = op.bits && op.sig.result === 'T';
  const exact = isFloat && scope.isExact(v);
  let template = otherForms[op.name] ?? js;
  let form: 'bits' | 'plain' | 'value' = op.bits ? 'bits' : 'plain';
  if (moves) form = exact ? 'value' : 'plain';
  else if (plain !== undefined && !exact) {
    template = plain;
    form = 'plain';
  }
  const check = op.jsTrap ?? '';
  const operands = args.map((arg, i) => {
    const often = occurrences(template, i) + occurrences(check, i) > 1;
    return often ? scope.useOften(arg, form) : scope.use(arg, form);
  });
  const texts = operands.map(({ text }) => text);
  if (check !== '') scope.say(`${trapCheck(substitute(check, texts))};`);
  const condition = conditionOf(template);
  const result = joined(substitute(template, texts), operands, {
    condition: condition === null ? null : substitute(condition, texts),
  });
  scope.define(v, result, form);
}

/** `select` of i64, as a statement. */
function emitSelect(scope: Scope, v: ValueId, args: readonly ValueId[]): void {
  const [a, b, c] = args as readonly [ValueId, ValueId, ValueId];
  const one = scope.use(a);
  const other = scope.use(b);
  const condition = scope.condition(c, false);
  const { text } = scope.target(v);
  scope.statement(`if (${condition.text}) ${text} = ${one.text}; else ${text} = ${other.text};`, [
    one,
    other,
    condition,
  ]);
}

/** A column `jsTrap` as an expression that throws: its kinds stand in it as strings, as a rule. */
function trapCheck(text: string): string {
  const words = text.match(/'[^']*'/g) ?? [];
  const known = words.every((word) => word === "''" || (trapKinds as readonly string[]).includes(word.slice(1, -1)));
  if (!known || /["`]/.test(text)) return `check(${text})`;
  return text.replace(/'[^']*'/g, (word) => (word === "''" ? '0' : `trap(${word})`));
}

// By other ops. -----------------------------------------------------------------------------------------------------------

function emitExpansion(scope: Scope, v: ValueId, { op, args }: Inst, cx: OpContext): void {
  const made = new Map<number, { readonly type: Type; readonly text: Text }>();
  let next = scope.f.insts.length;
  const typeOf = (id: number): Type => made.get(id)?.type ?? scope.typeOf(id as ValueId);
  const add = (type: Type, text: Text): number => {
    made.set(next, { type, text });
    return next++;
  };
  const operand = (id: number): Text => made.get(id)?.text ?? outer.get(id) ?? literal('undefined');
  const outer = new Map<number, Text>();
  for (const arg of new Set(args)) outer.set(arg, scope.useOften(arg));
  const fragment: Fragment = {
    emit: (what, operands = [], imm) => {
      const used = typeof what === 'string' ? cx.ops.get(what) : what;
      if (used === undefined) throw new Error(`op '${op.name}' expands to '${String(what)}', which there is not`);
      const texts = operands.map(operand);
      const type = resultType(used, operands.map(typeOf));
      if (used.jsTrap !== null) {
        scope.say(
          `${trapCheck(
            substitute(
              used.jsTrap,
              texts.map(({ text }) => text),
            ),
          )};`,
        );
      }
      const strings = texts.map(({ text }) => text);
      const value =
        used.js === null
          ? `${cx.names.op(used, type, imm as Imm)}(${strings.join(', ')})`
          : substitute(otherForms[used.name] ?? used.js, strings);
      const place = scope.vars.take(type);
      scope.say(`${place.text} = ${value};`);
      return add(type, { ...literal(place.text), slot: place.slot, done: [() => scope.vars.giveBack(type, place)] });
    },
    constant: (type, value) => add(type, literal(literalOf(value))),
  };
  const id = op.expand?.(fragment, ...args) as number;
  const result = operand(id);
  scope.defineNow(v, { ...result, done: [] }, 'value');
  scope.finish([...outer.values(), ...[...made.values()].map(({ text }) => text)]);
}

function resultType(op: OpDef, operands: readonly Type[]): Type {
  const { result, params } = op.sig;
  if (result !== 'T') return result as Type;
  return operands[params.indexOf('T')] ?? 'i32';
}

// By its meaning. ---------------------------------------------------------------------------------------------------------

/** Calls `eval` or `run`. */
export function emitMeaning(scope: Scope, v: ValueId, inst: Inst, cx: OpContext): void {
  const { op, args, imm, type } = inst;
  scope.flush(op.effect.writes | (op.effect.grows ? regionSet('memory') : 0));
  const operands = args.map((arg) => scope.use(arg, 'value'));
  const name = cx.names.op(op, typeOfT(scope, inst), imm);
  const call = joined(`${name}(${operands.map(({ text }) => text).join(', ')})`, operands, {
    regions: operands.reduce((set, { regions }) => set | regions, op.effect.reads),
  });
  if (type === 'void') scope.statement(`${call.text};`, [call]);
  else if (isRemovable(op.effect)) scope.define(v, call, 'value');
  else scope.defineNow(v, call, 'value');
}

/** What `T` stands for in an op's signature; null where it does not occur. */
function typeOfT(scope: Scope, { op, args, type }: Inst): Type | null {
  const isT = (word: SigType | 'void'): boolean => word === 'T';
  if (isT(op.sig.result)) return type as Type;
  const at = op.sig.params.findIndex(isT);
  return at < 0 ? null : scope.typeOf(args[at] as ValueId);
}

// Forms of this target. ---------------------------------------------------------------------------------------------------

type Special = (scope: Scope, v: ValueId, inst: Inst, cx: OpContext) => void;

const specials: Readonly<Record<string, Special>> = {
  'i32.wrap_i64': (scope, v, { args }) => {
    scope.define(v, lowHalf(scope.use(args[0] as ValueId)));
  },
  'ref.func': (scope, v, { imm }) => {
    scope.define(v, literal(JSON.stringify(imm)));
  },
  'slot.get': (scope, v, { imm }) => {
    const { text } = scope.slotPlace(imm as number);
    scope.define(v, { ...joined(text, []), regions: slots }, 'value');
  },
  'slot.set': (scope, _v, { args, imm }) => {
    scope.flush(slots);
    const value = scope.use(args[0] as ValueId, 'value');
    scope.statement(`${scope.slotPlace(imm as number).text} = ${value.text};`, [value]);
  },
  'global.get': (scope, v, { imm }, cx) => {
    const text = cx.names.global(imm as string);
    scope.define(v, { ...joined(text, []), regions: globals }, 'value');
  },
  'global.set': (scope, _v, { args, imm }, cx) => {
    scope.flush(globals);
    const value = scope.use(args[0] as ValueId, 'value');
    scope.statement(`${cx.names.global(imm as string)} = ${value.text};`, [value]);
  },
  'heap.check': (scope, _v, inst) => emitCheck(scope, inst),
  'heap.check_init': (scope, _v, inst) => emitCheck(scope, inst),
  'heap.offset': (scope, v, inst) => emitOffset(scope, v, inst),
  'heap.load': (scope, v, inst, cx) => {
    if (!emitHeapLoad(scope, v, inst)) emitMeaning(scope, v, inst, cx);
  },
  'heap.store': (scope, v, inst, cx) => {
    if (!emitHeapStore(scope, inst)) emitMeaning(scope, v, inst, cx);
  },
  'any.box': (scope, v, inst, cx) => {
    const { args, imm } = inst;
    if (imm !== anyTags.int && imm !== anyTags.float && imm !== anyTags.bool) return emitMeaning(scope, v, inst, cx);
    const value = scope.use(args[0] as ValueId);
    scope.define(v, imm === anyTags.bool ? joined(`(${value.text} !== 0)`, [value]) : joined(value.text, [value]));
  },
  'any.unbox': (scope, v, inst, cx) => {
    const { args, imm } = inst;
    const type =
      imm === anyTags.int ? 'bigint' : imm === anyTags.float ? 'number' : imm === anyTags.bool ? 'boolean' : '';
    if (type === '') return emitMeaning(scope, v, inst, cx);
    const value = scope.useOften(args[0] as ValueId);
    scope.say(`if (typeof ${value.text} !== '${type}') trap('invalid-conversion');`);
    scope.define(
      v,
      imm === anyTags.bool ? joined(`(${value.text} ? 1 : 0)`, [value], { condition: value.text }) : value,
    );
  },
};

/** What a call may change of what waits. */
export const callWrites = allRegions | calleeFrame;
