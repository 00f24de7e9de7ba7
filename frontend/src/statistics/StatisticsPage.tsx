/** Statistics: numbers that stand on a wall, print on paper and leave as CSV. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { address, api } from "../api/client";
import type { CameraSummary, Statistics, StatisticsRow } from "../api/types";
import { CategoryMark, Icon } from "../design/icons";
import { DateField } from "../design/DateField";
import { Button, Empty, Failed, Loading, Segments } from "../design/ui";
import { useSpeech, type Speech } from "../i18n";
import { dayAt, offsetOf } from "../i18n/timezone";
import { useMe } from "../shell/me";
import { DayChart, IntervalBar, RejectedBars } from "./charts";

const BY = ["category", "camera", "zone", "street", "month", "model"] as const;
type By = (typeof BY)[number];
/** With fewer judged cases than this a precision says little. */
const FEW = 20;
const MOST_DAYS = 800;


function nameOf(by: By, key: string, cameras: CameraSummary[] | undefined, speech: Speech): string {
  if (by === "category") return speech.named("category", key);
  if (by === "camera") return cameras?.find((one) => one.id === key)?.name ?? key;
  if (by === "zone") {
    const [camera, zone] = key.split("/");
    return zone ? `${cameras?.find((one) => one.id === camera)?.name ?? camera} · ${zone}` : key;
  }
  return key;
}

/** The days between without a case as well, so that a day is as wide as another. */
function everyDay(days: Statistics["per_day"], from: string, to: string): Statistics["per_day"] {
  if (!from || !to) return days;
  const known = new Map(days.map((day) => [day.day, day]));
  const all: Statistics["per_day"] = [];
  for (let at = Date.parse(`${from}T00:00:00Z`); at <= Date.parse(`${to}T00:00:00Z`) && all.length < MOST_DAYS; at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    all.push(known.get(day) ?? { day, found: 0, confirmed: 0, rejected: 0 });
  }
  return all;
}

const rejectedOf = (row: StatisticsRow) => Object.values(row.rejected).reduce((a, b) => a + b, 0);

