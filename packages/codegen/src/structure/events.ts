/** The form of structured control flow: a linear list of events (structure.ts). */

import type { BlockId } from '@sluice/ir';

/** What happens next in structured code; see the head of this file. Labels are unique numbers, not depths. */
export type StructureEvent =
  /** Branches to a block's label lead behind its end, those to a loop's label to its start. */
  | { readonly kind: 'block' | 'loop'; readonly label: number }
  /** On the condition of the terminator of `from`; on its opposite with `negate`. */
  | { readonly kind: 'if'; readonly from: BlockId; readonly negate: boolean }
  | { readonly kind: 'else' }
  | { readonly kind: 'end' }
  /** A block's body, without phis and terminator. The same block may occur several times (node splitting). */
  | { readonly kind: 'code'; readonly block: BlockId }
  /** What happens on an edge that is `busy`: its phi moves. */
  | { readonly kind: 'edge'; readonly from: BlockId; readonly to: BlockId }
  | { readonly kind: 'br'; readonly label: number }
  | { readonly kind: 'br_if'; readonly label: number; readonly from: BlockId; readonly negate: boolean }
  /** A label for each target of the switch, the default last. */
  | { readonly kind: 'switch'; readonly from: BlockId; readonly labels: readonly number[] }
  | { readonly kind: 'ret' | 'trap'; readonly block: BlockId }
  /** The one state variable, of type i32; `dispatch` goes to the label with the state's number. */
  | { readonly kind: 'set_state'; readonly value: number }
  | { readonly kind: 'dispatch'; readonly labels: readonly number[] };
