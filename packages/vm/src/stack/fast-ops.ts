/**
 * Texts for ops that the columns of the op table serve badly here: the heap, whose objects lie in memories that the loop
 * reads itself (runtime/heap.ts), and 64-bit ops that V8 does not lower to native code as BigInts: on the two halves of
 * a cell they take 2 to 5 ns in place of 12 to 124. Tests hold them against `eval` and `run` like all others.
 */

import { coreTable, type OpDef, type Type } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import { cellText, fill, isNarrow, type SourceKind, sourceText, trapText } from './form.ts';

interface Site {
  readonly types: readonly Type[];
  readonly result: Type | null;
  readonly kinds: readonly SourceKind[];
}

/** Reads the pointer in word 1: its offset `o`, its id `i`, and whether the element exists. */
const pointer = 'const q=(fp+@1)<<1,o=I[q],i=I[q+1]>>>0;';
const exists = 'i<HT[0]&&(o>>>0)<HT[(i<<1)+1]';

/** Bits set in a word. */
const popcount = (x: string): string =>
  `v=${x};v=v-((v>>>1)&0x55555555);v=(v&0x33333333)+((v>>>2)&0x33333333);v=Math.imul((v+(v>>>4))&0xf0f0f0f,0x1010101)>>>24;`;

/** A rotation to the left by `s`; by 32 it exchanges the halves. */
const rotate = 'if(s&32){const x=l;l=h;h=x;}s&=31;I[t]=(l<<s)|((h>>>1)>>>(31-s));I[t+1]=(h<<s)|((l>>>1)>>>(31-s));';

/**
 * Ops on the halves `l` and `h` of an i64 (and `s`, the low half of a second one), to the halves of cell `t`, or to `$to`.
 * `(x>>>1)>>>(31-s)` is `x>>>(32-s)` that also holds for 0.
 */
const onHalves: ReadonlyMap<string, string> = new Map([
  ['i32.wrap_i64', '$to=l;'],
  ['i64.shl', 's&=63;if(s<32){I[t+1]=(h<<s)|((l>>>1)>>>(31-s));I[t]=l<<s;}else{I[t+1]=l<<s;I[t]=0;}'],
  ['i64.shr_s', 's&=63;if(s<32){I[t]=(l>>>s)|((h<<1)<<(31-s));I[t+1]=h>>s;}else{I[t]=h>>s;I[t+1]=h>>31;}'],
  ['i64.shr_u', 's&=63;if(s<32){I[t]=(l>>>s)|((h<<1)<<(31-s));I[t+1]=h>>>s;}else{I[t]=h>>>s;I[t+1]=0;}'],
  ['i64.rotl', rotate],
  ['i64.rotr', `s=-s;${rotate}`],
  ['i64.clz', 'I[t]=h!==0?Math.clz32(h):32+Math.clz32(l);I[t+1]=0;'],
  ['i64.ctz', 'I[t]=l!==0?31-Math.clz32(l&-l):h!==0?63-Math.clz32(h&-h):64;I[t+1]=0;'],
  ['i64.popcnt', `let ${popcount('l')}const n=v;${popcount('h')}I[t]=n+v;I[t+1]=0;`],
  // The sum is rounded, once; its parts are exact.
  ['f64.convert_i64_s', '$to=h*4294967296+(l>>>0);'],
  ['f64.convert_i64_u', '$to=(h>>>0)*4294967296+(l>>>0);'],
  // From 2^53 on the low 12 bits become one sticky bit, so that the sum is exact and rounded once (ir num.ts).
  [
    'f32.convert_i64_s',
    `if(((h+2097152)>>>0)>=4194304){${'l=(l&-4096)|((l&4095)===0?0:2048);'}}$to=Math.fround(h*4294967296+(l>>>0));`,
  ],
  [
    'f32.convert_i64_u',
    `if((h>>>0)>=2097152){${'l=(l&-4096)|((l&4095)===0?0:2048);'}}$to=Math.fround((h>>>0)*4294967296+(l>>>0));`,
  ],
]);

/** A number `x` without fraction to the halves of cell `t`. */
const split = 'const n=Math.floor(x/4294967296);I[t+1]=n;I[t]=x-n*4294967296;';

/** Truncations of `$0` to an i64 in cell `t`; those that trap have done so before. */
const toHalves: ReadonlyMap<string, string> = new Map(
  ['f32', 'f64'].flatMap((from) => [
    [`i64.trunc_${from}_s`, `const x=Math.trunc($0);${split}`] as const,
    [`i64.trunc_${from}_u`, `const x=Math.trunc($0);${split}`] as const,
    [
      `i64.trunc_sat_${from}_s`,
      'if($0>=9223372036854775808){I[t]=-1;I[t+1]=2147483647;}else if($0<=-9223372036854775808){I[t]=0;I[t+1]=-2147483648;}' +
        `else{const x=$0!==$0?0:Math.trunc($0);${split}}`,
    ] as const,
    [
      `i64.trunc_sat_${from}_u`,
      `if($0>=18446744073709551616){I[t]=-1;I[t+1]=-1;}else{const x=$0>0?Math.trunc($0):0;${split}}`,
    ] as const,
  ]),
);

