import { useState } from "react";
import { api, ApiError } from "../api/client";
import type { Language, Me } from "../api/types";
import { Icon } from "../design/icons";
import { Button, explain, Field, FieldError, Segments } from "../design/ui";
import { useSpeech } from "../i18n";
import type { MessageKey } from "../i18n/zh";
import { useTheme } from "../shell/theme";
import { PasswordForm } from "./Password";

/** Why the identity provider's way back ended here: `/login?error=…`. */
const SENT_BACK: Record<string, MessageKey> = { oidc_failed: "login.oidcFailed", oidc_no_role: "login.oidcNoRole" };

export function LoginPage({ oidc, expired, onLanguage, onIn, me }: {
  oidc: boolean; expired: boolean; me: Me | null; onLanguage: (language: Language) => void; onIn: (me: Me) => void;
}) {
  const speech = useSpeech();
  const { t, language } = speech;
  useTheme();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const refused = SENT_BACK[new URLSearchParams(location.search).get("error") ?? ""];

  const enter = async () => {
    setBusy(true);
    setError(null);
    try {
      onIn(await api.post<Me>("/login", { name: name.trim(), password }));
    } catch (reason) {
      setError(reason instanceof ApiError && reason.status === 401 ? t("login.wrong") : explain(reason, speech));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="login">
      <div className="scene" aria-hidden="true">
        <svg viewBox="0 0 600 600" preserveAspectRatio="xMidYMid slice">
          <g fill="none" stroke="currentColor" strokeWidth="1.5" opacity="0.5">
            <path d="M-20 430 300 240 620 430M-20 520 300 240 620 520M-20 640 300 240 620 640M120 640 300 240 480 640" />
            <path d="M-20 300h640M-20 262h640" strokeDasharray="2 10" />
          </g>
          <path d="M120 408 268 318l88 26-96 108z" className="zone" />
          <rect x="232" y="352" width="56" height="46" className="find" />
          <g className="corner"><path d="M40 90V50h40M520 50h40v40M560 510v40h-40M80 550H40v-40" /></g>
        </svg>
        <p>{t("login.lead")}</p>
      </div>
      <div className="entry">
        <div className="card">
          <div className="row brand"><img src="/icon.svg" alt="" width="36" height="36" /><h1>{t("app.name")}</h1></div>
          {me?.must_change_password ? (
            <>
              <p className="strip attention"><Icon name="key" /> {t("password.must")}</p>
              <PasswordForm id="first" old={password || undefined} onDone={(changed) => onIn(changed ?? { ...me, must_change_password: false })} />
              <Button tone="primary" type="submit" form="first">{t("password.title")}</Button>
            </>
          ) : (
            <>
              {refused && <p className="strip bad" role="alert"><Icon name="warning" /><span className="grow">{t(refused)}</span></p>}
              {expired && <p className="strip attention"><Icon name="clock" /> {t("error.loggedOut")}</p>}
              <form className="stack" onSubmit={(event) => { event.preventDefault(); void enter(); }}>
                <Field label={t("login.name")}>
                  {(props) => <input {...props} className="i big" autoComplete="username" autoFocus autoCapitalize="none" spellCheck={false} required value={name} onChange={(event) => setName(event.target.value)} />}
                </Field>
                <Field label={t("login.password")}>
                  {(props) => (
                    <div className="reveal">
                      <input {...props} className="i big" type={shown ? "text" : "password"} autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
                      <Button tone="quiet" small icon="eye" aria-pressed={shown} label={t(shown ? "login.hide" : "login.show")} onClick={() => setShown(!shown)} />
                    </div>
                  )}
                </Field>
                {error && <FieldError>{error}</FieldError>}
                <Button tone="primary" type="submit" className="big" disabled={busy}>{t(busy ? "login.busy" : "login.submit")}</Button>
              </form>
              {oidc && (
                <>
                  <p className="or"><span>{t("login.or")}</span></p>
                  <a className="b big" href="/api/oidc/start"><Icon name="key" />{t("login.oidc")}</a>
                </>
              )}
            </>
          )}
          <Segments label={t("shell.language")} value={language} options={[{ value: "zh", label: <span lang="zh-CN">中文</span> }, { value: "en", label: <span lang="en">English</span> }]} onChange={onLanguage} />
        </div>
      </div>
    </main>
  );
}
