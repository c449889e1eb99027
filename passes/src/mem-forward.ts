/**
 * Makes values of what goes through memory: slots become SSA values, loads of what was just stored become the stored
 * value, checks that cannot fail and stores that nobody sees go away.
 *
 *     slot.set #0 %1                                  br_if %c, ^a, ^b
 *     br_if %c, ^a, ^b                             ^a:
 *   ^a:                                               br ^b
 *     slot.set #0 %2                               ^b:
 *     br ^b                              =>           %3 = phi i32 [^0: %1], [^a: %2]
 *   ^b:
 *     %3 = slot.get i32 #0
 *
 *     heap.check %p                                   heap.check %p
 *     heap.store %p, %v                               heap.store %p, %v
 *     heap.check %p                      =>
 *     heap.check_init %p
 *     %w = heap.load i64 %p                           (%w is %v)
 *
 * Paper:   slots: Cytron et al., TOPLAS 1991, with the pruning of Choi et al. (`placeVariables` of @sluice/ir). The rest:
 *          Rastislav Bodík, Sadun Anik, Path-Sensitive Value-Flow Analysis, POPL 1998, is what this is a small part of.
 * Phases:  `promoteSlots`: slots have no address, so that all of them can be promoted. Then one walk over the dominator tree
 *          (`forward`): a block begins with what is known at the end of its immediate dominator, less what some path
 *          between the two may have changed; `Memory`, `Globals` and `Heap` know and forget.
 * Alias:   rules/locations.ts says what an instruction touches. One base and distinct constant offsets never overlap, nor do
 *          two allocations; any other two places may be the same.
 * Needs:   a store to the heap is known to take effect only where its check is known to have passed.
 * Cost:    linear: of each kind of place the last `remembered` ones are known.
 * Not done: stores that are overwritten in another block; values known on some paths only; types that differ (an f64
 *          that is loaded as i64), narrow stores.
 */

import { definePass } from '@sluice/pipeline';
import { forward } from './mem-forward/forward.ts';
import { promoteSlots } from './mem-forward/slots.ts';

const options = {
  slots: { doc: 'promote slots to values', default: true },
  stores: { doc: 'remove stores that nothing can see', default: true },
} as const;

export default definePass({
  name: 'mem-forward',
  summary: 'promote slots; forward stores to loads; remove checks and stores without effect',
  paper: 'Cytron et al., Efficiently Computing Static Single Assignment Form, TOPLAS 1991',
  scope: 'func',
  before: [{ pass: 'gvn', why: 'values that come out of memory can be numbered' }],
  options,
  run(f, cx) {
    const promoted = cx.options.slots && promoteSlots(f, cx);
    forward(f, cx, cx.options.stores, promoted);
  },
});
