/**
 * Which moves of edges are none: from a local to the same one, that nothing writes in between.
 *
 *     local.get 2 (for the phi in local 2); ...; local.tee 2; ...; local.set 2
 *
 * is not nothing: a value that is dead before the phi is set may share its local, and the old value must come back from the stack.
 */

import { type CodeList, item } from './code-list.ts';

/** By move: 1 where it needs no code. Linear. */
export function stayingMoves(list: CodeList, localOf: Int32Array): Uint8Array {
  const { items, regions, regionStart, movePhi, moveArg } = list;
  const stays = new Uint8Array(list.moves);
  const got = new Int32Array(list.moves);
  /** By local: where it was written last. Regions follow each other, so that earlier ones never matter. */
  const written = new Map<number, number>();
  for (let i = regionStart[0] as number; i < (regionStart[regions] as number); i++) {
    const code = items[i] as number;
    const about = code >> 3;
    switch (code & 7) {
      case item.moveGet:
        got[about] = i;
        break;
      case item.set:
      case item.tee:
        written.set(localOf[about] as number, i);
        break;
      case item.moveSet: {
        const local = localOf[movePhi[about] as number] as number;
        const arg = moveArg[about] as number;
        if (arg !== -1 && localOf[arg] === local && (written.get(local) ?? -1) < (got[about] as number))
          stays[about] = 1;
        else written.set(local, i);
        break;
      }
      default:
    }
  }
  return stays;
}