function halvesText(op: OpDef, { types, result, kinds }: Site): string | 'none' | null {
  const taken = onHalves.get(op.name);
  const k = kinds.length + 1;
  if (taken !== undefined) {
    if (kinds[0] !== 'cell' || result === null) return 'none';
    const second = kinds.length < 2 ? '' : kinds[1] === 'cell' ? 'let s=I[(fp+@2)<<1];' : 'let s=KI[@2<<1];';
    const to = taken.includes('$to') ? '' : `const t=(fp+@${k})<<1;`;
    return `{const q=(fp+@1)<<1;let l=I[q],h=I[q+1];${second}${to}${taken.replace('$to', cellText(result, false, k))}}`;
  }
  const given = toHalves.get(op.name);
  if (given === undefined) return null;
  const source = sourceText(kinds[0] ?? 'cell', types[0] as Type, false, 1);
  const { before, texts: filled } = fill(op.jsTrap === null ? [given] : [given, op.jsTrap], [source]);
  const trap = filled[1] === undefined ? '' : `const w=${filled[1]};if(w!=='')${trapText('w')}`;
  return `{${before}${trap}const t=(fp+@${k})<<1;${filled[0]}}`;
}

const texts: ReadonlyMap<string, (site: Site) => string | 'none' | null> = new Map([
  [
    'heap.check',
    ({ kinds }: Site) =>
      kinds[0] === 'cell' ? `{${pointer}if(!(${exists}))${trapText('st.heap.check(i,o).kind')}}` : 'none',
  ],
  [
    'heap.check_init',
    ({ kinds }: Site) =>
      kinds[0] === 'cell'
        ? `{${pointer}if(!(${exists}&&HB[HT[i<<1]+HT[(i<<1)+1]*8+o]!==0))${trapText("'heap-uninitialised'")}}`
        : 'none',
  ],
  [
    'heap.load',
    ({ kinds, result }: Site) => {
      if (result === null || !bitsType(result) || kinds[0] !== 'cell') return 'none';
      const narrow = isNarrow(result);
      const cell = `((HT[i<<1]>>>3)+o)${narrow ? '<<1' : ''}`;
      const zero = narrow ? 'I[fq+@2]=0' : 'D[fp+@2]=0';
      return `{${pointer}if(${exists})${cellText(result, true, 2)}=${narrow ? 'HI' : 'HL'}[${cell}];else ${zero};}`;
    },
  ],
  [
    'heap.store',
    ({ kinds, types }: Site) => {
      const type = types[1] as Type;
      if (!bitsType(type) || kinds[0] !== 'cell') return 'none';
      const narrow = isNarrow(type);
      const value = sourceText(kinds[1] ?? 'cell', type, true, 2);
      const cell = `((b>>>3)+o)${narrow ? '<<1' : ''}`;
      return (
        `{${pointer}if(${exists}){const b=HT[i<<1];` +
        `${narrow ? 'HI' : 'HL'}[${cell}]=${value};HB[b+HT[(i<<1)+1]*8+o]=1;}}`
      );
    },
  ],
  [
    'heap.offset',
    ({ kinds }: Site) => {
      if (kinds[0] !== 'cell' || kinds[1] !== 'cell') return 'none';
      // The count as a double: exact below 2^53, and far out of range above.
      return (
        '{const q=(fp+@1)<<1,r=(fp+@2)<<1,s=I[q]+(I[r+1]*4294967296+(I[r]>>>0));' +
        `if(s!==(s|0))${trapText("'heap-bounds'")}const t=(fp+@3)<<1,h=I[q+1];I[t]=s;I[t+1]=h;}`
      );
    },
  ],
]);

/** The text for an op; null: use the columns; 'none': not with these operands. */
export function fastText(
  op: OpDef,
  types: readonly Type[],
  result: Type | null,
  kinds: readonly SourceKind[],
): string | 'none' | null {
  if (coreTable.get(op.name) !== op) return null;
  const site = { types, result, kinds };
  const text = texts.get(op.name);
  return text === undefined ? halvesText(op, site) : text(site);
}

/** Whether float operands of the op are read as bits, so that constants must be given as such. */
export function readsBits(op: OpDef): boolean {
  return op.bits || op.access !== null || (texts.has(op.name) && coreTable.get(op.name) === op);
}
