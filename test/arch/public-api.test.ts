/**
 * What the packages show to the world: every exported name has documentation, and the list of names changes only on
 * purpose (`npm run bless` writes `public-api.snap.txt`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { listFiles, matches, readJson, root } from './sources.ts';

const entries = listFiles().filter((file) =>
  ['ir/src/index.ts', 'passes/src/index.ts', 'packages/*/src/index.ts'].some((glob) => matches(glob, file)),
);
const snapshot = new URL('./public-api.snap.txt', import.meta.url);

interface Exported {
  readonly from: string;
  readonly name: string;
  readonly kind: string;
  readonly documented: boolean;
}

const exported = collect();

function collect(): Exported[] {
  const config = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const program = ts.createProgram(
    entries.map((file) => root + file),
    { ...options, incremental: false, noEmit: true },
  );
  const checker = program.getTypeChecker();
  return entries.flatMap((file) => {
    const from = readJson<{ readonly name: string }>(file.replace('src/index.ts', 'package.json')).name;
    const source = program.getSourceFile(root + file);
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    const symbols = module === undefined ? [] : checker.getExportsOfModule(module);
    return symbols.map((symbol) => describe(symbol, from, checker)).sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

function describe(symbol: ts.Symbol, from: string, checker: ts.TypeChecker): Exported {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const documented = [symbol, target].some((each) => each.getDocumentationComment(checker).length > 0);
  return { from, name: symbol.name, kind: kindOf(target.flags), documented };
}

function kindOf(flags: ts.SymbolFlags): string {
  if (flags & ts.SymbolFlags.Class) return 'class';
  if (flags & ts.SymbolFlags.Function) return 'function';
  if (flags & ts.SymbolFlags.Variable) return flags & ts.SymbolFlags.Type ? 'const and type' : 'const';
  return flags & ts.SymbolFlags.Interface ? 'interface' : 'type';
}

test('every export has documentation', () => {
  expect(exported.filter(({ documented }) => !documented).map(({ from, name }) => `${from}: ${name}`)).toEqual([]);
});

test('the exported names are those of the snapshot', () => {
  const lines = exported.map(({ from, name, kind }) => `${from}  ${name}  ${kind}`);
  const text = `${lines.join('\n')}\n`;
  if (process.env.SLUICE_BLESS === '1') writeFileSync(snapshot, text);
  else expect(text).toBe(readFileSync(snapshot, 'utf8'));
});
