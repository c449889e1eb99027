/** What the JavaScript backend makes of small functions, and modules of their own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emitModule, emitStandalone, jsPrepare } from '@sluice/backend-js';
import { presets, translate } from '@sluice/driver';
import { formatDiagnostic, interp, type Module, parseModule, unwrap, type Value } from '@sluice/ir';
import { pipeline, runPipeline } from '@sluice/pipeline';
import { describe, expect, test } from 'vitest';

function prepared(text: string): Module {
  const m = unwrap(parseModule(text, { file: 'test' }));
  return runPipeline(m, pipeline('js', jsPrepare, presets.passes), { verifyEach: true }).module;
}

/** The lines of the first function. */
function code(text: string): string[] {
  const lines = emitModule(prepared(text)).source.split('\n');
  const start = lines.findIndex((line) => line.startsWith('function $'));
  return lines.slice(start, lines.indexOf('}', start) + 1);
}

const loop = `func @sum(%n: i64) -> i64 {
^entry:
  %zero = i64.const 0
  %one = i64.const 1
  br ^loop
^loop:
  %i = phi i64 [^entry: %n], [^loop: %next]
  %sum = phi i64 [^entry: %zero], [^loop: %more]
  %more = i64.add %sum, %i
  %next = i64.sub %i, %one
  %c = i64.gt_s %next, %zero
  br_if %c, ^loop, ^done
^done:
  ret %more
}`;

describe('functions', () => {
  test('a loop is a loop; i64 are slots of the frame; phis cost nothing', () => {
    expect(code(loop)).toEqual([
      'function $sum(fp) {',
      '  if (fp > frameLimit) deep();',
      '  L[fp + 2] = 0n;',
      '  L3: for (;;) {',
      '    L[fp + 2] = BigInt.asIntN(64, L[fp + 2] + L[fp]);',
      '    L[fp] = BigInt.asIntN(64, L[fp] - 1n);',
      '    if (L[fp] > 0n) {',
      '      continue L3;',
      '    }',
      '    L[fp + 1] = L[fp + 2];',
      '    return;',
      '  }',
      '}',
    ]);
  });

  test('what is used once is part of an expression; both operands of a sum are cut to 32 bits', () => {
    const text = `func @f(%a: i32, %b: i32) -> i32 {
^0:
  %c = i32.mul %a, %b
  %d = i32.add %c, %a
  ret %d
}`;
    expect(code(text)).toEqual([
      'function $f(a_0, b_1) {',
      '  return (((Math.imul(a_0, b_1) | 0) + (a_0 | 0)) | 0);',
      '}',
    ]);
  });

  test('what waits is written before a place that it reads changes', () => {
    const text = `func @f(%n: i32) -> i32 {
^entry:
  %zero = i32.const 0
  %one = i32.const 1
  br ^loop
^loop:
  %i = phi i32 [^entry: %n], [^loop: %next]
  %s = phi i32 [^entry: %zero], [^loop: %t]
  %old = i32.mul %i, %i
  %next = i32.sub %i, %one
  %u = i32.xor %old, %next
  %t = i32.add %u, %s
  br_if %next, ^loop, ^done
^done:
  ret %t
}`;
    const m = prepared(text);
    const run = (args: readonly Value[]) => engine().instantiate(m, {}).call('f', args).outcome;
    for (const n of [1, 2, 7]) expect(run([n])).toEqual(interp.instantiate(m).call('f', [n]).outcome);
  });

  test('a test in front of a trap, and the trap', () => {
    const text = `func @f(%a: i32, %b: i32) -> i32 {
^0:
  %q = i32.div_u %a, %b
  ret %q
}`;
    expect(code(text).slice(1, 3)).toEqual([
      "  (b_1 === 0 ? trap('integer-divide-by-zero') : 0);",
      '  return ((((a_0 >>> 0) / (b_1 >>> 0)) >>> 0) | 0);',
    ]);
  });

  test('loads through a view that begins at the offset; NaNs keep their bits only where they may be seen', () => {
    const text = `memory 1
func @f(%p: i32) -> f64 {
^0:
  %a = f64.load %p offset=16 align=3
  %b = f64.add %a, %a
  f64.store %p, %b offset=0 align=3
  %c = f64.load %p offset=0 align=3
  f64.store %p, %c offset=8 align=3
  ret %b
}`;
    const lines = code(text);
    expect(lines).toContain(
      '  if ((t0 = F64_16[(p_0 >>> 3 | p_0 << 29) >>> 0]) === undefined) t0 = DV.getFloat64((p_0 >>> 0) + 16, true);',
    );
    expect(lines.filter((line) => line.includes('f64FromBits'))).toHaveLength(1);
  });

  test('nesting that a parser would not bear is a loop over a switch', () => {
    const depth = 400;
    const blocks = Array.from({ length: depth }, (_, k) => {
      const inner = k + 1 < depth ? `^h${k + 1}` : `^t${k}`;
      const from = k === 0 ? '^entry' : `^h${k - 1}`;
      const out = k === 0 ? '^done' : `^t${k - 1}`;
      return `^h${k}:
  %i${k} = phi i32 [${from}: ${k === 0 ? '%n' : `%i${k - 1}`}], [^t${k}: %j${k}]
  i32.store %zero, %i${k} offset=${4 * k} align=2
  br ${inner}
^t${k}:
  %j${k} = i32.sub ${k + 1 < depth ? `%j${k + 1}` : `%i${k}`}, %one
  %c${k} = i32.gt_s %j${k}, %zero
  br_if %c${k}, ^h${k}, ${out}`;
    });
    const m = prepared(`memory 1
func @deep(%n: i32) -> i32 {
^entry:
  %zero = i32.const 0
  %one = i32.const 1
  br ^h0
${blocks.join('\n')}
^done:
  ret %j0
}`);
    expect(emitModule(m).source).toContain('for (;;) switch (at) {');
    const options = { limits: { fuel: 5000 } };
    const seen = engine().instantiate(m, options).call('deep', [500]);
    const { outcome, fuelUsed } = interp.instantiate(m, options).call('deep', [500]);
    expect({ outcome: seen.outcome, fuelUsed: seen.fuelUsed }).toEqual({ outcome, fuelUsed });
  });
});

