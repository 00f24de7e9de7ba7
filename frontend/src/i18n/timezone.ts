/** Days are the site's days, wherever the browser is. */

/** The site's offset from UTC today, as in ISO 8601. */
export function offsetOf(timezone: string): string {
  const name = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "longOffset" })
    .formatToParts(new Date())
    .find((part) => part.type === "timeZoneName")?.value;
  const found = name?.match(/GMT([+-]\d\d:\d\d)/);
  return found?.[1] ?? "+00:00";
}

/** The day at the site, as 2026-11-26. */
export function dayAt(time: number, timezone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: timezone, year: "numeric", month: "2-digit", day: "2-digit" }).format(time);
}
