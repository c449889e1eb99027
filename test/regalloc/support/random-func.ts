/**
 * Random functions that are hard on SSA destruction and register allocation: any graph of blocks, irreducible ones too;
 * variables that are assigned to one another (swaps, lost copies), constants shared by many phis, calls with many
 * arguments and several results, traps, `invoke`, slots of their own. They may run forever: run them with fuel.
 */

import { type BlockId, FuncBuilder, type Module, makeModule, type Type, type ValueId, type Variable } from '@sluice/ir';

/** What a function is made of; all counts are upper bounds. */
export interface Shape {
  readonly blocks: number;
  readonly variables: number;
  readonly statements: number;
  readonly params: number;
  readonly invoke: boolean;
}

/** A small random source with a 32-bit state (mulberry32). */
export function randomOf(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const types: readonly Type[] = ['i32', 'i32', 'i32', 'i64', 'f64'];

/** A module with the function `f` and the functions that it calls. */
export function randomModule(seed: number, shape: Shape): Module {
  const random = randomOf(seed);
  const params = Array.from({ length: random(shape.params + 1) }, () => types[random(types.length)] as Type);
  const b = new FuncBuilder('f', { params, results: ['i32', 'i64', 'f64'] });
  const variables: { variable: Variable; type: Type }[] = [];
  const count = 3 + random(shape.variables);
  for (let i = 0; i < count; i++) {
    const type = i < 3 ? ((['i32', 'i64', 'f64'] as const)[i] as Type) : (types[random(types.length)] as Type);
    variables.push({ variable: b.variable(type), type });
  }
  const slots = Array.from({ length: random(3) }, () => {
    const type = types[random(types.length)] as Type;
    return { slot: b.slot(type), type };
  });
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const ofType = (type: Type): readonly Variable[] =>
    variables.filter((x) => x.type === type).map(({ variable }) => variable);
  const read = (type: Type): ValueId => b.read(pick(ofType(type)));
  const write = (type: Type, v: ValueId): void => b.write(pick(ofType(type)), v);
  const constant = (type: Type): ValueId => {
    const k = random(5) - 2;
    return b.constant(type, type === 'i64' ? BigInt(k) : k);
  };

  const statement = (): void => {
    const { variable, type } = pick(variables);
    switch (random(12)) {
      case 0:
        b.write(variable, constant(type));
        return;
      case 1:
      case 2: {
        const other = pick(ofType(type));
        const [x, y] = [b.read(variable), b.read(other)];
        b.write(variable, y);
        if (random(2) === 0) b.write(other, x);
        return;
      }
      case 3:
        write('i32', b.emit('call', [read('i32'), read('i32')], 'mix', 'i32'));
        return;
      case 4: {
        const t = b.emit('call', [read('i64'), read('i32')], 'pair', 'tuple');
        if (random(3) > 0) write('i32', b.emit('result', [t], 0, 'i32'));
        if (random(3) === 0) b.write(variable, b.read(variable));
        if (random(3) > 0) write('i64', b.emit('result', [t], 1, 'i64'));
        return;
      }
      case 5: {
        const args = Array.from({ length: 8 }, () => read('i32'));
        write('i32', b.emit('call', args, 'many', 'i32'));
        return;
      }
      case 6:
        write('i32', b.emit('i32.div_s', [read('i32'), read('i32')]));
        return;
      case 7:
        b.write(variable, b.emit('select', [b.read(variable), read(type), read('i32')], undefined, type));
        return;
      case 8: {
        if (slots.length === 0) return;
        const { slot, type: of } = pick(slots);
        if (random(2) === 0) write(of, b.emit('slot.get', [], slot, of));
        else b.emit('slot.set', [read(of)], slot);
        return;
      }
      case 9:
        b.emit('i32.add', [read('i32'), read('i32')]);
        return;
      default: {
        const op = type === 'f64' ? 'f64.add' : type === 'i64' ? 'i64.sub' : 'i32.sub';
        b.write(variable, b.emit(op, [read(type), read(type)]));
      }
    }
  };

  // Parameters become variables, sometimes twice.
  params.forEach((type, i) => {
    for (let n = random(3); n >= 0; n--) write(type, b.params[i] as ValueId);
  });
  const blocks: BlockId[] = Array.from({ length: 1 + random(shape.blocks) }, () => b.block());
  for (let n = random(shape.statements); n > 0; n--) statement();
  b.br(pick(blocks));
  const result = (): void => void b.ret(read('i32'), read('i64'), read('f64'));
  blocks.forEach((block, i) => {
    b.at(block);
    for (let n = random(shape.statements); n > 0; n--) statement();
    const target = (): BlockId => (random(3) === 0 ? pick(blocks) : (blocks[i + 1 + random(3)] ?? pick(blocks)));
    switch (i === blocks.length - 1 ? 0 : random(9)) {
      case 0:
        result();
        return;
      case 1:
        b.br(target());
        return;
      case 2:
        b.switch(read('i32'), [0, 1, -1], [target(), target(), target(), target()]);
        return;
      case 3: {
        if (!shape.invoke) {
          b.brIf(read('i32'), target(), target());
          return;
        }
        const normal = b.block();
        const v = b.terminate('invoke', [read('i32'), read('i32')], [normal, target()], 'thrower', 'i32');
        b.at(normal);
        write('i32', v);
        if (random(2) === 0) statement();
        b.br(target());
        return;
      }
      default:
        b.brIf(read('i32'), target(), target());
    }
  });
  return makeModule({ funcs: [b.finish(), mix(), pair(), many(), thrower()] });
}

function mix(): ReturnType<FuncBuilder['finish']> {
  const b = new FuncBuilder('mix', { params: ['i32', 'i32'], results: ['i32'] });
  const [x, y] = b.params as [ValueId, ValueId];
  b.ret(b.emit('i32.xor', [b.emit('i32.mul', [x, b.constant('i32', 31)]), y]));
  return b.finish();
}

function pair(): ReturnType<FuncBuilder['finish']> {
  const b = new FuncBuilder('pair', { params: ['i64', 'i32'], results: ['i32', 'i64'] });
  const [x, y] = b.params as [ValueId, ValueId];
  b.ret(b.emit('i32.add', [y, b.constant('i32', 1)]), b.emit('i64.add', [x, b.constant('i64', 3n)]));
  return b.finish();
}

function many(): ReturnType<FuncBuilder['finish']> {
  const b = new FuncBuilder('many', { params: Array.from({ length: 8 }, () => 'i32' as const), results: ['i32'] });
  let sum = b.params[0] as ValueId;
  for (const v of b.params.slice(1)) sum = b.emit('i32.sub', [b.emit('i32.mul', [sum, b.constant('i32', 3)]), v]);
  b.ret(sum);
  return b.finish();
}

/** Throws for odd numbers. */
function thrower(): ReturnType<FuncBuilder['finish']> {
  const b = new FuncBuilder('thrower', { params: ['i32', 'i32'], results: ['i32'] });
  const [x, y] = b.params as [ValueId, ValueId];
  const [odd, even] = [b.block(), b.block()];
  b.brIf(b.emit('i32.and', [x, b.constant('i32', 1)]), odd, even);
  b.at(odd);
  b.trap('throw');
  b.at(even);
  b.ret(b.emit('i32.add', [x, y]));
  return b.finish();
}
