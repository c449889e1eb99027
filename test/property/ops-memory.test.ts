/**
 * `run` of the ops on memory against the host's own Wasm engine: the same op on equal memories gives the same result,
 * the same trap and the same bytes. Also the ops that are pure but have an immediate: lanes of vectors, dynamic values.
 */

import {
  anyTags,
  anyTagType,
  coreOp,
  coreTable,
  equalResult,
  type Imm,
  type Machine,
  type OpDef,
  sameValue,
  Trap,
  type Value,
} from '@sluice/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leb, opModule, type Probe, trapKindOf } from './support/op-module.ts';
import { anyValue, carried, isNumType, type NumType, uncarried } from './support/operands.ts';

const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = process.env.SLUICE_DEEP ? 20_000 : 300;
const segments = [[1, 2, 3, 4, 5, 6, 7], [], Array.from({ length: 300 }, (_, i) => i % 256)];
const offsets = [0, 1, 7, 65528, 65535, 65536, 2 ** 32 - 1];

const unused = (): never => {
  throw new Error('not part of the memory');
};

/** A machine that is only a memory of one page (at most three) and the segments. */
function memoryMachine(): Machine {
  let buffer = new ArrayBuffer(65536);
  const data = segments.map((bytes) => Uint8Array.from(bytes));
  return {
    memory: () => new DataView(buffer),
    growMemory: (pages) => {
      const old = buffer.byteLength / 65536;
      if (old + pages > 3) return -1;
      buffer = buffer.transfer((old + pages) * 65536);
      return old;
    },
    data: (index) => data[index] ?? new Uint8Array(0),
    dropData: (index) => {
      data[index] = new Uint8Array(0);
    },
    table: unused,
    elements: unused,
    dropElements: unused,
    getGlobal: unused,
    setGlobal: unused,
    getSlot: unused,
    setSlot: unused,
    heap: {
      alloc: unused,
      free: unused,
      checkBounds: unused,
      checkInitialised: unused,
      load: unused,
      store: unused,
      live: unused,
    },
  };
}

/** An op with an immediate, as a case to call. */
interface MemoryCase {
  readonly op: OpDef;
  readonly imm: Imm;
  readonly params: readonly NumType[];
  readonly probe: Probe;
}

function casesOf(op: OpDef): readonly MemoryCase[] {
  const params = op.sig.params.filter(isNumType);
  const result = isNumType(op.sig.result) ? op.sig.result : 'void';
  const make = (imm: Imm, ...immediates: number[]): MemoryCase => {
    return { op, imm, params, probe: { params, result, code: [...(op.wasm ?? []), ...immediates] } };
  };
  if (op.imm === 'lanes') {
    return [0, 5, 11].map((step) => {
      const lanes = Array.from({ length: 16 }, (_, i) => (i * step + step) % 32);
      return make(lanes, ...lanes);
    });
  }
  if (op.imm === 'lane') return Array.from({ length: op.lanes }, (_, lane) => make(lane, lane));
  if (op.imm === 'memlane') {
    return offsets.map((offset) => {
      const lane = (offset + 1) % op.lanes;
      return make({ offset, align: 0, lane }, 0, ...leb(offset), lane);
    });
  }
  if (op.access !== null) return offsets.map((offset) => make({ offset, align: 0 }, 0, ...leb(offset)));
  if (op.imm === 'index') {
    return segments.map((_, k) => (op.name === 'memory.init' ? make(k, k, 0) : make(k, k)));
  }
  return [op.name === 'memory.copy' ? make(undefined, 0, 0) : make(undefined, 0)];
}

const ops = [...coreTable.values()].filter(
  (op) => op.access !== null || op.imm.startsWith('lane') || /^(memory|data)\./.test(op.name),
);
const cases = ops.flatMap(casesOf);
const wasm = new WebAssembly.Module(
  opModule(
    cases.map((c) => c.probe),
    segments,
  ),
);

