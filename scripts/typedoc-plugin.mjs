/**
 * A plugin of TypeDoc: calls each module by the name under which it is imported (`@sluice/ir`) and not by its path, and
 * requires documentation of all published workspaces. Without it TypeDoc requires none: the root has no name in common
 * with them.
 */
import { readFileSync } from 'node:fs';
import { Application, Converter, ReflectionKind } from 'typedoc';

/** Called by TypeDoc. */
export function load(app) {
  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    const names = app.getEntryPoints().map(({ displayName }) => `@sluice/${workspaceOf(displayName)}`);
    app.options.setValue('packagesRequiringDocumentation', names);
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    for (const module of context.project.getReflectionsByKind(ReflectionKind.Module)) {
      const folder = module.name.replace(/\/src.*$/, '');
      module.name = JSON.parse(readFileSync(new URL(`../${folder}/package.json`, import.meta.url), 'utf8')).name;
    }
  });
}

function workspaceOf(path) {
  return path.replace(/\/src.*$/, '').replace(/^packages\//, '');
}
