/**
 * Packages of npm that carry a Wasm module, and what a user of each sees: `use` runs the package on the given bytes of its
 * modules and answers with text. The same text for a module as published and as rewritten: the rewriting kept its meaning.
 *
 * Each use loads the package anew (packages remember their instance): from `require` with an emptied cache, or, where
 * the package reads a file of its own beside it, from a copy.
 */

import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { scratch } from '../../cli/support.ts';

const require = createRequire(import.meta.url);

/** A package's module with a use of it. */
export interface RealModule {
  readonly name: string;
  /** The modules that the package runs: the first is the one that names it. */
  readonly files: readonly string[];
  /** What a user sees with these bytes in place of `files`. */
  readonly use: (bytes: readonly Uint8Array<ArrayBuffer>[]) => Promise<string>;
}

/** The bytes of a file. */
export function bytesOf(file: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(file));
}

/** The modules of the issue, each with a use. */
export function realModules(): readonly RealModule[] {
  const treeSitter = dirname(require.resolve('web-tree-sitter/web-tree-sitter.wasm'));
  const webp = join(dirname(require.resolve('@jsquash/webp')), 'codec/enc');
  const grammar = join(dirname(require.resolve('tree-sitter-json/package.json')), 'tree-sitter-json.wasm');
  return [
    {
      name: 'source-map',
      files: [join(dirname(require.resolve('source-map')), 'lib/mappings.wasm')],
      use: ([mappings]) => readSourceMap(bytes(mappings), join(treeSitter, 'web-tree-sitter.cjs.map')),
    },
    {
      name: 'sql.js',
      files: [join(dirname(require.resolve('sql.js')), 'sql-wasm.wasm')],
      use: ([engine]) => queryDatabase(bytes(engine)),
    },
    {
      name: 'web-tree-sitter',
      files: [join(treeSitter, 'web-tree-sitter.wasm'), grammar],
      use: ([parser, json]) => parseJson(join(treeSitter, 'web-tree-sitter.cjs'), bytes(parser), bytes(json)),
    },
    {
      name: 'web-tree-sitter, debug',
      files: [join(treeSitter, 'debug/web-tree-sitter.wasm'), grammar],
      use: ([parser, json]) => parseJson(join(treeSitter, 'debug/web-tree-sitter.cjs'), bytes(parser), bytes(json)),
    },
    {
      name: '@jsquash/webp',
      files: [join(webp, 'webp_enc.wasm')],
      use: ([encoder]) => encodeImage(join(webp, 'webp_enc.js'), bytes(encoder)),
    },
    {
      name: '@jsquash/webp, SIMD',
      files: [join(webp, 'webp_enc_simd.wasm')],
      use: ([encoder]) => encodeImage(join(webp, 'webp_enc_simd.js'), bytes(encoder)),
    },
  ];
}

function bytes(given: Uint8Array<ArrayBuffer> | undefined): Uint8Array<ArrayBuffer> {
  if (given === undefined) throw new Error('no bytes for a module of the package');
  return given;
}

/** `require` with nothing remembered of the package. */
function fresh(path: string): unknown {
  const folder = dirname(require.resolve(path));
  for (const key of Object.keys(require.cache)) if (key.startsWith(folder)) delete require.cache[key];
  return require(path);
}

interface Mapping {
  readonly generatedLine: number;
  readonly generatedColumn: number;
  readonly source: string | null;
  readonly originalLine: number | null;
  readonly originalColumn: number | null;
  readonly name: string | null;
}

interface Consumer {
  readonly sources: readonly string[];
  readonly originalPositionFor: (at: { line: number; column: number }) => unknown;
  readonly generatedPositionFor: (at: { source: string; line: number; column: number }) => unknown;
  readonly allGeneratedPositionsFor: (at: { source: string; line: number; column: number }) => unknown;
  readonly computeColumnSpans: () => void;
  readonly eachMapping: (visit: (m: Mapping) => void, context?: unknown, order?: number) => void;
  readonly destroy: () => void;
}

interface SourceMapPackage {
  readonly SourceMapConsumer: { readonly with: <T>(map: unknown, url: null, body: (c: Consumer) => T) => Promise<T> };
}

