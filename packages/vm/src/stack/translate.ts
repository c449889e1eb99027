/**
 * From instructions of the stack machine to steps of the loop.
 *
 *     local.get 1                       one step: i64.add of cells 1 and 2 to cell 3,
 *     local.get 2              =>       which weighs 4 instructions
 *     i64.add
 *     local.set 3
 *
 * Heights are static, so that operands are cells; gets and constants are deferred to the op that pops them
 * (virtual-stack.ts), a set, tee or return right after an op becomes its result's cell, and a conditional jump right
 * after a comparison becomes one step with it. Nothing moves past anything else: steps run in the order of the program,
 * and traps happen where they happened.
 *
 * Needs: a validated function, its sequences expanded (`origin`). Cost: linear in the code.
 */

import type { Instr, StackFunc } from '@sluice/bytecode';
import { type Signature, type Type, zeroOf } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import { Emitter, type Linkage } from './emitter.ts';
import { moveForm, trapForm, zeroForm } from './form.ts';
import { named, type Shapes, typeOperand } from './shape.ts';
import type { TranslatedFunc } from './step.ts';
import { branch, call, callHost, callIndirect, jump, returnFrom, switchOn } from './translate-control.ts';
import { translateOp } from './translate-op.ts';

/** Runs of local variables that must start as zero: first local, number; all of one kind of storage. */
export type ZeroRuns = readonly { readonly first: number; readonly count: number; readonly type: Type }[];

/** Translates one function. */
export function translate(
  f: StackFunc,
  origin: Int32Array | null,
  localTypes: readonly Type[],
  shapes: Shapes,
  zeroes: ZeroRuns,
  link: Linkage,
): TranslatedFunc {
  const e = new Emitter(f, origin, localTypes, shapes, link);
  for (const { first, count, type } of zeroes) {
    if (bitsType(type)) e.emit(zeroForm, [first, count]);
    else for (let k = 0; k < count; k++) zeroHost(e, first + k, type);
  }
  const { code } = f;
  let alive = true;
  while (e.at < code.length) {
    if (e.atLabel()) {
      if (alive) e.flush();
      alive = e.atReachable();
      if (alive) e.label();
    }
    if (!alive) {
      e.at++;
      continue;
    }
    e.weight += e.weightOf(e.at);
    const { late, ends } = translateInstr(e, code[e.at] as Instr);
    e.at += 1 + late;
    if (ends) alive = false;
  }
  const { name, sig } = f;
  const cells = Math.max(e.stack.cells, sig.results.length, 1);
  return { name, sig, steps: e.steps, labels: e.labels, cells };
}

/** Translates an instruction; `late`: how many after it went into its step, `ends`: control leaves here. */
function translateInstr(e: Emitter, instr: Instr): { readonly late: number; readonly ends: boolean } {
  const { def, operands } = instr;
  const { stack } = e;
  switch (def.role) {
    case 'local-get': {
      const cell = operands[0] as number;
      stack.defer({ kind: 'cell', type: e.localTypes[cell] as Type, cell });
      return goesOn;
    }
    case 'local-set': {
      const source = stack.pop();
      e.setLocal(operands[0] as number, source);
      return goesOn;
    }
    case 'local-tee': {
      const source = stack.pop();
      e.setLocal(operands[0] as number, source);
      stack.defer(source);
      return goesOn;
    }
    case 'drop':
      stack.pop();
      return goesOn;
    case 'dup':
      stack.defer(stack.top());
      return goesOn;
    case 'const':
      stack.defer({
        kind: 'const',
        type: named(def.pushes?.[0] ?? 'T', typeOperand(instr)),
        value: operands[0] as never,
      });
      return goesOn;
    case 'jump':
      e.flush();
      jump(e, operands[0] as number);
      return leaves;
    case 'jump-if':
    case 'jump-unless':
      branch(e, operands[0] as number, def.role === 'jump-unless');
      return goesOn;
    case 'switch':
      switchOn(e, operands[0] as readonly number[], operands[1] as readonly number[]);
      return leaves;
    case 'call':
      call(e, operands[0] as string);
      return goesOn;
    case 'call-host':
      callHost(e, operands[0] as string);
      return goesOn;
    case 'call-indirect':
      callIndirect(e, operands[0] as Signature, operands[1] as string | undefined);
      return goesOn;
    case 'return':
      returnFrom(e);
      return leaves;
    case 'trap':
      e.emit(trapForm, [e.link.constants.host(operands[0] as string)]);
      return leaves;
    default:
      return { late: translateOp(e, instr), ends: false };
  }
}

const goesOn = { late: 0, ends: false } as const;
const leaves = { late: 0, ends: true } as const;

function zeroHost(e: Emitter, cell: number, type: Type): void {
  e.emit(moveForm(type, 'pool'), [cell, e.link.constants.host(zeroOf(type))]);
}
