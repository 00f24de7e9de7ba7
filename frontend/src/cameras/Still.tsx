/** A camera's latest picture, with its zones over it. */

import { useState } from "react";
import type { CameraSummary, Point } from "../api/types";
import { Icon } from "../design/icons";
import { useSpeech } from "../i18n";

export function Outline({ zones }: { zones: { id: string; polygon: Point[] }[] }) {
  return (
    <svg className="outline" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      {zones.map((zone) => <polygon key={zone.id} points={zone.polygon.map((p) => p.join(",")).join(" ")} />)}
    </svg>
  );
}

export function Still({ camera, zones, turn }: { camera: CameraSummary; zones: boolean; turn: number }) {
  const { t } = useSpeech();
  const [failed, setFailed] = useState(-1);
  return (
    <span className="still" style={{ aspectRatio: camera.size ? `${camera.size[0]} / ${camera.size[1]}` : "16 / 9" }}>
      {failed === turn ? <span className="nothumb"><Icon name="image" size={26} /><span className="small">{t("cameras.noStill")}</span></span> : (
        <img src={`/api/cameras/${encodeURIComponent(camera.id)}/still.jpg?t=${turn}`} alt="" loading="lazy" onError={() => setFailed(turn)} />
      )}
      {zones && failed !== turn && <Outline zones={camera.zones} />}
    </span>
  );
}
