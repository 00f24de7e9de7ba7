/** Durations as the configuration writes them: 45s, 1h30m; and what people type. */

export type Unit = "s" | "m" | "h" | "d";
const SECONDS: Record<string, number> = { d: 86400, h: 3600, m: 60, s: 1, ms: 0.001 };
const PART = /(\d+(?:\.\d+)?)(ms|d|h|m|s)/g;

export function seconds(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string") return null;
  const text = value.replaceAll(" ", "");
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^(\d+(\.\d+)?(ms|d|h|m|s))+$/.test(text)) return null;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(PART)) sum += Number(number) * (SECONDS[unit ?? "s"] ?? 1);
  return sum;
}

/** The largest unit that leaves a whole number. */
export function unitOf(value: number): Unit {
  for (const unit of ["d", "h", "m"] as const) {
    const size = SECONDS[unit] ?? 1;
    if (value >= size && value % size === 0) return unit;
  }
  return "s";
}

export function inUnit(value: number, unit: Unit): number {
  return Math.round((value / (SECONDS[unit] ?? 1)) * 1000) / 1000;
}

export function written(number: number, unit: Unit): string {
  return `${number}${unit}`;
}
