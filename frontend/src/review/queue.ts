/** The queue of cases as a pure function of what happened: pages loaded, cases arrived, verdicts given, keys pressed. */

import type { CaseSummary, Verdict } from "../api/types";

export type Sort = "newest" | "severity" | "uncertain";

export interface Queue {
  order: string[];
  cases: Record<string, CaseSummary>;
  selected: string | null;
  checked: string[];
  sort: Sort;
  total: number;
  unreviewed: number;
  next: string | null;
  /** Arrived since the list was last looked at from its top. */
  arrived: string[];
  loaded: boolean;
}

export const EMPTY: Queue = {
  order: [], cases: {}, selected: null, checked: [], sort: "newest", total: 0, unreviewed: 0, next: null, arrived: [],
  loaded: false,
};

export interface Page {
  items: CaseSummary[];
  next: string | null;
  total: number;
  unreviewed: number;
}

export type QueueAction =
  | { type: "loaded"; page: Page; sort: Sort; select?: string | null }
  | { type: "appended"; page: Page }
  | { type: "arrived"; page: Page }
  | { type: "replaced"; item: CaseSummary }
  | { type: "judged"; ids: string[]; verdict: Verdict; advance: boolean }
  | { type: "restored"; item: CaseSummary; select: boolean }
  | { type: "selected"; id: string }
  | { type: "moved"; by: number | "first" | "last" | "unreviewed" }
  | { type: "checked"; id: string }
  | { type: "checkedAll" }
  | { type: "unchecked" }
  | { type: "seen" };

const SEVERITY = { low: 0, normal: 1, high: 2 } as const;

function newest(a: CaseSummary, b: CaseSummary): number {
  return Date.parse(b.detected_at) - Date.parse(a.detected_at) || (a.case_id < b.case_id ? 1 : -1);
}

export function compare(sort: Sort): (a: CaseSummary, b: CaseSummary) => number {
  if (sort === "severity") return (a, b) => SEVERITY[b.severity] - SEVERITY[a.severity] || newest(a, b);
  if (sort === "uncertain") return (a, b) => b.uncertainty - a.uncertainty || newest(a, b);
  return newest;
}

/** Whether a case still wants a verdict. One that was undone does. */
export function waits(item: CaseSummary | undefined): boolean {
  return !!item && (item.verdict === null || item.verdict.verdict === "undo");
}

/** The nearest case that waits: after `from` first, then before it. */
export function nextWaiting(queue: Queue, from: number): string | null {
  for (let at = from + 1; at < queue.order.length; at += 1) {
    const id = queue.order[at];
    if (id && waits(queue.cases[id])) return id;
  }
  for (let at = Math.min(from, queue.order.length) - 1; at >= 0; at -= 1) {
    const id = queue.order[at];
    if (id && waits(queue.cases[id])) return id;
  }
  return null;
}

export function upcoming(queue: Queue, many: number): string[] {
  const from = queue.selected ? queue.order.indexOf(queue.selected) : -1;
  const found: string[] = [];
  for (let at = from + 1; at < queue.order.length && found.length < many; at += 1) {
    const id = queue.order[at];
    if (id && waits(queue.cases[id])) found.push(id);
  }
  return found;
}

function merged(queue: Queue, items: CaseSummary[]): { order: string[]; cases: Record<string, CaseSummary>; added: string[] } {
  const cases = { ...queue.cases };
  const added: CaseSummary[] = [];
  for (const item of items) {
    if (!(item.case_id in cases)) added.push(item);
    cases[item.case_id] = item;
  }
  if (!added.length) return { order: queue.order, cases, added: [] };
  const before = compare(queue.sort);
  const order = [...queue.order];
  for (const item of added) {
    // By bisection: what stands keeps its place, so that nothing jumps.
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = cases[order[middle] ?? ""];
      if (other && before(other, item) <= 0) low = middle + 1;
      else high = middle;
    }
    order.splice(low, 0, item.case_id);
  }
  return { order, cases, added: added.map((item) => item.case_id) };
}

export function reduce(queue: Queue, action: QueueAction): Queue {
  switch (action.type) {
    case "loaded": {
      const { page, sort } = action;
      const cases = Object.fromEntries(page.items.map((item) => [item.case_id, item]));
      const order = page.items.map((item) => item.case_id);
      const wanted = action.select ?? queue.selected;
      const selected = wanted && (wanted in cases || wanted === action.select) ? wanted : (order[0] ?? null);
      return {
        order, cases, sort, selected, checked: queue.checked.filter((id) => id in cases), arrived: [], loaded: true,
        total: page.total, unreviewed: page.unreviewed, next: page.next,
      };
    }
    case "appended": {
      const cases = { ...queue.cases };
      const order = [...queue.order];
      for (const item of action.page.items) {
        if (!(item.case_id in cases)) order.push(item.case_id);
        cases[item.case_id] = item;
      }
      return { ...queue, order, cases, next: action.page.next, total: action.page.total, unreviewed: action.page.unreviewed };
    }
    case "arrived": {
      const { order, cases, added } = merged(queue, action.page.items);
      return {
        ...queue, order, cases, total: Math.max(action.page.total, order.length), unreviewed: action.page.unreviewed,
        arrived: [...queue.arrived, ...added], selected: queue.selected ?? order[0] ?? null,
      };
    }
    case "replaced":
      if (!(action.item.case_id in queue.cases)) return queue;
      return { ...queue, cases: { ...queue.cases, [action.item.case_id]: action.item } };
    case "judged": {
      const cases = { ...queue.cases };
      let fewer = 0;
      for (const id of action.ids) {
        const item = cases[id];
        if (!item) continue;
        if (waits(item)) fewer += 1;
        cases[id] = { ...item, verdict: action.verdict };
      }
      const judged = { ...queue, cases, unreviewed: Math.max(0, queue.unreviewed - fewer), checked: queue.checked.filter((id) => !action.ids.includes(id)) };
      if (!action.advance || !queue.selected || !action.ids.includes(queue.selected)) return judged;
      const next = nextWaiting(judged, queue.order.indexOf(queue.selected));
      return { ...judged, selected: next ?? queue.selected };
    }
    case "restored": {
      const { item } = action;
      const was = queue.cases[item.case_id];
      const more = was && !waits(was) && waits(item) ? 1 : 0;
      const { order, cases } = merged(queue, [item]);
      return { ...queue, order, cases, unreviewed: queue.unreviewed + more, selected: action.select ? item.case_id : queue.selected };
    }
    case "selected":
      return { ...queue, selected: action.id };
    case "moved": {
      if (!queue.order.length) return queue;
      const at = queue.selected ? queue.order.indexOf(queue.selected) : -1;
      if (action.by === "unreviewed") return { ...queue, selected: nextWaiting(queue, at) ?? queue.selected };
      const last = queue.order.length - 1;
      const to = action.by === "first" ? 0 : action.by === "last" ? last : Math.min(last, Math.max(0, at + action.by));
      return { ...queue, selected: queue.order[to] ?? null };
    }
    case "checked":
      return {
        ...queue,
        checked: queue.checked.includes(action.id)
          ? queue.checked.filter((id) => id !== action.id)
          : [...queue.checked, action.id],
      };
    case "checkedAll":
      return { ...queue, checked: queue.order.filter((id) => waits(queue.cases[id])) };
    case "unchecked":
      return { ...queue, checked: [] };
    case "seen":
      return queue.arrived.length ? { ...queue, arrived: [] } : queue;
  }
}
