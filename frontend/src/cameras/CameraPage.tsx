/** One camera: what it sees now, how it is read, what it costs, what happened before it. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { api, ApiError } from "../api/client";
import { useNow } from "../api/live";
import type { Camera, CaseSummary, TracksNow } from "../api/types";
import { CategoryMark, Icon } from "../design/icons";
import { Button, Empty, Failed, Loading, Segments, useKept } from "../design/ui";
import { useSpeech } from "../i18n";
import type { MessageKey } from "../i18n/zh";
import { VerdictTag } from "../review/Facts";
import { placed } from "../review/Stage";
import { useMay, useMe } from "../shell/me";
import { Outline } from "./Still";

/** A watched camera gives a picture this often at most. */
const LIVE_MS = 2000;
const STALE_S = 90;

function LiveStill({ camera, zones, boxes }: { camera: Camera; zones: boolean; boxes: boolean }) {
  const { t, named, moment } = useSpeech();
  const [source, setSource] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const now = useNow(5);
  const tracks = useQuery({ queryKey: ["boxes", camera.id], queryFn: ({ signal }) => api.get<TracksNow>(`/cameras/${encodeURIComponent(camera.id)}/boxes`, undefined, signal), refetchInterval: LIVE_MS, enabled: boxes });

  // The next picture is loaded behind the one that is shown; while nobody looks, none is asked for.
  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const next = () => {
      if (document.hidden) {
        timer = setTimeout(next, LIVE_MS);
        return;
      }
      const image = new Image();
      const url = `/api/cameras/${encodeURIComponent(camera.id)}/still.jpg?watch=1&t=${Date.now()}`;
      image.onload = () => {
        if (stopped) return;
        setSource(url);
        setFailed(false);
        timer = setTimeout(next, LIVE_MS);
      };
      image.onerror = () => {
        if (stopped) return;
        setFailed(true);
        timer = setTimeout(next, LIVE_MS * 3);
      };
      image.src = url;
    };
    next();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [camera.id]);

  const stale = camera.still_at !== null && now - Date.parse(camera.still_at) > STALE_S * 1000;
  return (
    <div className="still live" style={{ aspectRatio: camera.size ? `${camera.size[0]} / ${camera.size[1]}` : "16 / 9" }}>
      {source ? <img src={source} alt={t("camera.live")} /> : failed ? <span className="nothumb"><Icon name="image" size={30} /><span>{t("cameras.noStill")}</span></span> : <span className="skeleton" />}
      {source && zones && <Outline zones={camera.zones} />}
      {source && boxes && <div className="boxes" aria-hidden="true">{tracks.data?.tracks.map((track) => <div key={track.track_id} className="bx actor" style={placed(track.bbox)}><span>{named("class", track.class)} {track.track_id}</span></div>)}</div>}
      {camera.still_at && <span className={`cap left ${stale ? "stale" : ""}`}>{stale ? t("camera.stale", { time: moment(camera.still_at) }) : t("cameras.stillAt", { time: moment(camera.still_at) })}</span>}
    </div>
  );
}

