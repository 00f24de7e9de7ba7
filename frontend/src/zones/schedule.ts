/** Schedules as the configuration writes them: `Mon-Fri 06:00-22:00`, also in Chinese. */

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const FULL = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const CHINESE = "一二三四五六日";

export interface Span {
  days: boolean[];
  from: string;
  to: string;
}

function day(text: string): number {
  const name = text.trim().toLowerCase();
  if (name === "周天" || name === "星期天") return 6;
  return DAYS.findIndex((short, at) => name === short.toLowerCase() || name === FULL[at] || name === `周${CHINESE[at]}` || name === `星期${CHINESE[at]}`);
}

function clock(text: string): string | null {
  const found = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (!found || Number(found[2]) > 59 || Number(found[1]) * 60 + Number(found[2]) > 1440) return null;
  return `${found[1]?.padStart(2, "0")}:${found[2]}`;
}

export function parse(text: string): Span | null {
  const found = /^(?:(.*)\s)?\s*(\d{1,2}:\d{2})-(\d{1,2}:\d{2})$/.exec(text.trim());
  const from = clock(found?.[2] ?? "");
  const to = clock(found?.[3] ?? "");
  if (!found || from === null || to === null || from === "24:00") return null;
  const days = Array.from({ length: 7 }, () => !found[1]);
  for (const piece of (found[1] ?? "").split(",").filter(Boolean)) {
    const [first = "", last = first] = piece.split("-");
    const [start, end] = [day(first), day(last)];
    if (start < 0 || end < 0) return null;
    for (let step = 0; step <= (end - start + 7) % 7; step += 1) days[(start + step) % 7] = true;
  }
  return { days, from, to };
}

export function format(span: Span): string {
  const parts: string[] = [];
  for (let at = 0; at < 7; at += 1) {
    if (!span.days[at] || (at > 0 && span.days[at - 1])) continue;
    let end = at;
    while (end < 6 && span.days[end + 1]) end += 1;
    parts.push(end === at ? (DAYS[at] ?? "") : end === at + 1 ? `${DAYS[at]},${DAYS[end]}` : `${DAYS[at]}-${DAYS[end]}`);
  }
  return `${parts.join(",")} ${span.from}-${span.to}`;
}

/** By day of the week, the parts of a day (0..1) that are in force; over midnight it goes on the day after. */
export function week(spans: Span[]): [number, number][][] {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const days: [number, number][][] = Array.from({ length: 7 }, () => []);
  for (const span of spans) {
    const [from, to] = [minutes(span.from) / 1440, minutes(span.to) / 1440];
    span.days.forEach((on, at) => {
      if (!on) return;
      if (to > from) days[at]?.push([from, to]);
      else {
        days[at]?.push([from, 1]);
        days[(at + 1) % 7]?.push([0, to]);
      }
    });
  }
  return days;
}
