/** What is being edited, and its past: a pure reducer with undo and redo. */

import type { Fixture, Point, Zone, ZoneRule } from "../api/types";
import { aside, deleteVertex, insertVertex, moveVertex, movePolygon, split } from "./geometry";

/** What is drawn on the picture. */
export interface Drawing {
  zones: Zone[];
  masks: Point[][];
}

export interface Editor extends Drawing {
  /** The zone that is selected; a mask may be instead, never both. */
  selected: number | null;
  mask: number | null;
  vertex: number | null;
  past: Drawing[];
  future: Drawing[];
  /** Consecutive changes with the same name become one step of the past (a drag, typing in one field). */
  step: string | null;
  saved: string;
}

export type Edit =
  | { type: "loaded"; zones: Zone[]; masks: Point[][] }
  | { type: "saved" }
  | { type: "select"; zone: number | null }
  | { type: "selectMask"; mask: number | null }
  | { type: "vertex"; vertex: number | null }
  | { type: "add"; polygon: Point[] }
  | { type: "addMask"; polygon: Point[] }
  | { type: "copy" }
  | { type: "remove" }
  | { type: "rename"; id: string }
  | { type: "moveVertex"; vertex: number; to: Point; step?: string }
  | { type: "insert"; after: number; at: Point }
  | { type: "deleteVertex" }
  | { type: "nudge"; dx: number; dy: number }
  | { type: "moveShape"; polygon: Point[]; step?: string }
  | { type: "split"; a: Point; b: Point }
  | { type: "tags"; tags: string[] }
  | { type: "rules"; rules: ZoneRule[]; step?: string }
  | { type: "fixtures"; fixtures: Fixture[] }
  | { type: "setting"; zone: string; rule: string; name: string; value: unknown }
  | { type: "endStep" }
  | { type: "undo" }
  | { type: "redo" };

const MOST_STEPS = 200;

const EMPTY = JSON.stringify({ zones: [], masks: [] });
export const NOTHING: Editor = { zones: [], masks: [], selected: null, mask: null, vertex: null, past: [], future: [], step: null, saved: EMPTY };

function drawing({ zones, masks }: Drawing): Drawing {
  return { zones, masks };
}

export function changed(editor: Editor): boolean {
  return JSON.stringify(drawing(editor)) !== editor.saved;
}

/** What was there when it was loaded or saved last. */
export function savedDrawing(editor: Editor): Drawing {
  return JSON.parse(editor.saved) as Drawing;
}

/** The shape that is selected, a zone's or a mask. */
export function shapeOf(editor: Editor): Point[] | undefined {
  if (editor.mask !== null) return editor.masks[editor.mask];
  return editor.selected === null ? undefined : editor.zones[editor.selected]?.polygon;
}

/** A name that is free: `zone`, `zone-2`, … */
export function freeName(zones: Zone[], stem: string): string {
  const names = new Set(zones.map((zone) => zone.id));
  const base = stem.replace(/-\d+$/, "");
  if (!names.has(stem)) return stem;
  for (let number = 2; ; number += 1) if (!names.has(`${base}-${number}`)) return `${base}-${number}`;
}

function did(editor: Editor, change: Partial<Drawing>, more: Partial<Editor> = {}, step: string | null = null): Editor {
  const goesOn = step !== null && step === editor.step;
  return {
    ...editor,
    ...change,
    past: goesOn ? editor.past : [...editor.past, drawing(editor)].slice(-MOST_STEPS),
    future: [],
    step,
    ...more,
  };
}

