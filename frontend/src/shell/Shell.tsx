import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { api } from "../api/client";
import { live, useLiveState } from "../api/live";
import type { Language } from "../api/types";
import { Icon, type IconName } from "../design/icons";
import { Button, Menu, Segments, useToast } from "../design/ui";
import { useSpeech } from "../i18n";
import type { MessageKey } from "../i18n/zh";
import { PasswordDialog } from "../login/Password";
import { HelpContext, HelpDialog } from "./help";
import { useMay, useMe } from "./me";
import { useTheme, type Theme } from "./theme";
import { useUnreviewedCount } from "./unreviewed";

const PAGES: { path: string; name: MessageKey; icon: IconName; key: string }[] = [
  { path: "/review", name: "nav.review", icon: "review", key: "r" },
  { path: "/cameras", name: "nav.cameras", icon: "cameras", key: "c" },
  { path: "/zones", name: "nav.zones", icon: "zones", key: "z" },
  { path: "/statistics", name: "nav.statistics", icon: "statistics", key: "s" },
  { path: "/model", name: "nav.model", icon: "model", key: "m" },
];

function LiveSign() {
  const { t } = useSpeech();
  const state = useLiveState();
  return (
    <span className={`livesign ${state}`} role="status" title={state === "lost" ? t("shell.lostLong") : undefined}>
      <span className={`dot ${state === "open" ? "good" : state === "lost" ? "bad" : "attention"}`} />
      <span className="wideonly">{t(state === "open" ? "shell.live" : state === "lost" ? "shell.lost" : "shell.connecting")}</span>
    </span>
  );
}

export function Shell({ children, onLanguage, onLogout }: { children: ReactNode; onLanguage: (language: Language) => void; onLogout: () => void }) {
  const { t, named, language } = useSpeech();
  const me = useMe();
  const isAdmin = useMay("admin");
  const [path, navigate] = useLocation();
  const [help, setHelp] = useState(false);
  const [password, setPassword] = useState(false);
  const [theme, setTheme] = useTheme();
  const unreviewed = useUnreviewedCount();
  const state = useLiveState();
  const toast = useToast();
  const client = useQueryClient();
  const pages = isAdmin ? [...PAGES, { path: "/admin", name: "nav.admin" as const, icon: "admin" as const, key: "a" }] : PAGES;

  useEffect(() => {
    live.open();
    const stop = live.listen((message) => {
      if (message.kind === "camera") void client.invalidateQueries({ queryKey: ["cameras"] });
      if (message.kind === "config") void client.invalidateQueries({ queryKey: ["cameras"] });
    });
    return () => {
      stop();
      live.close();
    };
  }, [client]);

  // G, then a letter, changes the page; ? shows the keys everywhere.
  const gone = useRef(0);
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
      if (event.key === "?" || event.key === "？") {
        event.preventDefault();
        setHelp(true);
      } else if (event.key === "g") gone.current = Date.now();
      else if (Date.now() - gone.current < 1200) {
        const page = pages.find((one) => one.key === event.key);
        gone.current = 0;
        if (page) {
          event.preventDefault();
          event.stopImmediatePropagation();
          navigate(page.path);
        }
      }
    };
    window.addEventListener("keydown", listener, true);
    return () => window.removeEventListener("keydown", listener, true);
  });

  useEffect(() => {
    const page = pages.find((one) => path.startsWith(one.path));
    document.title = `${unreviewed ? `(${unreviewed}) ` : ""}${page ? `${t(page.name)} · ` : ""}${t("app.title", { site: me.site.name ?? me.site.id })}`;
  });

  return (
    <HelpContext.Provider value={setHelp}>
      <a className="skip" href="#main">{t("app.skip")}</a>
      <div className="shell">
        <nav className="rail" aria-label={t("nav.label")}>
          <Link href="/review" className="mark" aria-label={t("app.name")}><img src="/icon.svg" alt="" width="30" height="30" /></Link>
          {pages.map((page) => (
            <Link key={page.path} href={page.path} className="to" aria-current={path.startsWith(page.path) ? "page" : undefined}>
              <Icon name={page.icon} size={20} />
              <span>{t(page.name)}</span>
              {page.path === "/review" && unreviewed ? <b className="badge" aria-label={t("shell.unreviewed", { n: unreviewed })}>{unreviewed > 999 ? "999+" : unreviewed}</b> : null}
            </Link>
          ))}
        </nav>
        <header className="topbar">
          <strong className="site cut">{me.site.name ?? me.site.id}</strong>
          <span className="muted small wideonly nowrap">{t("app.name")}</span>
          <LiveSign />
          <span className="grow" />
          <Button tone="quiet" icon="help" label={t("shell.help")} keys="?" onClick={() => setHelp(true)} />
          <Menu label={`${t("shell.account")} ${me.name}`} button={<><Icon name="user" /><span className="wideonly">{me.name}</span></>}>
            {(close) => (
              <>
                <div className="group"><span><strong>{me.name}</strong> <span className="tag">{named("role", me.role)}</span></span></div>
                <hr />
                <div className="group">
                  <span className="small muted">{t("shell.language")}</span>
                  <Segments label={t("shell.language")} value={language} options={[{ value: "zh", label: <span lang="zh-CN">中文</span> }, { value: "en", label: <span lang="en">English</span> }]} onChange={onLanguage} />
                </div>
                <div className="group">
                  <span className="small muted">{t("shell.theme")}</span>
                  <Segments<Theme> label={t("shell.theme")} value={theme} options={(["auto", "light", "dark"] as const).map((value) => ({ value, label: t(`shell.theme.${value}`) }))} onChange={setTheme} />
                </div>
                <hr />
                <Button tone="quiet" icon="key" onClick={() => { close(); setPassword(true); }}>{t("shell.password")}</Button>
                <Button tone="quiet" icon="back" onClick={onLogout}>{t("shell.logout")}</Button>
              </>
            )}
          </Menu>
        </header>
        <main id="main" tabIndex={-1}>
          {state === "lost" && <p className="strip bad lost" role="alert"><Icon name="offline" /> <span>{t("shell.lostLong")}</span></p>}
          {children}
        </main>
      </div>
      {help && <HelpDialog onClose={() => setHelp(false)} />}
      {password && <PasswordDialog onClose={() => setPassword(false)} onDone={() => { setPassword(false); toast({ text: t("password.done") }); void api.get("/me").catch(() => undefined); }} />}
    </HelpContext.Provider>
  );
}
