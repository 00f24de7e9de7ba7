/** Polygons in fractions of the picture: bend, split, snap. Pure; distances take the picture's aspect into account. */

import type { Box, Point } from "../api/types";

/** As many digits as the file keeps: a tenth of a pixel of 4K. */
const DIGITS = 4;
export const LEAST_AREA = 1e-5;

export function rounded(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 10 ** DIGITS) / 10 ** DIGITS;
}

export function point(x: number, y: number): Point {
  return [rounded(x), rounded(y)];
}

export function area(polygon: Point[]): number {
  let sum = 0;
  polygon.forEach(([x1, y1], at) => {
    const [x2, y2] = polygon[(at + 1) % polygon.length] ?? [x1, y1];
    sum += x1 * y2 - x2 * y1;
  });
  return Math.abs(sum) / 2;
}

export function moveVertex(polygon: Point[], at: number, to: Point): Point[] {
  return polygon.map((one, number) => (number === at ? point(...to) : one));
}

export function insertVertex(polygon: Point[], after: number, at: Point): Point[] {
  return [...polygon.slice(0, after + 1), point(...at), ...polygon.slice(after + 1)];
}

/** A triangle keeps its corners. */
export function deleteVertex(polygon: Point[], at: number): Point[] {
  return polygon.length <= 3 ? polygon : polygon.filter((_, number) => number !== at);
}

/** The whole, moved as far as the picture's border lets it. */
export function movePolygon(polygon: Point[], dx: number, dy: number): Point[] {
  const xs = polygon.map(([x]) => x);
  const ys = polygon.map(([, y]) => y);
  const x = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx));
  const y = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy));
  return polygon.map(([px, py]) => point(px + x, py + y));
}

/** The spot on the segment a–b that is nearest to p. */
export function nearestOnSegment(p: Point, a: Point, b: Point, aspect = 1): { at: Point; distance: number } {
  const [dx, dy] = [(b[0] - a[0]) * aspect, b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((p[0] - a[0]) * aspect * dx + (p[1] - a[1]) * dy) / length));
  const at: Point = [a[0] + (b[0] - a[0]) * along, a[1] + (b[1] - a[1]) * along];
  return { at, distance: Math.hypot((p[0] - at[0]) * aspect, p[1] - at[1]) };
}

export function nearestEdge(polygon: Point[], p: Point, aspect = 1): { edge: number; at: Point; distance: number } {
  let best = { edge: 0, at: p, distance: Infinity };
  polygon.forEach((a, edge) => {
    const b = polygon[(edge + 1) % polygon.length] ?? a;
    const found = nearestOnSegment(p, a, b, aspect);
    if (found.distance < best.distance) best = { edge, ...found };
  });
  return best;
}

/** To a corner or an edge of another zone, or the picture's border, within `reach` (share of the height). */
export function snapped(p: Point, others: Point[][], aspect: number, reach: number): Point {
  let best: Point = p;
  let nearest = reach;
  for (const polygon of others) {
    for (const corner of polygon) {
      const distance = Math.hypot((p[0] - corner[0]) * aspect, p[1] - corner[1]);
      if (distance < nearest) [best, nearest] = [corner, distance];
    }
  }
  if (best !== p) return point(...best);
  for (const polygon of others) {
    const { at, distance } = nearestEdge(polygon, p, aspect);
    if (distance < nearest) [best, nearest] = [at, distance];
  }
  let [x, y] = best;
  if (x * aspect < reach) x = 0;
  if ((1 - x) * aspect < reach) x = 1;
  if (y < reach) y = 0;
  if (1 - y < reach) y = 1;
  return point(x, y);
}

function side(a: Point, b: Point, p: Point): number {
  return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
}

/** Whether two segments cross in their inner parts. */
export function cross(a: Point, b: Point, c: Point, d: Point): boolean {
  const [s1, s2, s3, s4] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  return s1 * s2 < 0 && s3 * s4 < 0;
}

export function crossesItself(polygon: Point[]): boolean {
  const many = polygon.length;
  for (let i = 0; i < many; i += 1) {
    for (let j = i + 1; j < many; j += 1) {
      const [a, b, c, d] = [polygon[i], polygon[(i + 1) % many], polygon[j], polygon[(j + 1) % many]];
      if (a && b && c && d && cross(a, b, c, d)) return true;
    }
  }
  return false;
}

export function contains(polygon: Point[], [x, y]: Point): boolean {
  let inside = false;
  polygon.forEach(([x1, y1], at) => {
    const [x2, y2] = polygon[(at + 1) % polygon.length] ?? [x1, y1];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  });
  return inside;
}

/**
 * In two along the straight line through a and b; null where the line does not cut it in exactly two places.
 * The line goes on past a and b, so that a short stroke suffices.
 */
export function split(polygon: Point[], a: Point, b: Point): [Point[], Point[]] | null {
  if (Math.hypot(b[0] - a[0], b[1] - a[1]) < 1e-6) return null;
  const sides = polygon.map((p) => {
    const s = side(a, b, p);
    return Math.abs(s) < 1e-9 ? 0 : s;
  });
  const one: Point[] = [];
  const two: Point[] = [];
  let cuts = 0;
  polygon.forEach((p, at) => {
    const q = polygon[(at + 1) % polygon.length] ?? p;
    const s = sides[at] ?? 0;
    const next = sides[(at + 1) % polygon.length] ?? 0;
    if (s >= 0) one.push(p);
    if (s <= 0) two.push(p);
    if (s === 0) cuts += 1;
    if (s * next < 0) {
      const share = s / (s - next);
      const cut = point(p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share);
      one.push(cut);
      two.push(cut);
      cuts += 1;
    }
  });
  if (cuts !== 2 || one.length < 3 || two.length < 3 || area(one) < LEAST_AREA || area(two) < LEAST_AREA) return null;
  return [one, two];
}

/** The corners nearest to the camera and farthest from it: lowest and highest in the picture. */
export function nearAndFar(polygon: Point[]): { near: Point; far: Point } {
  const by = [...polygon].sort((p, q) => q[1] - p[1]);
  return { near: by[0] ?? [0.5, 1], far: by.at(-1) ?? [0.5, 0] };
}

/** A square thing of a share of the picture that stands at a foot point; moved into the picture. */
export function boxOfArea(share: number, foot: Point, aspect: number): Box {
  const width = Math.min(1, Math.sqrt(share / aspect));
  const height = Math.min(1, Math.sqrt(share * aspect));
  const x = Math.min(1 - width, Math.max(0, foot[0] - width / 2));
  const y = Math.min(1 - height, Math.max(0, foot[1] - height));
  return [x, y, x + width, y + height];
}

/** A copy, a little aside, inside the picture. */
export function aside(polygon: Point[]): Point[] {
  const moved = movePolygon(polygon, 0.03, 0.03);
  return JSON.stringify(moved) === JSON.stringify(polygon) ? movePolygon(polygon, -0.03, -0.03) : moved;
}
