/**
 * Every rewrite rule alone: a function that is the rule's own pattern, with operands at random, must fire the rule, mean
 * the same afterwards, and not cost more. So a rule is right whatever other rules do, in whatever order.
 */

import {
  coreTable,
  equalResult,
  type Func,
  FuncBuilder,
  interpret,
  makeModule,
  type OpName,
  type Type,
  termOf,
  type Value,
  type ValueId,
  verifyFunc,
} from '@sluice/ir';
import { rules as simplifyRules } from '@sluice/passes/rules/index';
import { expansions, strength } from '@sluice/passes/rules/strength';
import {
  definePass,
  type OpPattern,
  type Pattern,
  printPattern,
  type Rule,
  RuleIndex,
  rewriteAll,
  runOnFunc,
} from '@sluice/pipeline';
import { describe, expect, test } from 'vitest';

const rules = [...simplifyRules, ...strength, ...expansions];

type Num = 'i32' | 'i64' | 'f32' | 'f64';
const nums = ['i32', 'i64', 'f32', 'f64'] as const;
const params = nums.flatMap((t) => [t, t, t]);
const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** How often each pattern is tried; those of a rule with many share the ordinary budget. */
const variants = new Map<string, number>();
for (const { name } of rules) variants.set(name, (variants.get(name) ?? 0) + 1);
const firingsOf = ({ name }: Rule): number =>
  process.env.SLUICE_DEEP ? 200 : Math.max(2, Math.ceil(24 / (variants.get(name) ?? 1)));

const corners = {
  int: [
    ...[0, 1, 2, 3, 4, 7, 8, 15, 16, 24, 31, 32, 33, 48, 56, 60, 63, 64, 127, 128, 255, 256, 65535, 65536].map(BigInt),
    ...[-1n, -2n, -256n, -(2n ** 31n), 2n ** 31n - 1n, 0xffffffffn, -(2n ** 32n), -(2n ** 63n), 2n ** 63n - 1n],
  ],
  float: [0, -0, 1, -1, 2, 0.5, 3, 1e300, -1e-300, 2 ** 60, Number.NaN, Infinity, -Infinity, 123.456, -7.5],
};

/** Decides at random. */
interface Choices {
  next(below: number): number;
  value(type: Num): Value;
}

function choices(start: number): Choices {
  let state = start;
  // mulberry32
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const next = (below: number): number => Math.floor(random() * below);
  const int = (): bigint => {
    if (next(8) > 0) return corners.int[next(corners.int.length)] as bigint;
    return BigInt.asIntN(64, (BigInt(next(2 ** 32)) << 32n) | BigInt(next(2 ** 32)));
  };
  const float = (): number => corners.float[next(corners.float.length)] as number;
  return {
    next,
    value: (type) => {
      if (type === 'i32') return Number(BigInt.asIntN(32, int()));
      if (type === 'i64') return int();
      return type === 'f32' ? Math.fround(float()) : float();
    },
  };
}

