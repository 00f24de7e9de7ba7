/** A condition's value against its threshold: in which direction, in what unit, how long the bar. */

import type { Why } from "../api/types";
import type { Speech } from "../i18n";

/** Shares that speak against a case: it is one only while they stay below. */
const AGAINST = new Set(["taken_for_body_share", "light_or_shadow_share", "taken_away_share", "folded", "camera_dark", "camera_blurred"]);

export interface Judged {
  atMost: boolean;
  met: boolean;
  value: string;
  threshold: string;
  /** Filled part and mark of the bar, 0..1. */
  fill: number;
  mark: number;
}

function text(why: Why, value: number, speech: Speech): string {
  if (why.condition.endsWith("_s")) return speech.span(value);
  if (why.condition.endsWith("_share")) return speech.percent(value);
  return speech.number(value, 2);
}

export function judge(why: Why, speech: Speech): Judged {
  const atMost = AGAINST.has(why.condition);
  const bounded = why.condition.endsWith("_share") || why.condition.endsWith("score") || why.condition === "raised";
  const top = bounded ? 1 : Math.max(why.value, why.threshold, 1e-9) * 1.15;
  return {
    atMost,
    met: atMost ? why.value <= why.threshold : why.value >= why.threshold,
    value: text(why, why.value, speech),
    threshold: text(why, why.threshold, speech),
    fill: Math.min(1, Math.max(0, why.value / top)),
    mark: Math.min(1, Math.max(0, why.threshold / top)),
  };
}
