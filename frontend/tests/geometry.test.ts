import { describe, expect, it } from "vitest";
import type { Point } from "../src/api/types";
import { area, aside, boxOfArea, contains, crossesItself, deleteVertex, insertVertex, movePolygon, moveVertex, nearestEdge, snapped, split } from "../src/zones/geometry";

const square: Point[] = [[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]];

describe("bending a polygon", () => {
  it("inserts, moves and deletes vertices", () => {
    const five = insertVertex(square, 0, [0.4, 0.1]);
    expect(five[1]).toEqual([0.4, 0.1]);
    expect(five).toHaveLength(5);
    expect(moveVertex(square, 2, [0.7, 0.7])[2]).toEqual([0.7, 0.7]);
    expect(deleteVertex(five, 1)).toEqual(square);
  });

  it("keeps the corners of a triangle and everything inside the picture", () => {
    const triangle = square.slice(0, 3);
    expect(deleteVertex(triangle, 0)).toEqual(triangle);
    expect(moveVertex(square, 0, [-0.3, 1.4])[0]).toEqual([0, 1]);
    expect(movePolygon(square, 0.9, -0.9)).toEqual([[0.6, 0], [1, 0], [1, 0.4], [0.6, 0.4]]);
  });

  it("finds the edge under the pointer", () => {
    expect(nearestEdge(square, [0.62, 0.4]).edge).toBe(1);
    expect(nearestEdge(square, [0.4, 0.65]).edge).toBe(2);
  });

  it("snaps to corners before edges, and to the border", () => {
    expect(snapped([0.605, 0.205], [square], 1, 0.02)).toEqual([0.6, 0.2]);
    expect(snapped([0.61, 0.4], [square], 1, 0.02)).toEqual([0.6, 0.4]);
    expect(snapped([0.995, 0.9], [square], 1, 0.02)).toEqual([1, 0.9]);
    expect(snapped([0.8, 0.8], [square], 1, 0.02)).toEqual([0.8, 0.8]);
  });

  it("knows when it crosses itself", () => {
    expect(crossesItself(square)).toBe(false);
    expect(crossesItself([[0, 0], [1, 1], [1, 0], [0, 1]])).toBe(true);
  });

  it("copies aside without leaving the picture", () => {
    expect(aside(square)).not.toEqual(square);
    const corner: Point[] = [[0.8, 0.8], [1, 0.8], [1, 1]];
    expect(aside(corner)).not.toEqual(corner);
    expect(Math.max(...aside(corner).flat())).toBeLessThanOrEqual(1);
  });
});

describe("splitting", () => {
  it("gives two parts with the area of the whole", () => {
    const parts = split(square, [0.4, 0.1], [0.4, 0.9]);
    expect(parts).not.toBeNull();
    const [one, two] = parts ?? [[], []];
    expect(area(one) + area(two)).toBeCloseTo(area(square), 6);
    expect(contains(one, [0.5, 0.4]) !== contains(two, [0.5, 0.4])).toBe(true);
  });

  it("works through two corners", () => {
    const parts = split(square, [0.2, 0.2], [0.6, 0.6]);
    expect(parts?.map((part) => part.length)).toEqual([3, 3]);
  });

  it("refuses a line beside it, along an edge, of no length, or through it four times", () => {
    expect(split(square, [0.7, 0.1], [0.7, 0.9])).toBeNull();
    expect(split(square, [0.2, 0.2], [0.6, 0.2])).toBeNull();
    expect(split(square, [0.4, 0.4], [0.4, 0.4])).toBeNull();
    const comb: Point[] = [[0, 0], [0.2, 0], [0.2, 0.5], [0.4, 0.5], [0.4, 0], [0.6, 0], [0.6, 0.8], [0, 0.8]];
    expect(split(comb, [0, 0.3], [1, 0.3])).toBeNull();
  });
});

describe("the size filter", () => {
  it("is a square of the share on any picture", () => {
    const aspect = 16 / 9;
    const [x1, y1, x2, y2] = boxOfArea(0.04, [0.5, 0.8], aspect);
    expect((x2 - x1) * (y2 - y1)).toBeCloseTo(0.04, 6);
    expect((x2 - x1) * aspect).toBeCloseTo(y2 - y1, 6);
    expect(y2).toBeCloseTo(0.8, 6);
  });
});
