/**
 * Texts for ops that the columns of the op table serve badly here: the heap, whose objects lie in memories that the loop
 * reads itself (runtime/heap.ts), and 64-bit ops that are faster on the two halves of a cell than on BigInts.
 *
 * Each is measured to be worth its place; a test holds them against `eval` and `run` like all others.
 */

import { coreTable, type OpDef, type Type } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import { cellText, isNarrow, type SourceKind, sourceText, trapText } from './form.ts';

interface Site {
  readonly types: readonly Type[];
  readonly result: Type | null;
  readonly kinds: readonly SourceKind[];
}

/** Reads the pointer in word 1: its offset `o`, its id `i`, and whether the element exists. */
const pointer = 'const q=(fp+@1)<<1,o=I[q],i=I[q+1]>>>0;';
const exists = 'i<HT[0]&&(o>>>0)<HT[(i<<1)+1]';

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
  const text = texts.get(op.name);
  return text === undefined || coreTable.get(op.name) !== op ? null : text({ types, result, kinds });
}

/** Whether float operands of the op are read as bits, so that constants must be given as such. */
export function readsBits(op: OpDef): boolean {
  return op.bits || op.access !== null || (texts.has(op.name) && coreTable.get(op.name) === op);
}
