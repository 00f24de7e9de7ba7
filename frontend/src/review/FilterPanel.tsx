import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api } from "../api/client";
import type { CameraSummary, Models } from "../api/types";
import { DateField } from "../design/DateField";
import { Button, Field, Segments } from "../design/ui";
import { useSpeech } from "../i18n";
import { dayAt } from "../i18n/timezone";
import { NO_FILTERS, type Filters } from "./useQueue";

const CATEGORIES = ["illegal_dumping", "street_vending", "ground_lock", "overflowing_bin", "camera_health"];

export function countFilters(filters: Filters): number {
  return Object.entries(filters).filter(([key, value]) => key !== "state" && value !== "").length;
}

export function FilterPanel({ filters, onChange, onClose }: { filters: Filters; onChange: (filters: Filters) => void; onClose: () => void }) {
  const { t, named, timezone } = useSpeech();
  const cameras = useQuery({ queryKey: ["cameras"], queryFn: ({ signal }) => api.get<CameraSummary[]>("/cameras", undefined, signal) });
  const models = useQuery({ queryKey: ["models"], queryFn: ({ signal }) => api.get<Models>("/models", undefined, signal), retry: false });
  const first = useRef<HTMLInputElement>(null);
  const today = dayAt(Date.now(), timezone);
  useEffect(() => first.current?.focus(), []);
  const set = (key: keyof Filters) => (event: { target: { value: string } }) =>
    onChange({ ...filters, [key]: event.target.value, ...(key === "camera" ? { zone: "" } : {}) });
  const camera = cameras.data?.find((one) => one.id === filters.camera);
  const zones = [...new Set((camera ? [camera] : (cameras.data ?? [])).flatMap((one) => one.zones.map((zone) => zone.id)))].sort();
  const names = (models.data?.models ?? []).map((one) => `${one.name}@${one.version}`);
  const any = <option value="">{t("review.any")}</option>;
  return (
    <form
      className="filters"
      aria-label={t("review.filters")}
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key === "Escape" || (event.key === "Enter" && (event.target as HTMLElement).tagName === "INPUT")) {
          event.preventDefault();
          event.stopPropagation();
          onClose();
        }
      }}
    >
      <Field label={t("review.search")} className="wide">
        {(props) => <input {...props} ref={first} className="i" type="search" value={filters.q} onChange={set("q")} />}
      </Field>
      <Segments
        label={t("review.state")}
        value={filters.state as "unreviewed"}
        options={(["unreviewed", "reviewed", "all"] as const).map((value) => ({ value, label: t(`review.state.${value}`) }))}
        onChange={(state) => onChange({ ...filters, state })}
      />
      <Field label={t("review.category")}>
        {(props) => <select {...props} className="i" value={filters.category} onChange={set("category")}>{any}{CATEGORIES.map((id) => <option key={id} value={id}>{named("category", id)}</option>)}</select>}
      </Field>
      <Field label={t("review.verdict")}>
        {(props) => <select {...props} className="i" value={filters.verdict} onChange={set("verdict")}>{any}{["true", "false", "wrong_category", "duplicate", "unsure"].map((id) => <option key={id} value={id}>{named("verdict", id)}</option>)}</select>}
      </Field>
      <Field label={t("review.camera")}>
        {(props) => <select {...props} className="i" value={filters.camera} onChange={set("camera")}>{any}{cameras.data?.map((one) => <option key={one.id} value={one.id}>{one.name ?? one.id}</option>)}</select>}
      </Field>
      <Field label={t("review.zone")}>
        {(props) => <select {...props} className="i" value={filters.zone} onChange={set("zone")}>{any}{zones.map((id) => <option key={id} value={id}>{id}</option>)}</select>}
      </Field>
      <Field label={t("review.from")}>{(props) => <DateField {...props} value={filters.from} today={today} max={filters.to || undefined} onChange={(from) => onChange({ ...filters, from })} />}</Field>
      <Field label={t("review.to")}>{(props) => <DateField {...props} value={filters.to} today={today} min={filters.from || undefined} onChange={(to) => onChange({ ...filters, to })} />}</Field>
      {names.length > 0 && (
        <Field label={t("review.model")} className="wide">
          {(props) => <select {...props} className="i" value={filters.model} onChange={set("model")}>{any}{names.map((id) => <option key={id} value={id}>{id}</option>)}</select>}
        </Field>
      )}
      <div className="row wide">
        <Button small onClick={() => onChange({ ...NO_FILTERS, state: filters.state })} disabled={!countFilters(filters)}>{t("review.reset")}</Button>
        <span className="grow" />
        <Button small tone="primary" onClick={onClose}>{t("do.close")}</Button>
      </div>
    </form>
  );
}
