import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Component, lazy, Suspense, useCallback, useEffect, useState, type ReactNode } from "react";
import { Redirect, Route, Switch } from "wouter";
import { api, ApiError, setCsrf, whenLoggedOut } from "./api/client";
import type { Language, Me } from "./api/types";
import { Empty, Failed, Loading, ToastProvider } from "./design/ui";
import { SpeechProvider, useSpeech } from "./i18n";
import { LoginPage } from "./login/LoginPage";
import { ReviewPage } from "./review/ReviewPage";
import { MeContext } from "./shell/me";
import { Shell } from "./shell/Shell";

const CamerasPage = lazy(() => import("./cameras/CamerasPage"));
const CameraPage = lazy(() => import("./cameras/CameraPage"));
const ZonesPage = lazy(() => import("./zones/ZonesPage"));
const StatisticsPage = lazy(() => import("./statistics/StatisticsPage"));
const ModelPage = lazy(() => import("./model/ModelPage"));
const AdminPage = lazy(() => import("./admin/AdminPage"));

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: true,
      retry: (times, error) => times < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
});

type Session = { kind: "loading" } | { kind: "failed"; error: unknown } | { kind: "out"; oidc: boolean; expired: boolean } | { kind: "in"; me: Me };

function keptLanguage(): Language | null {
  try {
    const kept = localStorage.getItem("vision.language");
    return kept === "zh" || kept === "en" ? kept : null;
  } catch {
    return null;
  }
}

function keepLanguage(language: Language): void {
  try {
    localStorage.setItem("vision.language", language);
  } catch {
    // It holds for this visit.
  }
}

/** A page that throws takes nothing else down. */
class Guard extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    return this.state.error ? <Failed error={this.state.error} retry={() => location.reload()} /> : this.props.children;
  }
}

function NotFound() {
  const { t } = useSpeech();
  return <Empty icon="warning" title={t("app.notFound")}><a className="b" href="/review">{t("app.home")}</a></Empty>;
}

export function App() {
  const [session, setSession] = useState<Session>({ kind: "loading" });
  const [language, setLanguage] = useState<Language>(keptLanguage() ?? "zh");

  const enter = useCallback((me: Me) => {
    setCsrf(me.csrf);
    setLanguage(me.language);
    keepLanguage(me.language);
    setSession({ kind: "in", me });
  }, []);

  const ask = useCallback(() => {
    setSession({ kind: "loading" });
    api.get<Me>("/me").then(enter, (error: unknown) => {
      if (error instanceof ApiError && error.status === 401) {
        const { language: first, oidc } = error.body as { language?: Language; oidc?: boolean };
        setLanguage(keptLanguage() ?? first ?? "zh");
        setSession({ kind: "out", oidc: oidc ?? false, expired: false });
      } else setSession({ kind: "failed", error });
    });
  }, [enter]);
  useEffect(ask, [ask]);

  useEffect(() => {
    whenLoggedOut(() => {
      client.clear();
      setSession((now) => (now.kind === "in" ? { kind: "out", oidc: now.me.settings.oidc, expired: true } : now));
    });
  }, []);

  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  }, [language]);

  const choose = useCallback((chosen: Language) => {
    setLanguage(chosen);
    keepLanguage(chosen);
    setSession((now) => {
      if (now.kind !== "in") return now;
      void api.put("/me/language", { language: chosen }).catch(() => undefined);
      return { kind: "in", me: { ...now.me, language: chosen } };
    });
  }, []);

  const leave = useCallback(() => {
    void api.post("/logout").catch(() => undefined).finally(() => {
      client.clear();
      location.assign("/");
    });
  }, []);

  const me = session.kind === "in" ? session.me : null;
  return (
    <SpeechProvider language={language} site={me?.site.name ?? ""} timezone={me?.site.timezone ?? "Asia/Shanghai"}>
      <QueryClientProvider client={client}>
        <ToastProvider>
          <Guard>
            {session.kind === "loading" && <Loading />}
            {session.kind === "failed" && <Failed error={session.error} retry={ask} />}
            {(session.kind === "out" || (me && me.must_change_password)) && (
              <LoginPage me={me} oidc={session.kind === "out" && session.oidc} expired={session.kind === "out" && session.expired} onLanguage={choose} onIn={enter} />
            )}
            {me && !me.must_change_password && (
              <MeContext.Provider value={me}>
                <Shell onLanguage={choose} onLogout={leave}>
                  <Guard>
                    <Suspense fallback={<Loading />}>
                      <Switch>
                        <Route path="/login"><Redirect to="/review" replace /></Route>
                        <Route path="/"><Redirect to="/review" replace /></Route>
                        <Route path="/review"><ReviewPage /></Route>
                        <Route path="/cameras"><CamerasPage /></Route>
                        <Route path="/cameras/:id">{(params) => <CameraPage id={decodeURIComponent(params.id)} />}</Route>
                        <Route path="/zones"><ZonesPage id={null} /></Route>
                        <Route path="/zones/:id">{(params) => <ZonesPage key={params.id} id={decodeURIComponent(params.id)} />}</Route>
                        <Route path="/statistics"><StatisticsPage /></Route>
                        <Route path="/model"><ModelPage /></Route>
                        <Route path="/admin"><AdminPage /></Route>
                        <Route path="/admin/:tab">{(params) => <AdminPage tab={params.tab} />}</Route>
                        <Route><NotFound /></Route>
                      </Switch>
                    </Suspense>
                  </Guard>
                </Shell>
              </MeContext.Provider>
            )}
          </Guard>
        </ToastProvider>
      </QueryClientProvider>
    </SpeechProvider>
  );
}