export default function CameraPage({ id }: { id: string }) {
  const speech = useSpeech();
  const { t, named, number, span, bytes, moment } = speech;
  const me = useMe();
  const mayTune = useMay("tuner");
  const path = `/cameras/${encodeURIComponent(id)}`;
  const camera = useQuery({ queryKey: ["camera", id], queryFn: ({ signal }) => api.get<Camera>(path, undefined, signal), refetchInterval: 5000 });
  const history = useQuery({ queryKey: ["history", id], queryFn: ({ signal }) => api.get<CaseSummary[]>(`${path}/history`, { limit: 60 }, signal) });
  const [zones, setZones] = useKept("wallZones", true);
  const [boxes, setBoxes] = useKept("liveBoxes", true);
  const [way, setWay] = useState<"stills" | "stream">("stills");
  if (camera.error) return camera.error instanceof ApiError && camera.error.status === 404 ? <Empty icon="cameras" title={t("camera.missing")} /> : <Failed error={camera.error} retry={() => void camera.refetch()} />;
  const one = camera.data;
  if (!one) return <Loading />;
  const problem = one.view && !one.view.usable ? one.view.problem : null;
  const unknown = <span className="muted">{t("camera.unknown")}</span>;
  const rows: [MessageKey, React.ReactNode][] = [
    ["admin.state", <span key="s" className="row"><span className={`dot ${one.online ? "good" : "bad"}`} />{t(one.online ? "cameras.online" : "cameras.offline")}</span>],
    ["cameras.view", problem ? <span key="v" className="tag attention">{named("cameras.view", problem)}</span> : one.view ? t("cameras.view.ok") : unknown],
    ["camera.policy", one.policy ? named("camera.policy", one.policy) : unknown],
    ["camera.gop", one.gop_s !== null ? span(one.gop_s) : unknown],
    ["camera.fps", one.fps !== null ? `${number(one.fps, 2)} fps` : unknown],
    ["camera.size", one.size ? `${one.size[0]} × ${one.size[1]}` : unknown],
    ["camera.cost", one.cost_ms_per_s != null ? `${number(one.cost_ms_per_s, 1)} ${t("unit.ms")}` : unknown],
    ["case.address", one.address ?? unknown],
  ];
  const sum = one.recordings.reduce((total, part) => ({ seconds: total.seconds + part.seconds, bytes: total.bytes + part.bytes }), { seconds: 0, bytes: 0 });
  return (
    <div className="page" tabIndex={0}>
      <div className="page-head">
        <Link href="/cameras" className="b quiet icon" aria-label={t("do.back")}><Icon name="back" /></Link>
        <h1>{one.name ?? one.id}</h1>
        <span className="mono muted">{one.id}</span>
        <span className="grow" />
        {me.settings.media_server && <Segments label={t("camera.live")} value={way} onChange={setWay} options={[{ value: "stills", label: t("camera.snapshots") }, { value: "stream", label: t("camera.stream") }]} />}
        <Button icon="zones" aria-pressed={zones} onClick={() => setZones(!zones)}>{t("zones.list")}</Button>
        <Button icon="overlay" aria-pressed={boxes} onClick={() => setBoxes(!boxes)}>{t("camera.boxes")}</Button>
        {mayTune && <Link className="b primary" href={`/zones/${encodeURIComponent(id)}`}><Icon name="edit" />{t("camera.editZones")}</Link>}
      </div>
      <div className="camera-grid">
        <section className="panel live-panel">
          {way === "stream" && me.settings.media_server ? (
            <iframe className="stream" title={t("camera.stream")} src={`${me.settings.media_server.replace(/\/$/, "")}/${encodeURIComponent(id)}`} allow="autoplay; fullscreen" />
          ) : <LiveStill camera={one} zones={zones} boxes={boxes} />}
        </section>
        <section className="panel">
          <header><h2>{t("camera.health")}</h2></header>
          <div className="body"><dl className="facts">{rows.map(([name, value]) => <div key={name}><dt>{t(name)}</dt><dd>{value}</dd></div>)}</dl></div>
        </section>
        <section className="panel cases">
          <header><h2 className="grow">{t("camera.history")}</h2><Link href={`/review?camera=${encodeURIComponent(id)}&state=all`} className="small">{t("do.all")}</Link></header>
          {history.error ? <Failed error={history.error} retry={() => void history.refetch()} /> : !history.data ? <Loading /> : !history.data.length ? <Empty title={t("camera.noHistory")} /> : (
            <ul className="similar">
              {history.data.map((item) => (
                <li key={item.case_id}>
                  <Link href={`/review?state=all&camera=${encodeURIComponent(id)}&case=${item.case_id}`}>
                    {item.thumb ? <img src={item.thumb} alt="" loading="lazy" /> : <span className="nothumb"><Icon name="image" size={15} /></span>}
                    <span className="grow"><span className="row"><CategoryMark category={item.category} size={14} /><span className="cut">{named("category", item.category)}</span></span><span className="small muted">{moment(item.detected_at)} · {item.zone_id}</span></span>
                    <VerdictTag verdict={item.verdict} />
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </section>
        <section className="panel">
          <header><h2>{t("camera.recordings")}</h2></header>
          <div className="body">
            {!one.recordings.length ? <p className="muted">{t("camera.noRecordings")}</p> : (
              <>
                <p>{t("camera.recordingsSum", { n: one.recordings.length, time: span(sum.seconds), size: bytes(sum.bytes) })}</p>
                <ul className="recordings">{one.recordings.slice(-8).reverse().map((part) => <li key={part.start} className="row small"><span className="grow">{moment(part.start)}</span><span>{span(part.seconds)}</span><span className="muted">{bytes(part.bytes)}</span></li>)}</ul>
              </>
            )}
          </div>
        </section>
        <section className="panel">
          <header><h2>{t("camera.decode")}</h2></header>
          <div className="body"><dl className="facts mono">{Object.entries(one.decode ?? {}).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{String(value)}</dd></div>)}</dl></div>
        </section>
        {one.config && <section className="panel config"><header><h2>{t("camera.config")}</h2></header><pre tabIndex={0}>{one.config}</pre></section>}
      </div>
    </div>
  );
}
