/** People, programs, and what was done by whom. */

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import { api, ApiError } from "../api/client";
import type { AuditLine, Role, Token, User } from "../api/types";
import { DateField } from "../design/DateField";
import { Button, Dialog, Empty, explain, Failed, Field, FieldError, Loading, Segments, useToast } from "../design/ui";
import { useSpeech } from "../i18n";
import { dayAt } from "../i18n/timezone";
import { useMay, useMe } from "../shell/me";

const ROLES: Role[] = ["viewer", "operator", "tuner", "admin"];
type Tab = "users" | "tokens" | "audit";

function Secret({ title, hint, secret, onClose }: { title: string; hint: string; secret: string; onClose: () => void }) {
  const { t } = useSpeech();
  const toast = useToast();
  return (
    <Dialog title={title} onClose={onClose} footer={<><Button icon="copy" onClick={() => void navigator.clipboard?.writeText(secret).then(() => toast({ text: t("case.copied") }))}>{t("do.copy")}</Button><Button tone="primary" onClick={onClose}>{t("do.close")}</Button></>}>
      <output className="secret mono">{secret}</output>
      <p className="muted">{hint}</p>
    </Dialog>
  );
}

function Ask({ title, text, danger, run, onClose }: { title: string; text: ReactNode; danger?: boolean; run: () => Promise<void>; onClose: () => void }) {
  const speech = useSpeech();
  const { t } = speech;
  const [error, setError] = useState<unknown>(null);
  return (
    <Dialog title={title} onClose={onClose} footer={<><Button onClick={onClose}>{t("do.cancel")}</Button><Button tone={danger ? "danger" : "primary"} onClick={() => { setError(null); run().catch(setError); }}>{title}</Button></>}>
      <p>{text}</p>
      {error !== null && <FieldError>{explain(error, speech)}</FieldError>}
    </Dialog>
  );
}

function RoleSelect({ value, onChange, label, disabled }: { value: Role; onChange: (role: Role) => void; label: string; disabled?: boolean }) {
  const { named } = useSpeech();
  return <select className="i role" aria-label={label} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value as Role)}>{ROLES.map((role) => <option key={role} value={role}>{named("role", role)}</option>)}</select>;
}

