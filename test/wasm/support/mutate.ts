/**
 * Makes modules that are nearly right: bits flipped, bytes put in, cut off, taken out or copied from elsewhere, counts and
 * sizes that lie, sections repeated, swapped and overlapping, bodies nested deep. Half of the mutants have sizes that fit
 * what was changed, so that the change is met by validation and not by the frame around it.
 */

import type { Random } from './random.ts';

/** A piece of a module: a section's number and content. */
interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

const header = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** A mutant of the first of `sources`; others lend parts. All are well-formed modules. */
export function mutate(sources: readonly Uint8Array[], random: Random): Uint8Array<ArrayBuffer> {
  const [bytes = header, ...others] = sources;
  if (random.below(2) === 0) return damage(bytes, random.pick([bytes, ...others]), random);
  const sections = [...sectionsOf(bytes)];
  const from = sectionsOf(random.pick([bytes, ...others]));
  const at = random.below(sections.length);
  const chosen = sections[at] ?? { id: 0, content: new Uint8Array(0) };
  switch (random.below(10)) {
    case 0:
      sections.splice(at, 1);
      break;
    case 1:
      sections.splice(random.below(sections.length + 1), 0, random.pick(from));
      break;
    case 2: {
      const to = random.below(sections.length);
      sections[at] = sections[to] ?? chosen;
      sections[to] = chosen;
      break;
    }
    case 3: {
      const same = from.find(({ id }) => id === chosen.id);
      sections[at] = same ?? chosen;
      break;
    }
    case 4:
    case 5:
      sections[at] = { id: chosen.id, content: lieAboutCount(chosen.content, random) };
      break;
    default: {
      // Code is where most of the rules are.
      const code = sections.findIndex(({ id }) => id === 10);
      const place = code >= 0 && random.below(3) > 0 ? code : at;
      const { id, content } = sections[place] ?? chosen;
      const changed = id === 10 ? changeBody(content, random) : damage(content, random.pick(from).content, random);
      sections[place] = { id, content: changed };
    }
  }
  return joined(sections);
}

/** One to eight places changed without a look at what is there. */
function damage(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let out = new Uint8Array(bytes);
  for (let n = 1 + random.below(random.pick([1, 1, 2, 8])); n > 0 && out.length > 0; n--) {
    const at = random.below(out.length);
    switch (random.below(8)) {
      case 0:
      case 1:
        out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 2:
        out[at] = random.pick([0, 1, 0x0b, 0x40, 0x7f, 0x80, 0xfc, 0xfd, 0xff, random.below(256)]);
        break;
      case 3:
        out = out.slice(0, at);
        break;
      case 4: {
        const length = 1 + random.below(random.pick([1, 4, 64]));
        out = concat(out.subarray(0, at), out.subarray(at + length));
        break;
      }
      case 5: {
        const start = random.below(other.length + 1);
        const piece = other.subarray(start, start + 1 + random.below(64));
        out = concat(out.subarray(0, at), piece, out.subarray(at + (random.below(2) === 0 ? 0 : piece.length)));
        break;
      }
      case 6:
        out = concat(out.subarray(0, at), hugeNumber(random), out.subarray(at + random.below(3)));
        break;
      default:
        out = concat(out.subarray(0, at), Uint8Array.of(random.below(256)), out.subarray(at));
    }
  }
  return out;
}

/** Numbers that are too large, by a little or as far as they go, some in more bytes than they need. */
function hugeNumber(random: Random): Uint8Array {
  const forms = [
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0xff, 0xff, 0xff, 0xff, 0x07],
    [0xff, 0xff, 0xff, 0xff, 0x7f],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    [0xff, 0xff, 0x03],
    [0x80, 0x80, 0x04],
    [0x80, 0x80, 0x80, 0x00],
  ];
  return Uint8Array.from(random.pick(forms));
}

/** The vector's count replaced. */
function lieAboutCount(content: Uint8Array, random: Random): Uint8Array {
  const { value, next } = leb(content, 0);
  const count = random.pick([null, value + 1, value * 2, Math.max(0, value - 1), 0, 50_001, 1_000_001]);
  return concat(count === null ? hugeNumber(random) : unsigned(count), content.subarray(next));
}

/** One function's body changed, its size and the section's made to fit. */
function changeBody(content: Uint8Array, random: Random): Uint8Array {
  const { value: count, next: first } = leb(content, 0);
  if (count === 0) return content;
  const chosen = random.below(count);
  let at = first;
  for (let i = 0; i < chosen; i++) {
    const { value, next } = leb(content, at);
    at = next + value;
  }
  const { value: size, next: start } = leb(content, at);
  const body = content.subarray(start, start + size);
  const changed = random.below(6) === 0 ? nested(body, random) : damage(body, content, random);
  return concat(content.subarray(0, at), unsigned(changed.length), changed, content.subarray(start + size));
}

/** Blocks around the end of a body, opened and, mostly, closed. */
function nested(body: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const depth = 1 + random.below(random.pick([3, 100, 20_000]));
  const opened = new Uint8Array(depth * 2);
  for (let i = 0; i < depth; i++) {
    opened[2 * i] = random.pick([0x02, 0x03]);
    opened[2 * i + 1] = 0x40;
  }
  const closed = new Uint8Array(random.below(4) === 0 ? random.below(depth + 2) : depth).fill(0x0b);
  const end = Math.max(0, body.length - 1);
  return concat(body.subarray(0, end), opened, closed, body.subarray(end));
}

function sectionsOf(bytes: Uint8Array): readonly Section[] {
  const found: Section[] = [];
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at] ?? 0;
    const { value, next } = leb(bytes, at + 1);
    found.push({ id, content: bytes.subarray(next, next + value) });
    at = next + value;
  }
  return found;
}

function joined(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  return concat(
    header,
    ...sections.flatMap(({ id, content }) => [Uint8Array.of(id), unsigned(content.length), content]),
  );
}

function leb(bytes: Uint8Array, start: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let at = start, scale = 1; ; at++, scale *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: at + 1 };
  }
}

/** A number in LEB128. */
export function unsigned(value: number): Uint8Array {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...out, rest]);
    out.push((rest % 128) | 0x80);
  }
}

/** Pieces in a row. */
export function concat(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