/** The pattern as a function that returns its root. */
function funcOf(rule: Rule, pick: Choices): Func {
  const open = nums[pick.next(4)] as Num;
  const resultOf = (pattern: OpPattern): Num => (pattern.op.sig.result === 'T' ? open : (pattern.op.sig.result as Num));
  const b = new FuncBuilder('f', { params, results: [resultOf(rule.pattern)] });
  const bound = new Map<string, ValueId>();
  const param = (type: Num): ValueId => b.params[nums.indexOf(type) * 3 + pick.next(3)] as ValueId;
  const leaf = (type: Num): ValueId => {
    const kind = pick.next(6);
    if (kind === 0) return b.constant(type, pick.value(type));
    if (kind === 3 && type[0] === 'f') {
      const names = ['ceil', 'floor', 'trunc', 'nearest', 'convert_i32_s', 'convert_i32_u', 'convert_i64_s'] as const;
      const name = names[pick.next(names.length)] as string;
      const from = name.includes('i64') ? 'i64' : name.includes('i32') ? 'i32' : type;
      return b.emit(`${type}.${name}` as OpName, [param(from)]);
    }
    if (kind === 1 && type === 'i32') return b.emit('i32.lt_s', [param('i32'), param('i32')]);
    if (kind === 2 && type[0] === 'i') {
      const names = ['load8_s', 'load8_u', 'load16_s', 'load16_u', 'extend8_s', 'extend16_s'] as const;
      const name = `${type}.${names[pick.next(6)]}` as OpName;
      if (name.includes('extend')) return b.emit(name, [param(type)]);
      return b.emit(name, [b.emit('i32.and', [param('i32'), b.constant('i32', 255)])], { offset: 0, align: 0 });
    }
    return param(type);
  };
  // Recursion is as deep as the pattern.
  const build = (pattern: Pattern, type: Num): ValueId => {
    switch (pattern.kind) {
      case 'literal':
        return b.constant(type, pattern.value);
      case 'constant':
      case 'value': {
        const known = bound.get(pattern.name);
        if (known !== undefined) return known;
        const made = pattern.kind === 'constant' ? b.constant(type, pick.value(type)) : leaf(type);
        bound.set(pattern.name, made);
        return made;
      }
      case 'op': {
        const args = pattern.args.map((arg, i) => {
          const wanted = pattern.op.sig.params[i];
          return build(arg, wanted === 'T' ? (literalType(pattern) ?? type) : (wanted as Num));
        });
        return b.emit(pattern.op, args);
      }
    }
  };
  const emit = b.emit.bind(b);
  b.emit = (op, args, imm, type) => {
    const def = typeof op === 'string' ? coreTable.get(op) : op;
    const ofFirst = def?.sig.result === 'T' ? (b.inst(args?.[0] as ValueId).type as Type) : undefined;
    return emit(op, args, imm, type ?? ofFirst);
  };
  const root = build(rule.pattern, resultOf(rule.pattern));
  b.ret(root);
  return b.finish();
}

/** The type that a literal in an open operand fixes. */
function literalType(pattern: OpPattern): Num | null {
  for (const arg of pattern.args)
    if (arg.kind === 'literal' && arg.type !== null && pattern.op.sig.params[0] === 'T') return arg.type as Num;
  return null;
}

/** The cost of what the result is computed from. */
function costOf(f: Func): number {
  const work = [...termOf(f, f.order[0] as Func['order'][number]).args];
  const seen = new Set(work);
  let cost = 0;
  for (let v = work.pop(); v !== undefined; v = work.pop()) {
    const inst = f.insts[v];
    cost += inst?.op.cost ?? 0;
    for (const arg of inst?.args ?? []) {
      if (!seen.has(arg)) work.push(arg);
      seen.add(arg);
    }
  }
  return cost;
}

describe(`a rule alone (SLUICE_SEED=${seed})`, () => {
  test.for(rules.map((rule) => [`${rule.name}: ${printPattern(rule.pattern)}`, rule] as const))('%s', ([, rule]) => {
    const pass = definePass({
      name: 'alone',
      summary: rule.name,
      paper: 'folklore',
      scope: 'func',
      run: (f, cx) => void rewriteAll(f, cx, new RuleIndex([rule])),
    });
    let fired = 0;
    const pick = choices(seed);
    for (let attempt = 0; attempt < 20_000 && fired < firingsOf(rule); attempt++) {
      const f = funcOf(rule, pick);
      const module = makeModule({ funcs: [f], memory: { min: 1, max: 1, source: null } });
      if (verifyFunc(f, module).length > 0) continue;
      const after = runOnFunc(pass, f, module, { verifyEach: true });
      if (after === f) continue;
      expect(costOf(after), 'cost').toBeLessThanOrEqual(costOf(f));
      for (let run = 0; run < 8; run++) {
        const args = params.map((type) => pick.value(type));
        const before = interpret(module, 'f', args).outcome;
        const now = interpret(makeModule({ ...module, funcs: [after] }), 'f', args).outcome;
        const same =
          before.kind === 'return' && now.kind === 'return'
            ? equalResult(f.sig.results[0] as Type, before.values[0], now.values[0])
            : before.kind === 'trap' && now.kind === 'trap' && before.trap === now.trap;
        expect(
          same,
          `${String(args)}: ${JSON.stringify([before, now], (_, v) => (typeof v === 'bigint' ? `${v}n` : v))}`,
        ).toBe(true);
      }
      fired++;
    }
    expect(fired, 'times that the rule fired').toBeGreaterThan(0);
  });
});
