import { describe, expect, it } from "vitest";
import { addDays, addMonths, isDay, weeksOf } from "../src/i18n/days";

describe("days", () => {
  it("are told from what is none", () => {
    expect(["2026-11-30", "2028-02-29"].every(isDay)).toBe(true);
    expect(["2026-02-29", "2026-13-01", "2026-1-1", "tomorrow", ""].some(isDay)).toBe(false);
  });
  it("go on over months and years", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
    expect(addMonths("2026-01-15", -1)).toBe("2025-12-15");
    expect(addMonths("2026-12-31", 2)).toBe("2027-02-28");
  });
  it("stand in weeks from Monday, the whole month and no week more", () => {
    const weeks = weeksOf("2026-11-15");
    expect([weeks[0]?.[0], weeks.at(-1)?.at(-1), weeks.length]).toEqual(["2026-10-26", "2026-12-06", 6]);
    expect(weeksOf("2027-02-01")).toHaveLength(4);
  });
});
