/** The keys of the zones page. */

import { useEffect, useRef, type Dispatch } from "react";
import { plainKey } from "../review/keys";
import type { Tool } from "./Canvas";
import { shapeOf, type Edit, type Editor } from "./editor";
import { point } from "./geometry";

const STEP = 0.002;

export interface KeyActions {
  /** Then only moving from vertex to vertex is left. */
  readOnly: boolean;
  editor: Editor;
  send: Dispatch<Edit>;
  tool: Tool;
  take: (tool: Tool) => void;
  /** Gives up what is being drawn; back to the tool that edits, or to no vertex. */
  escape: () => void;
  closeDrawn: () => void;
  dropLastDrawn: () => void;
  save: () => void;
}

function pressed(event: KeyboardEvent, { readOnly, editor, send, tool, take, escape, closeDrawn, dropLastDrawn, save }: KeyActions): void {
  const target = event.target as HTMLElement;
  if (document.querySelector("dialog[open]")) return;
  const key = plainKey(event);
  const control = event.ctrlKey || event.metaKey;
  const done = () => event.preventDefault();
  if (readOnly && key !== "[" && key !== "]" && key !== "Escape") return;
  if (control && key === "s") { done(); save(); return; }
  if (target.matches("input:not([type=checkbox]), textarea, select")) return;
  if (control && key === "z") { done(); send({ type: event.shiftKey ? "redo" : "undo" }); return; }
  if (control && key === "y") { done(); send({ type: "redo" }); return; }
  if (control || event.altKey) return;
  if (key === "Escape") { escape(); return; }
  const drawing = tool === "draw" || tool === "mask";
  if (drawing && key === "Enter") { done(); closeDrawn(); return; }
  if (drawing && key === "Backspace") { done(); dropLastDrawn(); return; }
  if (key === "n") { done(); take("draw"); return; }
  if (key === "m") { done(); take("mask"); return; }
  if (key === "p" && editor.selected !== null) { done(); take("split"); return; }
  if (key === "c" && editor.selected !== null) { done(); send({ type: "copy" }); return; }
  const shape = shapeOf(editor);
  if (!shape || tool !== "edit") return;
  const many = shape.length;
  if (key === "[" || key === "]") {
    done();
    const from = editor.vertex ?? (key === "]" ? -1 : 0);
    send({ type: "vertex", vertex: (from + (key === "]" ? 1 : -1) + many) % many });
  } else if (key === "i" && editor.vertex !== null) {
    done();
    const [p, q] = [shape[editor.vertex], shape[(editor.vertex + 1) % many]];
    if (p && q) send({ type: "insert", after: editor.vertex, at: point((p[0] + q[0]) / 2, (p[1] + q[1]) / 2) });
  } else if (key === "Delete") {
    done();
    // A zone has rules that one would lose: it goes by its button only.
    if (editor.vertex !== null) send({ type: "deleteVertex" });
    else if (editor.mask !== null) send({ type: "remove" });
  } else if (key.startsWith("Arrow") && !target.matches("[role=tab], button")) {
    done();
    const step = event.shiftKey ? STEP * 8 : STEP;
    send({ type: "nudge", dx: key === "ArrowLeft" ? -step : key === "ArrowRight" ? step : 0, dy: key === "ArrowUp" ? -step : key === "ArrowDown" ? step : 0 });
  }
}

export function useEditorKeys(actions: KeyActions): void {
  const now = useRef(actions);
  now.current = actions;
  useEffect(() => {
    const listener = (event: KeyboardEvent) => pressed(event, now.current);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}
