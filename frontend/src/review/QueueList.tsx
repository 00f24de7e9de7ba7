/** The list of cases. Only what is in sight is in the page, however long it is. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef } from "react";
import { useNow } from "../api/live";
import type { CaseSummary } from "../api/types";
import { CategoryMark, Icon } from "../design/icons";
import { Button } from "../design/ui";
import { useSpeech } from "../i18n";
import { VerdictTag } from "./Facts";
import { waits, type Queue } from "./queue";

const ROW = 76;

function Row({ item, selected, checked, now, onSelect, onCheck, canCheck }: {
  item: CaseSummary; selected: boolean; checked: boolean; now: number; canCheck: boolean;
  onSelect: () => void; onCheck: () => void;
}) {
  const { t, named, ago, clock, span, percent } = useSpeech();
  const done = !waits(item);
  return (
    <div className={`case ${selected ? "selected" : ""} ${done ? "done" : ""} ${item.severity}`}>
      <button type="button" className="open" onClick={onSelect} aria-current={selected || undefined} tabIndex={selected ? 0 : -1}>
        {item.thumb ? <img src={item.thumb} alt="" loading="lazy" decoding="async" /> : <span className="nothumb"><Icon name="image" /></span>}
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
          <input type="checkbox" checked={checked} onChange={onCheck} tabIndex={-1} aria-label={t("keys.select")} />
        </label>
      )}
    </div>
  );
}

export function QueueList({ queue, onSelect, onCheck, onMore, onSeen, loadingMore, canCheck }: {
  queue: Queue; onSelect: (id: string) => void; onCheck: (id: string) => void; onMore: () => void; onSeen: () => void;
  loadingMore: boolean; canCheck: boolean;
}) {
  const { t } = useSpeech();
  const ref = useRef<HTMLDivElement>(null);
  const now = useNow(30);
  const rows = useVirtualizer({ count: queue.order.length, getScrollElement: () => ref.current, estimateSize: () => ROW, overscan: 8, getItemKey: (at) => queue.order[at] ?? at });
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
              <Row item={item} selected={id === queue.selected} checked={queue.checked.includes(id)} now={now} canCheck={canCheck} onSelect={() => onSelect(id)} onCheck={() => onCheck(id)} />
            </div>
          );
        })}
      </div>
      {loadingMore && <p className="small muted center">{t("review.loadingMore")}</p>}
    </div>
  );
}
