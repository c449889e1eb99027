/**
 * Generated modules as programs that Bril can say: a start function makes the call and prints what comes back, globals are
 * slots of each frame, functions have at most one result. What they print besides is the witness, at each return.
 */

import {
  coreOp,
  Editor,
  type Func,
  FuncBuilder,
  findFunc,
  type Import,
  type Module,
  makeInst,
  makeModule,
  none,
  type OpName,
  type Type,
  type ValueId,
  withArgs,
  zeroOf,
} from '@sluice/ir';
import type { Call } from '@sluice/testkit';

const printInt = { name: 'p', module: 'bril', field: 'print int', sig: { params: ['i64'], results: [] } } as const;
const printFloat = { name: 'q', module: 'bril', field: 'print float', sig: { params: ['f64'], results: [] } } as const;
const imports: readonly Import[] = [printInt, printFloat];

/** The program that makes one call. */
export function sayable(m: Module, call: Call): Module {
  const funcs = m.funcs.map((f) => reduced(m, f));
  const start = { name: 'start', sig: { params: [], results: [] } };
  return makeModule({ name: 'random', imports, funcs: [...funcs, main(funcs, call, start)], start: 'start' });
}

function main(funcs: readonly Func[], { func, args }: Call, { name, sig }: Pick<Func, 'name' | 'sig'>): Func {
  const b = new FuncBuilder(name, sig);
  const callee = funcs.find((f) => f.name === func) as Func;
  const values = callee.sig.params.map((type, i) => b.constant(type, args[i]));
  const [type] = callee.sig.results;
  const v = b.emit('call', values, func, type ?? 'void');
  if (type === 'f64') b.emit('call_host', [v], printFloat.name, 'void');
  else if (type !== undefined) {
    const shown = type === 'i32' ? b.emit('i64.extend_i32_s', [v]) : v;
    b.emit('call_host', [shown], printInt.name, 'void');
  }
  b.ret();
  return b.finish();
}

function print(edit: Editor, v: ValueId, before: ValueId): void {
  const { type } = edit.inst(v);
  const shown = type === 'i32' ? edit.insertBefore(before, makeInst(coreOp('i64.extend_i32_s'), [v])) : v;
  const { name } = type === 'f64' ? printFloat : printInt;
  edit.insertBefore(before, makeInst(coreOp('call_host'), [shown], { imm: name, type: 'void' }));
}

function reduced(m: Module, f: Func): Func {
  const edit = new Editor(f);
  const slots = new Map(m.globals.map(({ name, type }) => [name, edit.addSlot(type)]));
  const zero = (type: Type, before: ValueId): ValueId =>
    edit.insertBefore(before, makeInst(coreOp(`${type}.const` as OpName), none, { imm: zeroOf(type), type }));
  for (const b of f.order) {
    for (const v of [...edit.body(b)]) {
      if (!edit.has(v)) continue;
      const { op, args, imm, type, loc } = edit.inst(v);
      if (op.name === 'global.get') {
        edit.setInst(
          v,
          makeInst(coreOp('slot.get'), none, { imm: slots.get(imm as string) as number, type: type as Type }),
        );
      } else if (op.name === 'global.set') {
        edit.setInst(v, makeInst(coreOp('slot.set'), args, { imm: slots.get(imm as string) as number }));
      } else if (op.name === 'call_host' || (op.name === 'call' && type === 'tuple')) {
        if (op.name === 'call_host') for (const arg of args) print(edit, arg, v);
        const [first] = findFunc(m, imm as string)?.sig.results ?? [];
        let only = v;
        if (op.name === 'call')
          only = edit.insertBefore(v, makeInst(op, args, { imm: imm as string, type: first as Type, loc }));
        else if (type !== 'void' && type !== 'tuple') edit.replaceAllUses(v, zero(type, v));
        for (const user of type === 'tuple' ? edit.users(v) : none) {
          const taken = edit.inst(user);
          const isFirst = taken.imm === 0 && only !== v;
          edit.replaceWith(user, isFirst ? only : zero(taken.type as Type, v));
        }
        edit.remove(v);
      }
    }
    const term = edit.term(b);
    if (term.op.kind !== 'ret') continue;
    const v = edit.termId(b);
    const imm = slots.get('witness') as number;
    print(edit, edit.insertBefore(v, makeInst(coreOp('slot.get'), none, { imm, type: 'i64' })), v);
    edit.setTerm(b, withArgs(term, term.args.slice(0, 1)));
  }
  for (const { name, type, init } of m.globals) {
    const value = edit.prepend(edit.entry, makeInst(coreOp(`${type}.const` as OpName), none, { imm: init, type }));
    edit.prepend(edit.entry, makeInst(coreOp('slot.set'), [value], { imm: slots.get(name) as number }));
  }
  const next = edit.finish();
  return { ...next, sig: { params: f.sig.params, results: f.sig.results.slice(0, 1) } };
}