export function edit(editor: Editor, action: Edit): Editor {
  const at = editor.selected;
  const zone = at === null ? undefined : editor.zones[at];
  const withZone = (change: Partial<Zone>, more: Partial<Editor> = {}, step: string | null = null) =>
    did(editor, { zones: editor.zones.map((one, number) => (number === at ? { ...one, ...change } : one)) }, more, step);
  const shape = shapeOf(editor);
  const withShape = (polygon: Point[], more: Partial<Editor> = {}, step: string | null = null) =>
    editor.mask === null ? withZone({ polygon }, more, step) : did(editor, { masks: editor.masks.map((one, number) => (number === editor.mask ? polygon : one)) }, more, step);
  const subject = editor.mask === null ? `${at}` : `mask${editor.mask}`;
  switch (action.type) {
    case "loaded": {
      const { zones, masks } = action;
      return { ...NOTHING, zones, masks, saved: JSON.stringify({ zones, masks }), selected: zones.length ? 0 : null };
    }
    case "saved":
      return { ...editor, saved: JSON.stringify(drawing(editor)), step: null };
    case "select":
      return { ...editor, selected: action.zone, mask: null, vertex: null, step: null };
    case "selectMask":
      return { ...editor, selected: null, mask: action.mask, vertex: null, step: null };
    case "vertex":
      return { ...editor, vertex: action.vertex, step: null };
    case "add":
      return did(editor, { zones: [...editor.zones, { id: freeName(editor.zones, "zone"), polygon: action.polygon, tags: [], rules: [], fixtures: [] }] }, { selected: editor.zones.length, mask: null, vertex: null });
    case "addMask":
      return did(editor, { masks: [...editor.masks, action.polygon] }, { selected: null, mask: editor.masks.length, vertex: null });
    case "copy":
      if (!zone) return editor;
      return did(editor, { zones: [...editor.zones, { ...structuredClone(zone), id: freeName(editor.zones, zone.id), polygon: aside(zone.polygon) }] }, { selected: editor.zones.length, vertex: null });
    case "remove": {
      if (editor.mask !== null) return did(editor, { masks: editor.masks.filter((_, number) => number !== editor.mask) }, { mask: null, vertex: null });
      if (at === null) return editor;
      const zones = editor.zones.filter((_, number) => number !== at);
      return did(editor, { zones }, { selected: zones.length ? Math.min(at, zones.length - 1) : null, vertex: null });
    }
    case "rename":
      return zone ? withZone({ id: action.id }, {}, `rename${at}`) : editor;
    case "moveVertex":
      return shape ? withShape(moveVertex(shape, action.vertex, action.to), { vertex: action.vertex }, action.step ?? null) : editor;
    case "insert":
      return shape ? withShape(insertVertex(shape, action.after, action.at), { vertex: action.after + 1 }) : editor;
    case "deleteVertex": {
      if (!shape || editor.vertex === null || shape.length <= 3) return editor;
      const polygon = deleteVertex(shape, editor.vertex);
      return withShape(polygon, { vertex: Math.min(editor.vertex, polygon.length - 1) });
    }
    case "nudge": {
      if (!shape) return editor;
      if (editor.vertex === null) return withShape(movePolygon(shape, action.dx, action.dy), {}, `nudge${subject}`);
      const [x, y] = shape[editor.vertex] ?? [0, 0];
      return withShape(moveVertex(shape, editor.vertex, [x + action.dx, y + action.dy]), {}, `nudge${subject}.${editor.vertex}`);
    }
    case "moveShape":
      return shape ? withShape(action.polygon, {}, action.step ?? null) : editor;
    case "split": {
      const parts = zone && split(zone.polygon, action.a, action.b);
      if (!zone || !parts || at === null) return editor;
      const second = { ...structuredClone(zone), id: freeName(editor.zones, zone.id), polygon: parts[1] };
      const zones = [...editor.zones];
      zones.splice(at, 1, { ...zone, polygon: parts[0] }, second);
      return did(editor, { zones }, { vertex: null });
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
      return did(editor, { zones });
    }
    case "endStep":
      return editor.step === null ? editor : { ...editor, step: null };
    case "undo": {
      const before = editor.past.at(-1);
      if (!before) return editor;
      return settled({ ...editor, ...before, past: editor.past.slice(0, -1), future: [drawing(editor), ...editor.future], step: null });
    }
    case "redo": {
      const [after, ...future] = editor.future;
      if (!after) return editor;
      return settled({ ...editor, ...after, past: [...editor.past, drawing(editor)], future, step: null });
    }
  }
}

function settled(editor: Editor): Editor {
  const selected = editor.selected === null ? null : editor.zones.length ? Math.min(editor.selected, editor.zones.length - 1) : null;
  const mask = editor.mask !== null && editor.mask < editor.masks.length ? editor.mask : null;
  const shape = shapeOf({ ...editor, selected, mask });
  const vertex = editor.vertex !== null && shape && editor.vertex < shape.length ? editor.vertex : null;
  return { ...editor, selected, mask, vertex };
}