describe('an ES module', () => {
  test('computes what the interpreter computes', async () => {
    const text = `module "shapes"
import @log(i64, f64) -> i64 from "env" "log"
memory 1
table [@half, @log, null]
global @count: mut i32 = 3
data 8 "\\07\\00\\00\\00"
export "sum" func @sum
export "half" func @half
export "indirect" func @indirect
export "byte" func @byte
export "count" global @count
export "memory" memory
${loop}
func @half(%x: f64) -> f64 {
^0:
  %k = f64.const 0.5
  %y = f64.mul %x, %k
  %one = i32.const 1
  %c = global.get i32 @count
  %d = i32.add %c, %one
  global.set @count %d
  ret %y
}
func @indirect(%i: i32, %a: i64, %x: f64) -> i64 {
^0:
  %r = call_indirect i64 ((i64, f64) -> i64) (%a, %x, %i)
  ret %r
}
func @byte(%p: i32) -> i32 {
^0:
  %b = i32.load8_u %p offset=0 align=0
  ret %b
}
`;
    const { instantiate, Trap } = await moduleOf(text);
    const logged: unknown[] = [];
    const log = (a: bigint, x: number): bigint => {
      logged.push([a, x]);
      return a * 2n;
    };
    const { exports } = instantiate({ env: { log } });
    expect(exports.sum(10n)).toBe(55n);
    expect(exports.half(3)).toBe(1.5);
    expect(exports.count.value).toBe(4);
    expect(exports.byte(8)).toBe(7);
    expect(exports.indirect(1, 21n, 0.5)).toBe(42n);
    expect(logged).toEqual([[21n, 0.5]]);
    expect(exports.memory.buffer.byteLength).toBe(65536);
    const trapOf = (call: () => unknown): unknown => {
      try {
        return call();
      } catch (error) {
        return error instanceof Trap ? (error as { kind?: string }).kind : error;
      }
    };
    expect(trapOf(() => exports.indirect(0, 1n, 0))).toBe('indirect-call-type');
    expect(trapOf(() => exports.indirect(2, 1n, 0))).toBe('null-reference');
    expect(trapOf(() => exports.indirect(3, 1n, 0))).toBe('out-of-bounds');
    expect(trapOf(() => exports.byte(65536))).toBe('out-of-bounds');
    expect(trapOf(() => exports.byte(-1))).toBe('out-of-bounds');
  });

  test('is the same text each time', () => {
    const m = prepared(loop);
    expect(unwrap(emitStandalone(m))).toBe(unwrap(emitStandalone(prepared(loop))));
  });

  test('refuses what it would need this project for', () => {
    const refused = (text: string): string[] => {
      const emitted = emitStandalone(prepared(text));
      return emitted.ok ? [] : emitted.diagnostics.map((found) => formatDiagnostic(found));
    };
    expect(refused('memory 1 from "env" "memory"\n')).toEqual([expect.stringContaining('error[SL0852]')]);
    const vectors = `func @f(%a: v128, %b: v128) -> v128 {
^0:
  %c = i8x16.swizzle %a, %b
  ret %c
}`;
    expect(refused(vectors)).toEqual([expect.stringMatching(/error\[SL0851\].*i8x16\.swizzle/)]);
  });

  test('is what opt --emit js prints', () => {
    const m = unwrap(parseModule(loop, { file: 'test' }));
    const target = presets.languages.find(({ name }) => name === 'js');
    if (target === undefined) throw new Error('no language js');
    const text = unwrap(translate(m, presets.levelPipeline('O2'), target, presets));
    expect(text).toMatch(/^\/\/ Module "" as JavaScript\.\n/);
    expect(text).toContain('export function instantiate(imports = {}) {');
  });
});

function engine() {
  const found = presets.engines.find(({ name }) => name === 'js');
  if (found?.executes !== 'module') throw new Error('no engine js');
  return found;
}

interface Loaded {
  // biome-ignore lint/suspicious/noExplicitAny: exports of a module that was just made.
  readonly instantiate: (imports: unknown) => { readonly exports: any };
  readonly Trap: new (kind: string) => Error;
}

async function moduleOf(text: string): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-js-'));
  try {
    const file = join(folder, 'module.mjs');
    writeFileSync(file, unwrap(emitStandalone(prepared(text))));
    return (await import(/* @vite-ignore */ file)) as Loaded;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
