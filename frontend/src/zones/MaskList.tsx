/** The camera's masks as a list, and the one that is selected: its points, and taking it away. */

import type { Dispatch } from "react";
import type { Words } from "../api/types";
import { Icon } from "../design/icons";
import { Button } from "../design/ui";
import { useSpeech } from "../i18n";
import type { Edit, Editor } from "./editor";
import { area } from "./geometry";
import { PointsField } from "./PointsField";

export function MaskList({ editor, send, fields, badMasks, drawing, onDraw, readOnly }: {
  editor: Editor; send: Dispatch<Edit>; fields: Record<string, Words>; badMasks: number[]; drawing: boolean; onDraw: () => void; readOnly: boolean;
}) {
  const { t, words, percent } = useSpeech();
  const { masks, mask: at } = editor;
  const mask = at === null ? undefined : masks[at];
  const error = at === null ? undefined : Object.entries(fields).find(([place]) => place === `masks.${at}` || place.startsWith(`masks.${at}.`))?.[1];
  return (
    <section className="stack tight masks">
      <div className="row">
        <h2 className="grow">{t("zones.masks")}</h2>
        {!readOnly && <Button small icon="plus" aria-pressed={drawing} title="M" onClick={onDraw}>{t("zones.addMask")}</Button>}
      </div>
      <p className="hint">{t(masks.length ? "zones.masksInfo" : "zones.masksNone")}</p>
      {masks.length > 0 && (
        <>
          <p className="strip attention small"><Icon name="warning" size={15} /><span className="grow">{t("zones.masksWarning")}</span></p>
          <ul className="zone-list" aria-label={t("zones.masks")}>
            {masks.map((polygon, number) => (
              <li key={number}>
                <button type="button" aria-current={number === at || undefined} onClick={() => send({ type: "selectMask", mask: number })}>
                  <i className="mask" />
                  <strong>{t("zones.mask", { n: number + 1 })}</strong>
                  <span className="small muted cut grow">{percent(area(polygon), 1)}</span>
                  {badMasks.includes(number) && <span className="tag bad"><Icon name="warning" size={13} /></span>}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {fields.masks && <p className="error" role="alert">{words(fields.masks)}</p>}
      {mask && (
        <div className="row top">
          <div className="grow"><PointsField polygon={mask} vertex={editor.vertex} error={error} readOnly={readOnly} send={send} /></div>
          {!readOnly && <Button icon="trash" tone="danger" label={t("zones.removeMask")} keys="Delete" onClick={() => send({ type: "remove" })} />}
        </div>
      )}
    </section>
  );
}
