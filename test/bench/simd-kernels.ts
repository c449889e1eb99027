/** The loops of the figures of vectors, as text: over `i32` and over `f32`, on the arrays a, b and c of `elements` each. */

/** The elements of an array. */
export const elements = 1_000_000;

const bytes = 4 * (elements + 16);
const places = { a: 65536, b: 65536 + bytes, c: 65536 + 2 * bytes } as const;

/** The loops; the first two of each type give a number, the others fill c. */
export const kernelNames: readonly string[] = ['i32', 'f32'].flatMap((type) =>
  ['sum', 'dot', 'add', 'mul', 'compare', 'filter'].map((name) => `${name}_${type}`),
);

/** Whether a loop gives a number. */
export function isReduction(kernel: string): boolean {
  return /^(?:sum|dot)/.test(kernel);
}

/** The arguments of a loop: its arrays, and how many elements. */
export function argumentsOf(kernel: string): readonly number[] {
  const { a, b, c } = places;
  if (kernel.startsWith('sum')) return [a, elements];
  if (kernel.startsWith('dot')) return [a, b, elements];
  return kernel.startsWith('filter') ? [a, c, elements] : [a, b, c, elements];
}

/** The module of a loop, with `fill(isFloat)`, which makes numbers, and `check(start)`, which adds up c. */
export function kernelModule(kernel: string): string {
  const pages = Math.ceil((places.c + bytes) / 65536);
  const names = [kernel, 'fill', 'check'];
  return [
    'module "vectors"',
    `memory ${pages}`,
    ...names.map((name) => `export "${name}" func @${name}`),
    textOf(kernel),
    fill,
    check,
  ].join('\n');
}

function textOf(name: string): string {
  const [verb = '', type = ''] = name.split('_');
  const load = (v: string, pointer: string, offset = 0): string =>
    `  %${v} = ${type}.load ${pointer}${offset === 0 ? '' : ` offset=${offset}`}`;
  const x = [load('x', '%pa')];
  const xy = [...x, load('y', '%pb')];
  const bodies: Readonly<Record<string, readonly string[]>> = {
    sum: [...x, `  %t = ${type}.add %s, %x`],
    dot: [...xy, `  %xy = ${type}.mul %x, %y`, `  %t = ${type}.add %s, %xy`],
    add: [...xy, `  %z = ${type}.add %x, %y`, `  ${type}.store %pc, %z`],
    mul: [...xy, `  %z = ${type}.mul %x, %y`, `  ${type}.store %pc, %z`],
    compare: [...xy, `  %z = ${type === 'i32' ? 'i32.lt_s' : 'f32.lt'} %x, %y`, '  i32.store %pc, %z'],
    filter: [
      ...x,
      load('y', '%pa', 4),
      load('z', '%pa', 8),
      `  %x3 = ${type}.mul %x, %three`,
      `  %y5 = ${type}.mul %y, %five`,
      `  %z7 = ${type}.mul %z, %seven`,
      `  %xy = ${type}.add %x3, %y5`,
      `  %xyz = ${type}.add %xy, %z7`,
      `  ${type}.store %pc, %xyz`,
    ],
  };
  const pointers = { sum: ['a'], dot: ['a', 'b'], filter: ['a', 'c'] }[verb] ?? ['a', 'b', 'c'];
  const reduces = isReduction(name);
  return [
    `func @${name}(${pointers.map((p) => `%${p}: i32, `).join('')}%n: i32)${reduces ? ` -> ${type}` : ''} {`,
    '^entry:',
    '  %zero = i32.const 0',
    '  %one = i32.const 1',
    '  %two = i32.const 2',
    ...(reduces ? [`  %start = ${type}.const 0`] : []),
    ...(verb === 'filter' ? ['three', 'five', 'seven'].map((v, i) => `  %${v} = ${type}.const ${2 * i + 3}`) : []),
    '  br ^head',
    '^head:',
    '  %i = phi i32 [^entry: %zero], [^body: %j]',
    ...(reduces ? [`  %s = phi ${type} [^entry: %start], [^body: %t]`] : []),
    '  %more = i32.lt_s %i, %n',
    '  br_if %more, ^body, ^exit',
    '^body:',
    '  %o = i32.shl %i, %two',
    ...pointers.map((p) => `  %p${p} = i32.add %${p}, %o`),
    ...(bodies[verb] ?? []),
    '  %j = i32.add %i, %one',
    '  br ^head',
    '^exit:',
    `  ret${reduces ? ' %s' : ''}`,
    '}',
  ].join('\n');
}

const fill = `func @fill(%float: i32) {
^entry:
  %zero = i32.const 0
  %four = i32.const 4
  %eight = i32.const 8
  %shift = i32.const 28
  %mul = i32.const 1664525
  %add = i32.const 1013904223
  %seed = i32.const 12345
  %end = i32.const ${4 * (elements + 2)}
  br ^loop
^loop:
  %o = phi i32 [^entry: %zero], [^next: %o1]
  %x = phi i32 [^entry: %seed], [^next: %x2]
  %m1 = i32.mul %x, %mul
  %x1 = i32.add %m1, %add
  %h1 = i32.shr_u %x1, %shift
  %p = i32.sub %h1, %eight
  %m2 = i32.mul %x1, %mul
  %x2 = i32.add %m2, %add
  %h2 = i32.shr_u %x2, %shift
  %q = i32.sub %h2, %eight
  br_if %float, ^floats, ^integers
^floats:
  %fp = f32.convert_i32_s %p
  %fq = f32.convert_i32_s %q
  f32.store %o, %fp offset=${places.a}
  f32.store %o, %fq offset=${places.b}
  br ^next
^integers:
  i32.store %o, %p offset=${places.a}
  i32.store %o, %q offset=${places.b}
  br ^next
^next:
  %o1 = i32.add %o, %four
  %more = i32.lt_u %o1, %end
  br_if %more, ^loop, ^exit
^exit:
  ret
}`;

const check = `func @check(%first: i32) -> i32 {
^entry:
  %zero = i32.const 0
  %four = i32.const 4
  %k = i32.const 31
  %end = i32.const ${4 * elements}
  br ^loop
^loop:
  %o = phi i32 [^entry: %zero], [^loop: %o1]
  %s = phi i32 [^entry: %first], [^loop: %t]
  %x = i32.load %o offset=${places.c}
  %m = i32.mul %s, %k
  %t = i32.add %m, %x
  %o1 = i32.add %o, %four
  %more = i32.lt_u %o1, %end
  br_if %more, ^loop, ^exit
^exit:
  ret %t
}`;
