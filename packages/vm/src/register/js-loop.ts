/**
 * Generates the JavaScript loop for a set of handlers: a `switch` with literal labels over words in an Int32Array
 * (MEASURED §1), for programs with values that only the host can hold. The same handlers as in the Wasm loop, with
 * places counted in words and cells by number:
 *
 *   I F D L   views of the cells: i32 (two for each cell), f32 (two), f64, i64        H   host values, by cell
 *   K         callers: return place, frame, place of the result(s), three for each active call
 *
 * A register has no type, so that moves copy bits and host value both. Bits of floats move as integers, never as
 * numbers, which would lose the payload of a NaN.
 */

import { type OpDef, type SigType, type Type, type Value, zeroOf } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import type { Abilities, Handler } from './handler.ts';
import { isImport, status } from './layout.ts';

/** What the loop shares with its host; the loop writes its registers back when it returns and before host calls. */
export interface JsState {
  pc: number;
  fp: number;
  fuel: number;
  depth: number;
  count: number;
  /** Callers on K, times three. */
  kp: number;
  /** No frame may start behind this cell. */
  frameLimit: number;
  i32: Int32Array;
  f32: Float32Array;
  f64: Float64Array;
  i64: BigInt64Array;
  readonly hostValues: Value[];
  callers: Int32Array;
  readonly code: Int32Array;
  /** By table: the number of elements, a word, then target and signature of each; see js-core.ts. */
  readonly tables: Int32Array[];
  readonly zero: Value;

  readonly guest: () => DataView;
  /** A v128 from four words of code, the lowest first. */
  readonly vector: (code: Int32Array, at: number) => bigint;
  readonly host: (pc: number, fp: number) => void;
  readonly slow: (pc: number, fp: number) => number;
}

/** The loop: runs from the registers in the state, gives a `status`. */
export type JsLoop = (state: JsState) => number;

/** What the JavaScript loop has fast forms for: ops with a `js` column. */
export const jsAbilities: Abilities = {
  op: (op, type) => op.js !== null && op.imm === 'none' && (type !== null || !mentionsT(op)),
  access: (op) => op.access?.region === 'memory' && op.sig.result !== 'v128' && !op.sig.params.includes('v128'),
  heap: false,
  typed: true,
  log: false,
  sequences: false,
  vectors: false,
};

/**
 * The source of the loop's body; parameter `s` is the state. `mixed`: cells may hold `s.zero`, which stands for the zero
 * of whatever type they are read as.
 */
export function generateJsLoop(handlers: readonly Handler[], counting: boolean, mixed: boolean): string {
  const cases = handlers.map((handler, i) => `case ${i}:{${count(handler, counting)}${body(handler, mixed)}}`);
  return `'use strict';
const C=s.code,H=s.hostValues,TS=s.tables;
let I=s.i32,F=s.f32,D=s.f64,L=s.i64,K=s.callers;
let pc=s.pc,fp=s.fp,fuel=s.fuel,depth=s.depth,kp=s.kp,n=s.count;
const leave=(why)=>{s.pc=pc;s.fp=fp;s.fuel=fuel;s.depth=depth;s.kp=kp;s.count=n;return why;};
for(;;)switch(C[pc]){
${cases.join('\n')}
default:return leave(${status.trap});}`;
}

/** Compiles the loop. */
export function compileJsLoop(handlers: readonly Handler[], counting: boolean, mixed: boolean): JsLoop {
  return new Function('s', generateJsLoop(handlers, counting, mixed)) as JsLoop;
}

function mentionsT(op: OpDef): boolean {
  return op.sig.result === 'T' || op.sig.params.includes('T');
}

function count(handler: Handler, counting: boolean): string {
  return counting && !handler.free && handler.shape !== 'halt' && handler.shape !== 'clear' ? 'n++;' : '';
}

/** The cell that word `k` names. */
const at = (k: number): string => `fp+C[pc+${k}]`;
const next = (words: number): string => `pc+=${Math.ceil((1 + words) / 4) * 4};continue;`;
const tick = `if(--fuel===0)return leave(${status.safepoint});`;
const trapped = `return leave(${status.trap});`;
/** Copies bits and host value. */
const move = (to: string, from: string): string =>
  `I[${to}<<1]=I[${from}<<1];I[(${to}<<1)+1]=I[(${from}<<1)+1];H[${to}]=H[${from}];`;
/** What host calls may have replaced. */
const reload = 'I=s.i32;F=s.f32;D=s.f64;L=s.i64;K=s.callers;fuel=s.fuel;depth=s.depth;';

