/** The wall: every camera's latest still, its state, its zones, today's cases. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api } from "../api/client";
import { useNow } from "../api/live";
import type { CameraSummary } from "../api/types";
import { Button, Empty, Failed, Loading, Segments, useKept } from "../design/ui";
import { useSpeech } from "../i18n";
import { Still } from "./Still";

const RENEW_S = 20;

export default function CamerasPage() {
  const { t, named, clock } = useSpeech();
  const cameras = useQuery({ queryKey: ["cameras"], queryFn: ({ signal }) => api.get<CameraSummary[]>("/cameras", undefined, signal), refetchInterval: RENEW_S * 1000 });
  const turn = Math.floor(useNow(RENEW_S) / (RENEW_S * 1000));
  const [text, setText] = useState("");
  const [only, setOnly] = useState<"all" | "online" | "offline">("all");
  const [zones, setZones] = useKept("wallZones", true);
  if (cameras.error) return <Failed error={cameras.error} retry={() => void cameras.refetch()} />;
  if (!cameras.data) return <Loading />;
  const online = cameras.data.filter((one) => one.online).length;
  const shown = cameras.data.filter((one) =>
    (only === "all" || one.online === (only === "online")) && `${one.id} ${one.name} ${one.address}`.toLowerCase().includes(text.trim().toLowerCase()));
  return (
    <div className="page" tabIndex={0}>
      <div className="page-head">
        <h1>{t("cameras.title")}</h1>
        <span className="muted">{t("cameras.summary", { n: cameras.data.length, online })}</span>
        <span className="grow" />
        <input className="i search" type="search" aria-label={t("cameras.search")} placeholder={t("cameras.search")} value={text} onChange={(event) => setText(event.target.value)} />
        <Segments label={t("admin.state")} value={only} onChange={setOnly} options={[{ value: "all", label: t("cameras.all") }, { value: "online", label: t("cameras.online") }, { value: "offline", label: t("cameras.offline") }]} />
        <Button icon="zones" aria-pressed={zones} label={t("cameras.zones")} onClick={() => setZones(!zones)} />
      </div>
      {!cameras.data.length ? <Empty icon="cameras" title={t("cameras.none")}><p>{t("cameras.noneHint")}</p></Empty> : !shown.length ? <Empty icon="filter" title={t("cameras.noMatch")} /> : (
        <ul className="wall">
          {shown.map((camera) => {
            const problem = camera.view && !camera.view.usable ? camera.view.problem : null;
            return (
              <li key={camera.id} className={`cam ${camera.online ? "" : "off"}`}>
                <Link href={`/cameras/${encodeURIComponent(camera.id)}`}>
                  <Still camera={camera} zones={zones} turn={turn} />
                  <span className="about">
                    <span className="row"><span className={`dot ${camera.online ? (problem ? "attention" : "good") : "bad"}`} /><strong className="cut grow">{camera.name ?? camera.id}</strong><span className={`tag ${camera.cases_today ? "accent" : ""}`}>{t("cameras.today", { n: camera.cases_today })}</span></span>
                    <span className="row small muted">
                      <span className="cut grow">{camera.online ? t("cameras.online") : t("cameras.offline")}{problem ? ` · ${named("cameras.view", problem)}` : ""}{camera.still_at ? ` · ${clock(camera.still_at)}` : ""}</span>
                      {camera.open_cases > 0 && <span className="nowrap">{t("cameras.open", { n: camera.open_cases })}</span>}
                    </span>
                  </span>
                </Link>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
