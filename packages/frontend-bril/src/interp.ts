/**
 * The direct interpreter of Bril: runs the AST's meaning and never touches the IR. It is the oracle that every other way of
 * running Bril is compared with.
 *
 * Every variable is one slot of 8 bytes that three views share (`I` 64-bit integers, `F` floats, `X` pairs of 32-bit words)
 * and one tag (`T`) with the type of the value that it holds now. One comparison of tags before an op so finds both what was
 * never assigned and an `any` of the wrong type. bool, char and the offset of a pointer are in the low word, the id of
 * a pointer's allocation is in the high word. Calls push a frame onto the same arrays: the host's stack is not used.
 *
 * Where upstream's page is silent the reference interpreter decides: `guard` restores the variables (and shadows) of the
 * function but not memory; a second `speculate` nests, `commit` keeps all levels; fuel is one unit for each jump
 * to the same or an earlier position and each call.
 *
 * The `!`s on array reads: `decode` made every slot, position and list index, and frames are grown before they are entered.
 */

import type { BrilProgram } from '@sluice/bril-format';
import { checkBril } from './check.ts';
import { type Decoded, type DecodedFunction, decode } from './decode.ts';
import { badOperands, instrAt, showSlot, spanAt } from './explain.ts';
import { BrilFault, BrilStop, leak, mismatch, noSet, undefinedValue } from './fault.ts';
import { Frames } from './frames.ts';
import { BrilHeap, movedOffset } from './heap.ts';
import type { BrilOutcome, BrilRun, InterpretOptions } from './outcome.ts';
import { Output } from './output.ts';
import { type BrilValue, isCharCode, parseMainArgs } from './value.ts';

/** Checks and runs a program; `args` are the words of the command line. */
export function interpret(program: BrilProgram, args: readonly string[], options: InterpretOptions = {}): BrilRun {
  const diagnostics = checkBril(program);
  if (diagnostics.length > 0) return { outcome: { kind: 'invalid', diagnostics }, stdout: '', dynInst: 0 };
  const values = parseMainArgs(program, args);
  if (!values.ok) return { outcome: { kind: 'invalid', diagnostics: values.diagnostics }, stdout: '', dynInst: 0 };
  return execute(decode(program), values.value, options);
}

