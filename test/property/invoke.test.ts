/**
 * Exceptions on random call graphs: functions of few signatures that call each other by name, by `invoke` and through a table,
 * and throw. The signatures are such that a flag behind the results of one makes it another one. What `lower-invoke` makes
 * of them, and every engine, shows what the reference shows. A failure prints seed and path: SLUICE_SEED, SLUICE_PATH.
 */
import {
  type Func,
  FuncBuilder,
  findFunc,
  formatDiagnostic,
  type Instance,
  interp,
  type Module,
  makeModule,
  makeTable,
  parseModule,
  printModule,
  type Signature,
  type ValueId,
  verifyModule,
} from '@sluice/ir';
import { passes } from '@sluice/passes';
import { pipeline, runPipeline } from '@sluice/pipeline';
import { budget, difference, freezeModule, type Instantiate, type Observation, observe } from '@sluice/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { machines } from '../support/engines.ts';

/** What a function does, one after the other; numbers are taken modulo what there is. */
interface Stmt {
  readonly how: 'throw' | 'call' | 'invoke' | 'rethrow' | 'indirect' | 'host';
  readonly target: number;
  readonly bit: number;
}

interface Plan {
  readonly funcs: readonly { readonly sig: number; readonly body: readonly Stmt[] }[];
  /** Below the number of functions: one of them; then an import; then nothing. */
  readonly table: readonly number[];
  readonly exported: boolean;
  readonly inputs: readonly (readonly [number, number])[];
}

const params = ['i32', 'i32'] as const;
const signatures: readonly Signature[] = [
  { params, results: [] },
  { params, results: ['i32'] },
  { params, results: ['i32', 'i32'] },
  { params, results: ['i64'] },
];
const hostSig = signatures[1] as Signature;

const stmts: fc.Arbitrary<Stmt> = fc.record({
  how: fc.constantFrom('throw', 'call', 'call', 'invoke', 'invoke', 'rethrow', 'indirect', 'indirect', 'host'),
  target: fc.nat(20),
  bit: fc.nat(4),
});
const plans: fc.Arbitrary<Plan> = fc.record({
  funcs: fc.array(fc.record({ sig: fc.nat(signatures.length - 1), body: fc.array(stmts, { maxLength: 4 }) }), {
    minLength: 1,
    maxLength: 6,
  }),
  table: fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }),
  exported: fc.boolean(),
  inputs: fc.array(fc.tuple(fc.nat(5), fc.nat(31)), { minLength: 3, maxLength: 3 }),
});

function moduleOf(plan: Plan): Module {
  const names = plan.funcs.map((_, i) => `f${i}`);
  const elements = plan.table.map((n) => names[n] ?? (n < 7 ? 'p' : null));
  const m = makeModule({
    imports: [{ name: 'p', module: 'host', field: 'p', sig: hostSig }],
    funcs: plan.funcs.map((_, i) => funcOf(plan, i)),
    tables: [makeTable(elements)],
    exports: plan.exported ? [{ external: 'main', kind: 'func', name: 'f0' }] : [],
  });
  const [wrong] = verifyModule(m);
  if (wrong !== undefined) throw new Error(`${formatDiagnostic(wrong)}\n${printModule(m)}`);
  return freezeModule(m);
}

/** A function of a depth that is left and of bits that say where to throw. */
function funcOf(plan: Plan, i: number): Func {
  const { sig: number, body } = plan.funcs[i] as Plan['funcs'][number];
  const sig = signatures[number] as Signature;
  const b = new FuncBuilder(`f${i}`, sig);
  const [depth, bits] = b.params as readonly [ValueId, ValueId];
  const sum = b.variable('i32');
  b.write(sum, bits);
  const add = (v: ValueId): void => b.write(sum, b.emit('i32.add', [b.read(sum), v]));
  const [deep, done] = [b.block(), b.block()];
  b.brIf(b.emit('i32.gt_s', [depth, b.constant('i32', 0)]), deep, done);
  b.at(deep);
  const less = b.emit('i32.sub', [depth, b.constant('i32', 1)]);
  /** A call, and what it gave is added up. */
  const take = (call: ValueId, { results }: Signature): void => {
    if (results.length === 2) for (const k of [0, 1]) add(b.emit('result', [call], k, 'i32'));
    else if (results[0] === 'i64') add(b.emit('i32.wrap_i64', [call]));
    else if (results[0] === 'i32') add(call);
  };
  const typeOf = ({ results }: Signature) => (results.length > 1 ? 'tuple' : (results[0] ?? 'void'));
  for (const { how, target, bit } of body) {
    const next = b.emit('i32.xor', [bits, b.constant('i32', bit)]);
    const callee = target % plan.funcs.length;
    const calleeSig = signatures[(plan.funcs[callee] as Plan['funcs'][number]).sig] as Signature;
    if (how === 'host') {
      add(b.emit('call_host', [less, b.read(sum)], 'p', 'i32'));
    } else if (how === 'call') {
      take(b.emit('call', [less, next], `f${callee}`, typeOf(calleeSig)), calleeSig);
    } else if (how === 'indirect') {
      // Mostly the signature of what stands there; at times another one, or nothing stands there.
      const at = target % (plan.table.length + (bit === 0 ? 1 : 0));
      const there = plan.funcs[plan.table[at] ?? -1]?.sig ?? 1;
      const used = signatures[bit === 1 ? target % signatures.length : there] as Signature;
      take(b.emit('call_indirect', [less, next, b.constant('i32', at)], used, typeOf(used)), used);
    } else if (how === 'throw') {
      const [thrown, on] = [b.block(), b.block()];
      b.brIf(b.emit('i32.and', [bits, b.constant('i32', 1 << bit)]), thrown, on);
      b.at(thrown);
      b.trap('throw');
      b.at(on);
    } else {
      const [normal, caught, join] = [b.block(), b.block(), b.block()];
      const call = b.terminate('invoke', [less, next], [normal, caught], `f${callee}`, typeOf(calleeSig));
      b.at(normal);
      take(call, calleeSig);
      b.br(join);
      b.at(caught);
      add(b.emit('call_host', [b.constant('i32', 1000), b.read(sum)], 'p', 'i32'));
      if (how === 'rethrow') b.trap('throw');
      else b.br(join);
      b.at(join);
    }
  }
  b.br(done);
  b.at(done);
  const value = b.read(sum);
  if (sig.results[0] === 'i64') b.ret(b.emit('i64.extend_i32_s', [value]));
  else b.ret(...sig.results.map(() => value));
  return b.finish();
}

