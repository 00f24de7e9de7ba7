/** What is known of a case beside its pictures: reasons, place, what happened here before, its course. */

import { lazy, Suspense } from "react";
import { Link } from "wouter";
import { useNow } from "../api/live";
import type { Case, CaseSummary, Verdict } from "../api/types";
import { CategoryMark, Icon } from "../design/icons";
import { useMe } from "../shell/me";
import { useSpeech } from "../i18n";
import { judge } from "./why";

const TileMap = lazy(() => import("./TileMap"));

export function verdictTone(verdict: Verdict | null): string {
  switch (verdict?.verdict) {
    case "true":
      return "good";
    case "false":
    case "duplicate":
      return "bad";
    case "wrong_category":
      return "accent";
    case "unsure":
      return "doubt";
    default:
      return "";
  }
}

export function VerdictTag({ verdict }: { verdict: Verdict | null }) {
  const { named, t } = useSpeech();
  if (!verdict || verdict.verdict === "undo") return <span className="tag">{t("verdict.none")}</span>;
  return (
    <span className={`tag ${verdictTone(verdict)}`}>
      <Icon name={verdict.verdict === "true" ? "check" : verdict.verdict === "unsure" ? "doubt" : verdict.verdict === "wrong_category" ? "swap" : verdict.verdict === "duplicate" ? "copy" : "cross"} size={13} />
      {named("verdict", verdict.verdict)}
    </span>
  );
}

function ReasonBars({ item }: { item: Case }) {
  const speech = useSpeech();
  const { t, named } = speech;
  if (!item.why.length) return <p className="muted small">{t("why.none")}</p>;
  return (
    <ul className="whys">
      {item.why.map((why) => {
        const one = judge(why, speech);
        return (
          <li key={why.condition}>
            <span className="what">{named("why", why.condition)}</span>
            <span className="value"><strong>{one.value}</strong> <span className="muted">{t(one.atMost ? "why.atMost" : "why.atLeast", { threshold: one.threshold })}</span></span>
            <span className={`bar ${one.met ? "met" : ""}`} role="img" aria-label={t(one.met ? "why.met" : "why.notMet")}>
              <i style={{ width: `${one.fill * 100}%` }} />
              <b style={{ left: `${one.mark * 100}%` }} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Place({ item }: { item: Case }) {
  const { t } = useSpeech();
  const me = useMe();
  const { lat, lon, address, grid } = item.location;
  return (
    <>
      {me.settings.map_tiles && lat !== null && lon !== null && (
        <Suspense fallback={<div className="map skeleton" />}>
          <TileMap tiles={me.settings.map_tiles} lat={lat} lon={lon} />
        </Suspense>
      )}
      {!address && lat === null && <p className="muted small">{t("case.noPlace")}</p>}
      <dl className="facts">
        {address && <><dt>{t("case.address")}</dt><dd>{address}</dd></>}
        {grid && <><dt>{t("case.grid")}</dt><dd className="mono">{grid}</dd></>}
        {lat !== null && lon !== null && (
          <><dt>{t("case.coordinates")}</dt><dd className="mono">{lat.toFixed(5)}, {lon.toFixed(5)}{item.location.crs ? ` · ${item.location.crs}` : ""}</dd></>
        )}
      </dl>
    </>
  );
}

const DAY_MS = 86_400_000;

function History({ item, onOpen }: { item: Case; onOpen: (id: string) => void }) {
  const { t, named, moment, ago } = useSpeech();
  const now = useNow(60);
  if (!item.similar.length) return <p className="muted small">{t("case.historyNone")}</p>;
  const end = Date.parse(item.detected_at);
  const place = (one: CaseSummary) => 100 - Math.min(100, Math.max(0, ((end - Date.parse(one.detected_at)) / (30 * DAY_MS)) * 100));
  return (
    <>
      <div className="timeline" aria-hidden="true">
        {item.similar.map((one) => <i key={one.case_id} className={verdictTone(one.verdict)} style={{ left: `${place(one)}%` }} />)}
        <i className="now" style={{ left: "100%" }} />
      </div>
      <ul className="similar">
        {item.similar.map((one) => (
          <li key={one.case_id}>
            <button type="button" onClick={() => onOpen(one.case_id)} title={moment(one.detected_at)}>
              {one.thumb ? <img src={one.thumb} alt="" loading="lazy" /> : <span className="nothumb"><Icon name="image" size={15} /></span>}
              <span className="grow">
                <span className="row"><CategoryMark category={one.category} size={14} /><span className="cut">{named("category", one.category)}</span></span>
                <span className="small muted">{ago(one.detected_at, now)}</span>
              </span>
              <VerdictTag verdict={one.verdict} />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Course({ item, reasonName }: { item: Case; reasonName: (id: string) => string }) {
  const { t, named, moment } = useSpeech();
  const rows = [
    { at: item.occurred_at, what: t("case.occurred"), who: "", tone: "", note: "" },
    ...item.events.map((event) => ({ at: event.detected_at, what: named("kind", event.kind), who: "", tone: event.kind === "withdrawn" ? "bad" : event.kind === "cleared" ? "good" : "attention", note: "" })),
    ...item.verdicts.map((row) => ({ at: row.at, what: named("verdict", row.verdict), who: row.by, tone: verdictTone(row), note: [row.reason && reasonName(row.reason), row.category && named("category", row.category), row.note].filter(Boolean).join(" · ") })),
    ...item.answers.map((row) => ({ at: row.at, what: `${t("case.answers")}：${row.kind}`, who: "", tone: "accent", note: row.reason ?? "" })),
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return (
    <ol className="course">
      {rows.map((row, number) => (
        <li key={`${row.at}${number}`} className={row.tone}>
          <span className="what">{row.what}{row.who && <span className="muted"> · {row.who}</span>}</span>
          <time className="small muted nowrap">{moment(row.at)}</time>
          {row.note && <span className="small note">{row.note}</span>}
        </li>
      ))}
    </ol>
  );
}

export function Facts({ item, onOpen, reasonName }: { item: Case; onOpen: (id: string) => void; reasonName: (id: string) => string }) {
  const { t, named, comma } = useSpeech();
  return (
    <div className="factcols">
      <section>
        <h3>{t("case.reasons")}</h3>
        <ReasonBars item={item} />
      </section>
      <section>
        <h3>{t("case.place")}</h3>
        <Place item={item} />
      </section>
      <section>
        <h3>{t("case.history")}</h3>
        <History item={item} onOpen={onOpen} />
      </section>
      <section>
        <h3>{t("case.events")}</h3>
        <Course item={item} reasonName={reasonName} />
      </section>
      <section>
        <h3>{t("case.details")}</h3>
        <dl className="facts">
          {item.codes.map((code) => (
            <div key={code.standard + code.code}>
              <dt>{code.standard}</dt>
              <dd><span className="mono">{code.code}</span> {code.name}</dd>
            </div>
          ))}
          {item.dispatch_hints.length > 0 && (
            <>
              <dt>{t("case.dispatch")}</dt>
              <dd>{item.dispatch_hints.map((hint) => `${hint.unit}（${named("level", hint.level)}）`).join(comma)}</dd>
            </>
          )}
          <dt>{t("case.model")}</dt>
          <dd className="mono">{item.model ?? item.producer?.model ?? "–"}</dd>
          <dt>{t("review.camera")}</dt>
          <dd><Link href={`/cameras/${item.camera_id}`}>{item.camera_name ?? item.camera_id}</Link></dd>
          <dt>{t("case.id")}</dt>
          <dd className="mono small">{item.case_id}</dd>
        </dl>
      </section>
    </div>
  );
}
