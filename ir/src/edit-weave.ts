/**
 * Merges insertions into a list: how the Editor turns "before this" and "after that" into an order.
 */

/**
 * `first`, then `list`, with what is inserted before or after each element, and before or after that in turn. An
 * explicit stack: chains of insertions may be as long as a function.
 */
export function weave<T extends number>(
  first: readonly T[],
  list: readonly T[],
  inserted: (at: T) => readonly T[] | undefined,
  side: 'before' | 'after',
): T[] {
  const woven: T[] = [];
  const stack: [at: T, expanded: boolean][] = [];
  const emit = (root: T): void => {
    if (inserted(root) === undefined) {
      woven.push(root);
      return;
    }
    stack.push([root, false]);
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const [at, expanded] = top;
      const more = expanded ? undefined : inserted(at);
      if (more === undefined) {
        woven.push(at);
        continue;
      }
      if (side === 'before') stack.push([at, true]);
      else woven.push(at);
      for (let i = more.length - 1; i >= 0; i--) stack.push([more[i] as T, false]);
    }
  };
  for (const at of first) emit(at);
  for (const at of list) emit(at);
  return woven;
}