interface Lowered {
  readonly module: Module;
  readonly instantiate: Instantiate;
}

const lowerInvoke = pipeline('lower', ['lower-invoke'], passes);

function lowered(m: Module): Lowered {
  const { module } = runPipeline(m, lowerInvoke, { verifyEach: true });
  return { module, instantiate: (options) => interp.instantiate(module, options) };
}

/** Holds what is made of a module against the reference; gives what the reference showed. */
function compare(plan: Plan, lower: (m: Module) => Lowered): readonly Observation[] {
  const m = moduleOf(plan);
  const { module, instantiate } = lower(m);
  return m.funcs.flatMap(({ name }) =>
    plan.inputs.flatMap((args) => {
      const before = observe((options) => interp.instantiate(m, options), m, { func: name, args });
      if (findFunc(module, name) === undefined) return [before];
      const after = observe(instantiate, module, { func: name, args });
      const differs = difference(before, after);
      if (differs !== null) {
        throw new Error(`@${name}(${args.join(', ')}) ${differs}\n${printModule(m)}\n=>\n${printModule(module)}`);
      }
      return [before];
    }),
  );
}

test('lower-invoke keeps what random call graphs show', () => {
  const shown = new Set<string>();
  const law = fc.property(plans, (plan) => {
    for (const { outcome, hostCalls } of compare(plan, lowered)) {
      const caught = hostCalls.some(({ args }) => args[0]?.value === 1000) ? 'caught, ' : '';
      shown.add(`${caught}${outcome.kind === 'trap' ? outcome.trap : outcome.kind}`);
    }
  });
  fc.assert(law, budget(400));
  // The law says nothing where nothing is thrown.
  const wanted = ['return', 'throw', 'caught, return', 'caught, throw', 'indirect-call-type'];
  expect(wanted.filter((kind) => !shown.has(kind))).toEqual([]);
});

test('a module has no invoke afterwards, and is the same object where it had none', () => {
  const law = fc.property(plans, (plan) => {
    const m = moduleOf(plan);
    const { module } = lowered(m);
    expect(hasInvoke(module)).toBe(false);
    expect(lowered(module).module).toBe(module);
    if (!hasInvoke(m)) expect(module).toBe(m);
  });
  fc.assert(law, budget(100));
});

test('a chain of callers as long as you like, and a line of as many calls', () => {
  const count = 5_000;
  const chain = Array.from({ length: count }, (_, i) => {
    const call = i + 1 < count ? `call @f${i + 1}()\n  ret` : 'trap throw';
    return `func @f${i}() {\n^entry:\n  ${call}\n}`;
  });
  const line = `func @line() {\n^entry:\n${'  call @f0()\n'.repeat(4 * count)}  ret\n}`;
  const main = 'func @main() {\n^entry:\n  invoke @line(), ^out, ^out\n^out:\n  ret\n}';
  const parsed = parseModule([...chain, line, main].join('\n'));
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join('\n'));
  const { module } = runPipeline(parsed.value, lowerInvoke);
  expect(verifyModule(module)).toEqual([]);
  expect(module.funcs.length).toBe(2 * (count + 1) + 1);
});

const reentered = `
import @enter() -> () from "host" "enter"
export "main" func @main
export "throws" func @throws
func @main(%x: i32) -> i32 {
^entry:
  %minus = i32.const -1
  %r = invoke i32 @middle(%x), ^normal, ^catch
^normal:
  ret %r
^catch:
  ret %minus
}
func @middle(%x: i32) -> i32 {
^entry:
  call_host @enter()
  br_if %x, ^throw, ^fine
^throw:
  call @throws()
  ret %x
^fine:
  ret %x
}
func @throws() {
^entry:
  trap throw
}`;

describe.each([{ name: 'interp', lower: lowered }, ...machines()])('$name', (engine) => {
  test('an exception ends at the host, which sees the trap of its own call', () => {
    const parsed = parseModule(reentered);
    if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join('\n'));
    const seen: string[] = [];
    const enter = (): undefined => {
      const { outcome } = instance.call('throws', []);
      seen.push(outcome.kind === 'trap' ? outcome.trap : outcome.kind);
    };
    const instance: Instance = engine.lower(parsed.value).instantiate({ host: new Map([['host.enter', enter]]) });
    expect(instance.call('main', [0]).outcome).toEqual({ kind: 'return', values: [0] });
    expect(instance.call('main', [1]).outcome).toEqual({ kind: 'return', values: [-1] });
    expect(seen).toEqual(['throw', 'throw']);
  });

  test('shows of random call graphs what the reference shows', () => {
    fc.assert(
      fc.property(plans, (plan) => void compare(plan, engine.lower)),
      budget(40),
    );
  });
});

function hasInvoke(m: Module): boolean {
  return m.funcs.some((f) => f.insts.some((inst) => inst?.op.kind === 'invoke'));
}