/** The expression of a value in a cell; with `bits`, floats as integers. */
function cellText(type: Type, bits: boolean, cell: string): string {
  switch (type) {
    case 'i32':
      return `I[(${cell})<<1]`;
    case 'f32':
      return bits ? `I[(${cell})<<1]` : `F[(${cell})<<1]`;
    case 'i64':
      return `L[${cell}]`;
    case 'f64':
      return bits ? `L[${cell}]` : `D[${cell}]`;
    default:
      return `H[${cell}]`;
  }
}

/** As `cellText`, for reading. */
function readText(type: Type, bits: boolean, cell: string, mixed: boolean): string {
  const text = cellText(type, bits, cell);
  const zero = zeroOf(type);
  const literal = typeof zero === 'bigint' ? `${zero}n` : String(zero);
  return mixed && !bitsType(type) ? `(${text}===s.zero?${literal}:${text})` : text;
}

function body(handler: Handler, mixed: boolean): string {
  switch (handler.shape) {
    case 'halt':
      return `return leave(${status.done});`;
    case 'fall':
    case 'trap':
      return trapped;
    case 'const32':
      return `I[(${at(1)})<<1]=C[pc+2];${next(2)}`;
    case 'const64':
      return `const a=(${at(1)})<<1;I[a]=C[pc+2];I[a+1]=C[pc+3];${next(3)}`;
    case 'const128':
      return `H[${at(1)}]=s.vector(C,pc+2);${next(5)}`;
    case 'move':
      return `const a=${at(1)},b=${at(2)};${move('a', 'b')}${next(2)}`;
    case 'global-get':
      return `const a=${at(1)},b=C[pc+2];${move('a', 'b')}${next(2)}`;
    case 'global-set':
      return `const a=C[pc+2],b=${at(1)};${move('a', 'b')}${next(2)}`;
    case 'clear':
      return `for(let a=${at(1)},e=a+C[pc+2];a<e;a++){I[a<<1]=0;I[(a<<1)+1]=0;H[a]=s.zero;}${next(2)}`;
    case 'op':
    case 'op-imm':
      return opText(handler, mixed);
    case 'load':
    case 'store':
      return accessText(handler);
    case 'slow':
    case 'heap':
    case 'heap-imm':
      return `leave(0);if(s.slow(pc,fp)!==0)return leave(${status.trapped});${next(0)}`;
    case 'call-host':
      return `leave(0);s.host(pc,fp);${reload}${next(0)}`;
    default:
      return controlText(handler);
  }
}

/** An operand of an op, in a constant of its own, since the `js` column may name it often. */
function operandsText(
  handler: Handler,
  first: number,
  mixed: boolean,
): { readonly lets: string; readonly names: string[] } {
  const op = handler.op as OpDef;
  const { params } = op.sig;
  const imm = handler.shape === 'op-imm' || handler.shape === 'jump-op-imm';
  const lets: string[] = [];
  const names: string[] = [];
  for (const [i, word] of params.entries()) {
    const type = typeOfWord(word, handler);
    const fromCode = imm && i === params.length - 1;
    const immediate = type === 'i64' ? `BigInt(C[pc+${first + i}])` : `C[pc+${first + i}]`;
    lets.push(`const v${i}=${fromCode ? immediate : readText(type, op.bits, at(first + i), mixed)};`);
    names.push(`v${i}`);
  }
  return { lets: lets.join(''), names };
}

function typeOfWord(word: SigType, handler: Handler): Type {
  const type = word === 'T' ? handler.type : word;
  if (type === null) throw new Error(`'${handler.key}' needs a type`);
  return type;
}

function substitute(text: string, names: readonly string[]): string {
  return text.replace(/\$(\d+)/g, (_, k: string) => names[Number(k)] ?? '');
}

function opText(handler: Handler, mixed: boolean): string {
  const op = handler.op as OpDef;
  const { result, params } = op.sig;
  const first = result === 'void' ? 1 : 2;
  const { lets, names } = operandsText(handler, first, mixed);
  const check = op.jsTrap === null ? '' : `if(${substitute(op.jsTrap, names)}!=='')${trapped}`;
  const value = substitute(op.js ?? '', names);
  const store = result === 'void' ? value : `${cellText(typeOfWord(result, handler), op.bits, at(1))}=${value}`;
  return `${lets}${check}${store};${next(first - 1 + params.length)}`;
}

