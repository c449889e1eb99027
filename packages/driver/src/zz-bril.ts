import { readFileSync } from 'node:fs';
import { brilFrontend } from '@sluice/frontend-bril';
import { unwrap, coreTable, interp, withFuncs, verifyModule, sizeOf } from '@sluice/ir';
import { passes, levelPipeline } from '@sluice/passes';
import { allocate } from '@sluice/passes/regalloc/index';
import { pipeline, runPipeline } from '@sluice/pipeline';
import { registerTarget } from '@sluice/backend-register';
import { validateProgram, disassemble } from '@sluice/bytecode';
import { registerVM, registerJsVM } from '@sluice/vm';
const root = '/work/shared/corpus/bril/';
const index = JSON.parse(readFileSync(root + 'index.json', 'utf8')) as any[];
const [only, level = 'O0', mode = ''] = process.argv.slice(2);
let bad = 0, n = 0; const ratios: [number, string][] = [];
let tInst = 0, tRun = 0, tEmit = 0, totalInstr = 0;
for (const e of index) {
  if (e.kind !== 'benchmark' && e.kind !== 'interp' && e.kind !== 'interp-error') continue;
  if (only && only !== 'all' && !e.name.includes(only)) continue;
  const loaded0 = brilFrontend.load(readFileSync(root + e.bril), e.bril, coreTable);
  if (!loaded0.ok) { console.log('LOAD', e.name, loaded0.diagnostics[0]!.message); continue; }
  const loaded = loaded0.value;
  try {
    let m = runPipeline(loaded.module, levelPipeline(level as any), { ops: coreTable }).module;
    m = runPipeline(m, pipeline('register', registerTarget.prepare as string[], passes), { ops: coreTable }).module;
    const t0 = performance.now();
    const regs = mode.startsWith('r') ? Number(mode.slice(1)) : null;
    const allocations = new Map(m.funcs.map((f) => [f.name, allocate(f, { ...registerTarget.constraints, registers: regs })]));
    const t1 = performance.now();
    const program = registerTarget.emit(m, allocations);
    tEmit += performance.now() - t1;
    const v = validateProgram(program, { file: 'x' });
    if (v.length) console.log('INVALID', e.name, v[0]);
    if (only && only !== 'all' && process.argv[5]) console.log(disassemble(program, { locs: false }));
    let out = '';
    const args = unwrap(loaded.parseArgs(e.args));
    const t2 = performance.now();
    const inst = (mode === 'js' ? registerJsVM : registerVM).instantiate(program, { host: loaded.host((t) => { out += t; }), count: true });
    const t3 = performance.now();
    const r = inst.call(loaded.entry!, args);
    const t4 = performance.now();
    tInst += t3 - t2; tRun += t4 - t3; totalInstr += r.instructions!;
    const verdict = loaded.judge(r.outcome, inst.liveAllocations());
    n++;
    const want = e.out ? readFileSync(root + e.out, 'utf8') : '';
    const okOut = e.kind === 'interp-error' ? verdict.code === 2 : out === want && verdict.code === (e.exit ?? 0);
    if (!okOut) { bad++; console.log('BAD', e.name, verdict, r.outcome.kind, JSON.stringify(out.slice(0, 60)), JSON.stringify(want.slice(0, 60))); }
    if (e.dyn_inst) ratios.push([r.instructions! / e.dyn_inst, e.name + ' ' + e.dyn_inst]);
  } catch (error) { bad++; console.log('THROW', e.name, (error as Error).stack!.split('\n').slice(0, 4).join(' | ')); }
}
ratios.sort((a, b) => b[0] - a[0]);
console.log(n, 'bad', bad, 'emit', tEmit.toFixed(0), 'inst', (tInst / n).toFixed(2), 'ms/each run', tRun.toFixed(0), 'instr', totalInstr);
console.log('max', ratios.slice(0, 8).map(([r, k]) => r.toFixed(2) + ' ' + k).join('; '));
console.log('geomean', Math.exp(ratios.reduce((s, [r]) => s + Math.log(r), 0) / ratios.length).toFixed(3));
