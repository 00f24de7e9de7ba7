/** Review: the queue on the left, the case on the right, everything by key. */

import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api } from "../api/client";
import { useNow } from "../api/live";
import type { Box, Case, CaseSummary, Reasons } from "../api/types";
import { CategoryMark, Icon } from "../design/icons";
import { Button, Empty, explain, Failed, Loading, useKept, useToast } from "../design/ui";
import { useSpeech } from "../i18n";
import { offsetOf } from "../i18n/timezone";
import { useHelp } from "../shell/help";
import { useMay, useMe } from "../shell/me";
import { useUnreviewed } from "../shell/unreviewed";
import { Evidence, viewsOf, type View } from "./Evidence";
import { Facts, VerdictTag, verdictTone } from "./Facts";
import { countFilters, FilterPanel } from "./FilterPanel";
import { FixtureDialog } from "./FixtureDialog";
import { command, type Command, type Mode } from "./keys";
import type { PlayerHandle } from "./Player";
import { QueueList } from "./QueueList";
import { upcoming, waits, type Sort } from "./queue";
import { fitted } from "./Stage";
import { useAhead } from "./useAhead";
import { NO_FILTERS, startingFilters, useQueue, type Filters } from "./useQueue";
import { chosen } from "./signs";
import { categoryChoices, Picker, VerdictBar, type Choice } from "./VerdictBar";

const CATEGORIES = ["illegal_dumping", "street_vending", "ground_lock", "overflowing_bin", "camera_health"];
const NUDGE = 0.004;
const AHEAD = 3;

