/** The bytes that an instance may use for linear memory and heap together (`Limits.memory`). */

import { ResourceError } from '@sluice/ir';

/** Counts bytes against a limit. */
export interface Budget {
  readonly limit: number;
  used: number;
}

/** Takes bytes out of the budget; throws `ResourceError('memory')` when there are not as many. */
export function claim(budget: Budget, bytes: number): void {
  if (budget.used + bytes > budget.limit) throw new ResourceError('memory');
  budget.used += bytes;
}

/** The bytes that are left. */
export function remaining(budget: Budget): number {
  return budget.limit - budget.used;
}
