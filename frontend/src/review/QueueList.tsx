/** The list of cases. Only what is in sight is in the page, however long it is. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useLayoutEffect, useRef } from "react";
import { useNow } from "../api/live";
import type { CaseSummary } from "../api/types";
import { CategoryMark, Icon } from "../design/icons";
import { Button } from "../design/ui";
import { useSpeech } from "../i18n";
import { VerdictTag } from "./Facts";
import { waits, type Queue } from "./queue";

const ROW = 76;
const OVERSCAN = 5;
/** Rows that one event of scrolling passes from which on nobody sees the pictures: they are fetched when it slows down. */
const FAST_ROWS = 2;

/** Drawn anew only when something of it changes, not at every step of scrolling. */
const Row = memo(function Row({ id, item, selected, checked, now, fast, onSelect, onCheck, canCheck, picking }: {
  id: string; item: CaseSummary; selected: boolean; checked: boolean; now: number; fast: boolean; canCheck: boolean; picking: boolean;
  onSelect: (id: string) => void; onCheck: (id: string) => void;
}) {
  const { t, named, ago, clock, span, percent } = useSpeech();
  const done = !waits(item);
  const pictured = useRef(false);
  pictured.current ||= !fast;
  return (
    <div className={`case ${picking ? "picking" : ""} ${selected ? "selected" : ""} ${done ? "done" : ""} ${item.severity}`}>
      <button type="button" className="open" onClick={() => (picking ? onCheck(id) : onSelect(id))} aria-current={selected || undefined} aria-pressed={picking ? checked : undefined} tabIndex={selected ? 0 : -1}>
        {item.thumb && !pictured.current ? <span className="nothumb" /> : item.thumb ? <img src={item.thumb} alt="" loading="lazy" decoding="async" /> : <span className="nothumb"><Icon name="image" /></span>}
        <span className="text">
          <span className="row top">
            <CategoryMark category={item.category} size={16} />
            <strong className="cut">{named("category", item.category)}</strong>
            {item.severity === "high" && <span className="tag attention">{t("severity.high")}</span>}
            <span className="grow" />
            <time className="small muted nowrap" title={clock(item.detected_at)}>{ago(item.detected_at, now)}</time>
          </span>
          <span className="cut small">{item.camera_name ?? item.camera_id} · {item.zone_id}</span>
          <span className="row small">
            {done ? <VerdictTag verdict={item.verdict} /> : <span className="conf" title={t("case.confidence")}><i style={{ width: percent(item.confidence) }} /></span>}
            {!done && <span className="muted nowrap">{percent(item.confidence)}</span>}
            {done && item.verdict && <span className="muted cut">{item.verdict.by}</span>}
            <span className="grow" />
            {item.held && !done && <span title={t("case.held")} className="held"><Icon name="lock" size={13} /></span>}
            <span className="muted nowrap">{item.standing_s !== null ? span(item.standing_s) : named("state", item.state)}</span>
          </span>
        </span>
      </button>
      {canCheck && (
        <label className="tick">
          <input type="checkbox" checked={checked} onChange={() => onCheck(id)} tabIndex={-1} aria-label={t("keys.select")} />
        </label>
      )}
    </div>
  );
});

export function QueueList({ queue, onSelect, onCheck, onMore, onSeen, loadingMore, canCheck, picking }: {
  queue: Queue; onSelect: (id: string) => void; onCheck: (id: string) => void; onMore: () => void; onSeen: () => void;
  loadingMore: boolean; canCheck: boolean; picking: boolean;
}) {
  const { t } = useSpeech();
  const ref = useRef<HTMLDivElement>(null);
  const now = useNow(30);
  const rows = useVirtualizer({ count: queue.order.length, getScrollElement: () => ref.current, estimateSize: () => ROW, overscan: OVERSCAN, getItemKey: (at) => queue.order[at] ?? at });
  const passed = useRef(0);
  const offset = rows.scrollOffset ?? 0;
  const fast = rows.isScrolling && Math.abs(offset - passed.current) > FAST_ROWS * ROW;
  useEffect(() => { passed.current = offset; }, [offset]);
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (queue.next && last >= queue.order.length - 30) onMore();
  }, [last, queue.order.length, queue.next, onMore]);

  // Cases that come in above what is looked at must not push it down.
  const before = useRef<string[]>(queue.order);
  useLayoutEffect(() => {
    const element = ref.current;
    const old = before.current;
    before.current = queue.order;
    if (!element || old === queue.order || element.scrollTop < 4) return;
    const anchor = old[Math.floor(element.scrollTop / ROW)];
    if (!anchor) return;
    const shift = queue.order.indexOf(anchor) - old.indexOf(anchor);
    if (shift > 0 && queue.order.indexOf(anchor) >= 0) element.scrollTop += shift * ROW;
  }, [queue.order]);

  const at = queue.selected ? queue.order.indexOf(queue.selected) : -1;
  const chosen = useRef<string | null>(null);
  useEffect(() => {
    if (at < 0 || chosen.current === queue.selected) return;
    chosen.current = queue.selected;
    rows.scrollToIndex(at, { align: "auto" });
  }, [at, queue.selected, rows]);

  return (
    <div className="queue-list" ref={ref} onScroll={(event) => event.currentTarget.scrollTop < ROW && onSeen()}>
      {queue.arrived.length > 0 && (ref.current?.scrollTop ?? 0) > ROW && (
        <div className="arrived">
          <Button small icon="up" onClick={() => { ref.current?.scrollTo({ top: 0 }); onSeen(); }}>{t("review.toTop", { n: queue.arrived.length })}</Button>
        </div>
      )}
      <div style={{ height: rows.getTotalSize(), position: "relative" }} role="list" aria-label={t("review.queue")}>
        {items.map((row) => {
          const id = queue.order[row.index];
          const item = id ? queue.cases[id] : undefined;
          if (!id || !item) return null;
          return (
            <div key={row.key} role="listitem" aria-setsize={queue.total} aria-posinset={row.index + 1} style={{ position: "absolute", top: 0, left: 0, right: 0, height: ROW, transform: `translateY(${row.start}px)` }}>
              <Row id={id} item={item} selected={id === queue.selected} checked={queue.checked.includes(id)} now={now} fast={fast} canCheck={canCheck} picking={picking} onSelect={onSelect} onCheck={onCheck} />
            </div>
          );
        })}
      </div>
      {loadingMore && <p className="small muted center">{t("review.loadingMore")}</p>}
    </div>
  );
}
