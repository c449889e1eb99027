/** The text form: what it looks like, what the parser refuses, and that nothing else ever happens. */
import { formatDiagnostic, type Module, parseModule, printModule, verifyModule } from '@sluice/ir';
import * as factories from '@sluice/ir/diag-codes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { casesOf, codesOf, mismatches } from './support/cases.ts';
import { longChain, longLine, wideSwitch } from './support/large.ts';
import { damageText, runs, textDamage } from './support/mutate.ts';

function parsed(text: string): Module {
  const result = parseModule(text, { file: 'test.ir' });
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
  return result.value;
}

describe('forms', () => {
  test.for(casesOf('text', 'forms.ir'))('$name', ({ text, golden }) => {
    const module = parsed(text);
    const printed = printModule(module);
    expect(printed.trim()).toBe(golden);
    expect(printModule(parsed(printed))).toBe(printed);
    const named = printModule(module, { names: true, locs: true });
    expect(printModule(parsed(named), { names: true, locs: true })).toBe(named);
    expect(printModule(parsed(named))).toBe(printed);
  });
});

describe('refusals', () => {
  const refused = casesOf('text', 'refused.ir');

  test.for(refused)('$name', ({ text }) => {
    const result = parseModule(text, { file: 'test.ir' });
    expect(mismatches(text, result.ok ? [] : result.diagnostics)).toEqual([]);
    expect(result.ok ? [] : result.diagnostics).toHaveLength(1);
  });

  test('every code is reported by a case', () => {
    const seen = new Set(refused.flatMap(({ text }) => text.match(/SL\d{4}/g) ?? []));
    // What needs a text of megabytes is tested below.
    seen.add('SL0119');
    expect(codesOf(factories, 'SL01').filter((code) => code < 'SL0130' && !seen.has(code))).toEqual([]);
  });

  test('positions count from 1', () => {
    const result = parseModule('func @f() {\n^0:\n  ret %x\n}', { file: 'a.ir' });
    expect(result.ok ? [] : result.diagnostics.map(formatDiagnostic)).toEqual([
      'a.ir:3:7: error[SL0110]: %x is not defined in this function; define it, or correct the name',
    ]);
  });

  test('more slots or parameters than there may be', () => {
    const types = Array.from({ length: 70_000 }, () => 'i32').join(', ');
    const params = Array.from({ length: 70_000 }, (_, k) => `%${k}: i32`).join(', ');
    for (const text of [`func @f() {\n  slots ${types}\n^0:\n  ret\n}`, `func @f(${params}) {\n^0:\n  ret\n}`]) {
      const result = parseModule(text);
      expect(result.ok ? [] : result.diagnostics.map((d) => d.code)).toEqual(['SL0119']);
    }
  });
});

describe('names', () => {
  test('are kept, and printed where they are unique', () => {
    const module = parsed('func @f(%a: i32, %7: i32) {\n^start:\n  %"b c" = i32.add %a, %7\n  ret\n}');
    const f = module.funcs[0];
    expect(f && [...f.valueNames.values()]).toEqual(['a', 'b c']);
    expect(f && [...f.blockNames.values()]).toEqual(['start']);
    expect(printModule(module, { names: true })).toBe(
      'func @f(%a: i32, %1: i32) {\n^start:\n  %"b c" = i32.add %a, %1\n  ret\n}\n',
    );
    const twice = {
      ...module,
      funcs: module.funcs.map((g) => ({ ...g, valueNames: new Map(f?.params.map((v) => [v, 'a'])) })),
    };
    expect(printModule(twice, { names: true })).toContain('func @f(%0: i32, %1: i32)');
  });
});

describe('damaged text', () => {
  const texts = [...casesOf('text', 'forms.ir'), ...casesOf('verify', 'valid.ir')].map(({ text }) => text);

  test('gives a diagnostic or a module that prints and verifies', () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), textDamage, (text, edits) => {
        const result = parseModule(damageText(text, edits), { file: 'test.ir' });
        if (!result.ok) {
          expect(result.diagnostics.length).toBeGreaterThan(0);
          for (const d of result.diagnostics) expect(d.at.line * d.at.col).toBeGreaterThan(0);
          return;
        }
        const printed = printModule(result.value);
        expect(printModule(parsed(printed))).toBe(printed);
        expect(Array.isArray(verifyModule(result.value))).toBe(true);
      }),
      { numRuns: runs },
    );
  });
});

describe('scale', () => {
  test.for([
    ['100,000 instructions in a line', longLine(100_000)],
    ['20,000 blocks in a chain', longChain(20_000)],
    ['a switch of 20,000 cases and a phi of as many inputs', wideSwitch(20_000)],
  ] as const)('%s', ([, text]) => {
    const module = parsed(text);
    expect(printModule(module)).toBe(text);
    expect(verifyModule(module)).toEqual([]);
  });

  test('a long string, a long name, a long comment', () => {
    const bytes = 'x\\00'.repeat(300_000);
    const name = 'n'.repeat(1_000_000);
    const text = `data passive "${bytes}"\n\nfunc @${name}() {\n^0:\n  ret\n}\n`;
    expect(printModule(parsed(`${text};${name}`))).toBe(text);
  });
});
