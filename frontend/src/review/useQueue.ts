/** The queue beside the server: loads pages, takes what arrives, sends verdicts, brings conflicts. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { api, ApiError, type Query } from "../api/client";
import { live, useLive, type LiveMessage } from "../api/live";
import type { Case, CasePage, CaseSummary, Verdict, VerdictBody } from "../api/types";
import { EMPTY, reduce, waits, type Queue, type Sort } from "./queue";

export type Filters = Record<"state" | "category" | "camera" | "zone" | "verdict" | "model" | "from" | "to" | "q", string>;
export const NO_FILTERS: Filters = { state: "unreviewed", category: "", camera: "", zone: "", verdict: "", model: "", from: "", to: "", q: "" };

/** Filters as the page's address gives them. */
export function startingFilters(search: URLSearchParams): Filters {
  const filters = { ...NO_FILTERS };
  for (const key of Object.keys(filters) as (keyof Filters)[]) {
    const value = search.get(key);
    if (value !== null) filters[key] = value;
  }
  return filters;
}

const PAGE = 100;
/** Arrivals within this time are fetched together. */
const GATHER_MS = 350;

export interface Conflict {
  mine: VerdictBody;
  theirs: Case;
}

export interface QueueTools {
  queue: Queue;
  dispatch: React.Dispatch<Parameters<typeof reduce>[1]>;
  error: unknown;
  loadingMore: boolean;
  reload: () => void;
  loadMore: () => void;
  judge: (item: CaseSummary, body: Omit<VerdictBody, "based_on">, advance?: boolean) => void;
  judgeMany: (ids: string[], verdict: "true" | "false" | "unsure", reason?: string) => void;
  undo: () => void;
  conflicts: Conflict[];
  settle: (conflict: Conflict, override: boolean) => void;
}

function asQuery(filters: Filters, sort: Sort, timezoneOffset: string): Query {
  const query: Query = { ...filters, sort, limit: PAGE };
  if (filters.from) query.from = `${filters.from}T00:00:00${timezoneOffset}`;
  if (filters.to) query.to = `${filters.to}T23:59:59.999${timezoneOffset}`;
  return query;
}

function asSummary(item: Case): CaseSummary {
  return item;
}