function Users() {
  const speech = useSpeech();
  const { t, moment } = speech;
  const me = useMe();
  const toast = useToast();
  const client = useQueryClient();
  const users = useQuery({ queryKey: ["users"], queryFn: ({ signal }) => api.get<User[]>("/users", undefined, signal) });
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [ask, setAsk] = useState<{ kind: "reset" | "delete"; user: User } | null>(null);
  const again = () => client.invalidateQueries({ queryKey: ["users"] });
  const change = (user: User, body: { role?: Role; disabled?: boolean }) =>
    api.patch(`/users/${encodeURIComponent(user.name)}`, body).catch((error: unknown) => toast({ text: explain(error, speech), tone: "bad" })).finally(again);
  if (users.error) return <Failed error={users.error} retry={() => void users.refetch()} />;
  if (!users.data) return <Loading />;
  return (
    <section className="panel">
      <header><p className="muted small grow">{t("admin.userRoles")}</p><Button tone="primary" icon="plus" onClick={() => setAdding(true)}>{t("admin.addUser")}</Button></header>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t("admin.users")}>
        <table className="table">
          <thead><tr><th>{t("admin.name")}</th><th>{t("admin.role")}</th><th>{t("admin.state")}</th><th>{t("admin.lastLogin")}</th><th><span className="sr">{t("admin.action")}</span></th></tr></thead>
          <tbody>
            {users.data.map((user) => (
              <tr key={user.name}>
                <td><strong>{user.name}</strong> {user.name === me.name && <span className="tag accent">{t("admin.you")}</span>} {user.source !== "local" && <span className="tag">{user.source.toUpperCase()}</span>}</td>
                <td><RoleSelect label={`${t("admin.role")} ${user.name}`} value={user.role} disabled={user.name === me.name} onChange={(role) => void change(user, { role })} /></td>
                <td><span className={`tag ${user.disabled ? "bad" : "good"}`}>{t(user.disabled ? "admin.disabled" : "admin.active")}</span></td>
                <td className="nowrap">{user.last_login ? moment(user.last_login) : <span className="muted">{t("admin.never")}</span>}</td>
                <td className="actions">
                  {user.name !== me.name && <Button small onClick={() => void change(user, { disabled: !user.disabled })}>{t(user.disabled ? "admin.enable" : "admin.disable")}</Button>}
                  {user.source === "local" && user.name !== me.name && <Button small onClick={() => setAsk({ kind: "reset", user })}>{t("admin.reset")}</Button>}
                  {user.name !== me.name && <Button small tone="quiet" icon="trash" label={`${t("do.delete")} ${user.name}`} onClick={() => setAsk({ kind: "delete", user })} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {adding && <AddUser onClose={() => setAdding(false)} onDone={(password) => { setAdding(false); setSecret(password); void again(); }} />}
      {secret && <Secret title={t("admin.oneTime")} hint={t("admin.oneTimeHint")} secret={secret} onClose={() => setSecret(null)} />}
      {ask?.kind === "reset" && (
        <Ask title={t("admin.reset")} text={t("admin.resetAsk", { name: ask.user.name })} onClose={() => setAsk(null)}
          run={async () => { const { password } = await api.patch<{ password: string | null }>(`/users/${encodeURIComponent(ask.user.name)}`, { reset_password: true }); setAsk(null); setSecret(password); void again(); }} />
      )}
      {ask?.kind === "delete" && (
        <Ask danger title={t("do.delete")} text={t("admin.deleteAsk", { name: ask.user.name })} onClose={() => setAsk(null)}
          run={async () => { await api.delete(`/users/${encodeURIComponent(ask.user.name)}`); setAsk(null); void again(); }} />
      )}
    </section>
  );
}

function AddUser({ onClose, onDone }: { onClose: () => void; onDone: (password: string) => void }) {
  const speech = useSpeech();
  const { t, words } = speech;
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const [error, setError] = useState<unknown>(null);
  const fields = error instanceof ApiError ? error.fields : {};
  const save = () => api.post<{ password: string }>("/users", { name: name.trim(), role }).then((made) => onDone(made.password), setError);
  return (
    <Dialog title={t("admin.addUser")} onClose={onClose} footer={<><Button onClick={onClose}>{t("do.cancel")}</Button><Button tone="primary" type="submit" form="add-user">{t("do.add")}</Button></>}>
      <form id="add-user" className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <Field label={t("admin.name")} error={fields.name ? words(fields.name) : null}>{(props) => <input {...props} className="i" required maxLength={64} autoComplete="off" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <div className="f"><span className="label">{t("admin.role")}</span><Segments label={t("admin.role")} value={role} onChange={setRole} options={ROLES.map((one) => ({ value: one, label: speech.named("role", one) }))} /></div>
        <p className="hint">{t("admin.userRoles")}</p>
        {error !== null && !fields.name && <FieldError>{explain(error, speech)}</FieldError>}
      </form>
    </Dialog>
  );
}

function Tokens() {
  const { t, named, moment } = useSpeech();
  const client = useQueryClient();
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: ({ signal }) => api.get<Token[]>("/tokens", undefined, signal) });
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [revoke, setRevoke] = useState<string | null>(null);
  const again = () => client.invalidateQueries({ queryKey: ["tokens"] });
  if (tokens.error) return <Failed error={tokens.error} retry={() => void tokens.refetch()} />;
  if (!tokens.data) return <Loading />;
  return (
    <section className="panel">
      <header><p className="muted small grow">{t("admin.tokenHint")}</p><Button tone="primary" icon="plus" onClick={() => setAdding(true)}>{t("admin.addToken")}</Button></header>
      {!tokens.data.length ? <Empty icon="key" title={t("admin.noTokens")} /> : (
        <div className="scroll-x" tabIndex={0} role="region" aria-label={t("admin.tokens")}>
          <table className="table">
            <thead><tr><th>{t("admin.name")}</th><th>{t("admin.role")}</th><th>{t("admin.expires")}</th><th>{t("admin.lastUsed")}</th><th><span className="sr">{t("admin.action")}</span></th></tr></thead>
            <tbody>{tokens.data.map((token) => (
              <tr key={token.name}><td><strong>{token.name}</strong> <span className="small muted">{token.created_by}</span></td><td>{named("role", token.role)}</td><td className="nowrap">{token.expires ? moment(token.expires) : t("admin.noExpiry")}</td><td className="nowrap">{token.last_used ? moment(token.last_used) : <span className="muted">{t("admin.never")}</span>}</td><td className="actions"><Button small tone="danger" onClick={() => setRevoke(token.name)}>{t("admin.revoke")}</Button></td></tr>
            ))}</tbody>
          </table>
        </div>
      )}
      {adding && <AddToken onClose={() => setAdding(false)} onDone={(token) => { setAdding(false); setSecret(token); void again(); }} />}
      {secret && <Secret title={t("admin.tokenShown")} hint={t("admin.tokenHint")} secret={secret} onClose={() => setSecret(null)} />}
      {revoke && <Ask danger title={t("admin.revoke")} text={t("admin.tokenDelete", { name: revoke })} onClose={() => setRevoke(null)} run={async () => { await api.delete(`/tokens/${encodeURIComponent(revoke)}`); setRevoke(null); void again(); }} />}
    </section>
  );
}

function AddToken({ onClose, onDone }: { onClose: () => void; onDone: (token: string) => void }) {
  const speech = useSpeech();
  const { t, words } = speech;
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [expires, setExpires] = useState("");
  const today = dayAt(Date.now(), speech.timezone);
  const [error, setError] = useState<unknown>(null);
  const fields = error instanceof ApiError ? error.fields : {};
  const save = () => api.post<{ token: string }>("/tokens", { name: name.trim(), role, expires: expires ? `${expires}T23:59:59Z` : null }).then((made) => onDone(made.token), setError);
  return (
    <Dialog title={t("admin.addToken")} onClose={onClose} footer={<><Button onClick={onClose}>{t("do.cancel")}</Button><Button tone="primary" type="submit" form="add-token">{t("do.add")}</Button></>}>
      <form id="add-token" className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <Field label={t("admin.name")} error={fields.name ? words(fields.name) : null}>{(props) => <input {...props} className="i" required maxLength={64} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <div className="f"><span className="label">{t("admin.role")}</span><Segments label={t("admin.role")} value={role} onChange={setRole} options={ROLES.map((one) => ({ value: one, label: speech.named("role", one) }))} /></div>
        <Field label={t("admin.expires")} hint={t("admin.noExpiry")}>{(props) => <DateField {...props} value={expires} today={today} min={today} onChange={setExpires} />}</Field>
        {error !== null && !fields.name && <FieldError>{explain(error, speech)}</FieldError>}
      </form>
    </Dialog>
  );
}

function Audit() {
  const { t, moment } = useSpeech();
  const audit = useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam, signal }) => api.get<{ items: AuditLine[]; next: string | null }>("/audit", { cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  if (audit.error) return <Failed error={audit.error} retry={() => void audit.refetch()} />;
  if (!audit.data) return <Loading />;
  const rows = audit.data.pages.flatMap((page) => page.items);
  if (!rows.length) return <Empty title={t("admin.noAudit")} />;
  return (
    <section className="panel">
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t("admin.audit")}>
        <table className="table audit">
          <thead><tr><th>{t("admin.when")}</th><th>{t("admin.who")}</th><th>{t("admin.action")}</th><th>{t("admin.target")}</th><th>{t("admin.detail")}</th></tr></thead>
          <tbody>{rows.map((row) => (
            <tr key={row.id}><td className="nowrap">{moment(row.at)}</td><td>{row.who}</td><td className="mono">{row.action}</td><td className="mono small">{row.subject}</td><td className="small muted">{[...Object.entries(row.detail ?? {}).filter(([, value]) => value !== null).map(([key, value]) => `${key}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`), row.address].filter(Boolean).join(" · ")}</td></tr>
          ))}</tbody>
        </table>
      </div>
      {audit.hasNextPage && <footer className="center"><Button disabled={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>{t("admin.older")}</Button></footer>}
    </section>
  );
}

export default function AdminPage({ tab = "users" }: { tab?: string }) {
  const { t } = useSpeech();
  const [, navigate] = useLocation();
  if (!useMay("admin")) return <Empty icon="lock" title={t("error.forbidden")} />;
  const shown = (["users", "tokens", "audit"].includes(tab) ? tab : "users") as Tab;
  return (
    <div className="page" tabIndex={0}>
      <div className="page-head"><h1>{t("admin.title")}</h1><Segments<Tab> label={t("admin.title")} value={shown} onChange={(next) => navigate(`/admin/${next}`)} options={(["users", "tokens", "audit"] as const).map((one) => ({ value: one, label: t(`admin.${one}`) }))} /></div>
      {shown === "users" ? <Users /> : shown === "tokens" ? <Tokens /> : <Audit />}
    </div>
  );
}
