import { describe, expect, it } from "vitest";
import { command, HELP, plainKey } from "../src/review/keys";
import { chosen, sign } from "../src/review/signs";
import { zh } from "../src/i18n/zh";

describe("keys", () => {
  it("judge with one letter, in either case of the keyboard", () => {
    expect(command({ key: "t" }, "idle")).toBe("true");
    expect(command({ key: "T" }, "idle")).toBe("true");
    expect(command({ key: "F" }, "idle")).toBe("false");
  });

  it("tell A from Shift+A", () => {
    expect(command({ key: "a" }, "idle")).toBe("select");
    expect(command({ key: "A", shiftKey: true }, "idle")).toBe("selectAll");
    expect(command({ key: "T", shiftKey: true }, "idle")).toBeNull();
  });

  it("leave the browser's own combinations alone", () => {
    expect(command({ key: "f", ctrlKey: true }, "idle")).toBeNull();
    expect(command({ key: "d", metaKey: true }, "idle")).toBeNull();
    expect(command({ key: "ArrowLeft", altKey: true }, "idle")).toBeNull();
    expect(command({ key: "z", ctrlKey: true }, "idle")).toBe("undo");
  });

  it("work while a Chinese input method is on", () => {
    expect(plainKey({ key: "Process", code: "KeyT" })).toBe("t");
    expect(plainKey({ key: "Process", code: "Digit3" })).toBe("3");
    expect(command({ key: "？", shiftKey: true }, "idle")).toBe("help");
    expect(command({ key: "。" }, "idle")).toBe("stepForward");
    expect(command({ key: "、" }, "idle")).toBe("filter");
  });

  it("mean an entry of the list while there is one, and no verdict", () => {
    expect(command({ key: "2" }, "reason")).toBe("digit2");
    expect(command({ key: "b" }, "reason")).toBe("digit11");
    expect(command({ key: "t" }, "reason")).toBeNull();
    expect(command({ key: "Escape" }, "reason")).toBe("escape");
  });

  it("have a sign for every entry that chooses it again", () => {
    for (let at = 0; at < 15; at += 1) {
      const found = command({ key: sign(at) }, "reason");
      expect(chosen(Number(found?.slice(5)))).toBe(at);
    }
    expect(chosen(0)).toBe(-1);
  });

  it("move the box while it is corrected", () => {
    expect(command({ key: "ArrowLeft" }, "box")).toBe("nudgeLeft");
    expect(command({ key: "ArrowLeft", shiftKey: true }, "box")).toBe("growLeft");
    expect(command({ key: "Enter" }, "box")).toBe("confirm");
    expect(command({ key: "t" }, "box")).toBe("true");
  });

  it("are listed with words that exist", () => {
    for (const group of HELP) {
      expect(zh).toHaveProperty([group.title]);
      for (const [, what] of group.rows) expect(zh).toHaveProperty([what]);
    }
  });
});
