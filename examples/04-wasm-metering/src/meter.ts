/**
 * Charges gas: every block of the program pays for its instructions before it runs, out of the exported global `meter.gas`, and the
 * program traps (`unreachable`) where that is not enough. So a host bounds what a module may do, whatever runs it.
 *
 *     ^loop:                           ^loop:
 *       %x = i32.mul %a, %b              call @meter.charge(4)
 *       %y = i32.load %x         =>      %x = i32.mul %a, %b
 *                                        %y = i32.load %x
 *
 * Why safe: a charge changes nothing that the program sees. A block is entered at its head and left at its end, so that no
 *           instruction runs that was not paid for; what a trap in the middle leaves was paid in vain.
 * Not done: the cost of a bulk operation by its length, growth of memory by its size.
 */
import { coreOp, Editor, type Func, type Inst, type Module, makeInst, parseModule, unwrap } from '@sluice/ir';
import { definePass } from '@sluice/pipeline';

/** The function that is called at block heads, and the global that it takes from. */
const runtime = (gas: number): string => `
global @meter.gas: mut i64 = ${gas}
export "meter.gas" global @meter.gas
func @meter.charge(%cost: i64) {
^entry:
  %gas = global.get i64 @meter.gas
  %left = i64.sub %gas, %cost
  %zero = i64.const 0
  %out = i64.lt_s %left, %zero
  br_if %out, ^empty, ^go
^empty:
  trap unreachable
^go:
  global.set @meter.gas %left
  ret
}
`;

export default definePass({
  name: 'meter',
  summary: 'charge gas at block heads and trap where it is used up',
  paper: 'folklore',
  scope: 'module',
  options: { gas: { doc: 'what the program may use', default: 1_000_000 } },
  run(m, cx) {
    if (m.funcs.some(({ name }) => name === 'meter.charge')) return m;
    if (!cx.rewrite(`metered, with ${cx.options.gas} to use`)) return m;
    const { globals, exports, funcs } = unwrap(parseModule(runtime(cx.options.gas), { file: 'meter.ts' }));
    return {
      ...m,
      funcs: [...m.funcs.map((f) => metered(f)), ...funcs],
      globals: [...m.globals, ...globals],
      exports: [...m.exports, ...exports],
    } satisfies Module;
  },
});

/** The function with a charge at the head of each block. */
function metered(f: Func): Func {
  const edit = new Editor(f);
  for (const b of f.order) {
    const insts = [...edit.body(b), edit.termId(b)];
    const cost = insts.reduce((sum, v) => sum + costOf(edit.inst(v)), 0);
    if (cost === 0 || insts[0] === undefined) continue;
    const amount = edit.insertBefore(insts[0], makeInst(coreOp('i64.const'), [], { imm: BigInt(cost) }));
    edit.insertBefore(insts[0], makeInst(coreOp('call'), [amount], { imm: 'meter.charge', type: 'void' }));
  }
  return edit.finish();
}

/** Calls and memory cost more than arithmetic; constants and jumps nothing. */
function costOf({ op }: Inst): number {
  if (op.kind === 'const' || op.name === 'br') return 0;
  if (op.kind === 'call') return 10;
  return op.effect.reads === 0 && op.effect.writes === 0 ? 1 : 3;
}
