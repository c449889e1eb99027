/**
 * Code of a block while it is put together: a doubly linked list, since a value's place (operand stack or local) is
 * decided after its computation was emitted, and a `local.set` or `local.get` is then put in behind or before it.
 */

import type { Instr } from '@sluice/bytecode';

/** An instruction in the list. */
export interface CodeNode {
  instr: Instr;
  before: CodeNode | null;
  after: CodeNode | null;
}

/** The list. */
export class CodeList {
  first: CodeNode | null = null;
  last: CodeNode | null = null;

  append(instr: Instr): CodeNode {
    const node: CodeNode = { instr, before: this.last, after: null };
    if (this.last === null) this.first = node;
    else this.last.after = node;
    this.last = node;
    return node;
  }

  insertAfter(place: CodeNode, instr: Instr): CodeNode {
    if (place.after === null) return this.append(instr);
    return this.insertBefore(place.after, instr);
  }

  insertBefore(place: CodeNode, instr: Instr): CodeNode {
    const node: CodeNode = { instr, before: place.before, after: place };
    if (place.before === null) this.first = node;
    else place.before.after = node;
    place.before = node;
    return node;
  }

  remove(node: CodeNode): void {
    if (node.before === null) this.first = node.after;
    else node.before.after = node.after;
    if (node.after === null) this.last = node.before;
    else node.after.before = node.before;
  }
}
