/** Where the names of boxes go: none over another, none over the case; a name without room is left out. */

import type { Box } from "../api/types";

export interface Label {
  x: number;
  y: number;
}

type Size = { width: number; height: number };
/** Left, top, right, bottom in pixels. */
type Area = [number, number, number, number];

export const CASE_FONT = 11.5;
export const ACTOR_FONT = 10.5;
const CASE_HEIGHT = 17;
const ACTOR_HEIGHT = 14;
const PADDING = 10;

/** About as wide as it is drawn: Chinese letters are square, others a little more than half as wide. */
function widthOf(text: string, font: number): number {
  return [...text].reduce((sum, letter) => sum + (letter > "\u2e80" ? font : font * 0.62), PADDING);
}

function hits(a: Area, b: Area): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

function inPixels(box: Box, { width, height }: Size): Area {
  return [box[0] * width, box[1] * height, box[2] * width, box[3] * height];
}

/** Top left corners beside a box, the best first. */
function beside([x1, y1, x2, y2]: Area, width: number, height: number): Label[] {
  return [
    { x: x1, y: y1 - height }, { x: x2 - width, y: y1 - height },
    { x: x1, y: y2 }, { x: x2 - width, y: y2 },
    { x: x2, y: y1 }, { x: x1 - width, y: y1 },
  ];
}

/** The case's own name always has a place; an actor's is null where there is none. */
export function placeLabels(found: { box: Box; text: string }, actors: { box: Box; text: string }[], size: Size): { own: Label; actors: (Label | null)[] } {
  const area = (at: Label, width: number, height: number): Area => [at.x, at.y, at.x + width, at.y + height];
  const inside = ([x1, y1, x2, y2]: Area) => x1 >= 0 && y1 >= 0 && x2 <= size.width && y2 <= size.height;
  const box = inPixels(found.box, size);
  const width = widthOf(found.text, CASE_FONT);
  const kept = { x: Math.max(0, Math.min(box[0], size.width - width)), y: Math.max(0, box[1] - CASE_HEIGHT) };
  const own = beside(box, width, CASE_HEIGHT).find((at) => inside(area(at, width, CASE_HEIGHT))) ?? kept;
  const taken: Area[] = [box, area(own, width, CASE_HEIGHT)];
  return {
    own,
    actors: actors.map((actor) => {
      const wide = widthOf(actor.text, ACTOR_FONT);
      const free = beside(inPixels(actor.box, size), wide, ACTOR_HEIGHT).find((at) => {
        const there = area(at, wide, ACTOR_HEIGHT);
        return inside(there) && !taken.some((other) => hits(there, other));
      });
      if (!free) return null;
      taken.push(area(free, wide, ACTOR_HEIGHT));
      return free;
    }),
  };
}
