import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import type { Case } from "../api/types";

/** Pictures of the next cases are fetched before they are asked for. */
export function useAhead(ids: string[]): string | undefined {
  const client = useQueryClient();
  const next = ids[0];
  const [clip, setClip] = useState<string>();
  const kept = useRef(new Map<string, HTMLImageElement>());
  const list = ids.join(" ");
  useEffect(() => {
    let stopped = false;
    void (async () => {
      for (const id of list.split(" ").filter(Boolean)) {
        const item = await client
          .fetchQuery({ queryKey: ["case", id], queryFn: () => api.get<Case>(`/cases/${id}`), staleTime: 60_000 })
          .catch(() => null);
        if (stopped || !item) continue;
        for (const one of item.evidence) {
          if (one.role === "clip" || kept.current.has(one.url)) continue;
          const image = new Image();
          image.src = one.url;
          kept.current.set(one.url, image);
          if (kept.current.size > 40) kept.current.delete(kept.current.keys().next().value ?? "");
        }
        if (id === next) setClip(item.evidence.find((one) => one.role === "clip")?.url);
      }
    })();
    return () => {
      stopped = true;
    };
  }, [client, list, next]);
  return clip;
}
