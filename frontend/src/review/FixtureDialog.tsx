import { useState } from "react";
import { api } from "../api/client";
import type { Case } from "../api/types";
import { DateField } from "../design/DateField";
import { Button, Dialog, explain, Field, FieldError } from "../design/ui";
import { useSpeech } from "../i18n";
import { dayAt } from "../i18n/timezone";

export function FixtureDialog({ item, onClose, onDone }: { item: Case; onClose: () => void; onDone: (version: string) => void }) {
  const speech = useSpeech();
  const { t } = speech;
  const inDays = (days: number) => dayAt(Date.now() + days * 86_400_000, speech.timezone);
  const [until, setUntil] = useState(inDays(90));
  const [forever, setForever] = useState(false);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const { version } = await api.post<{ version: string | number }>(`/cases/${item.case_id}/fixture`, { until: forever ? null : until, note });
      onDone(String(version));
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t("judge.fixture")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button tone="primary" type="submit" form="fixture" disabled={busy || (!forever && !until)}>{t("do.save")}</Button>
        </>
      }
    >
      <form id="fixture" className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <p>{t("judge.fixtureLead")}</p>
        <Field label={t("judge.until")}>
          {(props) => <DateField {...props} value={until} today={inDays(0)} min={inDays(0)} disabled={forever} required={!forever} onChange={setUntil} />}
        </Field>
        <label className="check"><input type="checkbox" checked={forever} onChange={(event) => setForever(event.target.checked)} />{t("judge.forever")}</label>
        <Field label={t("judge.note")}>
          {(props) => <input {...props} className="i" value={note} maxLength={200} onChange={(event) => setNote(event.target.value)} />}
        </Field>
        {error !== null && <FieldError>{explain(error, speech)}</FieldError>}
      </form>
    </Dialog>
  );
}