/** A source map read, searched in both directions, walked in both orders. */
async function readSourceMap(mappings: Uint8Array, map: string): Promise<string> {
  const copy = scratch();
  try {
    cpSync(dirname(require.resolve('source-map')), copy, { recursive: true });
    writeFileSync(join(copy, 'lib/mappings.wasm'), mappings);
    const { SourceMapConsumer } = fresh(join(copy, 'source-map.js')) as SourceMapPackage;
    const raw: unknown = JSON.parse(readFileSync(map, 'utf8'));
    return await SourceMapConsumer.with(raw, null, (consumer) => {
      const lines: string[] = [];
      consumer.computeColumnSpans();
      for (let line = 1; line < 4000; line += 37)
        lines.push(JSON.stringify(consumer.originalPositionFor({ line, column: line % 40 })));
      for (const source of consumer.sources)
        for (let line = 1; line < 200; line += 41) {
          lines.push(JSON.stringify(consumer.generatedPositionFor({ source, line, column: 2 })));
          lines.push(JSON.stringify(consumer.allGeneratedPositionsFor({ source, line, column: 0 })));
        }
      for (const order of [1, 2]) consumer.eachMapping((m) => void lines.push(Object.values(m).join(' ')), null, order);
      return lines.join('\n');
    });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

interface Database {
  readonly run: (sql: string, values?: readonly unknown[]) => unknown;
  readonly exec: (sql: string) => readonly { readonly columns: readonly string[]; readonly values: unknown }[];
  readonly create_function: (name: string, body: (...args: number[]) => unknown) => unknown;
  readonly export: () => Uint8Array;
  readonly close: () => void;
}
type SqlInit = (options: {
  wasmBinary: Uint8Array;
}) => Promise<{ readonly Database: new (d?: Uint8Array) => Database }>;

/** A database: tables, an index, joins, recursion, windows, text, floats, a function from outside, saved and opened again. */
async function queryDatabase(wasmBinary: Uint8Array): Promise<string> {
  const init = fresh('sql.js') as SqlInit;
  const { Database: DatabaseClass } = await init({ wasmBinary });
  const db = new DatabaseClass();
  db.create_function('mix', (a, b) => (a * 31 + b) % 1009);
  db.run('create table part (id integer primary key, name text, weight real, colour text)');
  db.run('create table supply (part integer references part, amount integer, price real, note blob)');
  db.run('create index by_part on supply (part, amount)');
  db.run('begin');
  for (let i = 0; i < 600; i++) {
    db.run('insert into part values (?, ?, ?, ?)', [i, `part ${i % 97} é`, i / 7, i % 3 === 0 ? null : `c${i % 5}`]);
    db.run('insert into supply values (?, ?, ?, ?)', [(i * 17) % 600, i % 50, i * 1.25, new Uint8Array([i & 255, 7])]);
  }
  db.run('commit');
  const queries = [
    'select count(*), sum(weight), avg(weight), max(name), group_concat(distinct colour) from part',
    `select p.colour, count(*), sum(s.amount * s.price) as total from part p join supply s on s.part = p.id
       where p.weight > 10 group by p.colour having total > 100 order by total desc`,
    'with recursive f(n, a, b) as (select 1, 0, 1 union all select n + 1, b, a + b from f where n < 60) select n, a from f',
    'select id, sum(amount) over (order by id rows 3 preceding) from part join supply on part = id order by id limit 40',
    "select upper(name), substr(name, 3), length(name), name like '%1%', printf('%08.3f', weight) from part limit 30",
    'select mix(id, amount), hex(note), quote(price) from part left join supply on part = id order by 1, 2, 3 limit 50',
    "select json_extract('{\"a\":[1,2,{\"b\":3.5}]}', '$.a[2].b'), date('2024-02-29', '+1 year'), strftime('%j', '2023-12-31')",
    'explain query plan select * from supply where part = 5 and amount > 3',
    'delete from part where id % 7 = 3; select count(*) from part; pragma integrity_check',
  ];
  const answer = (each: Database): string => queries.map((sql) => JSON.stringify(each.exec(sql))).join('\n');
  const first = answer(db);
  const saved = db.export();
  db.close();
  const again = new DatabaseClass(saved);
  const second = JSON.stringify(again.exec('select * from part order by weight desc limit 20'));
  again.close();
  return [first, second, Buffer.from(saved).toString('base64')].join('\n');
}

interface SyntaxNode {
  readonly type: string;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly children: readonly SyntaxNode[];
  readonly toString: () => string;
}
interface Tree {
  readonly rootNode: SyntaxNode;
  readonly edit: (edit: unknown) => void;
  readonly delete: () => void;
}
interface TreeSitter {
  readonly Parser: {
    new (): {
      readonly setLanguage: (l: unknown) => void;
      readonly parse: (text: string, old?: Tree) => Tree;
      readonly delete: () => void;
    };
    readonly init: (options: { wasmBinary: Uint8Array }) => Promise<void>;
  };
  readonly Language: { readonly load: (bytes: Uint8Array) => Promise<unknown> };
  readonly Query: new (
    language: unknown,
    text: string,
  ) => { readonly captures: (n: SyntaxNode) => readonly { readonly name: string; readonly node: SyntaxNode }[] };
}

/** JSON parsed, with an error in it, edited and parsed again, queried. */
async function parseJson(path: string, wasmBinary: Uint8Array, grammar: Uint8Array): Promise<string> {
  const { Parser, Language, Query } = fresh(path) as TreeSitter;
  await Parser.init({ wasmBinary });
  const language = await Language.load(grammar);
  const parser = new Parser();
  parser.setLanguage(language);
  const rows = Array.from({ length: 120 }, (_, i) => ({
    id: i,
    names: [`n${i}`, null, true],
    at: { x: i / 3, y: -i },
  }));
  const text = JSON.stringify(rows, null, 1);
  const tree = parser.parse(text);
  const broken = parser.parse(`${text.slice(0, 700)}}}${text.slice(700)}`);
  const at = { row: 0, column: 1 };
  tree.edit({
    startIndex: 1,
    oldEndIndex: 1,
    newEndIndex: 7,
    startPosition: at,
    oldEndPosition: at,
    newEndPosition: { row: 0, column: 7 },
  });
  const edited = parser.parse(`[false,${text.slice(1)}`, tree);
  const query = new Query(language, '(pair key: (string) @key value: (number) @number)');
  const captures = query
    .captures(edited.rootNode)
    .map(({ name, node }) => `${name} ${node.startIndex} ${node.endIndex}`);
  return [tree, broken, edited]
    .map(({ rootNode }) => `${rootNode.toString()} ${rootNode.endIndex} ${rootNode.children.length}`)
    .concat(captures)
    .join('\n');
}

interface Encoder {
  readonly encode: (data: Uint8ClampedArray, width: number, height: number, options: object) => Uint8Array | null;
}
type EncoderFactory = (options: {
  readonly noInitialRun: boolean;
  readonly instantiateWasm: (imports: WebAssembly.Imports, done: (i: WebAssembly.Instance) => void) => object;
}) => Promise<Encoder>;

/** An image encoded, with loss and without, as the package's own `encode` does it. */
async function encodeImage(glue: string, module: Uint8Array<ArrayBuffer>): Promise<string> {
  const { default: factory } = (await import(glue)) as { readonly default: EncoderFactory };
  const { defaultOptions } = (await import(join(dirname(glue), '../../meta.js'))) as {
    readonly defaultOptions: object;
  };
  const encoder = await factory({
    noInitialRun: true,
    instantiateWasm: (imports, done) => {
      const instance = new WebAssembly.Instance(new WebAssembly.Module(module), imports);
      done(instance);
      return instance.exports;
    },
  });
  const [width, height] = [96, 80];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data.set([x * 2, (x * y) >> 4, 255 - y, x > 70 && y > 60 ? 100 : 255], (y * width + x) * 4);
  const settings = [
    { quality: 75 },
    { quality: 30, method: 6, use_sharp_yuv: 1 },
    { lossless: 1 },
    { alpha_quality: 20 },
  ];
  return settings
    .map((options) => encoder.encode(data, width, height, { ...defaultOptions, ...options }))
    .map((encoded) => (encoded === null ? 'refused' : Buffer.from(encoded).toString('base64')))
    .join('\n');
}
