/** Try it: what the drawn zones would have reported of what was recorded, beside what those in force did. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState, type Dispatch } from "react";
import { api } from "../api/client";
import type { Box, ConfigSchema, Medium, Suggestion, SweepPoint, TriedCase, Tryout } from "../api/types";
import { CategoryMark, Icon } from "../design/icons";
import { Button, explain, Failed, Field, FieldError, Loading, Segments, useToast } from "../design/ui";
import { useSpeech } from "../i18n";
import { placed } from "../review/Stage";
import { inUnit, unitOf, written } from "./durations";
import type { Edit, Editor } from "./editor";
import { kindOf } from "./RuleForm";

const POLL_MS = 1000;

type SweptSetting = { zone: string; rule: string; parameter: string };

export function TryPanel({ camera, editor, send, schema, valid, onGhosts }: {
  camera: string; editor: Editor; send: Dispatch<Edit>; schema: ConfigSchema; valid: boolean;
  onGhosts: (ghosts: { box: Box; tone: "gained" | "lost" }[]) => void;
}) {
  const speech = useSpeech();
  const { t, span, words } = speech;
  const path = `/cameras/${encodeURIComponent(camera)}`;
  const media = useQuery({ queryKey: ["media", camera], queryFn: ({ signal }) => api.get<Medium[]>(`${path}/media`, undefined, signal) });
  const suggestions = useQuery({ queryKey: ["suggestions", camera], queryFn: ({ signal }) => api.get<Suggestion[]>(`${path}/suggestions`, undefined, signal) });
  const [choice, setChoice] = useState<"recent" | "choose">("recent");
  const [picked, setPicked] = useState<string[]>([]);
  const [job, setJob] = useState<{ id: string; zones: string; swept: SweptSetting | null } | null>(null);
  const [state, setState] = useState<Tryout | null>(null);
  const [error, setError] = useState<unknown>(null);
  const now = JSON.stringify(editor.zones);

  useEffect(() => {
    if (!job) return;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        const answer = await api.get<Tryout>(`/tryouts/${job.id}`);
        if (stopped) return;
        setState(answer);
        if (answer.state === "waiting" || answer.state === "running") timer = setTimeout(ask, POLL_MS);
      } catch (reason) {
        if (!stopped) setError(reason);
      }
    };
    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [job]);

  useEffect(() => {
    onGhosts(state?.state === "done" ? [...state.gained.map((one) => ({ box: one.bbox, tone: "gained" as const })), ...state.lost.map((one) => ({ box: one.bbox, tone: "lost" as const }))] : []);
  }, [state, onGhosts]);

  const toast = useToast();
  const use = ({ zone, rule, parameter }: SweptSetting, value: unknown) => {
    send({ type: "setting", zone, rule, name: parameter, value });
    toast({ text: t("try.applied") });
  };
  const run = async (sweep?: SweptSetting & { values: (string | number)[] }) => {
    setError(null);
    setState({ state: "waiting", progress: 0, gained: [], lost: [], unchanged: [], skipped: {}, too_short: [], sweep: null, error: null });
    try {
      const { id } = await api.post<{ id: string }>(`${path}/tryouts`, { zones: editor.zones, media: choice === "recent" ? "recent" : picked, ...(sweep ? { sweep } : {}) });
      setJob({ id, zones: now, swept: sweep ?? null });
    } catch (reason) {
      setState(null);
      setError(reason);
    }
  };
  const kind = (one: SweptSetting) => kindOf(one.parameter, schema.rules[one.rule]?.schema.properties[one.parameter] ?? {});
  const asSetting = (one: Suggestion) => {
    const unit = unitOf(one.value);
    return kind(one) === "duration" ? written(inUnit(one.value, unit), unit) : one.value;
  };
  const shown = (one: Suggestion, value: number) => (kind(one) === "duration" ? span(value) : kind(one) === "share" ? speech.percent(value, 3) : speech.number(value, 3));
  const running = state?.state === "waiting" || state?.state === "running";
  const total = (media.data ?? []).filter((one) => picked.includes(one.id));
  const none = media.data?.length === 0;

  return (
    <div className="stack try">
      <p className="muted small">{t("try.lead")}</p>
      {media.error ? <Failed error={media.error} retry={() => void media.refetch()} /> : !media.data ? <Loading /> : none ? (
        <p className="strip attention"><Icon name="warning" />{t("try.noMedia")}</p>
      ) : (
        <>
          <div className="row wrap">
            <Segments label={t("try.media")} value={choice} options={[{ value: "recent", label: t("try.recent") }, { value: "choose", label: t("try.choose") }]} onChange={setChoice} />
            <span className="small muted">{choice === "recent" ? t("try.recentHint") : t("try.mediaSum", { n: total.length, time: span(total.reduce((sum, one) => sum + (one.seconds ?? 0), 0)) })}</span>
          </div>
          {choice === "choose" && (
            <ul className="media" aria-label={t("try.media")}>
              {media.data.map((one) => (
                <li key={one.id}>
                  <label className="check"><input type="checkbox" checked={picked.includes(one.id)} onChange={() => setPicked(picked.includes(one.id) ? picked.filter((id) => id !== one.id) : [...picked, one.id])} />
                    <span>{speech.moment(one.start)}</span>{one.seconds !== null && <span className="muted small">{span(one.seconds)}</span>}<span className="tag">{t(one.kind === "clip" ? "role.clip" : "camera.recordings")}</span>
                  </label>
                </li>
              ))}
            </ul>
          )}
          <div className="row">
            <Button tone="primary" icon="play" disabled={running || !valid || !editor.zones.length || (choice === "choose" && !picked.length)} onClick={() => void run()}>{t("try.run")}</Button>
            {running && <Button onClick={() => job && void api.delete(`/tryouts/${job.id}`).catch(() => undefined)}>{t("try.cancel")}</Button>}
          </div>
        </>
      )}
      {error !== null && <FieldError>{explain(error, speech)}</FieldError>}
      {state && (
        <div className="tryout" aria-live="polite">
          {running && (
            <>
              <p className="small">{state.state === "waiting" ? t("try.waiting") : t("try.running", { percent: speech.percent(state.progress) })}</p>
              <progress max={1} value={state.progress} aria-label={t("try.title")} />
            </>
          )}
          {state.state === "failed" && <FieldError>{t("try.failed", { why: state.error ?? "–" })}</FieldError>}
          {state.state === "cancelled" && <p className="muted">{t("try.cancelled")}</p>}
          {state.state === "done" && (
            <>
              {job && job.zones !== now && <p className="strip attention small"><Icon name="warning" size={15} />{t("try.stale")}</p>}
              <div className="outcome">
                {(["gained", "lost", "unchanged"] as const).map((kind) => <a key={kind} href={`#try-${kind}`} className={kind}><strong>{state[kind].length}</strong><span>{t(`try.${kind}`)}</span></a>)}
              </div>
              {state.too_short.length > 0 && <p className="hint">{t("try.tooShort", { n: state.too_short.length })}</p>}
              {Object.keys(state.skipped).length > 0 && <p className="hint" title={Object.values(state.skipped).join("\n")}>{t("try.skipped", { n: Object.keys(state.skipped).length })}</p>}
              {state.sweep && state.sweep.length > 0 && (
                <SweepChart
                  points={state.sweep}
                  shown={(value) => (job?.swept && kind(job.swept) === "share" && typeof value === "number" ? speech.percent(value, 3) : String(value))}
                  onUse={job?.swept ? (value) => job.swept && use(job.swept, value) : null}
                />
              )}
              <Tried kind="gained" cases={state.gained} />
              <Tried kind="lost" cases={state.lost} />
              <Tried kind="unchanged" cases={state.unchanged} />
            </>
          )}
        </div>
      )}
      <Sweep editor={editor} schema={schema} disabled={running || none || !valid} onRun={(sweep) => void run(sweep)} />
      <section className="stack tight">
        <div><h2>{t("try.suggestions")}</h2><p className="hint">{t("try.suggestionsLead")}</p></div>
        {suggestions.data?.length ? suggestions.data.map((one) => (
          <div key={`${one.zone}${one.rule}${one.parameter}${one.value}`} className="suggestion">
            <p>{words(one.text)}</p>
            <div className="row"><span className="small muted grow">{one.zone} · {speech.named("setting", one.parameter)} {shown(one, one.now)} → {shown(one, one.value)}</span>
              <Button small onClick={() => use(one, asSetting(one))}>{t("try.apply")}</Button></div>
          </div>
        )) : <p className="muted small">{t("try.suggestionsNone")}</p>}
      </section>
    </div>
  );
}

function Tried({ kind, cases }: { kind: "gained" | "lost" | "unchanged"; cases: TriedCase[] }) {
  const { t, named, moment, percent } = useSpeech();
  const none = { gained: "try.noneGained", lost: "try.noneLost", unchanged: "try.noneUnchanged" } as const;
  return (
    <section id={`try-${kind}`} className={`tried ${kind}`}>
      <h3>{t(`try.${kind}`)} · {cases.length}</h3>
      {!cases.length && <p className="muted small">{t(none[kind])}</p>}
      <ul>
        {cases.map((one, number) => (
          <li key={number}>
            <span className="pic">
              {one.picture ? <img src={one.picture} alt="" loading="lazy" /> : <span className="nothumb"><Icon name="image" /></span>}
              <span className="bx" style={placed(one.bbox)} />
            </span>
            <span className="grow">
              <span className="row"><CategoryMark category={one.category} size={15} /><strong className="cut">{named("category", one.category)}</strong></span>
              <span className="small muted">{one.zone_id} · {moment(one.detected)} · {percent(one.confidence)}</span>
              <Clip one={one} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The stored medium at the moment of the case. */