/** Loads and stores of linear memory, float bits as integers. */
function accessText(handler: Handler): string {
  const op = handler.op as OpDef;
  const { access } = op;
  if (access === null) throw new Error(`'${handler.key}' has no access`);
  const store = handler.shape === 'store';
  const type = (store ? op.sig.params[1] : op.sig.result) as Type;
  const start = `const g=s.guest(),m=(I[(${at(store ? 1 : 2)})<<1]>>>0)+(C[pc+3]>>>0);`;
  const check = `if(m+${access.bytes}>g.byteLength)${trapped}`;
  const cell = at(store ? 2 : 1);
  const wide = type === 'i64' || type === 'f64';
  if (access.bytes === 8) {
    const words = store
      ? `const a=(${cell})<<1;g.setInt32(m,I[a],true);g.setInt32(m+4,I[a+1],true);`
      : `const a=(${cell})<<1;I[a]=g.getInt32(m,true);I[a+1]=g.getInt32(m+4,true);`;
    return `${start}${check}${words}${next(3)}`;
  }
  const width = access.bytes * 8;
  if (store) return `${start}${check}g.setInt${width}(m,I[(${cell})<<1],true);${next(3)}`;
  const read = `g.get${access.signed || width === 32 ? 'Int' : 'Uint'}${width}(m,true)`;
  const high = access.signed ? 'x>>31' : '0';
  const put = wide ? `const x=${read},a=(${cell})<<1;I[a]=x;I[a+1]=${high};` : `I[(${cell})<<1]=${read};`;
  return `${start}${check}${put}${next(3)}`;
}

function controlText(handler: Handler): string {
  const goTo = (k: number): string => `{pc=C[pc+${k}];${handler.back ? tick : ''}continue;}`;
  switch (handler.shape) {
    case 'jump':
      return goTo(1);
    case 'jump-if':
      return `if(I[(${at(1)})<<1]!==0)${goTo(2)}${next(2)}`;
    case 'jump-unless':
      return `if(I[(${at(1)})<<1]===0)${goTo(2)}${next(2)}`;
    case 'jump-op':
    case 'jump-op-imm': {
      const { lets, names } = operandsText(handler, 1, false);
      return `${lets}if(${substitute(handler.op?.js ?? '', names)}!==0)${goTo(3)}${next(3)}`;
    }
    case 'switch-table':
      return `const x=I[(${at(1)})<<1]-C[pc+2]>>>0,t=C[pc+4+(x<C[pc+3]>>>0?x:C[pc+3])];${goComputed}`;
    case 'switch-search':
      return `const v=I[(${at(1)})<<1];let b=0,c=C[pc+2],t=C[pc+3];while(b<c){const d=(b+c)>>>1,x=C[pc+4+d*2];if(x===v){t=C[pc+5+d*2];break;}if(x<v)b=d+1;else c=d;}${goComputed}`;
    case 'return': {
      const value = handler.argc === 1 ? `const a=K[kp+2],b=${at(1)};${move('a', 'b')}` : '';
      return `kp-=3;${value}${leaveFrame}`;
    }
    case 'return-multi':
      return `kp-=3;const l=K[kp+2],f=K[kp+1];for(let i=0,m=C[pc+1];i<m;i++){const a=f+C[l+i],b=fp+C[pc+2+i];${move('a', 'b')}}${leaveFrame}`;
    default:
      return callText(handler);
  }
}

const goComputed = `if(t<=pc){pc=t;${tick}continue;}pc=t;continue;`;
const leaveFrame = 'pc=K[kp];fp=K[kp+1];depth++;continue;';

function callText(handler: Handler): string {
  const indirect = handler.shape === 'call-indirect' || handler.shape === 'call-indirect-multi';
  const multi = handler.shape === 'call-multi' || handler.shape === 'call-indirect-multi';
  const countWord = indirect ? 5 : handler.shape === 'call-n' ? 4 : 3;
  const first = handler.shape === 'call' ? 4 : countWord + (indirect ? 2 : 1);
  const args = handler.shape === 'call' ? String(handler.argc) : `C[pc+${countWord}]`;
  const find = indirect
    ? `const e=I[(${at(4)})<<1]>>>0,T=TS[C[pc+6]];if(e>=T[0]||T[e*2+3]!==C[pc+1])${trapped}const t=T[e*2+2];if(t===${isImport}){leave(0);s.host(pc,fp);${reload}pc=s.pc;continue;}`
    : 'const t=C[pc+1];';
  const checks = `const a=fp+C[pc+2];if(a>s.frameLimit)return leave(${status.frames});if(depth===0)return leave(${status.depth});`;
  const copy = `for(let i=0;i<m;i++){const x=a+i,y=fp+C[pc+${first}+i];${move('x', 'y')}}`;
  const end = multi ? `const r=pc+${first}+m,z=r+1+C[r];` : `const z=pc+${first}+m;`;
  const result = multi ? 'r+1' : at(3);
  const grow = 'if(kp+3>K.length){K=new Int32Array(K.length*2);K.set(s.callers);s.callers=K;}';
  const push = `${grow}K[kp]=(z+3)&-4;K[kp+1]=fp;K[kp+2]=${result};kp+=3;`;
  return `${find}${checks}const m=${args};${copy}${end}${push}depth--;pc=t;fp=a;${tick}continue;`;
}
