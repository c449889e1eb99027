/**
 * Two comparisons of the same operands under `and` or `or`: of less, equal and greater (and, of floats, unordered) each
 * comparison allows some, so that both together are a comparison again, or always one answer.
 */

import { coreOp, type OpName } from '@sluice/ir';
import { op, type Rule, rule } from '@sluice/pipeline';
import { x, y } from './shape.ts';

const [less, equal, greater, unordered] = [1, 2, 4, 8];

/** What the comparisons of a type allow. */
function answersOf(type: string, sign: string): ReadonlyMap<OpName, number> {
  const other = type[0] === 'f' ? unordered : 0;
  return new Map<OpName, number>([
    [`${type}.lt${sign}` as OpName, less],
    [`${type}.gt${sign}` as OpName, greater],
    [`${type}.le${sign}` as OpName, less | equal],
    [`${type}.ge${sign}` as OpName, greater | equal],
    [`${type}.eq` as OpName, equal],
    [`${type}.ne` as OpName, less | greater | other],
  ]);
}

const kinds = [
  ['i32', '_s'],
  ['i32', '_u'],
  ['i64', '_s'],
  ['i64', '_u'],
  ['f32', ''],
  ['f64', ''],
] as const;

function pairsOf([type, sign]: (typeof kinds)[number], seen: Set<string>): readonly Rule[] {
  const answers = answersOf(type, sign);
  const all = less | equal | greater | (type[0] === 'f' ? unordered : 0);
  const named = new Map([...answers].map(([name, allowed]) => [allowed, coreOp(name)]));
  const made: Rule[] = [];
  for (const [one, a] of answers) {
    for (const [other, b] of answers) {
      for (const [name, join, allowed] of [
        ['comparisons-both', 'i32.and', a & b],
        ['comparisons-either', 'i32.or', a | b],
      ] as const) {
        const key = `${join} ${one} ${other}`;
        // The same comparison twice is one value after gvn; those without a sign come up for both signs.
        if (one === other || seen.has(key)) continue;
        seen.add(key);
        const answer = named.get(allowed);
        if (answer === undefined && allowed !== 0 && allowed !== all) continue;
        made.push(
          rule(name, op(join, op(one, x, y), op(other, x, y)), (builder, m) =>
            answer === undefined
              ? builder.constant('i32', allowed === 0 ? 0 : 1)
              : builder.op(answer, m.value('x'), m.value('y')),
          ),
        );
      }
    }
  }
  return made;
}

const seen = new Set<string>();

/** Rules of two comparisons of the same operands. */
export const pairs: readonly Rule[] = kinds.flatMap((kind) => pairsOf(kind, seen));
