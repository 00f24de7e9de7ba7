/** Which key does what on the review page. */

export type Mode = "idle" | "reason" | "category" | "duplicate" | "box";

export type Command =
  | "next" | "previous" | "first" | "last" | "nextUnreviewed"
  | "true" | "false" | "wrong" | "duplicate" | "unsure" | "undo" | "box" | "fixture"
  | "play" | "stepBack" | "stepForward" | "slow" | "loop" | "overlay" | "view1" | "view2" | "view3" | "view4"
  | "select" | "selectAll" | "filter" | "help" | "escape"
  | "confirm" | `digit${number}` | `nudge${"Left" | "Right" | "Up" | "Down"}` | `grow${"Left" | "Right" | "Up" | "Down"}`;

export interface Press {
  key: string;
  code?: string;
  shiftKey?: boolean;
  ctrlKey?: boolean;
  metaKey?: boolean;
  altKey?: boolean;
}

/** What Chinese input methods give for the same keys. */
const FULL_WIDTH: Record<string, string> = { "？": "?", "，": ",", "。": ".", "、": "/", "／": "/", "　": " " };
const BY_CODE: Record<string, string> = { Comma: ",", Period: ".", Slash: "/", Space: " " };

/** The key as on a Latin keyboard, whatever input method is on. */
export function plainKey(press: Press): string {
  const { key, code = "" } = press;
  if (key === "Process" || key === "Unidentified" || key === "Dead") {
    if (code.startsWith("Key")) return code.slice(3).toLowerCase();
    if (code.startsWith("Digit")) return code.slice(5);
    if (code === "Slash" && press.shiftKey) return "?";
    return BY_CODE[code] ?? key;
  }
  const plain = FULL_WIDTH[key] ?? key;
  return plain.length === 1 ? plain.toLowerCase() : plain;
}

const IDLE: Record<string, Command> = {
  j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", Home: "first", End: "last", n: "nextUnreviewed",
  t: "true", f: "false", w: "wrong", d: "duplicate", u: "unsure", z: "undo", b: "box", x: "fixture",
  " ": "play", ",": "stepBack", ".": "stepForward", ArrowLeft: "stepBack", ArrowRight: "stepForward",
  s: "slow", l: "loop", o: "overlay", "1": "view1", "2": "view2", "3": "view3", "4": "view4",
  a: "select", "/": "filter", "?": "help", Escape: "escape",
};

export function command(press: Press, mode: Mode): Command | null {
  const key = plainKey(press);
  if (press.altKey) return null;
  if (press.ctrlKey || press.metaKey) return key === "z" && mode === "idle" ? "undo" : null;
  if (key === "Escape") return "escape";
  if (mode === "box") {
    if (key.startsWith("Arrow")) {
      const way = key.slice(5) as "Left" | "Right" | "Up" | "Down";
      return press.shiftKey ? `grow${way}` : `nudge${way}`;
    }
    if (key === "Enter" || key === "b") return "confirm";
    // A verdict given while the box is corrected takes the box along.
    return key === "t" || key === "u" || key === "w" ? (IDLE[key] ?? null) : null;
  }
  if (mode !== "idle") {
    if (/^\d$/.test(key)) return `digit${Number(key)}`;
    // Lists longer than nine go on with letters.
    return /^[a-f]$/.test(key) ? `digit${key.charCodeAt(0) - 87}` : null;
  }
  if (key === "a" && press.shiftKey) return "selectAll";
  if (press.shiftKey && key !== "?") return null;
  return IDLE[key] ?? null;
}

/** For the overlay that lists the keys. */
export const HELP = [
  {
    title: "keys.judge",
    rows: [
      [["T"], "keys.true"], [["F", "1–9"], "keys.false"], [["W", "1–9"], "keys.wrong"], [["D"], "keys.duplicate"],
      [["U"], "keys.unsure"], [["Z"], "keys.undo"], [["B"], "keys.box"], [["X"], "keys.fixture"],
    ],
  },
  {
    title: "keys.move",
    rows: [
      [["J", "↓"], "keys.next"], [["K", "↑"], "keys.previous"], [["N"], "keys.nextUnreviewed"],
      [["Home"], "keys.first"], [["End"], "keys.last"],
    ],
  },
  {
    title: "keys.look",
    rows: [
      [["Space"], "keys.play"], [[",", "."], "keys.step"], [["S"], "keys.slow"], [["L"], "keys.loop"],
      [["O"], "keys.overlay"], [["1–4"], "keys.views"],
    ],
  },
  {
    title: "keys.bulk",
    rows: [
      [["A"], "keys.select"], [["Shift A"], "keys.selectAll"], [["/"], "keys.filter"], [["?"], "keys.help"],
      [["Esc"], "keys.escape"], [["G", "R C Z S"], "keys.pages"],
    ],
  },
  {
    title: "keys.zones",
    rows: [
      [["N"], "keys.zoneDraw"], [["M"], "keys.zoneMask"], [["[", "]"], "keys.zoneVertex"], [["← ↑ ↓ →"], "keys.zoneNudge"], [["I"], "keys.zoneInsert"],
      [["Delete"], "keys.zoneDelete"], [["P"], "keys.zoneSplit"], [["Ctrl Z", "Ctrl Y"], "keys.zoneUndo"], [["Ctrl S"], "keys.zoneSave"],
    ],
  },
] as const;
