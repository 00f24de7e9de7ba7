/** The server checks what is drawn, as it checks the file. */

import { useEffect, useState, type Dispatch, type SetStateAction } from "react";
import { api, ApiError } from "../api/client";
import type { Fields } from "./differences";
import type { Drawing } from "./editor";

const CHECK_MS = 450;

export type Checked = { state: "idle" | "checking" | "valid" | "invalid" | "failed"; fields: Fields };

export const UNCHECKED: Checked = { state: "idle", fields: {} };

export function useServerCheck(path: string, { zones, masks }: Drawing, dirty: boolean): [Checked, Dispatch<SetStateAction<Checked>>] {
  const [checked, setChecked] = useState<Checked>(UNCHECKED);
  useEffect(() => {
    if (!dirty) {
      setChecked(UNCHECKED);
      return;
    }
    const stop = new AbortController();
    setChecked((now) => ({ ...now, state: "checking" }));
    const timer = setTimeout(() => {
      api.post(`${path}/zones/check`, { zones, masks }).then(
        () => !stop.signal.aborted && setChecked({ state: "valid", fields: {} }),
        (error: unknown) => {
          if (stop.signal.aborted) return;
          if (error instanceof ApiError && error.status === 422) setChecked({ state: "invalid", fields: error.fields });
          else setChecked({ state: "failed", fields: {} });
        },
      );
    }, CHECK_MS);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [zones, masks, dirty, path]);
  return [checked, setChecked];
}
