import { describe, expect, it } from "vitest";
import type { Box } from "../src/api/types";
import { placeLabels } from "../src/review/labels";

const phone = { width: 304, height: 228 };
const found = { box: [0.28, 0.4, 0.33, 0.46] as Box, text: "乱倒垃圾渣土" };
const crowd = [17, 10, 9].map((id, at) => ({ box: [0.28 + at * 0.02, 0.3, 0.34 + at * 0.02, 0.45] as Box, text: `人 ${id}` }));

describe("the names of boxes", () => {
  it("of people who stand together lie neither on each other nor on the case", () => {
    const { own, actors } = placeLabels(found, crowd, phone);
    const areas = actors.flatMap((at) => (at ? [[at.x, at.y, at.x + 31, at.y + 14]] : []));
    areas.push([own.x, own.y, own.x + 79, own.y + 17], [0.28 * 304, 0.4 * 228, 0.33 * 304, 0.46 * 228]);
    for (const [i, a] of areas.entries()) {
      for (const b of areas.slice(i + 1)) {
        const apart = a[2]! <= b[0]! + 0.5 || b[2]! <= a[0]! + 0.5 || a[3]! <= b[1]! + 0.5 || b[3]! <= a[1]! + 0.5;
        expect(apart, `${a} and ${b}`).toBe(true);
      }
    }
    expect(actors.filter(Boolean).length).toBeGreaterThan(0);
  });
  it("are left out where there is no room", () => {
    const same = Array.from({ length: 12 }, (_, id) => ({ box: crowd[0]!.box, text: `人 ${id}` }));
    expect(placeLabels(found, same, phone).actors).toContain(null);
  });
  it("stay in the picture at its edges", () => {
    const { own } = placeLabels({ ...found, box: [0.95, 0.01, 0.99, 0.08] }, [], phone);
    expect(own.x).toBeGreaterThanOrEqual(0);
    expect(own.x + 79).toBeLessThanOrEqual(304 + 0.5);
    expect(own.y).toBeGreaterThanOrEqual(0);
  });
});
