/** A shape's points as numbers, what share of the picture it takes, and what is wrong with it. */

import { useState, type Dispatch } from "react";
import type { Point, Words } from "../api/types";
import { Icon } from "../design/icons";
import { FieldError } from "../design/ui";
import { useSpeech } from "../i18n";
import type { Edit } from "./editor";
import { area } from "./geometry";

export function PointsField({ polygon, vertex, error, readOnly, send }: {
  polygon: Point[]; vertex: number | null; error: Words | undefined; readOnly: boolean; send: Dispatch<Edit>;
}) {
  const { t, words, percent } = useSpeech();
  const [open, setOpen] = useState(false);
  return (
    <div>
      <button type="button" className="b quiet s more" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "down" : "next"} size={14} />{t("zones.points", { n: polygon.length, share: percent(area(polygon), 1) })}
      </button>
      {error && <div id="polygon-error"><FieldError>{words(error)}</FieldError></div>}
      {open && (
        <ol className="points">
          {polygon.map((p, number) => (
            <li key={number} className={number === vertex ? "on" : ""}>
              <span className="small muted">{number + 1}</span>
              {([0, 1] as const).map((axis) => (
                <input key={axis} className="i" type="number" min={0} max={1} step={0.001} readOnly={readOnly} value={p[axis]} aria-label={`${t("zones.vertex", { n: number + 1 })} ${axis ? "y" : "x"}`} onFocus={() => send({ type: "vertex", vertex: number })}
                  onChange={(event) => send({ type: "moveVertex", vertex: number, to: axis ? [p[0], Number(event.target.value)] : [Number(event.target.value), p[1]], step: `type${number}` })} />
              ))}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
