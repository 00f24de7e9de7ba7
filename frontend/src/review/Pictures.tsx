/** Stills: before | after under one divider, and single pictures. */

import { useState } from "react";
import type { Box, Case, EvidenceItem } from "../api/types";
import { Icon } from "../design/icons";
import { useSpeech } from "../i18n";
import { BoxEditor, Boxes, Stage } from "./Stage";

export function Compare({ item, before, after, overlay, box }: {
  item: Case; before: EvidenceItem; after: EvidenceItem; overlay: boolean; box: Box | null;
}) {
  const { t, clock } = useSpeech();
  const [at, setAt] = useState(50);
  const [aspect, setAspect] = useState(16 / 9);
  return (
    <Stage aspect={aspect}>
      {(size) => (
        <div className="compare">
          <img src={after.url} alt={`${t("role.after")} ${clock(after.taken_at)}`} onLoad={(event) => setAspect(event.currentTarget.naturalWidth / event.currentTarget.naturalHeight)} />
          <img src={before.url} alt={`${t("role.before")} ${clock(before.taken_at)}`} style={{ clipPath: `inset(0 ${100 - at}% 0 0)` }} />
          {overlay && <Boxes item={item} at={null} box={box} size={size} />}
          <span className="divider" style={{ left: `${at}%` }} aria-hidden="true"><i><Icon name="back" size={14} /><Icon name="next" size={14} /></i></span>
          <span className="cap left">{t("role.before")} · {clock(before.taken_at)}</span>
          <span className="cap right">{t("role.after")} · {clock(after.taken_at)}</span>
          <input type="range" min={0} max={100} step={1} value={at} aria-label={t("player.divider")} onChange={(event) => setAt(Number(event.target.value))} />
        </div>
      )}
    </Stage>
  );
}

export function Picture({ item, picture, overlay, box, editing, onBox }: {
  item: Case; picture: EvidenceItem; overlay: boolean; box: Box | null; editing: boolean; onBox: (box: Box) => void;
}) {
  const { t, named, clock } = useSpeech();
  const [aspect, setAspect] = useState(16 / 9);
  const [failed, setFailed] = useState(false);
  const whole = picture.role !== "crop";
  return (
    <Stage aspect={aspect}>
      {(size) => (
        <>
          {failed ? (
            <span className="cap left">{t("player.imageFailed")}</span>
          ) : (
            <img
              className="whole"
              src={picture.url}
              alt={named("role", picture.role)}
              onError={() => setFailed(true)}
              onLoad={(event) => setAspect(event.currentTarget.naturalWidth / event.currentTarget.naturalHeight)}
            />
          )}
          {whole && overlay && !editing && <Boxes item={item} at={null} box={box} size={size} />}
          {whole && editing && <BoxEditor box={box ?? item.bbox} onChange={onBox} />}
          <span className="cap left">{named("role", picture.role)} · {clock(picture.taken_at)}{picture.masked ? ` · ${t("player.masked")}` : ""}</span>
        </>
      )}
    </Stage>
  );
}
