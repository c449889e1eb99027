/** The Editor against a plain model: any edits, one after the other, read in between or not. */
import { type BlockId, coreOp, domTree, Editor, type Inst, makeInst, staleAnalyses, type ValueId } from '@sluice/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { br, contentOf, EditModel, edgesOf } from './support/edit-model.ts';
import { anyFunc } from './support/graphs.ts';

const numRuns = process.env.SLUICE_DEEP === '1' ? 20_000 : 500;

const add = (a: number, b: number): Inst => makeInst(coreOp('i32.add'), [a, b] as ValueId[]);
const value = (n: number): ValueId => n as ValueId;
const block = (n: number): BlockId => n as BlockId;

describe('against a model', () => {
  /** One edit, chosen by numbers; the same one done to both. */
  function edit(e: Editor, m: EditModel, [kind = 0, x = 0, y = 0, z = 0]: readonly number[]): void {
    const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];
    const b = pick(m.order, x) as BlockId;
    const other = pick(m.order, y) as BlockId;
    const values = m.insts.flatMap((inst, v) => (inst === undefined || inst.type === 'void' ? [] : [value(v)]));
    const made = add(pick(values, y) as number, pick(values, z) as number);
    const { phis, body, term } = m.block(b);
    const targets = m.order.slice(1);
    const inBody = pick(body, y);
    const nextTerm = (): Inst => {
      const [t = 0, u = 0] = [pick(targets, y), pick(targets, z)];
      const condition = [pick(values, z) as ValueId];
      if (targets.length === 0 || z % 5 === 0) return makeInst(coreOp('ret'), condition);
      return z % 2 === 0 ? br(t) : makeInst(coreOp('br_if'), condition, { blocks: [block(t), block(u)] });
    };
    switch (kind) {
      case 0:
        e.append(b, made);
        return m.append(b, made);
      case 1:
        e.prepend(b, made);
        return m.prepend(b, made);
      case 2: {
        const anchor = pick([...body, term], z) as ValueId;
        e.insertBefore(anchor, made);
        return m.insertBefore(anchor, made);
      }
      case 3: {
        const gone = pick([...body, ...phis], y);
        if (gone === undefined) return;
        e.remove(gone);
        return m.remove(gone);
      }
      case 4: {
        if (inBody === undefined) return;
        e.moveToEnd(inBody, pick(m.order, z) as BlockId);
        return m.moveToEnd(inBody, pick(m.order, z) as BlockId);
      }
      case 5: {
        const [from, to] = [pick(values, x) as ValueId, pick(values, y) as ValueId];
        e.replaceAllUses(from, to);
        return m.replaceAllUses(from, to);
      }
      case 6: {
        if (inBody === undefined) return;
        e.setInst(inBody, made);
        return m.setInst(inBody, made);
      }
      case 7: {
        const next = nextTerm();
        e.setTerm(b, next);
        return m.setTerm(b, next);
      }
      case 8: {
        const after = z % 3 === 0 ? null : b;
        e.addBlock(br(other), after);
        m.addBlock(br(other), after);
        return;
      }
      case 9: {
        // Edges to a block that goes must be gone before.
        if (b === m.order[0] || m.order.some((from) => m.inst(m.block(from).term).blocks.includes(b))) return;
        e.removeBlock(b);
        return m.removeBlock(b);
      }
      case 10: {
        const to = pick(m.inst(term).blocks, y);
        if (to === undefined) return;
        e.splitEdge(b, to, coreOp('br'));
        return m.splitEdge(b, to);
      }
      case 11: {
        const at = pick([...body, term], z) as ValueId;
        e.splitBlock(b, at, coreOp('br'));
        return m.splitBlock(b, at);
      }
      case 12: {
        const order = [...m.order.slice(0, 1), ...m.order.slice(1).reverse()];
        e.setOrder(order);
        return m.setOrder(order);
      }
      case 13: {
        const reversed = [...body].reverse();
        e.reorder(b, reversed);
        return m.reorder(b, reversed);
      }
      case 14: {
        const phi = makeInst(coreOp('phi'), [value(0)], { type: 'i32', blocks: [other] });
        e.addPhi(b, 'i32', phi.op, phi.blocks, phi.args);
        m.block(b).phis.push(m.create(phi));
        return;
      }
      default:
        // Reading must not change what comes later.
        expect(e.body(b)).toEqual(body);
        expect(e.phis(b)).toEqual(phis);
        expect(e.order).toEqual(m.order);
    }
  }

  function agrees(e: Editor, m: EditModel): void {
    expect(e.order).toEqual(m.order);
    expect(e.valueCount).toBe(m.insts.length);
    for (const b of m.order) {
      const { phis, body, term } = m.block(b);
      expect([e.phis(b), e.body(b), e.termId(b)], `^${b}`).toEqual([phis, body, term]);
      for (const v of [...phis, ...body, term]) {
        expect(e.blockOf(v), `%${v}`).toBe(b);
        expect(e.inst(v), `%${v}`).toEqual(m.inst(v));
      }
    }
    for (const [v, inst] of m.insts.entries()) {
      expect(e.has(value(v))).toBe(inst !== undefined);
      expect(e.resolve(value(v))).toBe(m.resolve(value(v)));
      const users = m.users(value(v));
      expect([...e.users(value(v))].sort((a, b) => a - b)).toEqual(users);
      expect(e.usedOnce(value(v), 1000)).toBe(users.length === 1);
    }
  }

  test('any edits, read in between and at the end', () => {
    // Few blocks are meant, so that edits meet.
    const step = fc.tuple(fc.nat(16), fc.nat(3), fc.nat(40), fc.nat(40));
    const edits = fc.oneof(
      fc.array(step, { maxLength: 12 }),
      fc.array(step, { minLength: 30, maxLength: 60 }),
      fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 3, 4, 11, 15), fc.nat(1), fc.nat(40), fc.nat(40)), { maxLength: 60 }),
    );
    fc.assert(
      fc.property(anyFunc, edits, fc.boolean(), (base, list, look) => {
        const before = contentOf(base);
        domTree(base);
        const e = new Editor(base);
        const m = new EditModel(base);
        for (const step of list) edit(e, m, step);
        if (look) agrees(e, m);
        const f = e.finish();
        expect(contentOf(f)).toEqual(contentOf(m));
        expect(contentOf(base)).toEqual(before);
        const same = JSON.stringify(contentOf(m)) === JSON.stringify(before);
        expect(f === base).toBe(same);
        expect(f.shape === base.shape).toBe(JSON.stringify(edgesOf(f)) === JSON.stringify(edgesOf(base)));
        expect(staleAnalyses(f)).toEqual([]);
      }),
      { numRuns },
    );
  });
});