export function useQueue(options: {
  filters: Filters; sort: Sort; offset: string; who: string; first: string | null;
  onFailed: (error: unknown, again: () => void) => void;
  onDone: (kind: "undone" | "nothing" | "bulk" | "bulkConflicts", count?: number) => void;
}): QueueTools {
  const { filters, sort, offset, who } = options;
  const [queue, dispatch] = useReducer(reduce, { ...EMPTY, sort });
  const [error, setError] = useState<unknown>(null);
  const [loadingMore, setLoadingMore] = useState(false);
  const [conflicts, setConflicts] = useState<Conflict[]>([]);
  const [turn, setTurn] = useState(0);
  const client = useQueryClient();
  const state = useRef(queue);
  state.current = queue;
  const settings = useRef(options);
  settings.current = options;
  const first = useRef(options.first);
  /** What this person has decided here, newest last; each waits for its own write before it may be undone. */
  const given = useRef<{ id: string; sent: Promise<unknown> }[]>([]);

  const wanted = JSON.stringify([filters, sort]);
  useEffect(() => {
    const stop = new AbortController();
    setError(null);
    api
      .get<CasePage>("/cases", asQuery(filters, sort, offset), stop.signal)
      .then((page) => {
        dispatch({ type: "loaded", page, sort, select: first.current });
        first.current = null;
      })
      .catch((reason: unknown) => {
        if (!(reason instanceof DOMException)) setError(reason);
      });
    return () => stop.abort();
    // `wanted` stands for filters and sort.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [wanted, offset, turn]);

  const catchUp = useCallback(async () => {
    try {
      const { filters: now, sort: order, offset: zone } = settings.current;
      const page = await api.get<CasePage>("/cases", asQuery(now, order, zone));
      dispatch({ type: "arrived", page });
    } catch {
      // The next arrival or reconnect tries again.
    }
  }, []);

  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const renew = useCallback(async (id: string) => {
    client.invalidateQueries({ queryKey: ["case", id] });
    if (!(id in state.current.cases)) return;
    try {
      dispatch({ type: "replaced", item: asSummary(await api.get<Case>(`/cases/${id}`)) });
    } catch {
      // It stays as it was seen.
    }
  }, [client]);

  useLive(useCallback((message: LiveMessage) => {
    const id = message.data.case_id;
    if (message.kind === "case" || message.kind === "resync") {
      clearTimeout(timer.current);
      timer.current = setTimeout(catchUp, GATHER_MS);
    }
    if (id && (message.kind === "case" || message.kind === "verdict")) {
      const mine = given.current.some((one) => one.id === id);
      if (!mine || message.kind === "case") void renew(id);
    }
  }, [catchUp, renew]));

  // After a reconnect what was missed is read.
  useEffect(() => {
    let seen = live.generation;
    return live.watch(() => {
      if (live.generation !== seen) {
        seen = live.generation;
        void catchUp();
      }
    });
  }, [catchUp]);

  const loadMore = useCallback(async () => {
    const cursor = state.current.next;
    if (!cursor || loadingMore) return;
    setLoadingMore(true);
    try {
      const { filters: now, sort: order, offset: zone } = settings.current;
      const page = await api.get<CasePage>("/cases", { ...asQuery(now, order, zone), cursor });
      dispatch({ type: "appended", page });
    } catch {
      // Scrolling on tries again.
    } finally {
      setLoadingMore(false);
    }
  }, [loadingMore]);

  const send = useCallback((item: CaseSummary, body: VerdictBody): Promise<void> =>
    api.post<Case>(`/cases/${item.case_id}/verdicts`, body).then(
      (whole) => {
        client.setQueryData(["case", whole.case_id], whole);
        dispatch({ type: "replaced", item: asSummary(whole) });
      },
      (reason: unknown) => {
        if (reason instanceof ApiError && reason.status === 409) {
          const theirs = (reason.body.case ?? reason.body) as unknown as Case;
          client.setQueryData(["case", theirs.case_id], theirs);
          dispatch({ type: "replaced", item: asSummary(theirs) });
          setConflicts((all) => [...all.filter((one) => one.theirs.case_id !== theirs.case_id), { mine: body, theirs }]);
        } else {
          dispatch({ type: "restored", item, select: false });
          settings.current.onFailed(reason, () => {
            dispatch({ type: "judged", ids: [item.case_id], verdict: provisional(body, who), advance: false });
            void send(item, body);
          });
        }
        throw reason;
      },
    ), [client, who]);

  const judge = useCallback((item: CaseSummary, body: Omit<VerdictBody, "based_on">, advance = true) => {
    const whole: VerdictBody = { ...body, based_on: item.last_verdict_id };
    dispatch({ type: "judged", ids: [item.case_id], verdict: provisional(whole, who), advance });
    const sent = send(item, whole);
    const entry = { id: item.case_id, sent };
    given.current = [...given.current.slice(-199), entry];
    sent.catch(() => {
      given.current = given.current.filter((one) => one !== entry);
    });
  }, [send, who]);

  const judgeMany = useCallback(async (ids: string[], verdict: "true" | "false" | "unsure", reason?: string) => {
    const items = ids.map((id) => state.current.cases[id]).filter((item) => item !== undefined);
    dispatch({ type: "judged", ids, verdict: provisional({ verdict, reason, based_on: null }, who), advance: true });
    try {
      const answer = await api.post<{ done: string[]; conflicts: string[] }>("/verdicts/bulk", {
        ids: items.map((item) => ({ case_id: item.case_id, based_on: item.last_verdict_id })), verdict, ...(reason ? { reason } : {}),
      });
      for (const id of answer.done) given.current.push({ id, sent: Promise.resolve() });
      settings.current.onDone("bulk", answer.done.length);
      if (answer.conflicts.length) settings.current.onDone("bulkConflicts", answer.conflicts.length);
      // The rows' ids are needed for an undo, and the conflicts' verdicts to be shown.
      for (const id of ids) void renew(id);
    } catch (failure) {
      for (const item of items) dispatch({ type: "restored", item, select: false });
      settings.current.onFailed(failure, () => void judgeMany(ids, verdict, reason));
    }
  }, [renew, who]);

  const undo = useCallback(async () => {
    const last = given.current.pop();
    if (!last) {
      settings.current.onDone("nothing");
      return;
    }
    try {
      await last.sent;
      const seen = await api.get<Case>(`/cases/${last.id}`);
      const whole = await api.post<Case>(`/cases/${last.id}/undo`, { based_on: seen.last_verdict_id });
      client.setQueryData(["case", whole.case_id], whole);
      dispatch({ type: "restored", item: asSummary(whole), select: true });
      settings.current.onDone("undone");
    } catch (reason) {
      settings.current.onFailed(reason, () => undefined);
    }
  }, [client]);

  const settle = useCallback((conflict: Conflict, override: boolean) => {
    setConflicts((all) => all.filter((one) => one !== conflict));
    if (!override) return;
    const { based_on: _old, ...body } = conflict.mine;
    judge(conflict.theirs, body, false);
  }, [judge]);

  return {
    queue, dispatch, error, loadingMore, loadMore, judge, judgeMany, undo, conflicts, settle,
    reload: useCallback(() => setTurn((n) => n + 1), []),
  };
}

function provisional(body: VerdictBody, by: string): Verdict {
  return {
    id: -1, verdict: body.verdict, reason: body.reason ?? null, category: body.category ?? null,
    duplicate_of: body.duplicate_of ?? null, box: body.box ?? null, note: body.note ?? null, by, at: new Date().toISOString(),
  };
}

export { waits };