export function ReviewPage() {
  const speech = useSpeech();
  const { t, named, moment, ago, span, percent, clock, day } = speech;
  const me = useMe();
  const mayJudge = useMay("operator");
  const mayTune = useMay("tuner");
  const toast = useToast();
  const help = useHelp();
  const now = useNow(30);
  const start = useMemo(() => new URLSearchParams(location.search), []);
  const [filters, setFilters] = useState<Filters>(() => startingFilters(start));
  const [sort, setSort] = useKept<Sort>("sort", "newest");
  const [mode, setMode] = useState<Mode>("idle");
  const [ownOpen, setOwnOpen] = useState(false);
  const [filtering, setFiltering] = useState(false);
  const [overlay, setOverlay] = useKept("overlay", true);
  const [slow, setSlow] = useState(false);
  const [loop, setLoop] = useKept("loop", true);
  const [view, setView] = useKept<View>("view", "clip");
  const [box, setBox] = useState<Box | null>(null);
  const [fixture, setFixture] = useState(false);
  const [picking, setPicking] = useState(false);
  const [showCase, setShowCase] = useState(() => start.has("case"));
  const player = useRef<PlayerHandle>(null);
  const boxBefore = useRef<Box | null>(null);

  const tools = useQueue({
    filters, sort, offset: offsetOf(me.site.timezone), who: me.name, first: start.get("case"),
    onFailed: (error, again) =>
      toast({ text: t("review.failed", { why: explain(error, speech) }), tone: "bad", action: { label: t("do.retry"), run: again } }),
    onDone: (kind, n = 0) =>
      toast(kind === "bulkConflicts"
        ? { text: t("review.bulkConflicts", { n }), tone: "bad" }
        : { text: kind === "undone" ? t("review.undone") : kind === "nothing" ? t("review.nothingToUndo") : t("review.bulkDone", { n }) }),
  });
  const { queue, dispatch } = tools;
  useUnreviewed(queue.loaded && !countFilters(filters) ? queue.unreviewed : null);

  const id = queue.selected;
  const whole = useQuery({
    queryKey: ["case", id],
    queryFn: ({ signal }) => api.get<Case>(`/cases/${id}`, undefined, signal),
    enabled: id !== null,
    staleTime: 30_000,
  });
  const item = whole.data?.case_id === id ? whole.data : undefined;
  const summary: CaseSummary | undefined = (id ? queue.cases[id] : undefined) ?? item;
  const reasons = useQuery({ queryKey: ["reasons"], queryFn: ({ signal }) => api.get<Reasons>("/reasons", undefined, signal), staleTime: Infinity });
  const clipAhead = useAhead(upcoming(queue, AHEAD));

  // What belonged to the case before does not go along to the next.
  useEffect(() => {
    setMode("idle");
    setOwnOpen(false);
    setBox(null);
    setFixture(false);
  }, [id]);

  useEffect(() => {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(filters)) if (value && value !== NO_FILTERS[key as keyof Filters]) search.set(key, value);
    if (id) search.set("case", id);
    history.replaceState(null, "", `/review${search.size ? `?${search}` : ""}`);
  }, [filters, id]);

  const reasonChoices: Choice[] = useMemo(() => {
    const category = queue.checked.length ? queue.cases[queue.checked[0] ?? ""]?.category : summary?.category;
    const all = [...(reasons.data?.[category ?? ""] ?? []), ...(reasons.data?.["*"] ?? [])];
    return [...new Map(all.map((one) => [one.id, one])).values()].map((one) => ({ id: one.id, label: speech.words(one) }));
  }, [reasons.data, summary?.category, queue.checked, queue.cases, speech]);
  const reasonName = (id: string) => {
    const found = Object.values(reasons.data ?? {}).flat().find((one) => one.id === id);
    return found ? speech.words(found) : id;
  };
  const otherCategories = useMemo(() => categoryChoices(CATEGORIES.filter((one) => one !== summary?.category), named), [summary?.category, named]);
  const duplicates: Choice[] = useMemo(
    () => (item?.similar ?? []).map((one) => ({
      id: one.case_id,
      label: `${ago(one.detected_at, now)} · ${named("category", one.category)}`,
      mark: one.thumb ? <img className="mini" src={one.thumb} alt="" /> : undefined,
    })),
    [item, named, ago, now],
  );

  const give = useCallback((verdict: "true" | "false" | "wrong_category" | "duplicate" | "unsure", more: { reason?: string; category?: string; duplicate_of?: string; note?: string } = {}) => {
    setMode("idle");
    setOwnOpen(false);
    if (queue.checked.length && (verdict === "true" || verdict === "false" || verdict === "unsure")) {
      void tools.judgeMany(queue.checked, verdict, more.reason);
      return;
    }
    if (!summary) return;
    tools.judge(summary, { verdict, ...more, ...(box ? { box } : {}) });
  }, [queue.checked, summary, box, tools]);

  const pick = useCallback((which: Mode, digit: number) => {
    const at = chosen(digit);
    const list = which === "reason" ? reasonChoices : which === "category" ? otherCategories : duplicates;
    if (at < 0) {
      if (which !== "category") setOwnOpen(true);
      return;
    }
    const choice = list[at];
    if (!choice) return;
    if (which === "reason") give("false", { reason: choice.id });
    else if (which === "category") give("wrong_category", { category: choice.id });
    else give("duplicate", { duplicate_of: choice.id });
  }, [reasonChoices, otherCategories, duplicates, give]);

  const act = useCallback((what: Command) => {
    const judging: Command[] = ["true", "false", "wrong", "duplicate", "unsure", "box", "undo", "select", "selectAll"];
    if (!mayJudge && judging.includes(what)) return;
    if (what.startsWith("digit")) return pick(mode, Number(what.slice(5)));
    if (what.startsWith("nudge") || what.startsWith("grow")) {
      const way = what.replace(/^nudge|^grow/, "");
      const dx = way === "Left" ? -NUDGE : way === "Right" ? NUDGE : 0;
      const dy = way === "Up" ? -NUDGE : way === "Down" ? NUDGE : 0;
      const [x1, y1, x2, y2] = box ?? item?.bbox ?? [0.4, 0.4, 0.6, 0.6];
      setBox(fitted(what.startsWith("grow") ? [x1, y1, x2 + dx, y2 + dy] : [x1 + dx, y1 + dy, x2 + dx, y2 + dy]));
      return;
    }
    switch (what) {
      case "next": return dispatch({ type: "moved", by: 1 });
      case "previous": return dispatch({ type: "moved", by: -1 });
      case "first": case "last": return dispatch({ type: "moved", by: what });
      case "nextUnreviewed": return dispatch({ type: "moved", by: "unreviewed" });
      case "true": case "unsure": return give(what);
      case "false": setOwnOpen(false); return setMode("reason");
      case "wrong": setOwnOpen(false); return setMode("category");
      case "duplicate": setOwnOpen(duplicates.length === 0); return setMode("duplicate");
      case "undo": return void tools.undo();
      case "box":
        if (!item) return;
        player.current?.pause();
        boxBefore.current = box;
        if (view === "compare" || view === "crop") setView(viewsOf(item).includes("clip") ? "clip" : "act");
        setBox(box ?? item.bbox);
        return setMode("box");
      case "confirm":
        return setMode("idle");
      case "fixture": if (mayTune && item) setFixture(true); return;
      case "play": return player.current?.toggle();
      case "stepBack": return player.current?.step(-1);
      case "stepForward": return player.current?.step(1);
      case "slow": return setSlow(!slow);
      case "loop": return setLoop(!loop);
      case "overlay": return setOverlay(!overlay);
      case "view1": case "view2": case "view3": case "view4": {
        const wanted = item && viewsOf(item)[Number(what.slice(4)) - 1];
        if (wanted) setView(wanted);
        return;
      }
      case "select": if (id) dispatch({ type: "checked", id }); return;
      case "selectAll": return dispatch({ type: "checkedAll" });
      case "filter": return setFiltering(true);
      case "help": return help(true);
      case "escape":
        if (mode === "box") setBox(boxBefore.current);
        if (mode !== "idle") { setMode("idle"); setOwnOpen(false); }
        else if (filtering) setFiltering(false);
        else if (queue.checked.length) dispatch({ type: "unchecked" });
        else if (picking) setPicking(false);
        else if (box) setBox(null);
        else setShowCase(false);
    }
  }, [mayJudge, mayTune, mode, pick, box, item, dispatch, give, duplicates.length, tools, view, setView, slow, loop, setLoop, overlay, setOverlay, id, help, filtering, queue.checked.length, picking]);

  const onKey = useRef<(event: KeyboardEvent) => void>(() => {});
  onKey.current = (event) => {
    const target = event.target as HTMLElement;
    if (document.querySelector("dialog[open]") || event.isComposing) return;
    const typing = target.matches("input:not([type=range]):not([type=checkbox]), textarea, select");
    if (typing && event.key !== "Escape") return;
    if (event.key === "Enter" && mode !== "box") return;
    // A slider or a focused button keeps the keys that are its own.
    if (target.matches("input[type=range]") && event.key.startsWith("Arrow")) return;
    if (event.key === " " && target.matches("button:focus-visible, a:focus-visible, input[type=checkbox]")) return;
    const what = command(event, mode);
    if (!what) return;
    event.preventDefault();
    act(what);
  };
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey.current(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);

  const open = useCallback(async (wanted: string) => {
    setShowCase(true);
    if (wanted in queue.cases) return dispatch({ type: "selected", id: wanted });
    try {
      // It need not fit the filter: it takes its place in the list all the same.
      dispatch({ type: "restored", item: await api.get<Case>(`/cases/${wanted}`), select: true });
    } catch (error) {
      toast({ text: explain(error, speech), tone: "bad" });
    }
  }, [queue.cases, dispatch, toast, speech]);

  const select = useCallback((wanted: string) => { dispatch({ type: "selected", id: wanted }); setShowCase(true); }, [dispatch]);
  const check = useCallback((wanted: string) => dispatch({ type: "checked", id: wanted }), [dispatch]);
  const seen = useCallback(() => dispatch({ type: "seen" }), [dispatch]);
  const pickSeveral = (on: boolean) => {
    setPicking(on);
    if (!on) dispatch({ type: "unchecked" });
  };
  const position = id ? queue.order.indexOf(id) + 1 : 0;
  const filtersOn = countFilters(filters);
  const allDone = queue.loaded && queue.order.length > 0 && queue.unreviewed === 0 && filters.state === "unreviewed";

  return (
    <div className={`review ${picking ? "picking" : showCase ? "show-case" : ""}`}>
      <h1 className="sr">{t("review.title")}</h1>
      <section className="queue" aria-label={t("review.queue")}>
        <header>
          <div className="row">
            <strong className="count">{queue.loaded ? speech.number(queue.unreviewed) : "–"}</strong>
            <span className="muted small grow cut">{t("review.state.unreviewed")}</span>
            {mayJudge && <Button small icon="picks" label={t(picking ? "review.pickDone" : "review.pick")} aria-pressed={picking} onClick={() => pickSeveral(!picking)} />}
            <Button small icon="filter" className={filtersOn || filters.state !== "unreviewed" ? "on" : ""} aria-expanded={filtering} label={filtersOn ? t("review.filtersOn", { n: filtersOn }) : t("review.filter")} keys="/" onClick={() => setFiltering(!filtering)} />
            <select className="i sort" aria-label={t("review.sort")} value={sort} onChange={(event) => { setSort(event.target.value as Sort); event.target.blur(); }}>
              {(["newest", "severity", "uncertain"] as const).map((value) => <option key={value} value={value}>{t(`review.sort.${value}`)}</option>)}
            </select>
          </div>
          {picking && (
            <div className="row">
              <span className="small grow">{t("review.selected", { n: queue.checked.length })}</span>
              <Button small onClick={() => dispatch({ type: "checkedAll" })}>{t("review.pickAll")}</Button>
              <Button small disabled={!queue.checked.length} onClick={() => dispatch({ type: "unchecked" })}>{t("do.clear")}</Button>
            </div>
          )}
          {filtering && <FilterPanel filters={filters} onChange={setFilters} onClose={() => setFiltering(false)} />}
          {!filtering && (filtersOn > 0 || filters.state !== "unreviewed") && (
            <div className="row wrap chips">
              {filters.state !== "unreviewed" && <span className="tag accent">{t(`review.state.${filters.state as "all"}`)}</span>}
              {Object.entries(filters).map(([key, value]) => value && key !== "state" && (
                <span key={key} className="tag accent">{key === "category" || key === "verdict" ? named(key, value) : value}</span>
              ))}
              <Button small tone="quiet" onClick={() => setFilters(NO_FILTERS)}>{t("review.reset")}</Button>
            </div>
          )}
        </header>
        {tools.error && !queue.loaded ? (
          <Failed error={tools.error} title={t("review.queueFailed")} retry={tools.reload} />
        ) : !queue.loaded ? (
          <div className="queue-list" role="status" aria-label={t("app.loading")}>{Array.from({ length: 9 }, (_, n) => <div key={n} className="skeleton rowskel" />)}</div>
        ) : queue.order.length === 0 ? (
          <Empty icon={filtersOn ? "filter" : "check"} title={t(filtersOn ? "review.empty" : "review.emptyDone")}>
            <p>{t(filtersOn ? "review.emptyFilterHint" : "review.emptyDoneHint")}</p>
            {filtersOn > 0 && <Button small onClick={() => setFilters(NO_FILTERS)}>{t("review.reset")}</Button>}
          </Empty>
        ) : (
          <QueueList
            queue={queue}
            canCheck={mayJudge}
            loadingMore={tools.loadingMore}
            picking={picking}
            onSelect={select}
            onCheck={check}
            onMore={tools.loadMore}
            onSeen={seen}
          />
        )}
      </section>

      <section className="case-pane" aria-label={t("nav.review")}>
        {!id ? (
          queue.loaded ? <Empty icon="inbox" title={t(queue.order.length ? "review.choose" : "review.emptyDone")} /> : <Loading />
        ) : whole.error && !item ? (
          <Failed error={whole.error} title={t("review.caseFailed")} retry={() => void whole.refetch()} />
        ) : summary ? (
          <>
            <header className="case-head">
              <Button tone="quiet" icon="back" className="only-narrow" label={t("review.backToQueue")} onClick={() => setShowCase(false)} />
              <CategoryMark category={summary.category} size={22} />
              <div className="grow">
                <h2 className="cut">
                  {named("category", summary.category)}
                  {summary.subcategory && <span className="sub"> {named("sub", summary.subcategory)}</span>}
                </h2>
                <p className="small muted cut">
                  {summary.camera_name ?? summary.camera_id} · {summary.zone_id} · <time dateTime={summary.detected_at}><span className="wideonly">{moment(summary.detected_at)}</span><span className="only-narrow">{`${day(summary.detected_at)} ${clock(summary.detected_at)}`}</span></time>
                </p>
              </div>
              <dl className="meta">
                <div><dt>{t("case.confidence")}</dt><dd>{percent(summary.confidence)}</dd></div>
                <div><dt>{t("case.severity")}</dt><dd className={summary.severity}>{named("severity", summary.severity)}</dd></div>
                <div className="wideonly"><dt>{t("stats.standing")}</dt><dd>{span(summary.standing_s ?? Math.max(0, (now - Date.parse(summary.occurred_at)) / 1000))}</dd></div>
              </dl>
              {summary.held && waits(summary) && <span className="tag attention" title={t("case.held")}><Icon name="lock" size={13} /><span className="wideonly">{named("state", "held")}</span></span>}
              <VerdictTag verdict={summary.verdict} />
            </header>
            {allDone && !waits(summary) && (
              <p className="strip good"><Icon name="check" /> <strong>{t("review.emptyDone")}</strong> <span className="small">{t("review.emptyDoneHint")}</span></p>
            )}
            {!waits(summary) && summary.verdict && !allDone && (
              <p className={`strip ${verdictTone(summary.verdict) === "bad" ? "bad" : verdictTone(summary.verdict) === "good" ? "good" : ""}`}>
                <span>{t("review.doneBy", { by: summary.verdict.by, verdict: named("verdict", summary.verdict.verdict) })}</span>
                <span className="grow">{[summary.verdict.reason && reasonName(summary.verdict.reason), summary.verdict.category && named("category", summary.verdict.category), summary.verdict.note].filter(Boolean).join(" · ")}</span>
                <time className="small">{ago(summary.verdict.at, now)}</time>
              </p>
            )}
            <div className="case-body">
              {item ? (
                <Evidence
                  ref={player}
                  item={item}
                  view={view}
                  onView={setView}
                  overlay={overlay}
                  slow={slow}
                  loop={loop}
                  playing
                  onOverlay={() => setOverlay(!overlay)}
                  onSlow={() => setSlow(!slow)}
                  onLoop={() => setLoop(!loop)}
                  box={box}
                  editing={mode === "box"}
                  onBox={setBox}
                />
              ) : (
                <div className="evidence"><div className="pane"><div className="stage">{summary.thumb && <img className="waiting" src={summary.thumb} alt="" />}</div></div></div>
              )}
              <aside className="facts-pane" aria-label={t("case.details")} tabIndex={0}>
                {item ? <Facts item={item} onOpen={(wanted) => void open(wanted)} reasonName={reasonName} /> : <Loading />}
              </aside>
            </div>
            <footer className="judge">
              {tools.conflicts.map((conflict) => (
                <div key={conflict.theirs.case_id} className="strip attention" role="alert">
                  <Icon name="warning" />
                  <span className="grow">
                    <strong>{t("review.conflict")}</strong>{" "}
                    {t("review.conflictLong", { by: conflict.theirs.verdict?.by ?? "–", verdict: named("verdict", conflict.theirs.verdict?.verdict ?? "none") })}
                  </span>
                  <Button small onClick={() => tools.settle(conflict, false)}>{t("review.conflictKeep")}</Button>
                  <Button small onClick={() => tools.settle(conflict, true)}>{t("review.conflictOver", { verdict: named("verdict", conflict.mine.verdict) })}</Button>
                  {conflict.theirs.case_id !== id && <Button small tone="quiet" onClick={() => void open(conflict.theirs.case_id)}>{t("review.conflictOpen")}</Button>}
                </div>
              ))}
              {mode === "box" && <p className="strip"><Icon name="box" /> {t("judge.boxHint")}</p>}
              {mode === "idle" && box && <p className="strip"><Icon name="box" /> <span className="grow">{t("judge.boxKept")}</span><Button small tone="quiet" onClick={() => setBox(null)}>{t("do.clear")}</Button></p>}
              {mode === "reason" && (
                <Picker title={t("judge.reason")} choices={reasonChoices} onChoose={(reason) => give("false", { reason })} onCancel={() => setMode("idle")} own={(text) => give("false", { reason: text })} ownLabel={t("judge.ownWords")} ownOpen={ownOpen} setOwnOpen={setOwnOpen} />
              )}
              {mode === "category" && (
                <Picker title={t("judge.category")} choices={otherCategories} onChoose={(category) => give("wrong_category", { category })} onCancel={() => setMode("idle")} ownOpen={false} setOwnOpen={() => undefined} />
              )}
              {mode === "duplicate" && (
                <Picker title={t("judge.duplicate")} choices={duplicates} empty={t("judge.duplicateNone")} onChoose={(other) => give("duplicate", { duplicate_of: other })} onCancel={() => setMode("idle")} own={(text) => give("duplicate", { duplicate_of: text })} ownLabel={t("judge.duplicateId")} ownOpen={ownOpen} setOwnOpen={setOwnOpen} />
              )}
              <VerdictBar item={summary} mode={mode} act={(what) => act(mode === "box" && what === "box" ? "confirm" : what)} mayJudge={mayJudge} mayTune={mayTune} boxKept={box !== null} bulk={queue.checked.length} />
              <p className="sr" aria-live="polite">{t("review.position", { n: position, total: queue.total })}</p>
            </footer>
          </>
        ) : (
          <Loading />
        )}
      </section>
      {fixture && item && (
        <FixtureDialog
          item={item}
          onClose={() => setFixture(false)}
          onDone={(version) => { setFixture(false); toast({ text: t("judge.fixtureDone", { version }) }); }}
        />
      )}
      {clipAhead && <video className="ahead" src={clipAhead} preload="auto" muted aria-hidden="true" tabIndex={-1} key={clipAhead} />}
    </div>
  );
}