/** Runs a step on both sides; fails unless they agree. */
function step(machine: Machine, instance: WebAssembly.Instance, index: number, values: readonly Value[]): void {
  const c = cases[index];
  if (c === undefined) return;
  const title = `${c.op.name} ${JSON.stringify(c.imm)} (${values.map(String).join(', ')})`;
  const want = c.op.run?.(machine, c.imm, ...values);
  const probe = instance.exports[index] as (...args: readonly Value[]) => number | bigint | undefined;
  let got: Value;
  try {
    got = probe(...c.params.flatMap((t, k) => carried(t, values[k])));
  } catch (error) {
    const kind = trapKindOf(error);
    expect(want instanceof Trap ? want.kind : 'no trap', title).toBe(kind);
    return;
  }
  if (got !== undefined && c.probe.result !== 'void') {
    if (!sameValue(want, uncarried(c.probe.result, got)))
      expect.fail(`${title}: ${String(want)} instead of ${String(got)}`);
  } else {
    expect(want, title).toBeUndefined();
  }
}

/** Addresses and lengths near the limits, so that half of the accesses are in bounds. */
const address = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 65520, max: 65545 }),
  fc.integer({ min: 131060, max: 131080 }),
  fc.constantFrom(-1, -8, -(2 ** 31), 2 ** 31 - 1),
);

function operandsOf(c: MemoryCase): fc.Arbitrary<readonly Value[]> {
  if (c.op.name === 'memory.grow') return fc.tuple(fc.constantFrom(0, 0, 1, 2, 3, -1, 65536));
  if (c.op.imm.startsWith('lane')) return fc.tuple(...c.params.map(anyValue));
  const addressed = c.op.access === null ? c.params.length : 1;
  return fc.tuple(...c.params.map((t, i) => (i < addressed ? address : anyValue(t))));
}

const anyStep = fc.nat({ max: cases.length - 1 }).chain((index) => {
  const c = cases[index];
  return fc.record({ index: fc.constant(index), values: c === undefined ? fc.constant([]) : operandsOf(c) });
});

describe(`ops on memory agree with the host's Wasm engine (seed ${seed})`, () => {
  test.each(cases.map((c, i) => [c.op.name, JSON.stringify(c.imm), c, i] as const))('%s %s alone', (_n, _i, c, i) => {
    const machine = memoryMachine();
    const instance = new WebAssembly.Instance(wasm);
    const memory = instance.exports.memory as WebAssembly.Memory;
    for (const bytes of [new Uint8Array(memory.buffer), new Uint8Array(machine.memory().buffer)]) {
      for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 167 + (at >> 8)) & 0xff;
    }
    const check = (values: readonly Value[]): void => step(machine, instance, i, values);
    fc.assert(fc.property(operandsOf(c), check), { seed, numRuns });
    expect(Buffer.compare(Buffer.from(machine.memory().buffer), Buffer.from(memory.buffer))).toBe(0);
  });

  test('in any sequence', () => {
    const check = (steps: readonly { index: number; values: readonly Value[] }[]): void => {
      const machine = memoryMachine();
      const instance = new WebAssembly.Instance(wasm);
      for (const s of steps) step(machine, instance, s.index, s.values);
      const memory = instance.exports.memory as WebAssembly.Memory;
      expect(Buffer.compare(Buffer.from(machine.memory().buffer), Buffer.from(memory.buffer))).toBe(0);
    };
    fc.assert(fc.property(fc.array(anyStep, { maxLength: 100, size: 'max' }), check), { seed, numRuns });
  });
});

describe(`dynamic values (seed ${seed})`, () => {
  const machine = memoryMachine();
  test.each(Object.entries(anyTags))('%s is told from the others', (_, tag) => {
    const type = anyTagType(tag) as NumType;
    const check = (value: Value): void => {
      const operand = tag === anyTags.bool ? Number(value !== 0) : value;
      const boxed = coreOp('any.box').run?.(machine, tag, operand, type) as Value;
      expect(coreOp('any.tag').eval?.(boxed)).toBe(tag);
      for (const other of Object.values(anyTags)) {
        const inside = coreOp('any.unbox').run?.(machine, other, boxed, type);
        if (other !== tag) expect(inside instanceof Trap && inside.kind).toBe('invalid-conversion');
        else if (!equalResult(type, inside, operand)) expect.fail(`${String(operand)} became ${String(inside)}`);
      }
      expect(equalResult('any', boxed, coreOp('any.box').run?.(machine, tag, operand, type))).toBe(true);
    };
    fc.assert(fc.property(anyValue(type), check), { seed, numRuns });
  });

  test('the zero of any is none of them', () => {
    expect(coreOp('any.tag').eval?.(undefined)).toBe(-1);
    for (const tag of Object.values(anyTags))
      expect(coreOp('any.unbox').run?.(machine, tag, undefined)).toBeInstanceOf(Trap);
  });
});
