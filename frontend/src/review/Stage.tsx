/** Where evidence is shown: a frame of the picture's own shape, as large as there is room, with boxes over it. */

import { useEffect, useRef, useState, type ReactNode } from "react";
import type { Box, Case } from "../api/types";
import { useSize } from "../design/ui";
import { useSpeech } from "../i18n";
import { ACTOR_FONT, CASE_FONT, placeLabels } from "./labels";

export function Stage({ aspect, children }: { aspect: number; children: (size: { width: number; height: number }) => ReactNode }) {
  const [ref, room] = useSize<HTMLDivElement>();
  const width = Math.max(0, Math.min(room.width, room.height * aspect));
  const height = width / aspect;
  return (
    <div className="stage" ref={ref}>
      {width > 0 && (
        <div className="frame" style={{ width, height }}>
          {children({ width, height })}
        </div>
      )}
    </div>
  );
}

type Place = { left: string; top: string; width: string; height: string };

export function placed(box: Box): Place {
  const share = (value: number) => `${(value * 100).toFixed(3)}%`;
  return { left: share(box[0]), top: share(box[1]), width: share(box[2] - box[0]), height: share(box[3] - box[1]) };
}

/** Boxes at one moment (ms since the epoch) of the evidence; of a still, all that were there. */
export function Boxes({ item, at, box, size }: { item: Case; at: number | null; box: Box | null; size: { width: number; height: number } }) {
  const { t, named } = useSpeech();
  const near = 1500;
  const actors = item.actors
    .filter((actor) => at === null || (Date.parse(actor.first_seen) - near <= at && at <= Date.parse(actor.last_seen) + near))
    .map((actor) => ({ id: actor.track_id, box: actor.bbox, text: `${named("class", actor.class)} ${actor.track_id}` }));
  const found = { box: box ?? item.bbox, text: box ? t("overlay.corrected") : named("category", item.category) };
  const labels = placeLabels(found, actors, size);
  return (
    <div className="boxes" aria-hidden="true">
      {actors.map((actor) => <div key={actor.id} className="bx actor" style={placed(actor.box)} />)}
      <div className={`bx ${box ? "corrected" : "case"}`} style={placed(found.box)} />
      {actors.map((actor, number) => {
        const label = labels.actors[number];
        return label && <span key={actor.id} className="bxname actor" style={{ left: label.x, top: label.y, fontSize: ACTOR_FONT }}>{actor.text}</span>;
      })}
      <span className={`bxname ${box ? "corrected" : "case"}`} style={{ left: labels.own.x, top: labels.own.y, fontSize: CASE_FONT }}>{found.text}</span>
    </div>
  );
}

const LEAST = 0.004;

export function fitted(box: Box): Box {
  let [x1, y1, x2, y2] = box;
  if (x2 < x1) [x1, x2] = [x2, x1];
  if (y2 < y1) [y1, y2] = [y2, y1];
  const width = Math.min(1, Math.max(LEAST, x2 - x1));
  const height = Math.min(1, Math.max(LEAST, y2 - y1));
  x1 = Math.min(1 - width, Math.max(0, x1));
  y1 = Math.min(1 - height, Math.max(0, y1));
  const round = (value: number) => Math.round(value * 1e4) / 1e4;
  return [round(x1), round(y1), round(x1 + width), round(y1 + height)];
}

/** The box under correction: dragged as a whole or by its corners; a drag beside it draws a new one. */
export function BoxEditor({ box, onChange }: { box: Box; onChange: (box: Box) => void }) {
  const ref = useRef<HTMLDivElement>(null);
  const [hold, setHold] = useState<{ kind: "move" | "draw" | number; from: [number, number]; start: Box } | null>(null);
  const at = (event: { clientX: number; clientY: number }): [number, number] => {
    const rect = ref.current!.getBoundingClientRect();
    return [
      Math.min(1, Math.max(0, (event.clientX - rect.left) / rect.width)),
      Math.min(1, Math.max(0, (event.clientY - rect.top) / rect.height)),
    ];
  };
  useEffect(() => {
    if (!hold) return;
    const move = (event: PointerEvent) => {
      const [x, y] = at(event);
      const [fx, fy] = hold.from;
      const [x1, y1, x2, y2] = hold.start;
      if (hold.kind === "draw") onChange(fitted([fx, fy, x, y]));
      else if (hold.kind === "move") onChange(fitted([x1 + x - fx, y1 + y - fy, x2 + x - fx, y2 + y - fy]));
      else onChange(fitted([hold.kind & 1 ? x1 : x, hold.kind & 2 ? y1 : y, hold.kind & 1 ? x : x2, hold.kind & 2 ? y : y2]));
    };
    const up = () => setHold(null);
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    return () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
    };
  }, [hold, onChange]);
  return (
    <div
      className="boxedit"
      ref={ref}
      onPointerDown={(event) => {
        event.preventDefault();
        setHold({ kind: "draw", from: at(event), start: box });
      }}
    >
      <div
        className="bx edit"
        style={placed(box)}
        onPointerDown={(event) => {
          event.preventDefault();
          event.stopPropagation();
          setHold({ kind: "move", from: at(event), start: box });
        }}
      >
        {[0, 1, 2, 3].map((corner) => (
          <i
            key={corner}
            className={`corner c${corner}`}
            onPointerDown={(event) => {
              event.preventDefault();
              event.stopPropagation();
              setHold({ kind: corner, from: at(event), start: box });
            }}
          />
        ))}
      </div>
    </div>
  );
}
