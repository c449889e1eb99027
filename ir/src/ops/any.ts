/**
 * Dynamic values (dialect `any`) and references (dialect `ref`). The forms of values are in dynamic.ts; a reference
 * to a function is its name, the null reference is null.
 */

import { anyTags, box, tagOf, unbox } from '../dynamic.ts';
import { effect } from '../effect.ts';
import type { Machine } from '../machine.ts';
import { defineOp, type OpDef } from '../op.ts';
import { trap } from '../trap.ts';
import type { Value } from '../value.ts';

const invalid = trap('invalid-conversion');
const tags = Object.entries(anyTags)
  .map(([name, tag]) => `${tag} ${name}`)
  .join(', ');

/** The ops of dialects `any` and `ref`. */
export const anyOps = [
  defineOp('any.box', {
    doc: `A value as a dynamic one; the immediate says what it is: ${tags}. A bool becomes 0 or 1, a NaN loses its payload.`,
    sig: '(T) -> any',
    imm: 'index',
    cost: 3,
    run: (_m: Machine, tag: number, value: Value) => box(tag, value),
  }),
  defineOp('any.unbox', {
    doc: 'The value inside a dynamic one. Traps when it is not what the immediate says (see any.box).',
    sig: '(any) -> T',
    imm: 'index',
    effect: effect({ traps: ['invalid-conversion'] }),
    cost: 3,
    run: (_m: Machine, tag: number, value: Value) => (tagOf(value) === tag ? unbox(value) : invalid),
  }),
  defineOp('any.none', {
    doc: 'The zero of `any`: nothing.',
    sig: '() -> any',
    eval: () => undefined,
    js: 'undefined',
  }),
  defineOp('any.tag', {
    doc: 'What a dynamic value is, as the immediate of any.box says it; -1 of the zero of `any`.',
    sig: '(any) -> i32',
    cost: 2,
    eval: (value: Value) => tagOf(value),
  }),
  defineOp('ref.null', {
    doc: 'The null reference of type funcref or externref.',
    sig: '() -> T',
    eval: () => null,
    js: 'null',
    wasm: [0xd0],
  }),
  defineOp('ref.is_null', {
    doc: '1 if the reference is null, else 0.',
    sig: '(T) -> i32',
    eval: (value: Value) => (value === null ? 1 : 0),
    js: '($0 === null ? 1 : 0)',
    wasm: [0xd1],
  }),
  defineOp('ref.func', {
    doc: 'A reference to a function or import of the module.',
    sig: '() -> funcref',
    imm: 'func',
    run: (_m: Machine, name: string) => name,
    wasm: [0xd2],
  }),
] as const satisfies readonly OpDef[];