export default function StatisticsPage() {
  const speech = useSpeech();
  const daysAgo = (days: number) => dayAt(Date.now() - days * 86_400_000, speech.timezone);
  const { t, named, number, span, percent, language } = speech;
  const me = useMe();
  const [from, setFrom] = useState(daysAgo(29));
  const [to, setTo] = useState(daysAgo(0));
  const [by, setBy] = useState<By>("category");
  const [wall, setWall] = useState(false);
  const offset = offsetOf(me.site.timezone);
  const query = { from: from ? `${from}T00:00:00${offset}` : "", to: to ? `${to}T23:59:59.999${offset}` : "", by };
  const stats = useQuery({ queryKey: ["statistics", query], queryFn: ({ signal }) => api.get<Statistics>("/statistics", query, signal), placeholderData: keepPreviousData, refetchInterval: 60_000 });
  const cameras = useQuery({ queryKey: ["cameras"], queryFn: ({ signal }) => api.get<CameraSummary[]>("/cameras", undefined, signal) });
  const reasons = useQuery({ queryKey: ["reasons"], queryFn: ({ signal }) => api.get<Record<string, { id: string; zh: string; en: string }[]>>("/reasons", undefined, signal), staleTime: Infinity });

  useEffect(() => {
    document.documentElement.classList.toggle("wallscreen", wall);
    if (!wall) return;
    void document.documentElement.requestFullscreen?.().catch(() => undefined);
    const left = () => !document.fullscreenElement && setWall(false);
    const escape = (event: KeyboardEvent) => event.key === "Escape" && setWall(false);
    document.addEventListener("fullscreenchange", left);
    window.addEventListener("keydown", escape);
    return () => {
      document.documentElement.classList.remove("wallscreen");
      document.removeEventListener("fullscreenchange", left);
      window.removeEventListener("keydown", escape);
      if (document.fullscreenElement) void document.exitFullscreen();
    };
  }, [wall]);

  const data = stats.data;
  // A site is one street: its total is the street's.
  const all = data?.total;
  const reasonName = (id: string) => {
    if (!id || id === "null" || id === "-") return t("stats.unspecified");
    const found = Object.values(reasons.data ?? {}).flat().find((one) => one.id === id);
    return found ? found[language] : named("verdict", id);
  };
  const rejectedText = (row: StatisticsRow) => Object.entries(row.rejected).sort((a, b) => b[1] - a[1]).slice(0, 3).map(([id, n]) => `${reasonName(id)} ${n}`).join(speech.comma);
  const setRange = (days: string) => { setFrom(daysAgo(Number(days) - 1)); setTo(daysAgo(0)); };
  const range = to === daysAgo(0) ? ["7", "30", "90", "365"].find((days) => from === daysAgo(Number(days) - 1)) ?? "" : "";

  return (
    <div className="page stats" tabIndex={0}>
      <div className="page-head">
        <h1>{me.site.name ?? me.site.id} · {t("stats.title")}</h1>
        <span className="muted only-print">{from} – {to}</span>
        <span className="no-print row wrap grow">
          <Segments label={t("stats.from")} value={range} onChange={setRange} options={["7", "30", "90", "365"].map((days) => ({ value: days, label: t(`stats.range.${days}` as "stats.range.7") }))} />
          <DateField label={t("stats.from")} value={from} today={daysAgo(0)} max={to || undefined} onChange={setFrom} />
          <span aria-hidden="true">–</span>
          <DateField label={t("stats.to")} value={to} today={daysAgo(0)} min={from || undefined} onChange={setTo} />
          <span className="grow" />
          <a className="b" href={address("/statistics.csv", query)} download><Icon name="download" />{t("stats.csv")}</a>
          <Button icon="print" label={t("do.print")} onClick={() => window.print()} />
          <Button icon="wall" label={t(wall ? "stats.wallExit" : "stats.wall")} aria-pressed={wall} onClick={() => setWall(!wall)} />
        </span>
      </div>
      {stats.error && !data ? <Failed error={stats.error} retry={() => void stats.refetch()} /> : !data || !all ? <Loading /> : (
        <>
          <dl className="figures">
            <div><dt>{t("stats.found")}</dt><dd>{number(all.found)}</dd></div>
            <div className="good"><dt>{t("stats.confirmed")}</dt><dd>{number(all.confirmed)}</dd></div>
            <div className="bad"><dt>{t("stats.rejected")}</dt><dd>{number(rejectedOf(all))}</dd></div>
            <div><dt>{t("stats.unreviewed")}</dt><dd>{number(all.unreviewed)}</dd></div>
            <div className="stands"><dt>{t("stats.standing")}</dt><dd className="words">{all.standing_s_median === null ? "–" : span(all.standing_s_median)}<small>{t("stats.standingMedian")}</small></dd></div>
            <div className="wide">
              <dt>{t("stats.precision")}</dt>
              <dd>{all.precision === null ? "–" : <>{percent(all.precision)}<small>{t("stats.interval", { low: percent(all.precision_low ?? 0), high: percent(all.precision_high ?? 1) })}</small></>}</dd>
              {all.precision !== null && <IntervalBar value={all.precision} low={all.precision_low ?? 0} high={all.precision_high ?? 1} />}
            </div>
          </dl>
          {all.found === 0 ? <div className="panel"><Empty icon="statistics" title={t("stats.none")}><p>{t("stats.noneHint")}</p></Empty></div> : (
            <div className="stats-grid">
              <section className="panel per-day"><header><h2 className="grow">{t("stats.perDay")}</h2><Keys /></header><div className="body"><DayChart days={everyDay(data.per_day, from, to)} /></div></section>
              <section className="panel table-panel">
                <header>
                  <span className="no-print"><Segments<By> label={t("stats.by")} value={by} onChange={setBy} options={BY.map((one) => ({ value: one, label: t(`stats.by.${one}`) }))} /></span>
                  <span className="only-print">{t(`stats.by.${by}`)}</span>
                </header>
                <div className="scroll-x" tabIndex={0} role="region" aria-label={t("stats.title")}>
                  <table className="table">
                    <thead><tr>
                      <th>{t(`stats.by.${by}`)}</th><th className="num">{t("stats.found")}</th><th className="num">{t("stats.confirmed")}</th><th className="num">{t("stats.rejected")}</th><th className="num">{t("stats.unreviewed")}</th>
                      <th title={t("stats.precisionHint")}>{t("stats.precision")}</th><th className="num">{t("stats.standing")}<br /><small>{t("stats.standingMedian")} / {t("stats.standingP90")}</small></th><th className="why">{t("stats.rejectedWhy")}</th>
                    </tr></thead>
                    <tbody>
                      {data.rows.map((row) => {
                        const judged = row.confirmed + rejectedOf(row);
                        return (
                          <tr key={row.key}>
                            <td><span className="row">{by === "category" && <CategoryMark category={row.key} size={16} />}{nameOf(by, row.key, cameras.data, speech)}</span></td>
                            <td className="num">{number(row.found)}</td><td className="num">{number(row.confirmed)}</td><td className="num">{number(judged - row.confirmed)}</td><td className="num muted">{number(row.unreviewed)}</td>
                            <td className="prec">{row.precision === null ? <span className="muted">–</span> : <><span className="nowrap">{percent(row.precision)} {judged < FEW && <span className="tag">{t("stats.few")}</span>}</span><IntervalBar value={row.precision} low={row.precision_low ?? 0} high={row.precision_high ?? 1} /></>}</td>
                            <td className="num">{row.standing_s_median === null ? "–" : <>{span(row.standing_s_median)}<br /><small className="muted">{row.standing_s_p90 === null ? "" : span(row.standing_s_p90)}</small></>}</td>
                            <td className="why small muted">{rejectedText(row) || "–"}</td>
                          </tr>
                        );
                      })}
                    </tbody>
                  </table>
                </div>
              </section>
              <section className="panel"><header><h2>{t("stats.rejectedWhy")}</h2></header><div className="body"><RejectedBars rejected={all.rejected} name={reasonName} /></div></section>
              <section className="panel">
                <header><h2>{t("stats.hotSpots")}</h2></header>
                <ol className="hot">
                  {data.hot_spots.slice(0, 10).map((spot) => (
                    <li key={spot.camera + spot.zone} className="row">
                      <span className="grow cut">{cameras.data?.find((one) => one.id === spot.camera)?.name ?? spot.camera} · {spot.zone}</span>
                      <span className="hotbar" aria-hidden="true"><i style={{ width: `${(spot.count / (data.hot_spots[0]?.count || 1)) * 100}%` }} /></span>
                      <strong className="num">{t("stats.times", { n: spot.count })}</strong>
                    </li>
                  ))}
                </ol>
              </section>
            </div>
          )}
        </>
      )}
    </div>
  );
}

function Keys() {
  const { t } = useSpeech();
  return <span className="row small chart"><span className="key good"><i />{t("stats.confirmed")}</span><span className="key bad"><i />{t("stats.rejected")}</span><span className="key none"><i />{t("stats.unreviewed")}</span></span>;
}