function Clip({ one }: { one: TriedCase }) {
  const { t } = useSpeech();
  const [open, setOpen] = useState(false);
  const ref = useRef<HTMLVideoElement>(null);
  return (
    <>
      <Button small tone="quiet" icon={open ? "close" : "play"} aria-expanded={open} onClick={() => setOpen(!open)}>{t("role.clip")}</Button>
      {open && <video ref={ref} src={one.medium_url} controls muted playsInline onLoadedMetadata={() => { if (ref.current) ref.current.currentTime = Math.max(0, one.media_s - 5); }} />}
    </>
  );
}

function Sweep({ editor, schema, disabled, onRun }: { editor: Editor; schema: ConfigSchema; disabled: boolean; onRun: (sweep: SweptSetting & { values: (string | number)[] }) => void }) {
  const { t, named } = useSpeech();
  const zone = editor.selected === null ? undefined : editor.zones[editor.selected];
  const options = useMemo(() => (zone?.rules ?? []).flatMap((rule) =>
    Object.entries(schema.rules[rule.rule]?.schema.properties ?? {}).filter(([name, property]) => ["duration", "share", "number"].includes(kindOf(name, property))).map(([name, property]) => ({ rule: rule.rule, name, kind: kindOf(name, property), value: rule[name] ?? schema.rules[rule.rule]?.defaults[name] })),
  ), [zone, schema]);
  const [choice, setChoice] = useState(0);
  const [text, setText] = useState("");
  const chosen = options[choice] ?? options[0];
  // Durations go as they are written, shares as fractions; what is no number is the server's to refuse.
  const values = text.trim().split(/[\s,，、]+/).filter(Boolean).map((one) => {
    const number = Number(one.replace("%", ""));
    if (chosen?.kind === "duration" || !Number.isFinite(number)) return one;
    return chosen?.kind === "share" ? Math.round(number * 1e6) / 1e8 : number;
  });
  if (!zone || !chosen) return null;
  return (
    <section className="stack tight">
      <h2>{t("try.sweep")} <span className="muted small">{zone.id}</span></h2>
      <form className="stack tight" onSubmit={(event) => { event.preventDefault(); if (values.length >= 2) onRun({ zone: zone.id, rule: chosen.rule, parameter: chosen.name, values }); }}>
        <Field label={t("try.sweepParameter")}>
          {(props) => <select {...props} className="i" value={choice} onChange={(event) => setChoice(Number(event.target.value))}>{options.map((one, number) => <option key={one.rule + one.name} value={number}>{named("category", one.rule)} · {named("setting", one.name)}（{one.kind === "share" ? `${Number(one.value) * 100}%` : String(one.value)}）</option>)}</select>}
        </Field>
        <Field label={t("try.sweepValues")} hint={t(chosen.kind === "share" ? "try.sweepValuesShare" : "try.sweepValuesHint")}>
          {(props) => <input {...props} className="i mono" value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
        <div><Button type="submit" disabled={disabled || values.length < 2}>{t("try.sweepRun")}</Button></div>
      </form>
    </section>
  );
}

function SweepChart({ points, shown, onUse }: { points: SweepPoint[]; shown: (value: string | number) => string; onUse: ((value: string | number) => void) | null }) {
  const { t } = useSpeech();
  const [width, height, left, bottom] = [360, 170, 26, 24];
  const top = Math.max(1, ...points.flatMap((one) => [one.found, one.false, one.missed]));
  const x = (at: number) => left + ((width - left - 10) * (points.length === 1 ? 0.5 : at / (points.length - 1)));
  const y = (value: number) => height - bottom - ((height - bottom - 10) * value) / top;
  const lines = [["found", "good"], ["false", "bad"], ["missed", "doubt"]] as const;
  return (
    <figure className="chart">
      <figcaption className="row wrap small">{lines.map(([name, tone]) => <span key={name} className={`key ${tone}`}><i />{t(name === "found" ? "try.sweepFound" : name === "false" ? "try.sweepFalse" : "try.sweepMissed")}</span>)}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${t("try.sweepChart")}: ${points.map((one) => `${one.value}: ${one.found}/${one.false}/${one.missed}`).join("; ")}`}>
        {[0, top].map((value) => <g key={value}><path className="grid" d={`M${left} ${y(value)}H${width - 8}`} /><text x={left - 5} y={y(value) + 4} textAnchor="end">{value}</text></g>)}
        {points.map((one, at) => <text key={at} x={x(at)} y={height - 6} textAnchor="middle">{shown(one.value)}</text>)}
        {lines.map(([name, tone]) => (
          <g key={name} className={`line ${tone}`}>
            <path d={points.map((one, at) => `${at ? "L" : "M"}${x(at)} ${y(one[name])}`).join("")} />
            {points.map((one, at) => <circle key={at} cx={x(at)} cy={y(one[name])} r={3.5} />)}
          </g>
        ))}
      </svg>
      {onUse && <div className="row wrap">{points.map((one) => <Button key={one.value} small onClick={() => onUse(one.value)}>{t("try.sweepUse", { value: shown(one.value) })}</Button>)}</div>}
    </figure>
  );
}
