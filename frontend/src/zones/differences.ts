/** What differs between two states of a camera's zones, and what is wrong with one. */

import type { Point, Words, Zone } from "../api/types";

export type Fields = Record<string, Words>;

/** What is wrong with one zone, by the rest of the place: `polygon`, `rules.0.dwell`. */
export function errorsOf(fields: Fields, zone: number): Fields {
  const start = `zones.${zone}.`;
  return Object.fromEntries(Object.entries(fields).filter(([place]) => place.startsWith(start)).map(([place, text]) => [place.slice(start.length), text]));
}

/** Which masks have something wrong with them. */
export function masksWithErrors(fields: Fields): Set<number> {
  return new Set(Object.keys(fields).flatMap((place) => /^masks\.(\d+)/.exec(place)?.[1] ?? []).map(Number));
}

/** How many masks there were and are; null while they are the same. */
export function maskDifference(before: Point[][], after: Point[][]): string | null {
  return JSON.stringify(before) === JSON.stringify(after) ? null : `${before.length} → ${after.length}`;
}

/** One line for each zone that is new, gone or changed, with what changed. */
export function differences(before: Zone[], after: Zone[], named: (family: string, code: string) => string): { mark: "+" | "−" | "~"; zone: string; what: string }[] {
  const found: { mark: "+" | "−" | "~"; zone: string; what: string }[] = [];
  const old = new Map(before.map((zone) => [zone.id, zone]));
  for (const zone of after) {
    const was = old.get(zone.id);
    old.delete(zone.id);
    if (!was) {
      found.push({ mark: "+", zone: zone.id, what: zone.rules.map((rule) => named("category", rule.rule)).join(", ") });
      continue;
    }
    const what: string[] = [];
    if (JSON.stringify(was.polygon) !== JSON.stringify(zone.polygon)) what.push(`${was.polygon.length} → ${zone.polygon.length} ◇`);
    for (const rule of zone.rules) {
      const same = was.rules.find((one) => one.rule === rule.rule);
      if (!same) what.push(`+ ${named("category", rule.rule)}`);
      else for (const key of new Set([...Object.keys(same), ...Object.keys(rule)])) {
        if (JSON.stringify(same[key]) !== JSON.stringify(rule[key])) what.push(`${named("category", rule.rule)} · ${named("setting", key)} ${show(same[key])} → ${show(rule[key])}`);
      }
    }
    for (const rule of was.rules) if (!zone.rules.some((one) => one.rule === rule.rule)) what.push(`− ${named("category", rule.rule)}`);
    if (JSON.stringify(was.tags ?? []) !== JSON.stringify(zone.tags ?? [])) what.push((zone.tags ?? []).map((tag) => named("tag", tag)).join(", ") || "–");
    if (JSON.stringify(was.fixtures ?? []) !== JSON.stringify(zone.fixtures ?? [])) what.push(`⚓ ${(was.fixtures ?? []).length} → ${(zone.fixtures ?? []).length}`);
    if (what.length) found.push({ mark: "~", zone: zone.id, what: what.join("; ") });
  }
  for (const id of old.keys()) found.push({ mark: "−", zone: id, what: "" });
  return found;
}

function show(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return Array.isArray(value) ? value.join(", ") || "–" : String(value);
}