/** Runs a decoded program; `values` are of the types of `@main`'s parameters. */
export function execute(decoded: Decoded, values: readonly BrilValue[], options: InterpretOptions = {}): BrilRun {
  const { code, functions, lists, pool, elements, typeNames } = decoded;
  const maxCalls = (options.maxDepth ?? 100_000) * 3;
  const memoryLimit = options.memoryLimit ?? 1 << 30;
  const heap = new BrilHeap(memoryLimit);
  const frames = new Frames(heap, memoryLimit);
  const output = new Output(options.stdout, heap, memoryLimit);
  let { I, F, X, T } = frames;
  let fuel = options.fuel ?? Number.POSITIVE_INFINITY;
  /** Active calls, three numbers each: position of the call, its frame, its function. */
  const calls: number[] = [];
  let fp = 0;
  let current = decoded.program.functions.findIndex((func) => func.name === 'main');
  let func: DecodedFunction = functions[current]!;
  let pc = func.entry;
  let here = pc;
  let dynInst = 0;

  let outcome: BrilOutcome;
  try {
    frames.enter(0, func.frameSize, values.length);
    ({ I, F, X, T } = frames);
    for (const [i, value] of values.entries()) {
      if (value.type === 'int') I[i] = value.value;
      else if (value.type === 'float') F[i] = value.value;
      else X[i * 2] = value.type === 'bool' ? Number(value.value) : value.value.codePointAt(0)!;
      T[i] = func.paramTags[i]!;
    }
    running: for (;;) {
      here = pc;
      dynInst++;
      const d = code[pc + 1]!;
      const a = fp + code[pc + 2]!;
      const b = fp + code[pc + 3]!;
      const z = fp + d;
      pc += 5;
      let flag = false;
      switch (code[here]!) {
        case 1: // const
          X[z * 2] = pool[a - fp]!;
          X[z * 2 + 1] = pool[a - fp + 1]!;
          T[z] = b - fp;
          continue;
        case 2: {
          // id, set
          const tag = T[a]!;
          const wanted = code[here + 4]!;
          if (tag === 0) throw badOperands(decoded, func, frames, here, fp);
          if (tag !== wanted && wanted !== 0 && tag !== 1) throw mismatch('value', typeNames[wanted]!, typeNames[tag]!);
          copy(X, z, a);
          T[z] = tag;
          continue;
        }
        case 3: // add
          if (T[a] !== 2 || T[b] !== 2) throw badOperands(decoded, func, frames, here, fp);
          I[z] = BigInt.asIntN(64, I[a]! + I[b]!);
          T[z] = 2;
          continue;
        case 4: // sub
          if (T[a] !== 2 || T[b] !== 2) throw badOperands(decoded, func, frames, here, fp);
          I[z] = BigInt.asIntN(64, I[a]! - I[b]!);
          T[z] = 2;
          continue;
        case 5: // mul
          if (T[a] !== 2 || T[b] !== 2) throw badOperands(decoded, func, frames, here, fp);
          I[z] = BigInt.asIntN(64, I[a]! * I[b]!);
          T[z] = 2;
          continue;
        case 6: // div
          if (T[a] !== 2 || T[b] !== 2) throw badOperands(decoded, func, frames, here, fp);
          if (X[b * 2] === 0 && X[b * 2 + 1] === 0) throw new BrilFault('integer-divide-by-zero', 'division by zero');
          I[z] = BigInt.asIntN(64, I[a]! / I[b]!);
          T[z] = 2;
          continue;
        case 7: // eq
          if (T[a] !== 2 || T[b] !== 2) throw badOperands(decoded, func, frames, here, fp);
          flag = X[a * 2] === X[b * 2] && X[a * 2 + 1] === X[b * 2 + 1];
          break;
        case 8: // lt
          if (T[a] !== 2 || T[b] !== 2) throw badOperands(decoded, func, frames, here, fp);
          flag = I[a]! < I[b]!;
          break;
        case 9: // gt
          if (T[a] !== 2 || T[b] !== 2) throw badOperands(decoded, func, frames, here, fp);
          flag = I[a]! > I[b]!;
          break;
        case 10: // le
          if (T[a] !== 2 || T[b] !== 2) throw badOperands(decoded, func, frames, here, fp);
          flag = I[a]! <= I[b]!;
          break;
        case 11: // ge
          if (T[a] !== 2 || T[b] !== 2) throw badOperands(decoded, func, frames, here, fp);
          flag = I[a]! >= I[b]!;
          break;
        case 12: // not
          if (T[a] !== 3) throw badOperands(decoded, func, frames, here, fp);
          flag = X[a * 2] === 0;
          break;
        case 13: // and
          if (T[a] !== 3 || T[b] !== 3) throw badOperands(decoded, func, frames, here, fp);
          flag = (X[a * 2]! & X[b * 2]!) !== 0;
          break;
        case 14: // or
          if (T[a] !== 3 || T[b] !== 3) throw badOperands(decoded, func, frames, here, fp);
          flag = (X[a * 2]! | X[b * 2]!) !== 0;
          break;
        case 15: // fadd
          if (T[a] !== 4 || T[b] !== 4) throw badOperands(decoded, func, frames, here, fp);
          F[z] = F[a]! + F[b]!;
          T[z] = 4;
          continue;
        case 16: // fsub
          if (T[a] !== 4 || T[b] !== 4) throw badOperands(decoded, func, frames, here, fp);
          F[z] = F[a]! - F[b]!;
          T[z] = 4;
          continue;
        case 17: // fmul
          if (T[a] !== 4 || T[b] !== 4) throw badOperands(decoded, func, frames, here, fp);
          F[z] = F[a]! * F[b]!;
          T[z] = 4;
          continue;
        case 18: // fdiv
          if (T[a] !== 4 || T[b] !== 4) throw badOperands(decoded, func, frames, here, fp);
          F[z] = F[a]! / F[b]!;
          T[z] = 4;
          continue;
        case 19: // feq
          if (T[a] !== 4 || T[b] !== 4) throw badOperands(decoded, func, frames, here, fp);
          flag = F[a]! === F[b]!;
          break;
        case 20: // flt
          if (T[a] !== 4 || T[b] !== 4) throw badOperands(decoded, func, frames, here, fp);
          flag = F[a]! < F[b]!;
          break;
        case 21: // fgt
          if (T[a] !== 4 || T[b] !== 4) throw badOperands(decoded, func, frames, here, fp);
          flag = F[a]! > F[b]!;
          break;
        case 22: // fle
          if (T[a] !== 4 || T[b] !== 4) throw badOperands(decoded, func, frames, here, fp);
          flag = F[a]! <= F[b]!;
          break;
        case 23: // fge
          if (T[a] !== 4 || T[b] !== 4) throw badOperands(decoded, func, frames, here, fp);
          flag = F[a]! >= F[b]!;
          break;
        case 24: // ceq
          if (T[a] !== 5 || T[b] !== 5) throw badOperands(decoded, func, frames, here, fp);
          flag = X[a * 2]! === X[b * 2]!;
          break;
        case 25: // clt
          if (T[a] !== 5 || T[b] !== 5) throw badOperands(decoded, func, frames, here, fp);
          flag = X[a * 2]! < X[b * 2]!;
          break;
        case 26: // cgt
          if (T[a] !== 5 || T[b] !== 5) throw badOperands(decoded, func, frames, here, fp);
          flag = X[a * 2]! > X[b * 2]!;
          break;
        case 27: // cle
          if (T[a] !== 5 || T[b] !== 5) throw badOperands(decoded, func, frames, here, fp);
          flag = X[a * 2]! <= X[b * 2]!;
          break;
        case 28: // cge
          if (T[a] !== 5 || T[b] !== 5) throw badOperands(decoded, func, frames, here, fp);
          flag = X[a * 2]! >= X[b * 2]!;
          break;
        case 29: // char2int
          if (T[a] !== 5) throw badOperands(decoded, func, frames, here, fp);
          I[z] = BigInt(X[a * 2]!);
          T[z] = 2;
          continue;
        case 30: // int2char
          if (T[a] !== 2) throw badOperands(decoded, func, frames, here, fp);
          if (!isCharCode(I[a]!)) {
            throw new BrilFault('invalid-conversion', `value ${I[a]} cannot be converted to char`);
          }
          X[z * 2] = X[a * 2]!;
          T[z] = 5;
          continue;
        case 31: // float2bits
          if (T[a] !== 4) throw badOperands(decoded, func, frames, here, fp);
          copy(X, z, a);
          T[z] = 2;
          continue;
        case 32: // bits2float
          if (T[a] !== 2) throw badOperands(decoded, func, frames, here, fp);
          copy(X, z, a);
          T[z] = 4;
          continue;
        case 33: // jmp
          if (d <= here && --fuel < 0) throw new BrilStop('fuel');
          pc = d;
          continue;
        case 34: // br
          if (T[a] !== 3) throw badOperands(decoded, func, frames, here, fp);
          pc = X[a * 2] === 0 ? b - fp : d;
          if (pc <= here && --fuel < 0) throw new BrilStop('fuel');
          continue;
        case 35: {
          // call
          if (frames.levels > 0) throw new BrilFault('speculation', 'call not allowed during speculation');
          if (--fuel < 0) throw new BrilStop('fuel');
          if (calls.length >= maxCalls) throw new BrilStop('call-depth');
          const callee = functions[a - fp]!;
          const { paramTags } = callee;
          const base = fp + func.frameSize;
          frames.enter(base, callee.frameSize, paramTags.length);
          ({ I, F, X, T } = frames);
          for (let i = 0; i < paramTags.length; i++) {
            const arg = fp + lists[b - fp + 1 + i]!;
            const tag = T[arg]!;
            const wanted = paramTags[i]!;
            if (tag !== wanted || tag < 2) {
              if (tag < 2) throw undefinedValue(tag, 'call', instrAt(decoded, here)!.args[i]!);
              if (wanted !== 0)
                throw mismatch(`argument ${i} of @${callee.source.name}`, typeNames[wanted]!, typeNames[tag]!);
            }
            copy(X, base + i, arg);
            T[base + i] = tag;
          }
          calls.push(here, fp, current);
          current = a - fp;
          fp = base;
          func = callee;
          pc = callee.entry;
          continue;
        }
        case 0:
        case 36: {
          // ret, and the end of a function, which is no instruction of the program
          const isEnd = code[here] === 0;
          const result = func.resultTag;
          if (isEnd) dynInst--;
          if (frames.levels > 0) throw new BrilFault('speculation', 'ret not allowed during speculation');
          if (isEnd && result >= 0) {
            throw new BrilFault('missing-return', `function @${func.source.name} ended without returning a value`);
          }
          const tag = result < 0 ? 0 : T[a]!;
          if (result >= 0 && (tag !== result || tag < 2)) {
            if (tag < 2) throw badOperands(decoded, func, frames, here, fp);
            if (result > 0) throw mismatch('ret argument 0', typeNames[result]!, typeNames[tag]!);
          }
          if (calls.length === 0) break running;
          current = calls.pop()!;
          fp = calls.pop()!;
          const call = calls.pop()!;
          func = functions[current]!;
          pc = call + 5;
          if (result < 0) continue;
          const wanted = code[call + 4]!;
          if (wanted !== 0 && tag !== wanted) throw mismatch('the result', typeNames[wanted]!, typeNames[tag]!);
          copy(X, fp + code[call + 1]!, a);
          T[fp + code[call + 1]!] = tag;
          continue;
        }
        case 37: {
          // print
          const names = instrAt(decoded, here)!.args;
          const words: string[] = [];
          for (let i = 0; i < names.length; i++) words.push(showSlot(frames, fp + lists[b - fp + i]!, names[i]!));
          output.line(words.join(' '));
          continue;
        }
        case 38: // nop
          continue;
        case 39: // alloc
          if (T[a] !== 2) throw badOperands(decoded, func, frames, here, fp);
          X[z * 2 + 1] = heap.alloc(Number(I[a]!));
          X[z * 2] = 0;
          T[z] = code[here + 4]!;
          continue;
        case 40: // free
          if (T[a]! < 6) throw badOperands(decoded, func, frames, here, fp);
          heap.free(X[a * 2 + 1]!, X[a * 2]!);
          continue;
        case 41: {
          // load
          if (T[a]! < 6) throw badOperands(decoded, func, frames, here, fp);
          const cell = heap.cell(X[a * 2 + 1]!, X[a * 2]!);
          const tag = heap.tags[cell]!;
          const wanted = code[here + 4]!;
          if (tag !== wanted || tag === 0) {
            if (tag === 0) throw new BrilFault('heap-uninitialised', 'load of memory that was never written');
            if (wanted !== 0) throw mismatch('loaded value', typeNames[wanted]!, typeNames[tag]!);
          }
          X[z * 2] = heap.words[cell * 2]!;
          X[z * 2 + 1] = heap.words[cell * 2 + 1]!;
          T[z] = tag;
          continue;
        }
        case 42: {
          // store
          const tag = T[b]!;
          if (T[a]! < 6 || tag < 2) throw badOperands(decoded, func, frames, here, fp);
          const wanted = elements[T[a]!]!;
          if (wanted !== 0 && tag !== wanted) throw mismatch('store argument 1', typeNames[wanted]!, typeNames[tag]!);
          const cell = heap.cell(X[a * 2 + 1]!, X[a * 2]!);
          heap.words[cell * 2] = X[b * 2]!;
          heap.words[cell * 2 + 1] = X[b * 2 + 1]!;
          heap.tags[cell] = tag;
          continue;
        }
        case 43: {
          // ptradd
          const tag = T[a]!;
          if (tag < 6 || T[b] !== 2) throw badOperands(decoded, func, frames, here, fp);
          const wanted = code[here + 4]!;
          if (wanted !== 0 && tag !== wanted) throw mismatch('ptradd argument 0', typeNames[wanted]!, typeNames[tag]!);
          const offset = movedOffset(X[a * 2]!, X[b * 2]!, X[b * 2 + 1]!);
          X[z * 2 + 1] = X[a * 2 + 1]!;
          X[z * 2] = offset;
          T[z] = tag;
          continue;
        }
        case 44: {
          // get
          const tag = T[a]!;
          if (tag === 0) throw noSet(instrAt(decoded, here)!.dest!);
          copy(X, z, a);
          T[z] = tag;
          continue;
        }
        case 45: // undef
          T[z] = 1;
          continue;
        case 46: // speculate
          frames.speculate(fp, func.frameSize);
          continue;
        case 47: // commit
          frames.commit(func.frameSize);
          continue;
        case 48: // guard
          if (T[a] !== 3) throw badOperands(decoded, func, frames, here, fp);
          if (X[a * 2] !== 0) continue;
          frames.abort(fp, func.frameSize);
          if (d <= here && --fuel < 0) throw new BrilStop('fuel');
          pc = d;
          continue;
        default:
          throw new Error(`interpret: op ${code[here]}`);
      }
      // Only the ops that give a bool come here.
      X[z * 2] = flag ? 1 : 0;
      T[z] = 3;
    }
    if (heap.live > 0) throw leak();
    outcome = { kind: 'exit' };
  } catch (error) {
    const at = spanAt(decoded, func, here);
    if (error instanceof BrilStop) outcome = { kind: 'resource', limit: error.limit, at };
    else if (error instanceof BrilFault) outcome = { kind: 'error', error: error.kind, message: error.message, at };
    else throw error;
  }
  output.flush();
  return { outcome, stdout: output.kept(), dynInst };
}

/** Moves the content of a slot, as words: a float goes through no register that could change the bits of a NaN. */
function copy(X: Int32Array, to: number, from: number): void {
  X[to * 2] = X[from * 2]!;
  X[to * 2 + 1] = X[from * 2 + 1]!;
}
