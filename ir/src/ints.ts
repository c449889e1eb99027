/**
 * Small typed arrays that cost little: a view of a part of a larger buffer, instead of a buffer of its own.
 *
 * Why: an array of more than 64 bytes has its memory outside of the engine's heap, which costs about 450 ns to get and to
 * give back, whatever its length; a view costs a tenth. Passes over functions of twenty instructions make thousands.
 * Each part is given out once, so that it holds zeros and nobody else's numbers; the buffer goes when its last view does.
 *
 * The buffer at hand is the only state here. It cannot be observed but through the time that it saves.
 */

// Bytes. A larger buffer is kept alive longer by a view that stays; a smaller one saves less.
const chunkBytes = 1 << 16;
// Above this an array has a buffer of its own, and little of a chunk is lost at its end.
const largest = chunkBytes >> 4;

let chunk = new ArrayBuffer(0);
let used = 0;

/** Room for so many bytes, a multiple of four, in `chunk`; where it starts. */
function room(bytes: number): number {
  if (used + bytes > chunk.byteLength) {
    chunk = new ArrayBuffer(chunkBytes);
    used = 0;
  }
  const at = used;
  used += bytes;
  return at;
}

/** An array of zeros. Its `buffer` is shared: use the array alone. */
export function ints(count: number): Int32Array<ArrayBuffer> {
  if (count <= 8 || count * 4 > largest) return new Int32Array(count);
  const at = room(count * 4);
  return new Int32Array(chunk, at, count);
}

/** An array that holds one number throughout; as `ints`. */
export function filledInts(count: number, value: number): Int32Array<ArrayBuffer> {
  const array = ints(count);
  if (count > 32) return array.fill(value);
  for (let i = 0; i < count; i++) array[i] = value;
  return array;
}

/** A copy of an array, or of its first `count` numbers; with a larger `count`, zeros follow. As `ints`. */
export function copiedInts(from: Int32Array, count: number = from.length): Int32Array<ArrayBuffer> {
  const array = ints(count);
  if (count > 32 && from.length <= count) {
    array.set(from);
    return array;
  }
  const length = Math.min(count, from.length);
  for (let i = 0; i < length; i++) array[i] = from[i] as number;
  return array;
}

/** Bytes of zeros; as `ints`. */
export function bytes(count: number): Uint8Array<ArrayBuffer> {
  if (count <= 32 || count > largest) return new Uint8Array(count);
  const at = room((count + 3) & ~3);
  return new Uint8Array(chunk, at, count);
}

/**
 * Working memory that a function uses again with each call: at least `count` numbers, left as the last call left them. Only
 * for a function that neither keeps the array nor calls, while it uses it, anything that might ask for it too.
 */
export function scratchInts(): (count: number) => Int32Array<ArrayBuffer> {
  let array = new Int32Array(256);
  return (count) => {
    if (count > array.length) array = new Int32Array(count + (count >> 1));
    return array;
  };
}
