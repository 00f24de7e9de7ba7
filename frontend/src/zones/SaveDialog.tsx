/** Saving a drawing as a version: what changes, why, and what it costs. */

import { useState } from "react";
import { api, ApiError } from "../api/client";
import { Icon } from "../design/icons";
import { Button, Dialog, Field, FieldError } from "../design/ui";
import { useSpeech } from "../i18n";
import { differences, maskDifference, type Fields } from "./differences";
import type { Drawing } from "./editor";

export function SaveDialog({ camera, drawing, before, basedOn, onClose, onSaved, onConflict, onFields, explainError }: {
  camera: string; drawing: Drawing; before: Drawing; basedOn: string | number | null; onClose: () => void;
  onSaved: (version: string | number) => void; onConflict: (version: string | number) => void; onFields: (fields: Fields) => void; explainError: (error: unknown) => string;
}) {
  const { t, named } = useSpeech();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [missing, setMissing] = useState(false);
  const lines = differences(before.zones, drawing.zones, named);
  const masks = maskDifference(before.masks, drawing.masks);
  const firstMask = !before.masks.length && drawing.masks.length > 0;
  const save = async () => {
    if (!reason.trim()) {
      setMissing(true);
      return;
    }
    setBusy(true);
    setError(null);
    try {
      const { version } = await api.put<{ version: string | number }>(`/cameras/${encodeURIComponent(camera)}/zones`, { zones: drawing.zones, masks: drawing.masks, based_on: basedOn, reason: reason.trim() });
      onSaved(version);
    } catch (failure) {
      setBusy(false);
      if (failure instanceof ApiError && failure.status === 409 && failure.body.error === "conflict") onConflict((failure.body.version as string | number) ?? "?");
      else if (failure instanceof ApiError && failure.status === 422) onFields(failure.fields);
      else setError([explainError(failure), failure instanceof ApiError ? failure.body.detail : ""].filter(Boolean).join(" "));
    }
  };
  return (
    <Dialog
      title={t("zones.saveTitle")}
      onClose={onClose}
      footer={<><Button onClick={onClose}>{t("do.cancel")}</Button><Button tone="primary" type="submit" form="save-zones" disabled={busy}>{t("do.save")}</Button></>}
    >
      <form id="save-zones" className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <p className="muted">{t("zones.saveLead")}</p>
        {firstMask && <p className="strip attention" role="alert"><Icon name="warning" /><span className="grow">{t("zones.firstMask")}</span></p>}
        <Field label={t("zones.reason")} error={missing && !reason.trim() ? t("zones.reasonNeeded") : null}>
          {(props) => <textarea {...props} className="i" maxLength={500} placeholder={t("zones.reasonHint")} value={reason} onChange={(event) => setReason(event.target.value)} onKeyDown={(event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void save(); } }} />}
        </Field>
        <div>
          <h3>{t("zones.changed")}</h3>
          <ul className="diff-lines">
            {lines.map((line) => <li key={line.mark + line.zone} className={line.mark === "+" ? "plus" : line.mark === "−" ? "minus" : ""}><b>{line.mark}</b> <strong>{line.zone}</strong> <span className="muted">{line.what}</span></li>)}
            {masks && <li><b>~</b> <strong>{t("zones.masks")}</strong> <span className="muted">{masks}</span></li>}
          </ul>
        </div>
        {error && <FieldError>{error}</FieldError>}
      </form>
    </Dialog>
  );
}
