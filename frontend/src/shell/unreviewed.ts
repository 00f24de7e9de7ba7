/** How many cases wait: the review page knows, the navigation shows. */

import { useEffect, useSyncExternalStore } from "react";

let count: number | null = null;
const watchers = new Set<() => void>();

export function useUnreviewed(value: number | null): void {
  useEffect(() => {
    if (value === null || value === count) return;
    count = value;
    for (const watcher of watchers) watcher();
  }, [value]);
}

export function useUnreviewedCount(): number | null {
  return useSyncExternalStore((watcher) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, () => count);
}
