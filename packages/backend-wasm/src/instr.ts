/** Writes one instruction: opcode and immediates as the op's form asks for. */

import { f32Bits, f64Bits, type Imm, type Inst, type MemImm, type Signature, type Type } from '@sluice/ir';
import { type CodeWriter, opcode, valueTypeCode } from '@sluice/wasm-format';
import type { OpFacts } from './op-facts.ts';
import type { Symbols } from './symbols.ts';

/** Writes an instruction whose operands lie on the stack. `slots`: local of each slot. */
export function writeInstr(
  w: CodeWriter,
  inst: Inst,
  facts: OpFacts,
  symbols: Symbols,
  slots: readonly number[],
): void {
  const { imm } = inst;
  switch (facts.form) {
    case 'nothing':
      return;
    case 'func':
      w.call(symbols.func(imm as string));
      return;
    case 'indirect': {
      const { table, ...sig } = imm as Signature & { readonly table?: string };
      w.callIndirect(symbols.type(sig), symbols.table(table));
      return;
    }
    case 'select':
      if (inst.type === 'funcref' || inst.type === 'externref') {
        w.byte(opcode.select_typed);
        w.u32(1);
        w.byte(valueTypeCode[inst.type]);
        return;
      }
      w.byte(opcode.select);
      return;
    case 'slot':
      if (inst.type === 'void') w.localSet(slots[imm as number] as number);
      else w.localGet(slots[imm as number] as number);
      return;
    case 'global':
      if (inst.type === 'void') w.globalSet(symbols.global(imm as string));
      else w.globalGet(symbols.global(imm as string));
      return;
    case 'func-ref':
      symbols.referenced.add(imm as string);
      w.refFunc(symbols.func(imm as string));
      return;
    case 'null':
      w.refNull(inst.type as 'funcref' | 'externref');
      return;
    default:
  }
  const { bytes } = facts;
  for (let k = 0; k < bytes.length; k++) w.byte(bytes[k] as number);
  switch (facts.form) {
    case 'access':
      symbols.usesMemory = true;
      writeAccess(w, imm as MemImm);
      return;
    case 'access-lane':
      symbols.usesMemory = true;
      writeAccess(w, imm as MemImm);
      w.byte((imm as unknown as { readonly lane: number }).lane);
      return;
    case 'lane':
      w.byte(imm as number);
      return;
    case 'lanes':
      w.bytes(imm as readonly number[]);
      return;
    case 'table':
      w.u32(symbols.table(imm as string));
      return;
    case 'table-copy': {
      const { to, from } = imm as unknown as { readonly to: string; readonly from: string };
      w.u32(symbols.table(to));
      w.u32(symbols.table(from));
      return;
    }
    case 'table-init': {
      const { table, segment } = imm as unknown as { readonly table: string; readonly segment: number };
      w.u32(symbols.firstSegment + segment);
      w.u32(symbols.table(table));
      return;
    }
    case 'segment':
      w.u32(symbols.firstSegment + (imm as number));
      return;
    case 'index':
      symbols.usesData = true;
      w.u32(imm as number);
      return;
    case 'memory':
      symbols.usesMemory = true;
      w.byte(0);
      return;
    case 'memory-copy':
      symbols.usesMemory = true;
      w.byte(0);
      w.byte(0);
      return;
    case 'memory-init':
      symbols.usesMemory = true;
      symbols.usesData = true;
      w.u32(imm as number);
      w.byte(0);
      return;
    default:
  }
}

function writeAccess(w: CodeWriter, { offset, align }: MemImm): void {
  w.byte(align);
  w.u32(offset);
}

/** Writes a constant of a type. */
export function writeConstant(w: CodeWriter, type: Type, value: Imm): void {
  switch (type) {
    case 'i32':
      w.i32Const(value as number);
      return;
    case 'i64':
      w.i64Const(value as bigint);
      return;
    case 'f32':
      w.f32Bits(f32Bits(value as number));
      return;
    case 'f64':
      w.f64Bits(f64Bits(value as number));
      return;
    case 'v128': {
      w.byte(0xfd);
      w.byte(0x0c);
      const bits = value as bigint;
      w.fixed64(bits & 0xffffffffffffffffn);
      w.fixed64(bits >> 64n);
      return;
    }
    default:
      throw new Error(`no constants of type '${type}' in Wasm`);
  }
}
