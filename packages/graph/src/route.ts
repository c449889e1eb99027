/**
 * The way of an edge between the layers of a picture: out of the bottom of the upper box, straight down through every
 * layer that it crosses, into the top of the lower box; aslant only in the gaps between layers. So it never runs behind a
 * box, however different the heights of a layer's boxes are.
 */

/** A point; x to the right, y down, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The size of a box. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A box by its middle. */
export type PlacedBox = Point & Size;

/** How far an edge goes straight before it may turn. */
const lead = 8;

/** How far an edge from a box to itself leads away; less than what boxes are apart. */
const loopWidth = 20;

/** The least distance of an edge's end from a corner of its box. */
const corner = 14;

/** The highest box of each layer, by the height at which the layer's middle is; see `layerKey`. */
export function layerHeights(boxes: Iterable<PlacedBox>): ReadonlyMap<number, number> {
  const heights = new Map<number, number>();
  for (const { y, height } of boxes) heights.set(layerKey(y), Math.max(heights.get(layerKey(y)) ?? 0, height));
  return heights;
}

function layerKey(y: number): number {
  return Math.round(y);
}

/** The way from one box to a lower one by way of `bends`, which are in the middle of the layers between. */
export function routeDown(
  above: PlacedBox,
  below: PlacedBox,
  bends: readonly Point[],
  heights: ReadonlyMap<number, number>,
): readonly Point[] {
  const half = (y: number): number => (heights.get(layerKey(y)) ?? 0) / 2;
  const start = endOf(above, bends[0] ?? below);
  const end = endOf(below, bends.at(-1) ?? above);
  const points: Point[] = [
    { x: start, y: above.y + above.height / 2 },
    { x: start, y: above.y + half(above.y) + lead },
  ];
  for (const { x, y } of bends) points.push({ x, y: y - half(y) }, { x, y: y + half(y) });
  points.push({ x: end, y: below.y - half(below.y) - lead }, { x: end, y: below.y - below.height / 2 });
  return points.filter(({ x, y }, i) => x !== points[i - 1]?.x || y !== points[i - 1]?.y);
}

/** The way of an edge from a box to itself, at the box's right side. */
export function routeAround({ x, y, width, height }: PlacedBox): readonly Point[] {
  const right = x + width / 2;
  const reach = Math.min(height / 2 - 4, 12);
  return [
    { x: right, y: y - reach },
    { x: right + loopWidth, y: y - reach },
    { x: right + loopWidth, y: y + reach },
    { x: right, y: y + reach },
  ];
}

/** Where an edge leaves a box: half of the way towards where it goes, within the box. */
function endOf({ x, width }: PlacedBox, towards: Point): number {
  const reach = Math.max(0, width / 2 - corner);
  return x + Math.max(-reach, Math.min(reach, (towards.x - x) / 2));
}

/** A path in SVG's language through the points, its corners rounded. */
export function roundedPath(points: readonly Point[], radius: number): string {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return '';
  const parts = [`M${text(first)}`];
  for (let i = 1; i < points.length - 1; i++) {
    const at = points[i] as Point;
    const from = towards(at, points[i - 1] as Point, radius);
    const to = towards(at, points[i + 1] as Point, radius);
    parts.push(`L${text(from)}Q${text(at)} ${text(to)}`);
  }
  parts.push(`L${text(last)}`);
  return parts.join('');
}

/** The point at a distance from `at` on the way to `to`, at most half of the way. */
function towards(at: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - at.x, to.y - at.y);
  const share = length === 0 ? 0 : Math.min(0.5, distance / length);
  return { x: at.x + (to.x - at.x) * share, y: at.y + (to.y - at.y) * share };
}

function text({ x, y }: Point): string {
  return `${decimal(x)} ${decimal(y)}`;
}

/** A coordinate with one decimal. */
export function decimal(value: number): string {
  return String(Math.round(value * 10) / 10);
}
