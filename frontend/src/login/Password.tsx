import { useState } from "react";
import { api, ApiError, setCsrf } from "../api/client";
import type { Me } from "../api/types";
import { Button, Dialog, explain, Field, FieldError } from "../design/ui";
import { useSpeech } from "../i18n";

export function PasswordForm({ id, onDone, old: given }: { id: string; onDone: (me: Me | null) => void; old?: string }) {
  const speech = useSpeech();
  const { t } = speech;
  const [old, setOld] = useState(given ?? "");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const [error, setError] = useState<unknown>(null);
  const differ = again !== "" && fresh !== again;
  const fields = error instanceof ApiError ? error.fields : {};
  const save = async () => {
    if (fresh !== again) return;
    setError(null);
    try {
      const me = await api.post<Me | null>("/me/password", { old, new: fresh });
      if (me?.csrf) setCsrf(me.csrf);
      onDone(me);
    } catch (reason) {
      setError(reason);
    }
  };
  return (
    <form id={id} className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      {given === undefined && (
        <Field label={t("password.old")} error={fields.old ? speech.words(fields.old) : null}>
          {(props) => <input {...props} className="i" type="password" autoComplete="current-password" required value={old} onChange={(event) => setOld(event.target.value)} />}
        </Field>
      )}
      <Field label={t("password.new")} hint={t("password.rule")} error={fields.new ? speech.words(fields.new) : null}>
        {(props) => <input {...props} className="i" type="password" autoComplete="new-password" required minLength={10} maxLength={200} value={fresh} onChange={(event) => setFresh(event.target.value)} />}
      </Field>
      <Field label={t("password.again")} error={differ ? t("password.differ") : null}>
        {(props) => <input {...props} className="i" type="password" autoComplete="new-password" required value={again} onChange={(event) => setAgain(event.target.value)} />}
      </Field>
      {error !== null && !Object.keys(fields).length && <FieldError>{explain(error, speech)}</FieldError>}
    </form>
  );
}

export function PasswordDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const { t } = useSpeech();
  return (
    <Dialog
      title={t("password.title")}
      onClose={onClose}
      footer={<><Button onClick={onClose}>{t("do.cancel")}</Button><Button tone="primary" type="submit" form="password">{t("do.save")}</Button></>}
    >
      <PasswordForm id="password" onDone={onDone} />
    </Dialog>
  );
}
