/**
 * What a driver needs to know of its parts: interfaces only. `presets.ts` has the concrete ones; an experiment may put
 * others in their place.
 */

import type { Program } from '@sluice/bytecode';
import type { NamedAllocator, Target } from '@sluice/codegen';
import type { Frontend, Instance, InstanceOptions, Loaded, Module, OpTable, Result } from '@sluice/ir';
import type { Pass, Pipeline } from '@sluice/pipeline';

/** An engine with what it wants to execute. */
export type EngineEntry = EngineFacts &
  (
    | {
        readonly executes: 'module';
        /** Names of passes that must run on a module before, in order. */
        readonly prepare: readonly string[];
        /** Makes an instance of a prepared module; see `Engine` of `@sluice/ir`. */
        readonly instantiate: (m: Module, options: InstanceOptions) => Instance;
        /** Why it cannot take a prepared module; null: it can. Default: it takes everything. */
        readonly refuses?: (m: Module) => string | null;
        /** Bytes of the code that a prepared module becomes; default: its number of instructions. */
        readonly codeSize?: (m: Module) => number;
      }
    | {
        readonly executes: 'program';
        readonly target: Target<Program>;
        /** Makes an instance of what the target emitted; see `Engine` of `@sluice/ir`. */
        readonly instantiate: (p: Program, options: InstanceOptions) => Instance;
      }
    /** The source language's own interpreter (`Loaded.direct`). */
    | { readonly executes: 'source' }
  );

interface EngineFacts {
  readonly name: string;
  readonly summary: string;
  /** What an executed instruction is there. */
  readonly unit: string;
  /** Exceptions from any pipeline: what does not pay on this engine. Default: none. */
  readonly instead?: Exceptions;
}

/** By pass: what stands for it in any pipeline, with its options; null: nothing. */
export type Exceptions = Readonly<Record<string, string | null>>;

/** How a form is written; targets ignore what does not concern them. */
export interface WriteOptions {
  /** Names for people are left out. */
  readonly stripNames?: boolean;
  /** Told of what the form cannot carry. */
  readonly dropped?: (what: string) => void;
}

/** A form that modules are emitted in as they are: the text of a language, or a binary. */
export interface FormTarget<T extends string | Uint8Array> {
  /** What `--emit` calls it. */
  readonly name: string;
  readonly summary: string;
  /** Passes of its own. */
  readonly passes: readonly Pass[];
  /** Passes before the pipeline, and behind it. */
  readonly first: readonly string[];
  readonly prepare: readonly string[];
  /** Exceptions from any pipeline. */
  readonly instead: Exceptions;
  /** What a prepared module is in this form. */
  readonly emit: (m: Module, options?: WriteOptions) => Result<T>;
}

/** A language as a target. */
export type TextTarget = FormTarget<string>;

/** A binary format as a target. */
export type BinaryTarget = FormTarget<Uint8Array>;

/** A program that is executed as it is. */
export interface ReadyProgram {
  /** The engine that executes it. */
  readonly engine: string;
  readonly program: Program;
  /** Its entry, arguments, host functions and results; the module has heads of functions only. */
  readonly loaded: Loaded;
}

/** The parts that a driver puts together. Lists are in the order in which people are shown them. */
export interface Toolchain {
  readonly ops: OpTable;
  readonly frontends: readonly Frontend[];
  /** Reads programs that no frontend lifts; null: the file holds none. */
  readonly readProgram: (bytes: Uint8Array, file: string, ops: OpTable) => Result<ReadyProgram> | null;
  readonly passes: ReadonlyMap<string, Pass>;
  readonly levels: readonly string[];
  /** The pipeline of a level; throws `ScheduleError` for a name that is none. */
  readonly levelPipeline: (level: string) => Pipeline;
  readonly engines: readonly EngineEntry[];
  readonly defaultEngine: string;
  /** The first is the default. */
  readonly allocators: readonly NamedAllocator[];
  /** Languages that modules are emitted in. */
  readonly languages: readonly TextTarget[];
  /** Binary formats of others that modules are emitted in. */
  readonly binaries: readonly BinaryTarget[];
}

/** The entry of this name; undefined where there is none. */
export function findEngine(tools: Toolchain, name: string): EngineEntry | undefined {
  return tools.engines.find((engine) => engine.name === name);
}
