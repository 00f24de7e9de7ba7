/** The server's stream of what has just happened. Reconnects by itself; says whether it is connected. */

import { useEffect, useState, useSyncExternalStore } from "react";

export type LiveKind = "case" | "verdict" | "camera" | "config" | "resync";
export interface LiveMessage {
  kind: LiveKind;
  data: { case_id?: string; camera_id?: string; version?: string | number; kind?: string };
}
export type LiveState = "connecting" | "open" | "lost";

type Listener = (message: LiveMessage) => void;

const KINDS: LiveKind[] = ["case", "verdict", "camera", "config", "resync"];
/** Lost for this long before anybody is told: a reconnect within it is nobody's business. */
const PATIENCE_MS = 2500;

class Live {
  private source: EventSource | null = null;
  private listeners = new Set<Listener>();
  private watchers = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  state: LiveState = "connecting";
  /** Rises with every reconnect: what may have been missed is read anew. */
  generation = 0;

  open(): void {
    if (this.source) return;
    const source = new EventSource("/api/live");
    this.source = source;
    source.onopen = () => {
      clearTimeout(this.timer);
      if (this.state === "lost") this.generation += 1;
      this.set("open");
    };
    source.onerror = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.set("lost"), this.state === "connecting" ? 0 : PATIENCE_MS);
      if (source.readyState === EventSource.CLOSED) {
        this.source = null;
        clearTimeout(this.retry);
        this.retry = setTimeout(() => this.open(), 3000);
      }
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        let data: LiveMessage["data"];
        try {
          data = JSON.parse((event as MessageEvent<string>).data) as LiveMessage["data"];
        } catch {
          return;
        }
        for (const listener of this.listeners) listener({ kind, data });
      });
    }
  }

  close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
    this.set("connecting");
  }

  private set(state: LiveState): void {
    if (this.state === state) return;
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };
}

export const live = new Live();

export function useLiveState(): LiveState {
  return useSyncExternalStore(live.watch, () => live.state);
}

export function useLive(listener: Listener): void {
  useEffect(() => live.listen(listener), [listener]);
}

/** Now, renewed every `seconds`. */
export function useNow(seconds: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return now;
}
