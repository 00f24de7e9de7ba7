import { describe, expect, it } from "vitest";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { speech } from "../src/i18n";
import { dayAt, offsetOf } from "../src/i18n/timezone";
import { judge } from "../src/review/why";
import { inUnit, seconds, unitOf } from "../src/zones/durations";
import { format, parse, week } from "../src/zones/schedule";

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((one) => one[1]).sort();

describe("the catalogue", () => {
  it("has the same keys and the same places in both languages", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
    for (const key of Object.keys(zh) as (keyof typeof zh)[]) expect(places(en[key]), key).toEqual(places(zh[key]));
  });
  it("has no Chinese in English and nothing empty", () => {
    for (const [key, text] of Object.entries(en)) {
      expect(text, key).not.toMatch(/[\u4e00-\u9fff]/);
      expect(text.trim(), key).not.toBe("");
    }
  });
});

describe("durations", () => {
  it("are read as the configuration reads them", () => {
    expect(seconds("1h30m")).toBe(5400);
    expect(seconds("500ms")).toBe(0.5);
    expect(seconds("45")).toBe(45);
    expect(seconds("soon")).toBeNull();
    expect(seconds("")).toBeNull();
  });
  it("are shown in the largest whole unit", () => {
    expect(unitOf(180)).toBe("m");
    expect(unitOf(90)).toBe("s");
    expect(unitOf(172800)).toBe("d");
    expect(inUnit(5400, "h")).toBe(1.5);
  });
});

describe("schedules", () => {
  it("are read in both languages and written back", () => {
    expect(format(parse("Mon-Fri 06:00-22:00")!)).toBe("Mon-Fri 06:00-22:00");
    expect(format(parse("周六,周日 5:00-23:00")!)).toBe("Sat,Sun 05:00-23:00");
    expect(format(parse("06:00-22:00")!)).toBe("Mon-Sun 06:00-22:00");
    expect(format(parse("Fri-Mon 22:00-02:00")!)).toBe("Mon,Fri-Sun 22:00-02:00");
  });
  it("that are none are left to the server", () => {
    for (const text of ["sometimes", "Mon 24:00-06:00", "Mon 06:00", "Xyz 06:00-07:00", "06:75-08:00"]) expect(parse(text), text).toBeNull();
  });
  it("go on over midnight into the next day", () => {
    const days = week([parse("Sun 22:00-02:00")!]);
    expect(days[6]).toEqual([[22 / 24, 1]]);
    expect(days[0]).toEqual([[0, 2 / 24]]);
  });
});

describe("words for values", () => {
  const zhSpeech = speech("zh", "", "Asia/Shanghai");
  it("say a reason with its unit and its direction", () => {
    expect(judge({ condition: "left_behind_s", value: 36, threshold: 30 }, zhSpeech)).toMatchObject({ met: true, atMost: false, value: "36 秒", threshold: "30 秒" });
    expect(judge({ condition: "light_or_shadow_share", value: 0.1, threshold: 0.5 }, zhSpeech)).toMatchObject({ met: true, atMost: true, value: "10%", mark: 0.5 });
  });
  it("fall back to the code of what nobody has named", () => {
    expect(zhSpeech.named("category", "wet_paint")).toBe("wet paint");
  });
  it("count time in the site's zone", () => {
    expect(zhSpeech.clock("2026-11-25T22:30:00Z")).toBe("06:30:00");
    expect(dayAt(Date.parse("2026-11-25T22:30:00Z"), "Asia/Shanghai")).toBe("2026-11-26");
    expect(offsetOf("Asia/Shanghai")).toBe("+08:00");
    expect(zhSpeech.span(5400)).toBe("1 小时 30 分");
    expect(zhSpeech.span(90)).toBe("1 分 30 秒");
  });
});
