/**
 * Finds phis that are no choice at all: sets of phis that refer only to each other and to one value from outside.
 *
 * A phi whose operands are itself and one other value is the simplest case. In irreducible graphs such sets have
 * several members that refer to each other, so that strongly connected components are needed.
 *
 * Paper:   Braun, Buchwald, Hack, Leissa, Mallon, Zwinkau: Simple and Efficient Construction of Static Single Assignment
 *          Form, CC 2013, section 3.2, algorithm 5.
 * Differs: explicit stacks in place of recursion, since graphs of phis are as large as the program.
 * Cost:    near linear; each level of nesting inside a component looks at the component once more.
 */

import type { ValueId } from './func.ts';

/** Operands of a phi, with substitutions so far applied; undefined: not a phi (or not one that may be replaced). */
export type PhiOperands = (v: ValueId) => readonly ValueId[] | undefined;

/**
 * Reports each redundant phi with the value that replaces it, by `replace`; `operands` must give substituted operands
 * after that. A set of phis that no value enters is left alone: it is unreachable.
 */
export function removeRedundantPhis(
  phis: readonly ValueId[],
  operands: PhiOperands,
  replace: (phi: ValueId, by: ValueId) => void,
): void {
  const work: (readonly ValueId[])[] = [phis];
  for (let set = work.pop(); set !== undefined; set = work.pop()) {
    // Components come with operands first, so that what a component gets from another is final.
    for (const component of componentsOf(set, operands)) {
      const inner = processComponent(component, operands, replace);
      if (inner.length > 0) work.push(inner);
    }
  }
}

/** Replaces the component where one value enters it; else gives the members that only see the component. */
function processComponent(
  component: readonly ValueId[],
  operands: PhiOperands,
  replace: (phi: ValueId, by: ValueId) => void,
): readonly ValueId[] {
  const members = new Set(component);
  const inner: ValueId[] = [];
  let outer: ValueId | undefined;
  let several = false;
  for (const phi of component) {
    let sees = false;
    for (const operand of operands(phi) ?? []) {
      if (members.has(operand)) continue;
      sees = true;
      if (outer !== undefined && outer !== operand) several = true;
      outer = operand;
    }
    if (!sees) inner.push(phi);
  }
  if (outer === undefined) return [];
  if (several) return component.length > 1 ? inner : [];
  for (const phi of component) replace(phi, outer);
  return [];
}

/** Strongly connected components of the phis, operands before users (Tarjan 1972, with an explicit stack). */
function componentsOf(phis: readonly ValueId[], operands: PhiOperands): readonly (readonly ValueId[])[] {
  const among = new Set(phis);
  const number = new Map<ValueId, number>();
  const low = new Map<ValueId, number>();
  const open: ValueId[] = [];
  const isOpen = new Set<ValueId>();
  const components: ValueId[][] = [];
  const path: { phi: ValueId; args: readonly ValueId[]; next: number }[] = [];
  const enter = (phi: ValueId): void => {
    const n = number.size;
    number.set(phi, n);
    low.set(phi, n);
    open.push(phi);
    isOpen.add(phi);
    path.push({ phi, args: operands(phi) ?? [], next: 0 });
  };
  const lower = (phi: ValueId, to: number): void => {
    if (to < (low.get(phi) ?? 0)) low.set(phi, to);
  };
  for (const root of phis) {
    if (number.has(root)) continue;
    enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const arg = top.args[top.next++];
      if (arg !== undefined) {
        if (!among.has(arg)) continue;
        if (!number.has(arg)) enter(arg);
        else if (isOpen.has(arg)) lower(top.phi, number.get(arg) ?? 0);
        continue;
      }
      path.pop();
      const { phi } = top;
      const mine = low.get(phi) ?? 0;
      const below = path.at(-1);
      if (below !== undefined) lower(below.phi, mine);
      if (mine !== number.get(phi)) continue;
      const component: ValueId[] = [];
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        isOpen.delete(member);
        component.push(member);
        if (member === phi) break;
      }
      components.push(component);
    }
  }
  return components;
}
