import { describe, expect, it } from "vitest";
import type { CaseSummary, Verdict } from "../src/api/types";
import { EMPTY, nextWaiting, reduce, upcoming, waits, type Queue, type Sort } from "../src/review/queue";

const verdict: Verdict = { id: 1, verdict: "true", reason: null, category: null, duplicate_of: null, box: null, note: null, by: "li", at: "2026-11-25T10:00:00Z" };

function item(id: string, minute: number, more: Partial<CaseSummary> = {}): CaseSummary {
  return {
    case_id: id, category: "illegal_dumping", subcategory: null, state: "open", camera_id: "c", camera_name: null, zone_id: "z",
    occurred_at: "2026-11-25T09:00:00Z", detected_at: `2026-11-25T09:${String(minute).padStart(2, "0")}:00Z`, cleared_at: null, confidence: 0.7,
    uncertainty: 0.4, severity: "normal", review: "required", held: false, model: null, thumb: null, verdict: null, last_verdict_id: null,
    standing_s: null, ...more,
  };
}

function loaded(items: CaseSummary[], sort: Sort = "newest"): Queue {
  return reduce(EMPTY, { type: "loaded", sort, page: { items, next: null, total: items.length, unreviewed: items.filter(waits).length } });
}

describe("the queue", () => {
  it("begins at its first case", () => {
    expect(loaded([item("b", 2), item("a", 1)]).selected).toBe("b");
  });

  it("takes what arrives without moving the selection", () => {
    const before = reduce(loaded([item("b", 2), item("a", 1)]), { type: "selected", id: "a" });
    const after = reduce(before, { type: "arrived", page: { items: [item("c", 3), item("b", 2)], next: null, total: 3, unreviewed: 3 } });
    expect(after.order).toEqual(["c", "b", "a"]);
    expect(after.selected).toBe("a");
    expect(after.arrived).toEqual(["c"]);
  });

  it("puts what arrives where the order wants it", () => {
    const before = loaded([item("hi", 1, { severity: "high" }), item("lo", 9, { severity: "low" })], "severity");
    const after = reduce(before, { type: "arrived", page: { items: [item("mid", 5)], next: null, total: 3, unreviewed: 3 } });
    expect(after.order).toEqual(["hi", "mid", "lo"]);
  });

  it("goes to the next case that waits after a verdict, and counts one fewer", () => {
    const before = loaded([item("c", 3), item("b", 2, { verdict }), item("a", 1)]);
    const after = reduce(before, { type: "judged", ids: ["c"], verdict, advance: true });
    expect(after.selected).toBe("a");
    expect(after.unreviewed).toBe(1);
  });

  it("turns back to what was passed over when the end is reached", () => {
    const before = reduce(loaded([item("c", 3), item("b", 2), item("a", 1)]), { type: "selected", id: "a" });
    expect(reduce(before, { type: "judged", ids: ["a"], verdict, advance: true }).selected).toBe("b");
  });

  it("stays on the last one when nothing waits any more", () => {
    expect(reduce(loaded([item("a", 1)]), { type: "judged", ids: ["a"], verdict, advance: true }).selected).toBe("a");
  });

  it("brings an undone case back, selected and counted", () => {
    const judged = reduce(loaded([item("b", 2), item("a", 1)]), { type: "judged", ids: ["b"], verdict, advance: true });
    const after = reduce(judged, { type: "restored", item: item("b", 2), select: true });
    expect(after.selected).toBe("b");
    expect(after.unreviewed).toBe(2);
  });

  it("judges many at once and clears the selection", () => {
    const checked = reduce(loaded([item("b", 2), item("a", 1)]), { type: "checkedAll" });
    expect(checked.checked).toEqual(["b", "a"]);
    const after = reduce(checked, { type: "judged", ids: checked.checked, verdict, advance: true });
    expect(after.checked).toEqual([]);
    expect(after.unreviewed).toBe(0);
  });

  it("selects all only of what waits", () => {
    expect(reduce(loaded([item("b", 2, { verdict }), item("a", 1)]), { type: "checkedAll" }).checked).toEqual(["a"]);
  });

  it("does not leave the list at its ends", () => {
    const one = loaded([item("b", 2), item("a", 1)]);
    expect(reduce(one, { type: "moved", by: -1 }).selected).toBe("b");
    expect(reduce(one, { type: "moved", by: 5 }).selected).toBe("a");
    expect(reduce(one, { type: "moved", by: "last" }).selected).toBe("a");
  });

  it("knows what to fetch ahead", () => {
    const one = loaded([item("d", 4), item("c", 3, { verdict }), item("b", 2), item("a", 1)]);
    expect(upcoming(one, 2)).toEqual(["b", "a"]);
    expect(nextWaiting(one, 0)).toBe("b");
  });

  it("takes 5,000 cases and an arrival among them in no time", () => {
    const many = Array.from({ length: 5000 }, (_, n) => item(`x${n}`, 0, { detected_at: new Date(1.7e12 - n * 1000).toISOString() }));
    const one = loaded(many);
    const after = reduce(one, { type: "arrived", page: { items: [item("new", 0, { detected_at: new Date(1.7e12 - 2500500).toISOString() })], next: null, total: 5001, unreviewed: 5001 } });
    expect(after.order.indexOf("new")).toBe(2501);
  });
});
