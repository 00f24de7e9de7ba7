import { describe, expect, it } from "vitest";
import type { Zone } from "../src/api/types";
import { changed, edit, freeName, NOTHING, type Edit, type Editor } from "../src/zones/editor";
import { differences, errorsOf, maskDifference, masksWithErrors } from "../src/zones/differences";

const zone: Zone = { id: "road", polygon: [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]], tags: [], rules: [{ rule: "illegal_dumping", dwell: "30s" }], fixtures: [] };
const run = (actions: Edit[], from: Editor = edit(NOTHING, { type: "loaded", zones: [zone], masks: [] })) => actions.reduce(edit, from);

describe("the editor", () => {
  it("takes a drag as one step back", () => {
    const moved = run([
      { type: "moveVertex", vertex: 0, to: [0.2, 0.2], step: "drag0" }, { type: "moveVertex", vertex: 0, to: [0.3, 0.2], step: "drag0" }, { type: "endStep" },
      { type: "moveVertex", vertex: 0, to: [0.3, 0.3], step: "drag0" },
    ]);
    expect(moved.past).toHaveLength(2);
    const back = run([{ type: "undo" }], moved);
    expect(back.zones[0]?.polygon[0]).toEqual([0.3, 0.2]);
    expect(run([{ type: "undo" }, { type: "redo" }, { type: "redo" }], back).zones[0]?.polygon[0]).toEqual([0.3, 0.3]);
  });

  it("is unchanged after undoing everything", () => {
    const one = run([{ type: "insert", after: 0, at: [0.3, 0.05] }]);
    expect(changed(one)).toBe(true);
    expect(changed(run([{ type: "undo" }], one))).toBe(false);
  });

  it("splits a zone into two with the same rules and names of their own", () => {
    const one = run([{ type: "split", a: [0.3, 0], b: [0.3, 1] }]);
    expect(one.zones.map((each) => each.id)).toEqual(["road", "road-2"]);
    expect(one.zones[1]?.rules).toEqual(zone.rules);
  });

  it("copies under a free name and selects the copy", () => {
    const one = run([{ type: "copy" }, { type: "copy" }]);
    expect(one.zones.map((each) => each.id)).toEqual(["road", "road-2", "road-3"]);
    expect(one.selected).toBe(2);
    expect(freeName(one.zones, "new")).toBe("new");
  });

  it("nudges the vertex that is selected, else the whole zone", () => {
    expect(run([{ type: "vertex", vertex: 1 }, { type: "nudge", dx: 0.01, dy: 0 }]).zones[0]?.polygon).toEqual([[0.1, 0.1], [0.51, 0.1], [0.5, 0.5], [0.1, 0.5]]);
    expect(run([{ type: "nudge", dx: 0.01, dy: 0 }]).zones[0]?.polygon[0]).toEqual([0.11, 0.1]);
  });

  it("forgets a vertex that undo has taken away", () => {
    const one = run([{ type: "insert", after: 3, at: [0.05, 0.3] }]);
    expect(one.vertex).toBe(4);
    expect(run([{ type: "undo" }], one).vertex).toBeNull();
  });
});

describe("masks", () => {
  const triangle: [number, number][] = [[0, 0], [0.2, 0], [0.2, 0.1]];
  it("are drawn, bent and taken away like zones, and all of it undone", () => {
    const drawn = run([{ type: "addMask", polygon: triangle }]);
    expect([drawn.mask, drawn.selected, changed(drawn)]).toEqual([0, null, true]);
    const bent = run([{ type: "vertex", vertex: 1 }, { type: "nudge", dx: 0.1, dy: 0 }, { type: "insert", after: 1, at: [0.25, 0.05] }], drawn);
    expect(bent.masks[0]).toEqual([[0, 0], [0.3, 0], [0.25, 0.05], [0.2, 0.1]]);
    expect(bent.zones).toEqual([zone]);
    const gone = run([{ type: "remove" }], bent);
    expect([gone.masks, gone.mask, gone.zones]).toEqual([[], null, [zone]]);
    expect(changed(run([{ type: "undo" }, { type: "undo" }, { type: "undo" }, { type: "undo" }], gone))).toBe(false);
  });
  it("are never selected beside a zone", () => {
    const one = run([{ type: "addMask", polygon: triangle }, { type: "select", zone: 0 }]);
    expect([one.mask, one.selected]).toEqual([null, 0]);
    const two = run([{ type: "selectMask", mask: 0 }], one);
    expect([two.mask, two.selected]).toEqual([0, null]);
    expect(run([{ type: "undo" }], two).mask).toBeNull();
  });
  it("differ by their number, and have their errors at their own place", () => {
    expect(maskDifference([triangle], [triangle])).toBeNull();
    expect(maskDifference([], [triangle])).toBe("0 → 1");
    expect([...masksWithErrors({ "masks.3": { zh: "错", en: "wrong" }, "zones.1.polygon": { zh: "错", en: "wrong" } })]).toEqual([3]);
  });
});

describe("what changes", () => {
  const named = (_family: string, code: string) => code;
  it("is told by zone and setting", () => {
    const after: Zone[] = [{ ...zone, rules: [{ rule: "illegal_dumping", dwell: "45s" }] }, { ...zone, id: "new" }];
    expect(differences([zone, { ...zone, id: "old" }], after, named)).toEqual([
      { mark: "~", zone: "road", what: "illegal_dumping · dwell 30s → 45s" }, { mark: "+", zone: "new", what: "illegal_dumping" }, { mark: "−", zone: "old", what: "" },
    ]);
  });
  it("has its errors at the zone's own places", () => {
    const text = { zh: "错", en: "wrong" };
    expect(errorsOf({ "zones.1.polygon": text, "zones.10.id": text }, 1)).toEqual({ polygon: text });
  });
});
