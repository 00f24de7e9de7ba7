/** What is being edited, and its past: a pure reducer with undo and redo. */

import type { Fixture, Point, Zone, ZoneRule } from "../api/types";
import { aside, deleteVertex, insertVertex, moveVertex, movePolygon, split } from "./geometry";

export interface Editor {
  zones: Zone[];
  selected: number | null;
  vertex: number | null;
  past: Zone[][];
  future: Zone[][];
  /** Consecutive changes with the same name become one step of the past (a drag, typing in one field). */
  step: string | null;
  saved: string;
}

export type Edit =
  | { type: "loaded"; zones: Zone[] }
  | { type: "saved" }
  | { type: "select"; zone: number | null }
  | { type: "vertex"; vertex: number | null }
  | { type: "add"; polygon: Point[] }
  | { type: "copy" }
  | { type: "remove" }
  | { type: "rename"; id: string }
  | { type: "moveVertex"; vertex: number; to: Point; step?: string }
  | { type: "insert"; after: number; at: Point }
  | { type: "deleteVertex" }
  | { type: "nudge"; dx: number; dy: number }
  | { type: "moveZone"; polygon: Point[]; step?: string }
  | { type: "split"; a: Point; b: Point }
  | { type: "tags"; tags: string[] }
  | { type: "rules"; rules: ZoneRule[]; step?: string }
  | { type: "fixtures"; fixtures: Fixture[] }
  | { type: "setting"; zone: string; rule: string; name: string; value: unknown }
  | { type: "endStep" }
  | { type: "undo" }
  | { type: "redo" };

const MOST_STEPS = 200;

export const NOTHING: Editor = { zones: [], selected: null, vertex: null, past: [], future: [], step: null, saved: "[]" };

export function changed(editor: Editor): boolean {
  return JSON.stringify(editor.zones) !== editor.saved;
}

/** A name that is free: `zone`, `zone-2`, … */
export function freeName(zones: Zone[], stem: string): string {
  const names = new Set(zones.map((zone) => zone.id));
  const base = stem.replace(/-\d+$/, "");
  if (!names.has(stem)) return stem;
  for (let number = 2; ; number += 1) if (!names.has(`${base}-${number}`)) return `${base}-${number}`;
}

function did(editor: Editor, zones: Zone[], more: Partial<Editor> = {}, step: string | null = null): Editor {
  const goesOn = step !== null && step === editor.step;
  return {
    ...editor,
    zones,
    past: goesOn ? editor.past : [...editor.past, editor.zones].slice(-MOST_STEPS),
    future: [],
    step,
    ...more,
  };
}

export function edit(editor: Editor, action: Edit): Editor {
  const at = editor.selected;
  const zone = at === null ? undefined : editor.zones[at];
  const withZone = (change: Partial<Zone>, more: Partial<Editor> = {}, step: string | null = null) =>
    did(editor, editor.zones.map((one, number) => (number === at ? { ...one, ...change } : one)), more, step);
  switch (action.type) {
    case "loaded":
      return { ...NOTHING, zones: action.zones, saved: JSON.stringify(action.zones), selected: action.zones.length ? 0 : null };
    case "saved":
      return { ...editor, saved: JSON.stringify(editor.zones), step: null };
    case "select":
      return { ...editor, selected: action.zone, vertex: null, step: null };
    case "vertex":
      return { ...editor, vertex: action.vertex, step: null };
    case "add":
      return did(editor, [...editor.zones, { id: freeName(editor.zones, "zone"), polygon: action.polygon, tags: [], rules: [], fixtures: [] }], { selected: editor.zones.length, vertex: null });
    case "copy":
      if (!zone) return editor;
      return did(editor, [...editor.zones, { ...structuredClone(zone), id: freeName(editor.zones, zone.id), polygon: aside(zone.polygon) }], { selected: editor.zones.length, vertex: null });
    case "remove": {
      if (at === null) return editor;
      const zones = editor.zones.filter((_, number) => number !== at);
      return did(editor, zones, { selected: zones.length ? Math.min(at, zones.length - 1) : null, vertex: null });
    }
    case "rename":
      return zone ? withZone({ id: action.id }, {}, `rename${at}`) : editor;
    case "moveVertex":
      return zone ? withZone({ polygon: moveVertex(zone.polygon, action.vertex, action.to) }, { vertex: action.vertex }, action.step ?? null) : editor;
    case "insert":
      return zone ? withZone({ polygon: insertVertex(zone.polygon, action.after, action.at) }, { vertex: action.after + 1 }) : editor;
    case "deleteVertex": {
      if (!zone || editor.vertex === null || zone.polygon.length <= 3) return editor;
      const polygon = deleteVertex(zone.polygon, editor.vertex);
      return withZone({ polygon }, { vertex: Math.min(editor.vertex, polygon.length - 1) });
    }
    case "nudge": {
      if (!zone) return editor;
      if (editor.vertex === null) return withZone({ polygon: movePolygon(zone.polygon, action.dx, action.dy) }, {}, `nudge${at}`);
      const [x, y] = zone.polygon[editor.vertex] ?? [0, 0];
      return withZone({ polygon: moveVertex(zone.polygon, editor.vertex, [x + action.dx, y + action.dy]) }, {}, `nudge${at}.${editor.vertex}`);
    }
    case "moveZone":
      return zone ? withZone({ polygon: action.polygon }, {}, action.step ?? null) : editor;
    case "split": {
      const parts = zone && split(zone.polygon, action.a, action.b);
      if (!zone || !parts || at === null) return editor;
      const second = { ...structuredClone(zone), id: freeName(editor.zones, zone.id), polygon: parts[1] };
      const zones = [...editor.zones];
      zones.splice(at, 1, { ...zone, polygon: parts[0] }, second);
      return did(editor, zones, { vertex: null });
    }
    case "tags":
      return zone ? withZone({ tags: action.tags }) : editor;
    case "rules":
      return zone ? withZone({ rules: action.rules }, {}, action.step ?? null) : editor;
    case "fixtures":
      return zone ? withZone({ fixtures: action.fixtures }) : editor;
    case "setting": {
      const zones = editor.zones.map((one) => (one.id !== action.zone ? one : {
        ...one, rules: one.rules.map((rule) => (rule.rule === action.rule ? { ...rule, [action.name]: action.value } : rule)),
      }));
      return did(editor, zones);
    }
    case "endStep":
      return editor.step === null ? editor : { ...editor, step: null };
    case "undo": {
      const before = editor.past.at(-1);
      if (!before) return editor;
      return settled({ ...editor, zones: before, past: editor.past.slice(0, -1), future: [editor.zones, ...editor.future], step: null });
    }
    case "redo": {
      const [after, ...future] = editor.future;
      if (!after) return editor;
      return settled({ ...editor, zones: after, past: [...editor.past, editor.zones], future, step: null });
    }
  }
}

function settled(editor: Editor): Editor {
  const selected = editor.selected === null ? null : editor.zones.length ? Math.min(editor.selected, editor.zones.length - 1) : null;
  const zone = selected === null ? undefined : editor.zones[selected];
  const vertex = editor.vertex !== null && zone && editor.vertex < zone.polygon.length ? editor.vertex : null;
  return { ...editor, selected, vertex };
}
