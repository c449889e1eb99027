/**
 * Test scripts of the WebAssembly specification as `wast2json` writes them: which commands there are, and where a folder
 * keeps them. A script is a JSON file with a list of commands (or one command a line); its modules lie beside it.
 *
 * Not done: text modules (`module_type: "text"`). Sluice reads binaries; a script's commands about text are skipped.
 */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A value as scripts write it; numbers as decimal strings of their bits, lanes of a v128 one by one. */
export interface ScriptValue {
  readonly type: string;
  readonly value?: string | readonly string[];
  readonly lane_type?: string;
  /** Alternatives, of which one must hold. */
  readonly either?: readonly ScriptValue[];
  readonly values?: readonly ScriptValue[];
}

/** A call of an exported function, or a look at an exported global. */
export interface Action {
  readonly type: 'invoke' | 'get';
  /** The instance's name; default: the latest. */
  readonly module?: string;
  readonly field: string;
  readonly args?: readonly ScriptValue[];
}

/** One command of a script. */
export interface Command {
  readonly type: string;
  readonly line: number;
  readonly filename?: string;
  /** The binary of a module that was text, where the tool that wrote the script kept one. */
  readonly binary_filename?: string;
  readonly module_type?: string;
  readonly name?: string;
  /** Of `register`: the name under which imports find the instance. */
  readonly as?: string;
  readonly action?: Action;
  readonly expected?: readonly ScriptValue[];
  /** What the reference implementation says. */
  readonly text?: string;
}

/** A script with access to its modules. */
export interface Script {
  readonly name: string;
  /** For messages: the source that lines count in. */
  readonly source: string;
  readonly commands: readonly Command[];
  /** The bytes of a module file. */
  readonly read: (filename: string) => Uint8Array;
}

/** The scripts of a folder: `<name>/<name>.json`, other JSON files of its folders, and JSON files in it, by name. */
export function scriptsIn(folder: string): readonly Script[] {
  const files: string[] = [];
  const inside = (path: string): void => {
    for (const entry of readdirSync(path).sort()) if (entry.endsWith('.json')) files.push(join(path, entry));
  };
  if (statSync(folder).isFile()) files.push(folder);
  else {
    inside(folder);
    for (const entry of readdirSync(folder).sort()) {
      const path = join(folder, entry);
      if (statSync(path).isDirectory()) inside(path);
    }
  }
  return files.flatMap((file) => readScript(file) ?? []);
}

/** The script in a file; null where the file is none. */
export function readScript(file: string): Script | null {
  const found = commandsOf(readFileSync(file, 'utf8'));
  if (found === null) return null;
  const folder = dirname(file);
  const name = basename(file, '.json');
  return {
    name,
    source: found.source ?? `${name}.wast`,
    commands: found.commands,
    read: (filename) => {
      const direct = join(folder, filename);
      return readFileSync(existsSync(direct) ? direct : join(folder, basename(filename)));
    },
  };
}

function commandsOf(text: string): { readonly commands: readonly Command[]; readonly source?: string } | null {
  try {
    const parsed = JSON.parse(text) as { readonly commands?: unknown; readonly source_filename?: string };
    if (!Array.isArray(parsed.commands)) return null;
    const { source_filename: source } = parsed;
    const commands = parsed.commands as readonly Command[];
    return source === undefined ? { commands } : { commands, source: basename(source) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return byLines(text);
  }
}

/** One command a line, each a JSON object of its own. */
function byLines(text: string): { readonly commands: readonly Command[] } | null {
  const commands: Command[] = [];
  for (const line of text.split('\n')) {
    const trimmed = line.trim().replace(/,$/, '');
    if (trimmed === '') continue;
    try {
      commands.push(JSON.parse(trimmed) as Command);
    } catch {
      return null;
    }
  }
  return commands.length > 0 && commands.every(({ type }) => typeof type === 'string') ? { commands } : null;
}
