/** What the server says and takes. The models in vision/console/api are the source of truth. */

export type Language = "zh" | "en";
export type Role = "viewer" | "operator" | "tuner" | "admin";
export type Box = [number, number, number, number];
export type Point = [number, number];
export type Words = { zh: string; en: string };

export interface Site {
  id: string;
  name: string | null;
  timezone: string;
}

export interface Me {
  name: string;
  role: Role;
  csrf: string;
  language: Language;
  site: Site;
  settings: { map_tiles: string | null; media_server: string | null; hold_for_review: boolean; oidc: boolean };
  must_change_password: boolean;
}

export type VerdictKind = "true" | "false" | "wrong_category" | "duplicate" | "unsure" | "undo";

export interface Verdict {
  id: number;
  verdict: VerdictKind;
  reason: string | null;
  category: string | null;
  duplicate_of: string | null;
  box: Box | null;
  note: string | null;
  by: string;
  at: string;
}

export interface CaseSummary {
  case_id: string;
  category: string;
  subcategory: string | null;
  state: string;
  camera_id: string;
  camera_name: string | null;
  zone_id: string;
  occurred_at: string;
  detected_at: string;
  cleared_at: string | null;
  confidence: number;
  uncertainty: number;
  severity: "low" | "normal" | "high";
  review: "required" | "not_required";
  held: boolean;
  model: string | null;
  thumb: string | null;
  verdict: Verdict | null;
  /** What `based_on` must say. */
  last_verdict_id: number | null;
  standing_s: number | null;
}

export interface Why {
  condition: string;
  value: number;
  threshold: number;
}

export interface EvidenceItem {
  role: "before" | "act" | "after" | "clip" | "crop";
  url: string;
  taken_at: string;
  masked: boolean;
}

export interface CaseActor {
  class: string;
  track_id: number;
  bbox: Box;
  first_seen: string;
  last_seen: string;
}

export interface CaseEvent {
  event_id: string;
  kind: "opened" | "updated" | "cleared" | "reinstalled" | "withdrawn";
  detected_at: string;
  why: Why[];
  evidence: EvidenceItem[];
}

export interface Case extends CaseSummary {
  bbox: Box;
  dwell_s: number;
  why: Why[];
  actors: CaseActor[];
  codes: { standard: string; kind: string; code: string; name: string }[];
  location: { lat: number | null; lon: number | null; crs?: string; address: string | null; grid: string | null };
  dispatch_hints: { unit: string; level: string }[];
  evidence: EvidenceItem[];
  events: CaseEvent[];
  verdicts: Verdict[];
  answers: { kind: string; reason: string | null; at: string }[];
  similar: CaseSummary[];
  producer: Record<string, string> | null;
}

export interface CasePage {
  items: CaseSummary[];
  next: string | null;
  total: number;
  unreviewed: number;
}

export interface VerdictBody {
  verdict: Exclude<VerdictKind, "undo">;
  reason?: string;
  category?: string;
  duplicate_of?: string;
  box?: Box;
  note?: string;
  based_on: number | null;
}

export type Reasons = Record<string, { id: string; zh: string; en: string }[]>;

export interface ZoneRule {
  rule: string;
  [setting: string]: unknown;
}

export interface Fixture {
  at: Box | Point | Point[];
  class?: string | null;
  category?: string | null;
  until?: string | null;
  note?: string;
}

export interface Zone {
  id: string;
  polygon: Point[];
  preset?: string | null;
  tags?: string[];
  rules: ZoneRule[];
  fixtures?: Fixture[];
}

export interface CameraSummary {
  id: string;
  name: string | null;
  address: string | null;
  lat: number | null;
  lon: number | null;
  online: boolean;
  enabled?: boolean;
  view: { usable: boolean; problem: string | null } | null;
  policy: string | null;
  gop_s: number | null;
  fps: number | null;
  cases_today: number;
  open_cases: number;
  zones: { id: string; polygon: Point[]; rules: (string | ZoneRule)[] }[];
  still_at: string | null;
  size: [number, number] | null;
}

export interface Camera extends CameraSummary {
  status: Record<string, unknown> | null;
  decode: Record<string, unknown> | null;
  cost_ms_per_s: number | null;
  recordings: { start: string; seconds: number; bytes: number }[];
  config: string | null;
}

export interface TracksNow {
  at: string | null;
  tracks: { class: string; bbox: Box; track_id: number }[];
}

export interface SchemaProperty {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  items?: SchemaProperty;
  anyOf?: SchemaProperty[];
  pattern?: string;
  $ref?: string;
}

export interface RuleSchema {
  schema: { properties: Record<string, SchemaProperty>; $defs?: Record<string, SchemaProperty> };
  title: Words;
  defaults: Record<string, unknown>;
}

export interface ConfigSchema {
  zone: Record<string, unknown>;
  rules: Record<string, RuleSchema>;
}

export interface CameraZones {
  zones: Zone[];
  masks: Point[][];
  version: string | number;
  classes: string[];
  tags_known: string[];
}

export interface TriedCase {
  category: string;
  zone_id: string;
  started: string;
  detected: string;
  bbox: Box;
  confidence: number;
  why: Why[];
  medium: string;
  medium_url: string;
  media_s: number;
  picture: string | null;
}

export interface SweepPoint {
  value: number | string;
  found: number;
  false: number;
  missed: number;
}

export interface Tryout {
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  progress: number;
  gained: TriedCase[];
  lost: TriedCase[];
  unchanged: TriedCase[];
  /** Media that could not be used, and why; media that end before the shortest dwell. */
  skipped: Record<string, string>;
  too_short: string[];
  sweep: SweepPoint[] | null;
  error: string | null;
}

export interface Medium {
  id: string;
  kind: "recording" | "clip";
  start: string;
  seconds: number | null;
  case_id?: string | null;
}

export interface Suggestion {
  zone: string;
  rule: string;
  parameter: string;
  now: number;
  value: number;
  drops_false: number;
  drops_true: number;
  of_false: number;
  of_true: number;
  text: Words;
}

export interface Version {
  version: number;
  at: string;
  author: string;
  reason: string;
  camera: string | null;
  summary: string | Words | null;
}

export interface StatisticsRow {
  key: string;
  found: number;
  confirmed: number;
  rejected: Record<string, number>;
  unsure: number;
  unreviewed: number;
  precision: number | null;
  precision_low: number | null;
  precision_high: number | null;
  standing_s_median: number | null;
  standing_s_p90: number | null;
}

export interface Statistics {
  rows: StatisticsRow[];
  total: StatisticsRow;
  hot_spots: { camera: string; zone: string; count: number; lat: number | null; lon: number | null }[];
  per_day: { day: string; found: number; confirmed: number; rejected: number }[];
}

export interface Model {
  name: string;
  version: string;
  licence: string;
  classes: string[];
  in_force: boolean;
}

export interface Models {
  /** What `default` means. */
  in_force: string | null;
  /** What the site's file says, which may be another. */
  named: string;
  card: string | null;
  models: Model[];
  shadow: { model: string; since: number; cameras: number; both: number; candidate_only: number; in_force_only: number } | null;
}

export interface User {
  name: string;
  role: Role;
  disabled: boolean;
  source: string;
  must_change_password: boolean;
  created: string;
  last_login: string | null;
}

export interface Token {
  name: string;
  role: Role;
  created: string;
  created_by: string;
  expires: string | null;
  last_used: string | null;
}

export interface AuditLine {
  id: number;
  at: string;
  who: string;
  action: string;
  subject: string;
  detail: Record<string, unknown>;
  address: string;
}

export interface Diff extends Version {
  before: string;
  after: string;
  diff: string;
}
