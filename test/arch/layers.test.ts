/** Every import of every workspace against `layers.json`, and no cycles between files. */
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { importsOf, listFiles, listWorkspaces, matches, readJson, readText, type Workspace } from './sources.ts';

interface Layer {
  readonly layer: number;
  readonly may: readonly string[];
  readonly npm: readonly string[];
  readonly why: string;
}

interface Layers {
  readonly workspaces: Readonly<Record<string, Layer>>;
  readonly forbidden: readonly { readonly from: string; readonly to: string; readonly why: string }[];
  readonly rules: Readonly<Record<'upward' | 'sibling' | 'npm' | 'node' | 'relative' | 'undeclared', string>>;
  readonly node: readonly string[];
  readonly files: readonly {
    readonly from: string;
    readonly except: readonly string[];
    readonly to: readonly string[];
    readonly why: string;
  }[];
}

const layers = readJson<Layers>('layers.json');
const files = listFiles();
const workspaces = listWorkspaces(files);
const any = (globs: readonly string[], path: string): boolean => globs.some((glob) => matches(glob, path));

function layerOf(workspace: string): Layer | undefined {
  const exact = layers.workspaces[workspace];
  if (exact !== undefined) return exact;
  return Object.entries(layers.workspaces).find(([name]) => matches(name, workspace))?.[1];
}

/** Why `from` may not import the workspace `to`, or undefined if it may. */
function whyNot(from: string, to: string): string | undefined {
  const [a, b] = [layerOf(from), layerOf(to)];
  if (a === undefined || b === undefined) return `${a === undefined ? from : to} is not in layers.json`;
  const stated = layers.forbidden.find((edge) => matches(edge.from, from) && matches(edge.to, to));
  if (stated !== undefined) return stated.why;
  if (b.layer > a.layer) return layers.rules.upward;
  if (b.layer === a.layer) return layers.rules.sibling;
  return any(a.may, to) ? undefined : a.why;
}

/** The package that a bare specifier belongs to: `@scope/name` or `name`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The file that an import of Sluice's own code leads to, or undefined for npm packages and built-ins. */
function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier);
  if (!specifier.startsWith('@sluice/')) return undefined;
  const [, name = '', ...rest] = specifier.split('/');
  const folder = workspaces.find((w) => posix.basename(w.folder) === name)?.folder ?? `packages/${name}`;
  return `${folder}/src/${rest.length === 0 ? 'index' : rest.join('/')}.ts`;
}

function whyNotModule(workspace: Workspace, file: string, specifier: string): string | undefined {
  const target = targetOf(file, specifier);
  if (target !== undefined) {
    const rule = layers.files.find((r) => matches(r.from, file) && !any(r.except, file) && any(r.to, target));
    if (rule !== undefined) return rule.why;
    if (specifier.startsWith('.')) return target.startsWith(`${workspace.folder}/`) ? undefined : layers.rules.relative;
  }
  if (isBuiltin(specifier)) return any(layers.node, file) ? undefined : layers.rules.node;
  const name = packageOf(specifier);
  if (name.startsWith('@sluice/')) {
    const to = name.slice('@sluice/'.length);
    if (to === workspace.name) return 'a workspace reaches its own files by relative paths';
    const reason = whyNot(workspace.name, to);
    if (reason !== undefined) return reason;
  } else if (!any(layerOf(workspace.name)?.npm ?? [], name)) return layers.rules.npm;
  const rootOnly = name === 'vitest' || name === 'typescript';
  return workspace.dependencies.has(name) || rootOnly ? undefined : layers.rules.undeclared;
}

function modulesOf(workspace: Workspace): string[] {
  const top = workspace.folder === 'test' || workspace.folder.startsWith('examples/') ? '' : 'src/';
  return files.filter((file) => file.startsWith(`${workspace.folder}/${top}`) && file.endsWith('.ts'));
}

test('every workspace stands in layers.json, and layers.json names no layer twice', () => {
  expect(workspaces.filter((w) => layerOf(w.name) === undefined).map((w) => w.name)).toEqual([]);
});

test('a forbidden edge of layers.json is not allowed by it too', () => {
  const both = layers.forbidden.filter(({ from, to }) => layers.workspaces[from]?.may.includes(to));
  expect(both).toEqual([]);
});

test('imports point downwards and stay within what layers.json allows', () => {
  const wrong: string[] = [];
  for (const workspace of workspaces) {
    for (const file of modulesOf(workspace)) {
      for (const specifier of importsOf(readText(file))) {
        const why = whyNotModule(workspace, file, specifier);
        if (why !== undefined) wrong.push(`${file} may not import ${specifier}, because ${why}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('dependencies in package.json stay within what layers.json allows', () => {
  const wrong: string[] = [];
  for (const { name, dependencies } of workspaces) {
    for (const dependency of dependencies) {
      const own = dependency.startsWith('@sluice/');
      const may = any(layerOf(name)?.npm ?? [], dependency);
      const why = own ? whyNot(name, dependency.slice('@sluice/'.length)) : may ? undefined : layers.rules.npm;
      if (why !== undefined) wrong.push(`${name} may not depend on ${dependency}, because ${why}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('no file imports itself through others', () => {
  const modules = workspaces.flatMap(modulesOf);
  const edges = new Map<string, string[]>();
  for (const file of modules) {
    const targets = importsOf(readText(file)).map((specifier) => targetOf(file, specifier));
    edges.set(
      file,
      targets.filter((target) => target !== undefined),
    );
  }
  expect(findCycle(edges)).toEqual([]);
});

/** The files of one cycle, in order, or an empty list. Depth-first with an explicit stack. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  for (const start of edges.keys()) {
    const path: { file: string; next: number }[] = [{ file: start, next: 0 }];
    const open = new Set([start]);
    while (path.length > 0) {
      const top = path[path.length - 1];
      if (top === undefined) break;
      const to = edges.get(top.file)?.[top.next++];
      if (done.has(top.file) || to === undefined) {
        done.add(top.file);
        open.delete(top.file);
        path.pop();
      } else if (open.has(to)) {
        const names = path.map((step) => step.file);
        return [...names.slice(names.indexOf(to)), to];
      } else if (!done.has(to)) {
        open.add(to);
        path.push({ file: to, next: 0 });
      }
    }
  }
  return [];
}
