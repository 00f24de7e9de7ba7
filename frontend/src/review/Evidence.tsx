/** The evidence of one case: one view at a time, or all at once where there is room for it. */

import { forwardRef, useMemo } from "react";
import type { Box, Case, EvidenceItem } from "../api/types";
import { Empty, Segments, useSize } from "../design/ui";
import { useSpeech } from "../i18n";
import { Compare, Picture } from "./Pictures";
import { Player, type PlayerHandle } from "./Player";

export type View = "clip" | "compare" | "act" | "crop";
/** From this width of the evidence area on, the other views stand beside the chosen one. */
const ALL_FROM = 1180;

export function viewsOf(item: Case): View[] {
  const roles = new Set(item.evidence.map((one) => one.role));
  const views: View[] = [];
  if (roles.has("clip")) views.push("clip");
  if (roles.has("before") && roles.has("after")) views.push("compare");
  if (roles.has("act") || (!roles.has("clip") && (roles.has("after") || roles.has("before")))) views.push("act");
  if (roles.has("crop")) views.push("crop");
  return views;
}

export const Evidence = forwardRef<PlayerHandle, {
  item: Case; view: View; onView: (view: View) => void;
  overlay: boolean; slow: boolean; loop: boolean; playing: boolean;
  onOverlay: () => void; onSlow: () => void; onLoop: () => void;
  box: Box | null; editing: boolean; onBox: (box: Box) => void;
}>(function Evidence(props, handle) {
  const { item, overlay, box, editing } = props;
  const { t } = useSpeech();
  const [ref, size] = useSize<HTMLDivElement>();
  const views = useMemo(() => viewsOf(item), [item]);
  const find = (role: EvidenceItem["role"]) => item.evidence.find((one) => one.role === role);
  const [before, act, after, crop, clip] = [find("before"), find("act"), find("after"), find("crop"), find("clip")];
  const all = size.width >= ALL_FROM && views.length > 1;
  const chosen = views.includes(props.view) ? props.view : views[0];

  const one = (view: View | undefined) => {
    if (view === "clip" && clip) {
      return (
        <Player
          key={item.case_id}
          ref={handle}
          item={item}
          clip={clip}
          poster={act?.url ?? after?.url}
          overlay={overlay}
          slow={props.slow}
          loop={props.loop}
          playing={props.playing}
          onOverlay={props.onOverlay}
          onSlow={props.onSlow}
          onLoop={props.onLoop}
          box={box}
          editing={editing}
          onBox={props.onBox}
        />
      );
    }
    if (view === "compare" && before && after) return <Compare key={item.case_id} item={item} before={before} after={after} overlay={overlay} box={box} />;
    const picture = view === "crop" ? crop : (act ?? after ?? before);
    if (!picture) return <Empty icon="image" title={t("player.noEvidence")} />;
    return <Picture key={picture.url} item={item} picture={picture} overlay={overlay} box={box} editing={editing && view !== "crop"} onBox={props.onBox} />;
  };

  const names: Record<View, string> = { clip: t("role.clip"), compare: t("player.compare"), act: act ? t("role.act") : t("role.after"), crop: t("role.crop") };
  const choices = views.map((view) => ({ value: view, label: names[view], title: `${views.indexOf(view) + 1}` }));
  return (
    <div className={`evidence ${all ? "all" : ""}`} ref={ref}>
      <div className="pane">
        {one(chosen)}
        {choices.length > 1 && chosen && (
          <div className="views">
            <Segments label={t("player.views")} value={chosen} options={choices} onChange={props.onView} />
          </div>
        )}
      </div>
      {all && <div className="side">{views.filter((view) => view !== chosen).map((view) => <div key={view} className="pane">{one(view)}</div>)}</div>}
    </div>
  );
});
